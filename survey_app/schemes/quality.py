"""The rules by which a scheme's interviews are checked, read from its folder; no part of what scores are made of."""

from functools import cache

from survey_app.domain.quality_rules import QualityRules, parse_quality_rules
from survey_app.schemes.loader import load_part


@cache
def load_quality_rules(scheme_key: str) -> QualityRules:
    """Return the rules of scheme `scheme_key`; raise SchemeError when there are none or their file is wrong."""
    return load_part(scheme_key, "quality.toml", "质量复核规则文件", parse_quality_rules)
