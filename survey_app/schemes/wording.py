"""The wording of a scheme's official documents, read from its folder."""

import tomllib
from functools import cache
from importlib.resources import files

from survey_app.domain.wording import Wording, parse_wording
from survey_app.schemes.loader import SchemeError, scheme_keys


@cache
def load_wording(scheme_key: str) -> Wording:
    """Return the wording of scheme `scheme_key`; raise SchemeError when there is none or its file is wrong."""
    if scheme_key not in scheme_keys():
        raise SchemeError(f"没有评分方案「{scheme_key}」，已有：{'、'.join(scheme_keys())}")
    source = files("survey_app.schemes") / scheme_key.replace("-", "_") / "documents.toml"
    try:
        return parse_wording(tomllib.loads(source.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise SchemeError(f"评分方案 {scheme_key} 没有文书用语文件 documents.toml") from error
    except ValueError as error:  # TOMLDecodeError is one
        raise SchemeError(f"评分方案 {scheme_key} 的 documents.toml 有错误：\n{error}") from error
