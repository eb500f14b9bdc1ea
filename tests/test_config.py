"""Settings: right for production by default, or refused with a sentence."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import make_url

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
        ("PUBLIC_BASE_URL", "https://[hf.example.gov.cn"),
        ("PUBLIC_BASE_URL", "https://hf.example.gov.cn:99999"),
        ("TRUSTED_PROXIES", "-1"),
        ("TRUSTED_PROXIES", "many"),
        ("DATABASE_URL", "survey.db"),
        ("DATABASE_URL", "mysql://office:hunter2hunter2@localhost/survey"),
        ("DATABASE_URL", "postgresql://office:hunter2hunter2@localhost:port/survey"),
        ("SURVEY_INSTANCE", "/dev/null"),
        ("SURVEY_INSTANCE", "/dev/null/instance"),
    ],
)
def test_unusable_setting_is_named(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name) as refused:
        load_settings({"SURVEY_INSTANCE": str(tmp_path), name: value})
    assert "hunter2" not in str(refused.value)


def test_the_database_lies_in_the_instance_whatever_its_name(tmp_path: Path) -> None:
    instance = tmp_path / "县 1?a=b#c%20"
    settings = load_settings({"SURVEY_INSTANCE": str(instance)})
    assert make_url(settings.database_url).database == str(instance / "survey.db")


@pytest.mark.parametrize(
    "url", ["postgres://office@localhost/survey", "postgresql://office@localhost/survey"]
)
def test_postgresql_by_either_name(tmp_path: Path, url: str) -> None:
    settings = load_settings({"SURVEY_INSTANCE": str(tmp_path), "DATABASE_URL": url})
    assert settings.database_url == "postgresql://office@localhost/survey"


def test_a_key_that_was_not_written_whole_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret_key").touch()
    with pytest.raises(SettingsError, match="secret_key"):
        load_settings({"SURVEY_INSTANCE": str(tmp_path)})


def test_processes_that_start_together_share_one_key(tmp_path: Path) -> None:
    env = {"SURVEY_INSTANCE": str(tmp_path)}
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: load_settings(env).secret_key, range(32)))
    assert len(keys) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


def test_links_come_from_the_setting(tmp_path: Path) -> None:
    settings = load_settings({"SURVEY_INSTANCE": str(tmp_path), "PUBLIC_BASE_URL": "http://localhost:8000/"})
    assert settings.link("/s/x") == "http://localhost:8000/s/x"
    assert not settings.https
