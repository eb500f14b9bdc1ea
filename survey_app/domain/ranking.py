"""Ranks: equal totals share one, and the next is skipped (1, 2, 2, 4)."""

from collections.abc import Hashable, Sequence
from decimal import Decimal


def ranks(totals: Sequence[Decimal]) -> list[int]:
    """Return the rank of each total, in the order given; the highest is 1 (rule: Rank)."""
    first: dict[Decimal, int] = {}
    for place, total in enumerate(sorted(totals, reverse=True), start=1):
        first.setdefault(total, place)
    return [first[total] for total in totals]


def ranks_within(groups: Sequence[Hashable], totals: Sequence[Decimal]) -> list[int]:
    """Return the rank of each total among those of its own group, in the order given."""
    places: dict[Hashable, list[int]] = {}
    for place, group in enumerate(groups):
        places.setdefault(group, []).append(place)
    found = [0] * len(totals)
    for members in places.values():
        for place, rank in zip(members, ranks([totals[each] for each in members]), strict=True):
            found[place] = rank
    return found
