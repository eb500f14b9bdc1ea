"""Sample libraries as units really send them, through the command; what it says and what it stores."""

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from survey_app.cli.import_frame import SourceFile, make_import_frame_command
from survey_app.domain.credit_code import check_character
from survey_app.domain.frame import FrameReading
from survey_app.integrations.spreadsheets import OutSheet, write_csv, write_workbook
from survey_app.services.errors import ServiceError

FRAMES = Path(__file__).parents[1] / "frames"
# The table of tests/frames/README.md.
EXPECTED = {
    "1-行政审批局-按模板.xlsx": (40, 0, 0),
    "2-税务局-盖章表.xlsx": (34, 1, 1),
    "3-供电公司-旧格式.xls": (30, 0, 0),
    "4-自来水公司-GBK.csv": (32, 1, 1),
    "5-农商银行-分号.csv": (20, 0, 0),
    "6-汇总-多单位.xlsx": (45, 0, 0),
}


@dataclass(frozen=True)
class Counts:
    added: int
    updated: int
    new_units: tuple[str, ...] = ()


class Store:
    """Takes what the command stores."""

    def __init__(self, error: str = "") -> None:
        self.error = error
        self.calls: list[tuple[FrameReading, SourceFile]] = []

    def __call__(self, reading: FrameReading, source: SourceFile) -> Counts:
        if self.error:
            raise ServiceError(self.error)
        self.calls.append((reading, source))
        return Counts(len(reading.accepted) - 1, 1)


def run(*arguments: object, store: Store | None = None) -> Result:
    command = make_import_frame_command(store or Store())
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


def read(name: str, unit: str = "某单位") -> dict:
    result = run(FRAMES / name, "--unit", unit, "--json")
    assert result.exit_code == 0
    return json.loads(result.stdout)


@pytest.mark.parametrize("name", EXPECTED)
def test_every_sample_library_comes_out_as_its_readme_says(name):
    outcome = read(name)
    assert (outcome["accepted"], outcome["duplicates"], outcome["faults"]) == EXPECTED[name]
    for kind, rows in outcome["rows"].items():
        assert outcome[kind] == len(rows)
    for row in outcome["rows"]["accepted"]:
        assert row["name"] == row["name"].strip(" \u3000")
        assert row["phones"]
        assert {phone["kind"] for phone in row["phones"]} <= {"mobile", "landline", "service"}


def test_the_template_has_nothing_to_remark():
    outcome = read("1-行政审批局-按模板.xlsx")
    assert outcome["warnings"] == 0
    assert outcome["units"] == {"某单位": 40}
    first = outcome["rows"]["accepted"][0]
    assert (first["row"], first["matter"], first["dealt_on"]) == (2, "社保办理", "2022-02-06")


def test_the_stamped_form():
    rows = read("2-税务局-盖章表.xlsx")["rows"]
    accepted = {row["row"]: row for row in rows["accepted"]}
    assert accepted[4]["phones"] == [{"number": "15837005067", "extension": "", "kind": "mobile"}]
    assert accepted[8]["credit_code"] == "9141132208AEC651JA"
    assert accepted[33]["credit_code"] is None
    assert [(row["row"], row["column"], row["reason"]) for row in rows["faults"]] == [
        (34, "手机号码", "缺少电话")
    ]
    (duplicate,) = rows["duplicates"]
    assert (duplicate["sheet"], duplicate["row"], duplicate["column"]) == ("Sheet", 39, "社会信用代码")
    assert "第 7 行" in duplicate["reason"]
    assert [(row["sheet"], row["row"]) for row in rows["warnings"]] == [("填表说明", None), ("Sheet", 33)]


def test_the_old_format_with_numbers_for_phones():
    outcome = read("3-供电公司-旧格式.xls")
    assert outcome["warnings"] == 0
    assert outcome["rows"]["accepted"][2]["phones"][0]["number"] == "13964025800"


def test_the_gbk_file():
    rows = read("4-自来水公司-GBK.csv")["rows"]
    accepted = {row["row"]: row for row in rows["accepted"]}

    def phones(row: int) -> list[tuple[str, str]]:
        return [(phone["number"], phone["extension"]) for phone in accepted[row]["phones"]]

    assert phones(3) == [("15026570748", "")]
    assert phones(5) == [("15184814104", "")]
    assert phones(7) == [("17635001046", ""), ("17617860680", "")]
    assert phones(8) == [("15938901405", ""), ("0377-67426137", "")]
    assert phones(16) == [("0377-68202787", "801")]
    assert phones(24) == [("0377-61623264", "801")]
    assert accepted[10]["name"] == '瑞丰恒通黄姜制品厂"老店",分公司'
    assert accepted[10]["address"] == "河南省南阳市方城县,凤瑞路"
    assert (accepted[34]["name"], accepted[34]["contact"]) == ('=HYPERLINK("http://x")', "=1+1")
    assert accepted[33]["credit_code"] == "9141132293CYRBC87J"
    assert [row["row"] for row in rows["duplicates"]] == [32]
    ((row, column, reason),) = [(row["row"], row["column"], row["reason"]) for row in rows["faults"]]
    assert (row, column) == (35, "联系方式")
    assert "手机号应为 11 位，这里是 10 位" in reason
    assert [(row["row"], row["column"]) for row in rows["warnings"]] == [
        (33, "统一社会信用代码"),
        (34, "企业名称"),
    ]


