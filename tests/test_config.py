"""Settings: right for production by default, or refused with a sentence."""

import stat
from pathlib import Path

import pytest

from survey_app.config import SettingsError, load_settings


def test_secret_is_made_once_and_kept_from_others(tmp_path: Path) -> None:
    env = {"SURVEY_INSTANCE": str(tmp_path / "new")}
    first, second = load_settings(env), load_settings(env)
    assert first.secret_key == second.secret_key
    assert len(first.secret_key) >= 43
    assert stat.S_IMODE((tmp_path / "new" / "secret_key").stat().st_mode) == 0o600


def test_defaults_are_for_production(tmp_path: Path) -> None:
    settings = load_settings({"SURVEY_INSTANCE": str(tmp_path)})
    assert settings.https
    assert settings.sms_gateway == "outbox"
    assert settings.database_url == f"sqlite:///{tmp_path}/survey.db"
    with pytest.raises(SettingsError, match="PUBLIC_BASE_URL"):
        settings.link("/s")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "short"),
        ("PUBLIC_BASE_URL", "hf.example.gov.cn"),
        ("PUBLIC_BASE_URL", "ftp://hf.example.gov.cn"),
        ("PUBLIC_BASE_URL", "https://hf.example.gov.cn/?a=1"),
        ("TWILIO_BASE_URL", "localhost:1234"),
    ],
)
def test_unusable_setting_is_named(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        load_settings({"SURVEY_INSTANCE": str(tmp_path), name: value})


def test_links_come_from_the_setting(tmp_path: Path) -> None:
    settings = load_settings({"SURVEY_INSTANCE": str(tmp_path), "PUBLIC_BASE_URL": "http://localhost:8000/"})
    assert settings.link("/s/x") == "http://localhost:8000/s/x"
    assert not settings.https
