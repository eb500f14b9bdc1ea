"""Settings read from the environment, each with a default that is right for production or with none."""

import contextlib
import os
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

COUNTY_ZONE = ZoneInfo("Asia/Shanghai")
MIN_SECRET_CHARACTERS = 32
DATABASES = ("sqlite", "postgresql", "postgresql+psycopg")
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
    # What is set for the chosen gateway, by its full name: TWILIO_FROM and so on, all with the gateway's prefix.
    gateway_settings: Mapping[str, str] = field(default_factory=dict)
    office_phone: str | None = None
    commission_phone: str | None = None
    contact_hours: str | None = None
    trusted_proxies: int = 0

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

    def needed_by_gateway(self, *names: str) -> tuple[str, ...]:
        """Return these settings of the chosen SMS gateway, which also needs PUBLIC_BASE_URL, to be reported to.

        Raises SettingsError naming all that are missing.
        """
        missing = [name for name in names if not self.gateway_settings.get(name)]
        missing += [] if self.public_base_url else ["PUBLIC_BASE_URL"]
        if missing:
            raise SettingsError(f"SMS_GATEWAY={self.sms_gateway} 还缺少设置：{'、'.join(missing)}")
        return tuple(self.gateway_settings[name] for name in names)


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from `environ` (default: the process's environment).

    Raises SettingsError naming the first setting that can't be used.
    """
    env = os.environ if environ is None else environ
    instance = Path(env.get("SURVEY_INSTANCE") or "instance").absolute()
    try:
        instance.mkdir(mode=0o700, parents=True, exist_ok=True)  # names and numbers are for nobody else here
    except OSError as error:
        raise SettingsError(
            f"SURVEY_INSTANCE 不能用：建不了目录 {instance}（{error.strerror}），请换一个目录或检查权限"
        ) from error
    gateway = env.get("SMS_GATEWAY") or "outbox"
    return Settings(
        instance=instance,
        database_url=_database_url(env.get("DATABASE_URL"), instance),
        secret_key=_secret_key(env.get("SECRET_KEY"), instance),
        public_base_url=base_url(env.get("PUBLIC_BASE_URL"), "PUBLIC_BASE_URL"),
        sms_gateway=gateway,
        gateway_settings={
            name: value for name, value in env.items() if value and name.startswith(f"{gateway.upper()}_")
        },
        office_phone=env.get("OFFICE_PHONE") or None,
        commission_phone=env.get("COMMISSION_PHONE") or None,
        contact_hours=env.get("CONTACT_HOURS") or None,
        trusted_proxies=_count(env.get("TRUSTED_PROXIES"), "TRUSTED_PROXIES"),
    )


def _database_url(given: str | None, instance: Path) -> str:
    if not given:
        # Built, not written: a folder's name may hold what an address quotes, as ? does.
        return URL.create("sqlite", database=str(instance / "survey.db")).render_as_string(
            hide_password=False
        )
    # The scheme that hosting panels hand out, which SQLAlchemy no longer takes.
    url = given.replace("postgres://", "postgresql://", 1) if given.startswith("postgres://") else given
    try:
        driver = make_url(url).drivername
    except (ArgumentError, ValueError):
        driver = None
    if driver not in DATABASES:
        # Not quoted: it may hold a password.
        raise SettingsError(
            "DATABASE_URL 不能用：应为 sqlite:////目录/survey.db 或 postgresql://用户:密码@主机:端口/数据库"
        )
    return url


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
        if not path.exists():
            _write_once(path, secrets.token_urlsafe(48))
        key = path.read_text().strip()
    except OSError as error:
        raise SettingsError(
            f"无法读写 {path}（{error.strerror}）：请检查目录权限，或设置 SECRET_KEY"
        ) from error
    if len(key) < MIN_SECRET_CHARACTERS:
        raise SettingsError(
            f"{path} 里的密钥不完整：请从备份恢复；换新密钥会使已发出的链接和回访码失效，确认后可删除此文件"
        )
    return key


def _write_once(path: Path, text: str) -> None:
    """Write a file for its owner only, whole or not at all; leave one that another process wrote first."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent) as file:  # readable by its owner only
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(file.name, path)


def base_url(given: str | None, name: str) -> str | None:
    """Return an address without its last slash, None for none; raise SettingsError where it can't be one."""
    if not given:
        return None
    try:
        parts = urlsplit(given)
        usable = parts.port != 0  # reading it raises ValueError where it is no port
    except ValueError:
        usable = False
    if (
        not usable
        or parts.scheme not in ("http", "https")
        or not parts.netloc
        or parts.query
        or parts.fragment
    ):
        raise SettingsError(f"{name} 不是网址：{given!r}，应如 https://hf.example.gov.cn")
    return given.rstrip("/")


def _count(given: str | None, name: str) -> int:
    if not given:
        return 0
    if not (given.isascii() and given.isdigit() and int(given) <= 10):
        raise SettingsError(f"{name} 应为 0 至 10 的整数，不是 {given!r}：它是网站前面自己的反向代理的层数")
    return int(given)