def test_the_file_with_semicolons():
    outcome = read("5-农商银行-分号.csv")
    assert outcome["warnings"] == 0
    assert [row["row"] for row in outcome["rows"]["accepted"]][:3] == [2, 4, 5]


def test_the_file_of_several_units():
    outcome = read("6-汇总-多单位.xlsx")
    assert outcome["units"] == {"住建局": 15, "市场监管局": 15, "燃气公司": 15}
    hidden = [(row["sheet"], row["row"]) for row in outcome["rows"]["warnings"]]
    assert hidden == [("住建局", 8), ("市场监管局", 8), ("燃气公司", 8)]
    assert run(FRAMES / "6-汇总-多单位.xlsx").exit_code == 0


@pytest.mark.parametrize(("name", "words"), [("7-其实是网页.xls", "网页"), ("8-空文件.xlsx", "空的")])
def test_unusable_files_are_refused_and_nothing_is_stored(name, words):
    store = Store()
    result = run(FRAMES / name, "--unit", "某单位", "--commit", "--json", store=store)
    assert result.exit_code == 2
    assert words in result.stderr
    outcome = json.loads(result.stdout)
    assert (outcome["accepted"], outcome["stored"]) == (0, None)
    assert words in outcome["error"]
    assert store.calls == []


def test_only_commit_stores():
    store = Store()
    file = FRAMES / "5-农商银行-分号.csv"
    assert "什么都没有保存" in run(file, "--unit", "农商银行", store=store).stdout
    assert store.calls == []
    assert "新增 19 条，更新 1 条" in run(file, "--unit", "农商银行", "--commit", store=store).stdout
    ((reading, source),) = store.calls
    assert len(reading.accepted) == 20
    assert source == SourceFile(file.name, sha256(file.read_bytes()).hexdigest())


def test_what_the_store_refuses_is_said():
    result = run(
        FRAMES / "5-农商银行-分号.csv", "--unit", "x", "--commit", store=Store("没有叫「x」的责任单位")
    )
    assert (result.exit_code, result.stderr) == (2, "没有叫「x」的责任单位。\n")


def test_people_are_told_place_and_reason_of_every_fault():
    output = run(FRAMES / "4-自来水公司-GBK.csv", "--unit", "自来水公司").stdout
    assert "可用 32 户，重复 1 行，错误 1 行，提醒 2 条" in output
    assert (
        "错误：工作表「4-自来水公司-GBK」第 35 行「联系方式」列（电话位数不对的公司）："
        "「1380013800」：手机号应为 11 位，这里是 10 位" in output
    )


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([["企业名称", "电话"], ["甲", "13800138000"], ["乙", ""]], 0),
        ([["企业名称", "电话"], ["乙", ""]], 1),
        ([["企业名称", "电话"]], 1),
        ([["随便", "什么"]], 2),
    ],
)
def test_exit_codes(tmp_path, rows, code):
    file = tmp_path / "库.csv"
    file.write_bytes(write_csv(rows))
    assert run(file, "--unit", "x").exit_code == code


def test_a_file_needs_a_unit_and_to_be_there(tmp_path):
    result = run(FRAMES / "1-行政审批局-按模板.xlsx")
    assert (result.exit_code, "责任单位" in result.stderr) == (2, True)
    result = run(tmp_path / "无此文件.xlsx", "--unit", "x")
    assert (result.exit_code, "文件不存在" in result.stderr) == (2, True)
    assert run(tmp_path, "--unit", "x").exit_code == 2


def test_help_tells_the_exit_codes():
    output = run("--help").stdout
    assert "退出码" in output
    assert "--commit" in output


def test_the_preview_touches_neither_database_nor_web():
    program = (
        "import sys, survey_app.cli.import_frame\n"
        "print([name for name in ('flask', 'sqlalchemy') if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"


@pytest.mark.slow
def test_twenty_thousand_rows_take_less_than_ten_seconds(tmp_path):
    rows = [["序号", "企业名称", "统一社会信用代码", "联系人", "联系电话", "办理事项"]]
    for number in range(20_000):
        body = f"91411322M{number:08d}"
        rows.append(
            [number, f"第{number}公司", body + check_character(body), "张三", f"138{number:08d}", "用电报装"]
        )
    file = tmp_path / "库.xlsx"
    file.write_bytes(write_workbook([OutSheet("库", rows)]))
    start = time.process_time()
    result = run(file, "--unit", "x", "--json")
    assert time.process_time() - start < 10
    assert json.loads(result.stdout)["accepted"] == 20_000
