"""The message templates of a scheme, read from its folder."""

import re
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from survey_app.domain.message_text import Template, TemplateError, parse_templates


@lru_cache
def load_templates(scheme_key: str) -> Mapping[str, Template]:
    """Return the templates of scheme `scheme_key` (`fangcheng-2022`) by survey and purpose.

    The keys are like "satisfaction.invitation"; each survey words its own. Raises TemplateError when the scheme has none or its file can't be used.
    """
    if not re.fullmatch(r"[a-z0-9]+([-_][a-z0-9]+)*", scheme_key):
        raise TemplateError(f"评分方案的名称不合规则：{scheme_key!r}")
    source = files("survey_app.schemes") / scheme_key.replace("-", "_") / "messages.toml"
    try:
        data = tomllib.loads(source.read_text(encoding="utf-8"))
        return MappingProxyType(parse_templates(_by_survey(data)))
    except FileNotFoundError as error:
        raise TemplateError(f"评分方案 {scheme_key} 没有短信模板文件 messages.toml") from error
    except tomllib.TOMLDecodeError as error:
        raise TemplateError(f"评分方案 {scheme_key} 的 messages.toml 不是有效的 TOML：{error}") from error


def _by_survey(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the file's templates under one key each; a file keeps them in a table for each survey."""
    return {
        f"{survey}.{purpose}": entry
        for survey, table in data.items()
        for purpose, entry in (table.items() if isinstance(table, Mapping) else [("", table)])
    }
