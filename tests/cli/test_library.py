"""`survey import-frame --commit` where there is no database yet: it makes the tables, adds, then updates."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text

from tests.databases import SECRET

FRAMES = Path(__file__).parents[1] / "frames"


def _survey(folder: Path, *arguments: str | Path, url: str = "") -> subprocess.CompletedProcess[str]:
    """Run the real command as a newcomer does: a fresh process, a database file that isn't there."""
    environment = {
        **os.environ,
        "DATABASE_URL": url or f"sqlite:///{folder / 'new.db'}",
        "SECRET_KEY": SECRET,
        "PUBLIC_BASE_URL": "http://localhost",
        "INSTANCE_PATH": str(folder / "instance"),
    }
    program = "from survey_app.cli.main import main; main()"
    return subprocess.run(
        [sys.executable, "-c", program, "import-frame", *map(str, arguments)],
        capture_output=True, text=True, env=environment, cwd=folder, check=False,
    )  # fmt: skip


@contextmanager
def _database(folder: Path) -> Iterator[Engine]:
    engine = create_engine(f"sqlite:///{folder / 'new.db'}")
    yield engine
    engine.dispose()


def _count(folder: Path, table: str) -> int:
    with _database(folder) as engine, engine.connect() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def test_first_commit_makes_the_tables_and_a_second_updates(tmp_path: Path) -> None:
    file = FRAMES / "6-汇总-多单位.xlsx"
    first = _survey(tmp_path, file, "--commit", "--json")
    assert first.returncode == 0, first.stderr
    stored = json.loads(first.stdout)["stored"]
    assert (stored["added"], stored["updated"], len(stored["new_units"])) == (45, 0, 3)
    second = _survey(tmp_path, file, "--commit")
    assert "已保存：新增 0 条，更新 45 条。" in second.stdout
    assert (_count(tmp_path, "frame_entry"), _count(tmp_path, "frame_import")) == (45, 2)


@pytest.mark.parametrize(
    ("name", "accepted"),
    [("2-税务局-盖章表.xlsx", 34), ("3-供电公司-旧格式.xls", 30), ("4-自来水公司-GBK.csv", 32)],
)
def test_unit_given_on_the_command_line_is_created(tmp_path: Path, name: str, accepted: int) -> None:
    unit = name.split("-")[1]
    result = _survey(tmp_path, FRAMES / name, "--unit", unit, "--commit")
    assert f"已保存：新增 {accepted} 条，更新 0 条。新建责任单位：{unit}。" in result.stdout
    assert _count(tmp_path, "frame_entry") == accepted


@pytest.mark.parametrize("name", ["7-其实是网页.xls", "8-空文件.xlsx"])
def test_refused_file_leaves_no_database_behind(tmp_path: Path, name: str) -> None:
    result = _survey(tmp_path, FRAMES / name, "--unit", "x", "--commit")
    assert (result.returncode, result.stderr.count("\n")) == (2, 1)
    assert list(tmp_path.iterdir()) == []


def test_preview_leaves_no_database_behind(tmp_path: Path) -> None:
    result = _survey(tmp_path, FRAMES / "5-农商银行-分号.csv", "--unit", "农商银行")
    assert result.returncode == 0
    assert "什么都没有保存" in result.stdout
    assert list(tmp_path.iterdir()) == []


def test_database_that_does_not_answer_is_one_sentence_that_names_nobody(tmp_path: Path) -> None:
    url = "postgresql://someone:secret@127.0.0.1:1/nowhere"
    result = _survey(tmp_path, FRAMES / "5-农商银行-分号.csv", "--unit", "农商银行", "--commit", url=url)
    assert (result.returncode, result.stderr.count("\n")) == (2, 1)
    assert "数据库用不了" in result.stderr
    assert "secret" not in result.stderr
    assert result.stdout == ""
