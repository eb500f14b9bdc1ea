"""The command `survey import-frame`: what would come of a sample library, and, when asked, storing it."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import click

from survey_app.domain.frame import FrameReading, Remark, read_frame
from survey_app.domain.sheet import UnusableFileError
from survey_app.integrations.limits import MAX_FILE_BYTES
from survey_app.integrations.spreadsheets import read_sheets
from survey_app.services.errors import ServiceError

FOUND_WANTING = 1
UNUSABLE = 2
_COUNTS = ("accepted", "duplicates", "faults", "warnings")

_HELP = """检查一份样本库文件；加 --commit 才保存，不加时什么都不保存，也不需要数据库。

FILE 可以是 .xlsx、.xls、CSV 或制表符分隔的文本，以内容为准，不看扩展名。
有多张名单时，工作表的名称就是责任单位。

退出码：0 有可用的企业（个别行有错误时照样为 0，错误会逐行列出）；1 没有一行可用；2 文件无法使用或无法保存。
"""


@dataclass(frozen=True)
class SourceFile:
    """The file that a reading came from: its name and the SHA-256 of its bytes."""

    name: str
    digest: str


class Stored(Protocol):
    """What came of storing a reading."""

    @property
    def added(self) -> int:
        """Entries that were new to their unit."""
        ...

    @property
    def updated(self) -> int:
        """Entries that were there already."""
        ...

    @property
    def new_units(self) -> tuple[str, ...]:
        """Units that nobody had registered, created for their entries."""
        ...


def make_import_frame_command(store: Callable[[FrameReading, SourceFile], Stored]) -> click.Command:
    """Return the command; `store` is called only with --commit, and may raise ServiceError."""

    @click.command("import-frame", help=_HELP)
    @click.argument("file", type=click.Path(path_type=Path))
    @click.option("--unit", metavar="NAME", help="文件自己没有写明责任单位时，这份样本库属于哪个责任单位。")
    @click.option("--commit", is_flag=True, help="保存可用的行。")
    @click.option("--json", "as_json", is_flag=True, help="输出 JSON：各类行数，以及每一行的内容。")
    def import_frame(file: Path, unit: str | None, commit: bool, as_json: bool) -> None:
        stored = None
        try:
            data = _read(file)
            reading = read_frame(read_sheets(data, file.name), unit)
            if commit and reading.accepted:
                stored = store(reading, SourceFile(file.name, hashlib.sha256(data).hexdigest()))
        except (UnusableFileError, ServiceError) as error:
            _refuse(str(error), as_json)
        if as_json:
            outcome = frame_json(reading) | {"stored": _stored_json(stored)}
            click.echo(json.dumps(outcome, ensure_ascii=False, indent=2))
        else:
            print_reading(reading)
            click.echo(_closing_line(reading, stored))
        raise SystemExit(0 if reading.accepted else FOUND_WANTING)

    return import_frame


def frame_json(reading: FrameReading) -> dict[str, Any]:
    """Return a reading as plain data: the four counts, `rows` with what is behind each, and rows by unit."""
    rows = {name: [asdict(row) for row in getattr(reading, name)] for name in _COUNTS}
    return {name: len(rows[name]) for name in _COUNTS} | {"units": reading.units, "rows": rows}


def print_reading(reading: FrameReading) -> None:
    """Print a reading for people: the counts, the units, and every remark."""
    click.echo(
        f"可用 {len(reading.accepted)} 户，重复 {len(reading.duplicates)} 行，"
        f"错误 {len(reading.faults)} 行，提醒 {len(reading.warnings)} 条"
    )
    for unit, count in reading.units.items():
        click.echo(f"  {unit}：{count} 户")
    titled = {"错误": reading.faults, "重复": reading.duplicates, "提醒": reading.warnings}
    for title, remarks in titled.items():
        for remark in remarks:
            click.echo(f"{title}：{describe(remark)}")


def describe(remark: Remark) -> str:
    """Return a remark as one sentence that names the sheet, the row, the column and the enterprise."""
    place = [f"工作表「{remark.sheet}」"]
    if remark.row is not None:
        place.append(f"第 {remark.row} 行")
    if remark.column:
        place.append(f"「{remark.column}」列")
    if remark.name:
        place.append(f"（{remark.name}）")
    return f"{''.join(place)}：{'；'.join(filter(None, (remark.reason, remark.advice)))}。"


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            # One byte over the limit is enough for the reader to refuse.
            return stream.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        reason = "文件不存在" if isinstance(error, FileNotFoundError) else "文件打不开"
        raise UnusableFileError(f"{reason}：{file}，请检查路径后重试") from error


def _refuse(sentence: str, as_json: bool) -> None:
    if as_json:
        nothing: dict[str, Any] = dict.fromkeys(_COUNTS, 0)
        nothing |= {"units": {}, "rows": {name: [] for name in _COUNTS}, "stored": None, "error": sentence}
        click.echo(json.dumps(nothing, ensure_ascii=False, indent=2))
    click.echo(f"{sentence}。", err=True)
    raise SystemExit(UNUSABLE)


def _stored_json(stored: Stored | None) -> dict[str, Any] | None:
    if stored is None:
        return None
    return {"added": stored.added, "updated": stored.updated, "new_units": list(stored.new_units)}


def _closing_line(reading: FrameReading, stored: Stored | None) -> str:
    if stored is not None:
        created = f"新建责任单位：{'、'.join(stored.new_units)}。" if stored.new_units else ""
        return f"已保存：新增 {stored.added} 条，更新 {stored.updated} 条。{created}"
    if not reading.accepted:
        return "没有可用的行，什么都没有保存。"
    return "以上只是检查，什么都没有保存；确认无误后加 --commit 保存。"


def _store_in_database(reading: FrameReading, source: SourceFile) -> Stored:
    # By name, since a preview needs neither the web framework nor a database.
    stored: Stored = import_module("survey_app.cli.store_frame").store_frame(
        reading, source.name, source.digest
    )
    return stored


import_frame = make_import_frame_command(_store_in_database)
