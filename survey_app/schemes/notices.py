"""The notices on personal data of a scheme, read from its folder: every version, so that old ones stay readable."""

from collections.abc import Mapping
from functools import cache

from survey_app.domain.privacy_notice import PrivacyNotice, parse_notices
from survey_app.schemes.loader import load_part


@cache
def load_notices(scheme_key: str, instrument_key: str) -> tuple[PrivacyNotice, ...]:
    """Return all versions of the notice of one of a scheme's questionnaires, oldest first.

    Raises SchemeError when there is no such scheme, no notice for the questionnaire, or the file is wrong.
    """

    def parse(mapping: Mapping[str, object]) -> tuple[PrivacyNotice, ...]:
        try:
            return parse_notices(mapping.get(instrument_key))
        except ValueError as error:
            raise ValueError(
                "\n".join(f"{instrument_key}：{line}" for line in str(error).splitlines())
            ) from error

    return load_part(scheme_key, "notices.toml", "个人信息说明文件", parse)


def current_notice(scheme_key: str, instrument_key: str) -> PrivacyNotice:
    """Return the version in force."""
    return load_notices(scheme_key, instrument_key)[-1]


def find_notice(scheme_key: str, instrument_key: str, version: str) -> PrivacyNotice | None:
    """Return a version, whether in force or not; None when there was none of this number."""
    return next((each for each in load_notices(scheme_key, instrument_key) if each.version == version), None)
