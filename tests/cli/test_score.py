"""`survey score`: the worked example exactly, and every unusable input refused with status 2."""

import io
import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from survey_app.cli.score import run_score, score
from tests.domain.bundles import GOLDENS, bundle, golden, unit
from tests.domain.bundles import score as score_units

BUNDLE = GOLDENS / "bundle.json"


def run(path: Path | str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    return run_score(str(path), out, err), out.getvalue(), err.getvalue()


def run_text(tmp_path: Path, content: str | bytes) -> tuple[int, str, str]:
    path = tmp_path / "bundle.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return run(path)


def test_the_worked_example_comes_out_exactly() -> None:
    status, out, err = run(BUNDLE)
    assert (status, err) == (0, "")
    printed, expected = json.loads(out), golden("expected.json")
    assert list(printed) == list(expected)
    for name, values in expected.items():
        assert {key: printed[name][key] for key in values} == values
        assert set(printed[name]["items"]) <= set(printed[name]["why"])
    assert "单位001" in out
    assert out.endswith("}\n")


def test_the_command_reads_a_file_or_standard_input() -> None:
    runner = CliRunner()
    from_file = runner.invoke(score, [str(BUNDLE)])
    from_stdin = runner.invoke(score, ["-"], input=BUNDLE.read_bytes())
    assert from_file.exit_code == from_stdin.exit_code == 0
    assert from_file.stdout == from_stdin.stdout == run(BUNDLE)[1]


def test_the_command_ends_with_two_and_says_why() -> None:
    result = CliRunner().invoke(score, ["nowhere.json"])
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("读不了文件「nowhere.json」：")


def test_it_needs_no_web_framework_and_no_database() -> None:
    code = (
        "import sys; from survey_app.cli.score import run_score; "
        f"status = run_score({str(BUNDLE)!r}, open('/dev/null', 'w'), sys.stderr); "
        "loaded = {m.split('.')[0] for m in sys.modules}; "
        "sys.exit(status or bool(loaded & {'flask', 'sqlalchemy', 'babel', 'pandas', 'twilio'}))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=30).returncode == 0


def test_output_is_utf8_whatever_the_terminal_speaks() -> None:
    code = f"from survey_app.cli.score import score; score([{str(BUNDLE)!r}])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        timeout=30,
        env={"PYTHONIOENCODING": "ascii", "LC_ALL": "C"},
    )
    assert list(json.loads(done.stdout.decode())) == [each["unit"] for each in golden("bundle.json")["units"]]


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    assert run_text(tmp_path, b"\xef\xbb\xbf" + BUNDLE.read_bytes())[:2] == run(BUNDLE)[:2]


def test_what_is_printed_is_what_was_scored(tmp_path: Path) -> None:
    units = [
        unit("甲局", innovation_highlight=0.5, satisfaction=None, frame_size=40, sampled=20, reached=15),
        unit("乙局", publicity={"national": 0, "provincial": 0, "municipal": 0}, broken_promises=3),
    ]
    status, out, _ = run_text(tmp_path, json.dumps(bundle(*units)))
    assert status == 0
    printed = json.loads(out, parse_float=Decimal)
    for found in score_units(*units).units:
        shown = printed[found.unit]
        counted = [line for line in found.lines if line.item.counts]
        assert shown["items"] == {line.item.id: line.points for line in counted}
        assert shown["why"] == {line.item.id: str(line.why) for line in found.lines} | {
            line.rule.id: str(line.why) for line in found.adjustments
        }
        assert (shown["total"], shown["rank"]) == (found.total, found.rank)
        assert shown["provisional"] == found.provisional
        assert shown["normalised"] == {item: each.normalised for item, each in found.statistics.items()}
        assert shown["warnings"] == [str(warning) for warning in found.warnings]
        assert shown["response"]["frame_size"] == found.response.frame_size


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "不是正确的 JSON：第 1 行第 1 个字符处"),
        (b"{", "不是正确的 JSON"),
        (b'{"scheme": "fangcheng-2022",\n "units": [}', "第 2 行第 12 个字符"),
        (b"\xff\xfe{\x00}\x00", "不是 UTF-8 编码（第 1 个字节）"),
        ("甲局".encode("gbk"), "不是 UTF-8 编码"),
        (b"[" * 200_000, "层层嵌套过深"),
        (b'{"a":' * 200_000, "层层嵌套过深"),
        (b"null", "整份数据：bundle：应为对象"),
        (b"{}", "整份数据：scheme：缺少"),
        (
            b'{"scheme": "x-2023", "units": []}',
            "整份数据：scheme：没有评分方案「x-2023」，已有：fangcheng-2022",
        ),
        (b'{"scheme": ["x"]}', "整份数据：scheme：应为评分方案的名称"),
        (b'{"scheme": "../../x", "units": []}', "整份数据：scheme：没有评分方案"),
        (b'{"scheme": "x\\ny", "units": []}', "整份数据：scheme：没有评分方案「x�y」"),
    ],
)
def test_unusable_input(tmp_path: Path, content: bytes, said: str) -> None:
    status, out, err = run_text(tmp_path, content)
    assert (status, out) == (2, "")
    assert said in err
    assert err.endswith("\n")


