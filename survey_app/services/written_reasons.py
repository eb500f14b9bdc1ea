"""What people write to give a reason: it has to be there, not too long, and nothing in it invisible."""

import re

from survey_app.domain.json_object import is_clean
from survey_app.services.errors import ServiceError

LONGEST_REASON = 1000


def required_reason(text: str, name: str, field: str = "reason", missing: str | None = None) -> str:
    """Return what was written, without blanks around it; raise ServiceError, at its field, for what can't be kept.

    `missing` says what to write where nothing was.
    """
    written = optional_reason(text, name, field)
    if not written:
        raise ServiceError(missing or f"请填写{name}", field)
    return written


def optional_reason(text: str, name: str, field: str = "reason") -> str:
    """Return what was written, which may be nothing; raise ServiceError, at its field, for what can't be kept."""
    written = text.strip()
    if len(written) > LONGEST_REASON:
        raise ServiceError(f"{name}不超过 {LONGEST_REASON} 字，现有 {len(written)} 字", field)
    if not all(is_clean(line) for line in re.split(r"\r?\n", written)):
        raise ServiceError(f"{name}里有看不见的控制字符，请重新输入", field)
    return written
