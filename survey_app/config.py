"""Settings read from the environment, each with a default that is right for production or with none."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

COUNTY_ZONE = ZoneInfo("Asia/Shanghai")
MIN_SECRET_CHARACTERS = 32
# Forms and sample libraries are small; what is larger is refused before it is read.
MAX_UPLOAD_BYTES = 10 * 1024 * 1024
MAX_FORM_BYTES = 512 * 1024
MAX_FORM_PARTS = 2000


class SettingsError(Exception):
    """A setting that is missing or unusable; the message says which and what to do."""


@dataclass(frozen=True)
class Settings:
    """What the process was told: where it keeps things, who it is on the web, how it sends SMS."""

    instance: Path
    database_url: str
    secret_key: str
    public_base_url: str | None
    sms_gateway: str = "outbox"
    twilio_account_sid: str | None = None
    twilio_auth_token: str | None = None
    twilio_from: str | None = None
    twilio_base_url: str | None = None
    office_phone: str | None = None

    @property
    def https(self) -> bool:
        """Whether cookies may insist on HTTPS; only an explicit http:// address turns that off."""
        return not (self.public_base_url or "https://").startswith("http://")

    def link(self, path: str) -> str:
        """Return the public address of a path that begins with a slash.

        Raises SettingsError when PUBLIC_BASE_URL is not set: a link is never made from a request's Host.
        """
        if self.public_base_url is None:
            raise SettingsError(
                "没有设置 PUBLIC_BASE_URL：请设为企业打开的网址，例如 https://hf.example.gov.cn"
            )
        return self.public_base_url + path


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from `environ` (default: the process's environment).

    Raises SettingsError naming the first setting that can't be used.
    """
    env = os.environ if environ is None else environ
    instance = Path(env.get("SURVEY_INSTANCE") or "instance").absolute()
    return Settings(
        instance=instance,
        database_url=_database_url(env.get("DATABASE_URL"), instance),
        secret_key=_secret_key(env.get("SECRET_KEY"), instance),
        public_base_url=_base_url(env.get("PUBLIC_BASE_URL"), "PUBLIC_BASE_URL"),
        sms_gateway=env.get("SMS_GATEWAY") or "outbox",
        twilio_account_sid=env.get("TWILIO_ACCOUNT_SID") or None,
        twilio_auth_token=env.get("TWILIO_AUTH_TOKEN") or None,
        twilio_from=env.get("TWILIO_FROM") or None,
        twilio_base_url=_base_url(env.get("TWILIO_BASE_URL"), "TWILIO_BASE_URL"),
        office_phone=env.get("OFFICE_PHONE") or None,
    )


def _database_url(given: str | None, instance: Path) -> str:
    if not given:
        return f"sqlite:///{instance / 'survey.db'}"
    # The scheme that hosting panels hand out, which SQLAlchemy no longer takes.
    return given.replace("postgres://", "postgresql://", 1) if given.startswith("postgres://") else given


def _secret_key(given: str | None, instance: Path) -> str:
    """Return the key that signs and derives; without one it is made once and kept readable by its owner only."""
    if given:
        if len(given) < MIN_SECRET_CHARACTERS:
            raise SettingsError(
                f"SECRET_KEY 太短：至少 {MIN_SECRET_CHARACTERS} 个字符；不设置则自动生成并保存在 instance/secret_key"
            )
        return given
    path = instance / "secret_key"
    try:
        instance.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_text().strip()
        with os.fdopen(descriptor, "w") as file:
            key = secrets.token_urlsafe(48)
            file.write(key)
        return key
    except OSError as error:
        raise SettingsError(
            f"无法读写 {path}（{error.strerror}）：请检查目录权限，或设置 SECRET_KEY"
        ) from error


def _base_url(given: str | None, name: str) -> str | None:
    if not given:
        return None
    parts = urlsplit(given)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise SettingsError(f"{name} 不是网址：{given!r}，应如 https://hf.example.gov.cn")
    return given.rstrip("/")
