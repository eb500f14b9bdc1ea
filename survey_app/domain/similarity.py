"""雷同意见: how alike two remarks are, and which of many are near-identical."""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from difflib import SequenceMatcher

from survey_app.domain.points import round_half_up

_PLACES = 2


@dataclass(frozen=True)
class Alike:
    """Two interviews whose remarks are near-identical, the later one first; `likeness` from 0 to 1."""

    one: int
    other: int
    likeness: Decimal


def normalised(text: str) -> str:
    """Return what a remark says, without blanks, punctuation, width and case, which are quickly varied."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())


def likeness(one: str, other: str) -> Decimal:
    """Return how alike two normalised remarks are: twice the characters in common blocks over all, 0 to 1."""
    first, second = sorted((one, other))
    return round_half_up(Decimal(SequenceMatcher(None, first, second, autojunk=False).ratio()), _PLACES)


def alike(
    remarks: Sequence[tuple[int, str]], new: Iterable[int], least: int, threshold: Decimal
) -> list[Alike]:
    """Return the pairs of near-identical remarks that a new interview is in.

    `remarks` are (interview, normalised remark); those shorter than `least` characters are left out, since
    short ones are alike by chance. What can't reach the threshold, by its length or its characters, isn't
    looked at closely.
    """
    fresh = set(new)
    long = [(each, text, Counter(text)) for each, text in remarks if len(text) >= least]
    found = []
    for one, text, letters in long:
        if one not in fresh:
            continue
        for other, against, others in long:
            if other == one or (other in fresh and other > one):
                continue
            most = len(text) + len(against)
            if 2 * min(len(text), len(against)) < threshold * most:
                continue
            if text != against and 2 * (letters & others).total() < threshold * most:
                continue
            how = Decimal(1) if text == against else likeness(text, against)
            if how >= threshold:
                found.append(Alike(max(one, other), min(one, other), how))
    return found
