"""The telephone script of a scheme, read from its folder."""

from functools import cache

from survey_app.domain.script import CallScript, parse_script
from survey_app.schemes.loader import load_part


@cache
def load_script(scheme_key: str) -> CallScript:
    """Return the script of scheme `scheme_key`; raise SchemeError when there is none or its file is wrong."""
    return load_part(scheme_key, "script.toml", "电话话术文件", parse_script)
