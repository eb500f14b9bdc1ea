"""A library file between its preview and the decision: kept on the server for an hour, for who sent it."""

import json
import os
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from survey_app.services.errors import NotFoundError, ServiceError

KEPT = timedelta(hours=1)
# Of one account at a time; the oldest goes first. Without an end to them an account could fill the disk.
MOST_KEPT = 5
GONE = "预览已过期（保留一小时）或已处理，什么都没有保存：请重新选择文件"
NO_ROOM = "服务器的磁盘写不进去，文件没有保存：请联系系统管理员腾出空间，再重新选择文件"
_TOKEN = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Upload:
    """An uploaded file: its bytes, its name, and the unit that was given for it ("" for none)."""

    filename: str
    unit: str
    data: bytes


def keep(instance: Path, account_id: int, upload: Upload, now: datetime) -> str:
    """Keep a file, readable by this program's user only, and return the 128-bit name it is asked for by.

    Raises ServiceError when the disk takes no more.
    """
    token = secrets.token_hex(16)
    heading = {
        "account": account_id,
        "filename": upload.filename,
        "unit": upload.unit,
        "at": now.isoformat(),
    }
    path = _path(instance, token)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sweep(path.parent, account_id, now)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(json.dumps(heading).encode() + b"\n" + upload.data)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise ServiceError(NO_ROOM) from error
    return token


def fetch(instance: Path, token: str, account_id: int, now: datetime) -> Upload:
    """Return a kept file to who sent it; raise NotFoundError for anybody else, or when it is gone."""
    path = _path(instance, token)
    try:
        heading, _, data = path.read_bytes().partition(b"\n")
        told = json.loads(heading)
        at = datetime.fromisoformat(told["at"])
        upload = Upload(told["filename"], told["unit"], data)
    except (OSError, ValueError, KeyError) as error:
        raise NotFoundError(GONE) from error
    if told["account"] != account_id or now - at > KEPT:
        raise NotFoundError(GONE)
    return upload


def drop(instance: Path, token: str, account_id: int, now: datetime) -> None:
    """Delete a kept file of this account; one that is gone already is no fault."""
    try:
        fetch(instance, token, account_id, now)
    except NotFoundError:
        return
    _path(instance, token).unlink(missing_ok=True)


def _path(instance: Path, token: str) -> Path:
    if not _TOKEN.fullmatch(token):
        raise NotFoundError(GONE)
    return instance / "uploads" / f"{token}.bin"


def _sweep(folder: Path, account_id: int, now: datetime) -> None:
    """Delete what nobody decided on, and of an account's own what leaves no room for one more."""
    own: list[tuple[datetime, Path]] = []
    for path in folder.glob("*.bin"):
        try:
            with path.open("rb") as file:
                told = json.loads(file.readline())
            at, account = datetime.fromisoformat(told["at"]), told["account"]
        except (OSError, ValueError, KeyError):
            path.unlink(missing_ok=True)
            continue
        if now - at > KEPT:
            path.unlink(missing_ok=True)
        elif account == account_id:
            own.append((at, path))
    for _at, path in sorted(own)[: max(0, len(own) - MOST_KEPT + 1)]:
        path.unlink(missing_ok=True)
