"""The telephone scripts of a scheme, read from its folder."""

from collections.abc import Mapping
from functools import cache

from survey_app.domain.back_check_script import BackCheckScript, parse_back_check_script
from survey_app.domain.script import CallScript, parse_script
from survey_app.schemes.loader import load_part


@cache
def load_script(scheme_key: str, instrument_key: str) -> CallScript:
    """Return the script for one of a scheme's questionnaires.

    Raises SchemeError when there is no such scheme, no script for the questionnaire, or the file is wrong.
    """

    def parse(mapping: Mapping[str, object]) -> CallScript:
        table = mapping.get(instrument_key)
        if not isinstance(table, Mapping):
            raise ValueError(f"{instrument_key}：没有这份问卷的话术")
        return parse_script(table)

    return load_part(scheme_key, "script.toml", "电话话术文件", parse)


@cache
def load_back_check_script(scheme_key: str, instrument_key: str) -> BackCheckScript:
    """Return what is said when interviews with one of a scheme's questionnaires are called back.

    Raises SchemeError as `load_script` does.
    """

    def parse(mapping: Mapping[str, object]) -> BackCheckScript:
        table = mapping.get(instrument_key)
        part = table.get("backcheck") if isinstance(table, Mapping) else None
        if not isinstance(part, Mapping):
            raise ValueError(f"{instrument_key}：没有质量复核的话术（backcheck）")
        return parse_back_check_script(part)

    return load_part(scheme_key, "script.toml", "电话话术文件", parse)
