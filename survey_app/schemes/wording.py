"""The wording of a scheme's official documents, read from its folder."""

from functools import cache

from survey_app.domain.wording import Wording, parse_wording
from survey_app.schemes.loader import load_part


@cache
def load_wording(scheme_key: str) -> Wording:
    """Return the wording of scheme `scheme_key`; raise SchemeError when there is none or its file is wrong."""
    return load_part(scheme_key, "documents.toml", "文书用语文件", parse_wording)
