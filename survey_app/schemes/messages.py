"""The message templates of a scheme and its rules for sending them, read from its folder."""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from survey_app.domain.message_text import Template, TemplateError, parse_templates
from survey_app.domain.sending import SendingRules, parse_sending
from survey_app.schemes.loader import SchemeError, load_part

FILE, WHAT = "messages.toml", "短信模板文件"


@lru_cache
def load_templates(scheme_key: str) -> Mapping[str, Template]:
    """Return the templates of scheme `scheme_key` (`fangcheng-2022`) by survey and purpose.

    The keys are like "satisfaction.invitation"; each survey words its own. Raises TemplateError when the scheme has none or its file can't be used.
    """
    try:
        return MappingProxyType(load_part(scheme_key, FILE, WHAT, _templates))
    except SchemeError as error:
        raise TemplateError(str(error)) from error


@lru_cache
def load_sending(scheme_key: str) -> SendingRules:
    """Return the rules for sending; raise SchemeError when the file lacks them or they can't be used."""
    return load_part(scheme_key, FILE, WHAT, parse_sending)


def _templates(data: Mapping[str, object]) -> dict[str, Template]:
    """Read the file's templates under one key each; it keeps them in a table for each survey."""
    return parse_templates(
        {
            f"{survey}.{purpose}": entry
            for survey, table in data.items()
            if survey != "sending"
            for purpose, entry in (table.items() if isinstance(table, Mapping) else [("", table)])
        }
    )
