"""`scripts/bench`: the figures that the product promises, measured here and now, as ratios where they can be."""

import argparse
import sys

from tests.bench import answers, call_room, first_view, staff_pages, tallies


def main() -> int:
    """Measure what was asked for and print it; 0 when every promise is kept, 1 when one isn't."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--answers", type=int, default=600, help="answers a series (default 600)")
    parser.add_argument("--series", type=int, default=3, help="series of which the median counts (default 3)")
    parser.add_argument(
        "parts",
        nargs="*",
        choices=["answers", "page", "tally", "staff", "calls"],
        default=["answers", "page", "tally"],
    )
    chosen = parser.parse_args()
    kept = True
    if "page" in chosen.parts:
        kept &= first_view.measure()
    if "tally" in chosen.parts:
        kept &= tallies.measure()
    if "staff" in chosen.parts:
        staff_pages.measure()
    if "calls" in chosen.parts:
        kept &= call_room.measure()
    if "answers" in chosen.parts:
        kept &= answers.measure(chosen.answers, chosen.series)
    print("\n" + ("every promise is kept" if kept else "a promise is NOT kept: see the lines marked !"))
    return 0 if kept else 1


sys.exit(main())
