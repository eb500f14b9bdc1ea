"""The terms of a scheme's rectification tasks, read from its folder; no part of what scores are made of."""

from functools import cache

from survey_app.domain.rectification import Terms, parse_terms
from survey_app.schemes.loader import load_part


@cache
def load_terms(scheme_key: str) -> Terms:
    """Return the terms of scheme `scheme_key`; raise SchemeError when there are none or their file is wrong."""
    return load_part(scheme_key, "rectification.toml", "整改期限文件", parse_terms)
