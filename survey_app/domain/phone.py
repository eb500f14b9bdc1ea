"""Telephone numbers as people write them in a cell, made into numbers that can be dialled."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from survey_app.domain.cell_text import clean, is_placeholder, quote


class PhoneKind(StrEnum):
    """What kind of number it is; only a mobile can be sent an SMS."""

    MOBILE = "mobile"  # 手机
    LANDLINE = "landline"  # 固定电话
    SERVICE = "service"  # 400、800 服务号


@dataclass(frozen=True)
class Phone:
    """A number as dialled inside China: 13800138000, 0377-67230000 or 4008001234, and its extension or ""."""

    number: str
    extension: str
    kind: PhoneKind

    @property
    def e164(self) -> str:
        """The number as networks write it (+8613800138000), without the extension."""
        return "+86" + self.number.replace("-", "").removeprefix("0")

    @property
    def takes_sms(self) -> bool:
        """Whether an SMS may be sent to it."""
        return self.kind is PhoneKind.MOBILE

    def __str__(self) -> str:
        return f"{self.number}转{self.extension}" if self.extension else self.number


@dataclass(frozen=True)
class PhoneReading:
    """The numbers of a cell in the order typed, what is wrong with the others, and what was assumed."""

    phones: tuple[Phone, ...]
    faults: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_LANDLINE = re.compile(r"(010|02[0-9])([0-9]{8})|(0[3-9][0-9][0-9])([0-9]{7,8})")
_SERVICE = re.compile(r"[48]00[0-9]{7}")
_LOCAL = re.compile(r"[2-8][0-9]{6,7}")
_GLUED_MOBILES = re.compile(r"(?:1[3-9][0-9]{9}){2,}")
_MOST_DIGITS = 16

_FLOAT = re.compile(r"([0-9]{5,})\.0+(?![0-9])")
_SCIENTIFIC = re.compile(r"(?<![0-9])([0-9])\.([0-9]+)E\+?([0-9]{1,2})(?![0-9])", re.IGNORECASE)
# A spreadsheet shows a large number with five decimals at most; with more, only zeros were left off.
_WHOLE_DECIMALS = 7
_EXTENSION = re.compile(
    r"(?:转分机|转接?|分机号?|extension|ext|x|#)[.:\s]*([0-9]{1,6})(?![0-9])", re.IGNORECASE
)
_FIRM_SEPARATORS = re.compile(r"[/\\、,，;；|&\n或和及与]+")
_PART = re.compile(r"~?\+?[0-9]+")
# Dashes that NFKC leaves alone.
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−─", "-"))


def read_phones(text: str, area_code: str = "0377") -> PhoneReading:
    """Read every number of a cell; a local number of 7 or 8 digits gets `area_code`, with a warning.

    Names and labels beside a number ("王经理: 138…") are ignored. An empty cell, or one that says 无, gives
    nothing and one fault.
    """
    if is_placeholder(text):
        return PhoneReading((), ("缺少电话",))
    lines = "\n".join(clean(line) for line in text.splitlines())
    plain = unicodedata.normalize("NFKC", lines).translate(_DASHES)
    plain = _FLOAT.sub(r"\1", _SCIENTIFIC.sub(_expand, plain))
    phones: dict[Phone, None] = {}
    faults: list[str] = []
    warnings: list[str] = []
    for piece in _FIRM_SEPARATORS.split(plain):
        if not piece.strip():
            continue
        if re.search(r"[0-9]\*+|\*+[0-9]", piece):
            faults.append(f"{quote(piece)}：号码被星号遮住，请填完整号码")
            continue
        if _SCIENTIFIC.search(piece):
            faults.append(f"{quote(piece)}：号码被表格软件改成了科学计数，请把该列设为文本格式后重新填写")
            continue
        for number, extension in _numbers(_PART.findall(_EXTENSION.sub(r" ~\1", piece))):
            phone = _classify(number, extension)
            if phone is None and _LOCAL.fullmatch(number):
                phone = Phone(f"{area_code}-{number}", extension, PhoneKind.LANDLINE)
                warnings.append(f"{quote(number)}没有区号，已按本地区号 {area_code} 补全")
            if phone is not None:
                phones[phone] = None
            else:
                faults.append(f"{quote(number)}：{_what_is_wrong(number)}")
    if not phones and not faults:
        faults.append(f"{quote(text)}不是电话号码")
    return PhoneReading(tuple(phones), tuple(faults), tuple(warnings))


def _expand(match: re.Match[str]) -> str:
    """Write out a number in scientific notation, or leave it when its last digits are lost."""
    first, decimals, exponent = match[1], match[2], int(match[3])
    if not min(exponent, _WHOLE_DECIMALS) <= len(decimals.rstrip("0")) <= exponent:
        return match[0]
    return (first + decimals).ljust(exponent + 1, "0")[: exponent + 1]


def _numbers(parts: list[str]) -> Iterator[tuple[str, str]]:
    """Join the parts between blanks and dashes into as few numbers as they make: (digits, extension)."""
    stray: list[str] = []
    place = 0
    while place < len(parts):
        number, used = _longest(parts, place)
        if not used:
            stray.append(parts[place].lstrip("~"))
            place += 1
            continue
        if stray:
            yield "".join(stray), ""
            stray = []
        place += used
        extension = ""
        if place < len(parts) and _may_extend(number, parts[place]):
            extension = parts[place].lstrip("~")
            place += 1
        if _GLUED_MOBILES.fullmatch(number):
            yield from ((mobile, "") for mobile in _MOBILE.findall(number))
        else:
            yield number, extension
    if stray:
        yield "".join(stray), ""


def _longest(parts: list[str], start: int) -> tuple[str, int]:
    """Return the longest run of parts from `start` that is a number, without country code, and its length."""
    if parts[start].startswith("~"):
        return "", 0
    found, used, joined = "", 0, ""
    for count, part in enumerate(parts[start:], start=1):
        joined += part
        if "~" in joined or "+" in joined[1:] or (len(joined) > _MOST_DIGITS and count > 1):
            break
        national = _national(joined)
        if _classify(national, "") or _LOCAL.fullmatch(national) or _GLUED_MOBILES.fullmatch(national):
            found, used = national, count
    return found, used


def _national(digits: str) -> str:
    """Take the country code off, and the 0 that some dial before a mobile; a landline gets its 0 back."""
    for prefix in ("+86", "0086", "86"):
        rest = digits.removeprefix(prefix)
        if rest == digits:
            continue
        if _MOBILE.fullmatch(rest) or _LANDLINE.fullmatch(rest) or _SERVICE.fullmatch(rest):
            return rest
        if _LANDLINE.fullmatch("0" + rest) and prefix != "86":
            return "0" + rest
    if digits.startswith("0") and _MOBILE.fullmatch(digits[1:]):
        return digits[1:]
    return digits


def _may_extend(number: str, part: str) -> bool:
    """Whether `part` is the extension of `number`: marked as one, or short and behind a landline."""
    if part.startswith("~"):
        return True
    return not _MOBILE.fullmatch(number) and part.isdigit() and len(part) <= 5


def _classify(digits: str, extension: str) -> Phone | None:
    """Return the phone that `digits` dials from anywhere in China, or None."""
    if _MOBILE.fullmatch(digits):
        return Phone(digits, extension, PhoneKind.MOBILE)
    if match := _LANDLINE.fullmatch(digits):
        area, local = (match[1], match[2]) if match[1] else (match[3], match[4])
        return Phone(f"{area}-{local}", extension, PhoneKind.LANDLINE)
    if _SERVICE.fullmatch(digits):
        return Phone(digits, extension, PhoneKind.SERVICE)
    return None


def _what_is_wrong(number: str) -> str:
    """Say why digits are not a number that can be dialled."""
    count = len(number)
    if number.startswith("+") and not number.startswith("+86"):
        return "不是中国内地的号码"
    if number.startswith("1") and count != 11 and 7 <= count <= 14:
        return f"手机号应为 11 位，这里是 {count} 位"
    if number.startswith("1") and count == 11:
        return "手机号应以 13 至 19 开头"
    if number.startswith("0"):
        return f"固定电话应为区号加 7 或 8 位号码，这里共 {count} 位"
    return f"应为 11 位手机号或带区号的固定电话，这里是 {count} 位数字"
