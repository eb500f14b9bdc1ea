"""Cleaning the text of a cell that people typed."""

import re
import unicodedata

_BLANKS = re.compile(r"\s+")
_WIDE = r"\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef"
# A blank or line break between two wide characters is layout, never spelling.
_LAYOUT = re.compile(rf"(?<=[{_WIDE}])\s+(?=[{_WIDE}])")
_PLACEHOLDERS = frozenset(
    ("无", "没有", "暂无", "未知", "不详", "待定", "none", "null", "n/a", "#n/a", "nan")
)
_INVISIBLE = ("Cc", "Cf", "Cs")  # control characters, zero-width marks, halves of characters


def clean(text: str) -> str:
    """Return `text` without invisible characters, outer blanks and breaks of layout, otherwise as typed."""
    if text.isprintable():
        # Of the blanks only the plain one is printable, so most cells of a long list are done here.
        if " " not in text:
            return text
        visible = text
    else:
        visible = "".join(
            char for char in text if char.isspace() or unicodedata.category(char) not in _INVISIBLE
        )
    return _BLANKS.sub(" ", _LAYOUT.sub("", visible)).strip()


def compact(text: str) -> str:
    """Return `text` in its compatibility form (NFKC), without any blank: for comparing, never for showing."""
    return _BLANKS.sub("", unicodedata.normalize("NFKC", clean(text)))


def comparable(text: str) -> str:
    """Return the form in which two names are the same, whatever width, case and blanks they have."""
    return compact(text).casefold()


def is_placeholder(text: str) -> bool:
    """Whether the text only says that there is nothing to say: 无, /, —— and the like, or nothing."""
    short = comparable(text)
    return short in _PLACEHOLDERS or not any(char.isalnum() for char in short)


def quote(text: str, limit: int = 30) -> str:
    """Return `text` in Chinese quotation marks, cut to `limit` characters, for use in a sentence."""
    short = clean(text)
    return f"「{short if len(short) <= limit else short[: limit - 1] + '…'}」"
