"""`survey draw` and `survey open-round` as an office uses them, each command a process of its own."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from survey_app.cli.replay_draw import run_replay
from tests.databases import SECRET

FRAME = Path(__file__).parents[1] / "frames" / "4-自来水公司-GBK.csv"
PROGRAM = "from survey_app.cli.main import main; main()"
SEED = "2022-Q2 双色球 2022070 期 03 08 15 22 27 31 09"
# The same as in tests/services/test_samples.py, where it says how it was computed.
GOLDEN = [
    "uscc:9141132297Q1J4H6A4",
    "uscc:9341132288WDX2QUYE",
    "uscc:91411322867HJX13FW",
    "uscc:9241132202XMAPPBDY",
    "uscc:92411322005XQXKGR6",
    "uscc:9241132295UHPMA3FY",
]


class Office:
    """An installation of its own, on which commands are run one after the other."""

    def __init__(self, folder: Path, secret: str = SECRET) -> None:
        self.folder = folder
        self.environment = {
            **os.environ,
            "DATABASE_URL": f"sqlite:///{folder / 'survey.db'}",
            "SURVEY_INSTANCE": str(folder / "instance"),
            "SECRET_KEY": secret,
            "PUBLIC_BASE_URL": "http://localhost",
        }

    def run(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", PROGRAM, *map(str, arguments)],
            capture_output=True,
            text=True,
            env=self.environment,
            check=False,
        )


@pytest.fixture
def office(tmp_path: Path) -> Office:
    office = Office(tmp_path)
    stored = office.run("import-frame", FRAME, "--unit", "自来水公司", "--commit")
    assert stored.returncode == 0, stored.stderr
    return office


def test_two_installations_draw_the_same_from_the_same_library_and_seed(
    office: Office, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    other = Office(tmp_path / "other", secret="another secret that only this test knows")
    other.run("import-frame", FRAME, "--unit", "自来水公司", "--commit")
    drawn = []
    for each in (office, other):
        result = each.run("draw", "2022-Q2", "--n", "6", "--seed", SEED, "--json")
        assert result.returncode == 0, result.stderr
        drawn.append(json.loads(result.stdout))
    assert drawn[0] == drawn[1]
    (unit,) = drawn[0]["units"]
    assert [row["key"] for row in unit["sample"]] == GOLDEN
    assert [row["rank"] for row in unit["sample"]] == [1, 2, 3, 4, 5, 6]
    assert (unit["size"], unit["frame_size"], unit["shortfall"], drawn[0]["new_cases"]) == (6, 32, 0, 6)


def test_a_draw_says_size_and_digest_and_is_not_repeated(office: Office) -> None:
    first = office.run("draw", "2022-q2", "--n", "40", "--seed", SEED)
    assert first.returncode == 0
    assert "自来水公司：抽 32 户，样本库 32 户，不足 8 户" in first.stdout
    assert "共抽中 32 户次，新增回访任务 32 户。" in first.stdout
    again = office.run("draw", "2022-Q2", "--n", "40", "--seed", SEED)
    assert (again.returncode, again.stderr.count("\n")) == (2, 1)
    assert "自来水公司在本轮已经抽过样，不能重抽" in again.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("2022年", "--n", "5", "--seed", "x"), "2022-Q1 的样子"),
        (("2022-Q2", "--n", "0", "--seed", "x"), "1 至 10000"),
        (("2022-Q2", "--n", "5", "--seed", " "), "封存的种子"),
        (("2022-Q2", "--n", "5", "--seed", "x", "--unit", "水务局"), "没有登记过责任单位「水务局」"),
    ],
)
def test_a_refused_draw_ends_with_2_and_leaves_no_round(
    office: Office, arguments: tuple[str, ...], words: str
) -> None:
    result = office.run("draw", *arguments)
    assert (result.returncode, result.stdout) == (2, "")
    assert words in result.stderr
    assert "请先抽样" in office.run("open-round", "2022-Q2", "--start").stderr


def test_a_round_is_created_drawn_and_opened(office: Office) -> None:
    created = office.run("open-round", "2022-Q3", "--closes", "2099-09-30")
    assert created.returncode == 0, created.stderr
    assert "survey draw 2022-Q3" in created.stdout
    too_early = office.run("open-round", "2022-Q3", "--start")
    assert (too_early.returncode, "请先抽样" in too_early.stderr) == (2, True)
    drawn = office.run("draw", "2022-Q3", "--n", "3", "--seed", SEED, "--unit", "自来水公司")
    assert "survey open-round 2022-Q3 --start" in drawn.stdout
    opened = office.run("open-round", "2022-Q3", "--start")
    assert (opened.returncode, "回访已开始" in opened.stdout) == (0, True)
    assert office.run("open-round", "2022-Q3", "--start").returncode == 2


def test_a_database_without_tables_is_said_in_one_sentence(tmp_path: Path) -> None:
    result = Office(tmp_path).run("draw", "2022-Q2", "--n", "3", "--seed", "x")
    assert (result.returncode, result.stderr.count("\n")) == (2, 1)
    assert "survey migrate" in result.stderr


def test_a_draw_makes_a_missing_round_and_keeps_instruments_apart(office: Office) -> None:
    first = office.run("draw", "2022-Q2", "--n", "2", "--seed", SEED, "--json")
    other = office.run(
        "draw", "2022-Q2", "--n", "2", "--seed", "别的种子", "--json", "--instrument", "mass_appraisal"
    )
    assert other.returncode == 0, other.stderr
    outcomes = [json.loads(each.stdout) for each in (first, other)]
    assert [(each["instrument"], each["new_round"]) for each in outcomes] == [
        ("satisfaction", True),
        ("mass_appraisal", False),
    ]
    drawn = [each["units"][0]["sample"] for each in outcomes]
    assert drawn[0] != drawn[1]
    assert [each["new_cases"] for each in outcomes] == [2, 2]
    same = office.run("draw", "2022-Q2", "--n", "2", "--seed", SEED, "--instrument", "mass_appraisal")
    assert (same.returncode, "请另用一个种子" in same.stderr) == (2, True)


def test_a_draw_is_announced_drawn_exported_and_replayed(office: Office, tmp_path: Path) -> None:
    announced = office.run(
        "draw", "2022-Q2", "--n", "6", "--seed", SEED, "--sealed", "--announce", "--cap", "3"
    )
    assert announced.returncode == 0, announced.stderr
    digest = announced.stdout.partition("校验码（SHA-256）")[2].split()[0]
    drawn = office.run("draw", "2022-Q2", "--announced", "--json")
    assert json.loads(drawn.stdout)["units"][0]["size"] == 6
    file = tmp_path / "draw.json"
    exported = office.run("export-frame", "2022-Q2", file)
    assert (exported.returncode, "要保密" in exported.stdout) == (0, True)

    def replay(*more: str) -> tuple[int, str]:
        out, err = io.StringIO(), io.StringIO()
        return run_replay(str(file), more, out, err), out.getvalue() + err.getvalue()

    assert replay(digest)[0] == 0
    status, said = replay("0" * 64)
    assert (status, "不是文件里任何一次公告或抽样结果的校验码" in said) == (1, True)
    assert replay("12")[0] == 2
    alone = office.run("draw", "--replay", file, "--digest", digest)
    assert (alone.returncode, "全部一致：2022-Q2 第 1 号公告，1 个单位" in alone.stdout) == (0, True)
    changed = json.loads(file.read_text())
    changed["draws"][0]["units"][0]["frame"][0]["key"] = "uscc:other"
    file.write_text(json.dumps(changed))
    status, said = replay()
    assert (status, "公告的样本库是 32 户" in said) == (1, True)
    file.write_text("{")
    assert replay()[0] == 2
    refused = office.run("draw", "2022-Q2")
    assert (refused.returncode, "--announced" in refused.stderr) == (2, True)
