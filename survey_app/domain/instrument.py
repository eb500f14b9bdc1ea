"""问卷: a questionnaire as data, the same for the enterprise's page, the telephone and a visit."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from survey_app.domain.text import Name

# Two questions that every instrument asks, by these ids, since tallies are made of them.
DEALT = "dealt"
RATING = "rating"
# The longest text that an answer may hold, in characters (plan 2022, wording of the questionnaire).
MAX_TEXT = 200


class Kind(StrEnum):
    """How a question is answered."""

    CHOICE = "choice"  # one of the options
    MULTI = "multi"  # any of the options
    DURATION = "duration"  # a number and its unit, or an option that stands alone
    COUNT = "count"  # a whole number, or an option instead
    MONEY = "money"  # yuan, or an option instead
    TEXT = "text"


NUMBERS = (Kind.DURATION, Kind.COUNT, Kind.MONEY)


class Dealt(StrEnum):
    """是否办过 — whether the enterprise dealt with a unit; only `yes` goes on to the other questions."""

    YES = "yes"
    NO = "no"
    UNSURE = "unsure"


@dataclass(frozen=True)
class Option:
    """选项 — `takes_number`: a unit of a duration; `takes_text`: opens a line for what isn't listed."""

    value: str
    text: Name
    takes_number: bool = False
    takes_text: bool = False


@dataclass(frozen=True)
class Limits:
    """The largest number that is taken (the smallest is 0), and how many decimals."""

    most: Decimal
    decimals: int


@dataclass(frozen=True)
class Condition:
    """A question is asked when an earlier one was answered by one of these options."""

    question: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Question:
    """问题 — `label` is its short name, for errors and tables; `text` may hold {unit} and {months}.

    `number` labels the field of a number. `compact`: options are short enough to stand in a row.
    """

    id: str
    kind: Kind
    label: Name
    text: Name
    hint: Name | None = None
    number: Name | None = None
    options: tuple[Option, ...] = ()
    limits: Limits | None = None
    condition: Condition | None = None
    compact: bool = False

    @property
    def required(self) -> bool:
        """Whether an answer without it is refused; all but the two questions of the tally may stay blank."""
        return self.id in (DEALT, RATING)

    def option(self, value: str) -> Option | None:
        """Return the option with a value, or None."""
        return next((option for option in self.options if option.value == value), None)


@dataclass(frozen=True)
class Instrument:
    """问卷 — `intro` says on what terms `asker` asks."""

    key: str
    version: str
    title: Name
    asker: Name
    intro: tuple[Name, ...]
    questions: tuple[Question, ...]
    _by_id: dict[str, Question] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_id", {question.id: question for question in self.questions})

    def question(self, question_id: str) -> Question:
        """Return a question by its id; KeyError when there is none."""
        return self._by_id[question_id]

    def following(self, question_id: str) -> Iterator[Question]:
        """Yield the questions whose condition looks at this one, in their order."""
        return (each for each in self.questions if each.condition and each.condition.question == question_id)
