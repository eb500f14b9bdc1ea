"""统一社会信用代码: an enterprise's 18-character code under GB 32100-2015, and its check character."""

import re
from dataclasses import dataclass

from survey_app.domain.cell_text import compact, is_placeholder, quote

LENGTH = 18
# Digits and capitals without I O S V Z; a character's place is its value.
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)

_SCIENTIFIC = re.compile(r"[0-9](\.[0-9]+)?E\+?[0-9]{2}")
# What people and exporting programs put around a code so that a spreadsheet leaves it alone.
_WRAPPING = "='\"`‘’“”"


@dataclass(frozen=True)
class CreditCodeReading:
    """The code that a cell holds, or None, and what is to be said about it ("" when nothing is)."""

    code: str | None
    warning: str = ""


def check_character(body: str) -> str:
    """Return the check character of a code's first 17 characters (31 less the weighted sum, modulo 31)."""
    total = sum(weight * ALPHABET.index(char) for weight, char in zip(WEIGHTS, body, strict=True))
    return ALPHABET[-total % 31]


def read_credit_code(text: str) -> CreditCodeReading:
    """Read a cell that should hold a credit code; nothing in it is a reason to turn an enterprise away.

    Small letters, blanks, dashes and full-width characters are mended silently. A wrong check character is a
    warning and the code is kept as given; what can't be a code at all is a warning and counts as no code.
    """
    if is_placeholder(text):
        return CreditCodeReading(None, "没有统一社会信用代码，将按企业名称和电话识别")
    code = re.sub(r"[-‐‑–—_.·]", "", compact(text).strip(_WRAPPING)).upper()
    if _SCIENTIFIC.fullmatch(compact(text).upper()):
        return CreditCodeReading(
            None,
            f"统一社会信用代码{quote(text)}被表格软件改成了科学计数，后几位已丢失，请把该列设为文本格式后重新填写；"
            "目前按没有代码处理",
        )
    wrong = "".join(dict.fromkeys(char for char in code if char not in ALPHABET))
    if len(code) != LENGTH:
        fault = f"应为 {LENGTH} 位，这里是 {len(code)} 位"
    elif wrong:
        fault = f"含有代码中不会出现的字符{quote(wrong)}"
    else:
        expected = check_character(code[:-1])
        if code[-1] == expected:
            return CreditCodeReading(code)
        return CreditCodeReading(
            code, f"统一社会信用代码 {code} 的校验码应为 {expected}，这里是 {code[-1]}，请核对是否抄错"
        )
    return CreditCodeReading(None, f"统一社会信用代码{quote(text)}{fault}，请核对；目前按没有代码处理")