@pytest.mark.parametrize("path", ["nowhere.json", "", ".", "a\x00b", "x\n" * 3])
def test_unreadable_files(path: str) -> None:
    status, out, err = run(path)
    assert (status, out) == (2, "")
    assert len(err.splitlines()) == 1


def written(**texts: str) -> str:
    """A bundle of one unit in which some inputs are written as given, byte for byte."""
    values = {key: json.dumps(value) for key, value in unit().items()} | texts
    inner = ", ".join(f'"{key}": {text}' for key, text in values.items())
    return '{"scheme": "fangcheng-2022", "round": "2022-Q1", "units": [{' + inner + "}]}"


@pytest.mark.parametrize(
    ("texts", "fault"),
    [
        ({"assigned_tasks": "NaN"}, "甲局：assigned_tasks：应为 0 至 8 的数，不是 NaN"),
        ({"assigned_tasks": "-Infinity"}, "甲局：assigned_tasks：应为 0 至 8 的数，不是 -Infinity"),
        ({"broken_promises": "1e999999999999999999999"}, "甲局：broken_promises：broken_promises 应为"),
        ({"broken_promises": "9" * 5000}, "甲局：broken_promises：broken_promises 应为"),
        ({"broken_promises": "1e-400000"}, "甲局：broken_promises：broken_promises 应为"),
        ({"assigned_tasks": "7.5000000000000000000000000000001"}, "甲局：assigned_tasks：应为"),
        (
            {"satisfaction": '{"satisfied": 5, "satisfied": 6}'},
            "甲局：satisfaction：键「satisfied」写了不止一次",
        ),
        ({"category": '"\\ud800"'}, "甲局：category：应为不超过 200 字的文字，不含控制字符"),
        ({"\\ud800": "1"}, "甲局：�：方案 fangcheng-2022 没有这个评分项（「�」）"),
    ],
)
def test_faults_that_only_written_json_can_have(tmp_path: Path, texts: dict[str, str], fault: str) -> None:
    status, out, err = run_text(tmp_path, written(**texts))
    assert (status, out) == (2, "")
    assert err.startswith(fault)
    assert len(err.splitlines()) == 1


def test_numbers_are_read_exactly(tmp_path: Path) -> None:
    status, out, _ = run_text(tmp_path, written(assigned_tasks="7.50", broken_promises="2e0"))
    assert status == 0
    assert json.loads(out)["甲局"]["items"]["assigned_tasks"] == 7.5
    assert json.loads(out)["甲局"]["broken_promises"] == -20


def test_every_fault_has_its_line(tmp_path: Path) -> None:
    wrong: list[Any] = [
        unit("甲局", supervisors={"points": 6.5}, revisits={"sampled": 1, "revisited": 2}),
        unit("乙局", unheard_of=1),
        unit("乙局"),
    ]
    status, out, err = run_text(tmp_path, json.dumps(bundle(*wrong)))
    assert (status, out) == (2, "")
    assert err.splitlines() == [
        "甲局：revisits：revisited 2 多于 sampled 1（已回访企业不能多于样本企业）",
        "甲局：supervisors：points 6.5 不在任何方阵之内（7–8、4–6、1–3）",
        "乙局：unheard_of：方案 fangcheng-2022 没有这个评分项（「unheard_of」）",
        "乙局：unit：有 2 个同名单位",
    ]
