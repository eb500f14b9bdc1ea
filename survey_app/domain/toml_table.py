"""A table of a TOML file under reading: checked values come out, what is wrong is noted with its place."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from survey_app.domain.points import describe, plain, read_count, read_number
from survey_app.domain.text import Name

E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")
_ZERO = Decimal(0)


@dataclass
class TomlTable:
    """A table at `path`; a value that can't be used comes back as an empty one, and its fault is noted."""

    values: Mapping[str, object]
    path: str
    faults: list[str]
    read: set[str] = field(default_factory=set)

    def fault(self, key: str, reason: str) -> None:
        """Note what is wrong with a key."""
        self.faults.append(f"{self.path}{key}：{reason}")

    def take(self, key: str) -> object:
        """Return a key's value as it is; None where it lacks, which is a fault."""
        self.read.add(key)
        if key not in self.values:
            self.fault(key, "缺少")
        return self.values.get(key)

    def text(self, key: str) -> str:
        """Return a text that is not blank."""
        value = self.take(key)
        if isinstance(value, str) and value.strip():
            return value
        if value is not None:
            self.fault(key, f"应为文字，不是{describe(value)}")
        return ""

    def number(self, key: str, low: Decimal | None = None) -> Decimal:
        """Return a number, not below `low`."""
        value = self.take(key)
        number = read_number(value)
        if number is not None and (low is None or number >= low):
            return number
        if value is not None:
            least = "" if low is None else f"不小于 {plain(low)} 的"
            self.fault(key, f"应为{least}数，不是 {describe(value)}")
        return _ZERO

    def optional_number(self, key: str, low: Decimal | None = None) -> Decimal | None:
        """Return a number, None where there is none."""
        return self.number(key, low) if key in self.values else None

    def count(self, key: str) -> int:
        """Return a whole number of 0 or more."""
        value = self.take(key)
        count = read_count(value)
        if count is None and value is not None:
            self.fault(key, f"应为不小于 0 的整数，不是 {describe(value)}")
        return count or 0

    def flag(self, key: str) -> bool:
        """Return true or false."""
        value = self.take(key)
        if not isinstance(value, bool) and value is not None:
            self.fault(key, f"应为 true 或 false，不是 {describe(value)}")
        return value is True

    def choice(self, key: str, choices: type[E]) -> E:
        """Return one of an enumeration's members, the first where the value is none."""
        value = self.take(key)
        members = list(choices)
        if value in [member.value for member in members]:
            return choices(value)
        if value is not None:
            self.fault(key, f"应为 {'、'.join(members)} 之一，不是{describe(value)}")
        return members[0]

    def member(self, key: str, known: Mapping[str, T]) -> T | None:
        """Return what is known by the id that a key holds."""
        member_id = self.text(key)
        if member_id and member_id not in known:
            self.fault(key, f"没有名为「{member_id}」的定义")
        return known.get(member_id)

    def table(self, key: str) -> "TomlTable":
        """Return the table within."""
        value = self.take(key)
        if value is not None and not isinstance(value, Mapping):
            self.fault(key, f"应为表，不是{describe(value)}")
        return TomlTable(value if isinstance(value, Mapping) else {}, f"{self.path}{key}.", self.faults)

    def name(self, key: str) -> Name:
        """Return a name in both languages."""
        if key not in self.values:
            self.take(key)
            return Name("", "")
        table = self.table(key)
        return table.finish(Name(table.text("zh"), table.text("en")))

    def sequence(self, key: str) -> list[object]:
        """Return a list."""
        value = self.take(key)
        if isinstance(value, list):
            return value
        if value is not None:
            self.fault(key, f"应为列表，不是{describe(value)}")
        return []

    def tables(self, key: str) -> list["TomlTable"]:
        """Return the tables of a list, each with its id or key in its path."""
        tables = []
        for index, value in enumerate(self.sequence(key), start=1):
            if isinstance(value, Mapping):
                label = value.get("id", value.get("key", index))
                tables.append(TomlTable(value, f"{self.path}{key}[{label}].", self.faults))
            else:
                self.fault(key, f"第 {index} 项应为表，不是{describe(value)}")
        return tables

    def done(self) -> None:
        """Note the keys that nothing asked for."""
        for key in self.values:
            if key not in self.read:
                self.fault(str(key), "不认识的设置")

    def finish(self, value: T) -> T:
        """Return what was made of the table, once it is done."""
        self.done()
        return value
