"""Ranks: equal totals share one, and the next is skipped (1, 2, 2, 4)."""

from collections.abc import Sequence
from decimal import Decimal


def ranks(totals: Sequence[Decimal]) -> list[int]:
    """Return the rank of each total, in the order given; the highest is 1 (rule: Rank)."""
    first: dict[Decimal, int] = {}
    for place, total in enumerate(sorted(totals, reverse=True), start=1):
        first.setdefault(total, place)
    return [first[total] for total in totals]
