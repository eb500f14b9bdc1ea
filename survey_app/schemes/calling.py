"""The calling rules of a scheme, read from its folder; no part of what scores are made of."""

from functools import cache

from survey_app.domain.calling_rules import CallingRules, parse_calling_rules
from survey_app.schemes.loader import load_part


@cache
def load_calling_rules(scheme_key: str) -> CallingRules:
    """Return the rules of scheme `scheme_key`; raise SchemeError when there are none or their file is wrong."""
    return load_part(scheme_key, "calling.toml", "拨打规则文件", parse_calling_rules)
