"""A quarter's name and what can be read from it."""

import re
from dataclasses import dataclass
from datetime import date

from survey_app.domain.text import N_, Text

_NAME = re.compile(r"(20\d\d)-Q([1-4])")
_TITLES = (
    N_("%(year)s年第一季度"),
    N_("%(year)s年第二季度"),
    N_("%(year)s年第三季度"),
    N_("%(year)s年第四季度"),
)


@dataclass(frozen=True, order=True)
class Quarter:
    """One quarter of a year, named like 2022-Q1."""

    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year}-Q{self.number}"

    @property
    def title(self) -> Text:
        """The quarter as an official document writes it."""
        return Text(_TITLES[self.number - 1], {"year": self.year})

    @property
    def months(self) -> tuple[int, int]:
        """The first and the last month, 1 to 12."""
        return self.number * 3 - 2, self.number * 3

    @property
    def first_day(self) -> date:
        """The quarter's first day."""
        return date(self.year, self.months[0], 1)


def parse_quarter(text: str) -> Quarter:
    """Return the quarter named `text`; raise ValueError with a sentence for people when it isn't one."""
    match = _NAME.fullmatch(text.strip().upper())
    if not match:
        raise ValueError(f"季度应写成 2022-Q1 的样子，不是「{text}」")
    return Quarter(int(match[1]), int(match[2]))
