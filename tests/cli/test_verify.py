"""`survey export-bundle` and `survey verify`: what one writes the other finds right, and any change wrong."""

import io
import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from survey_app.cli.main import main
from survey_app.cli.verify import run_verify
from survey_app.domain.dossier import assemble
from survey_app.domain.roles import Role
from survey_app.services.publishing import finalise
from tests.builders import WHEN, build_account, build_unit
from tests.databases import SECRET
from tests.domain.bundles import bundle, unit
from tests.domain.dossiers import changed, facts_of
from tests.score_builders import close, load_bundle

UNITS = [unit("甲局"), unit("乙局", satisfaction={"satisfied": 1, "dissatisfied": 1})]


def write(path: Path, obj: Any) -> str:
    path.write_text(json.dumps(obj, ensure_ascii=False), encoding="utf-8")
    return str(path)


def run(path: str, digest: str | None = None) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    return run_verify(path, digest, out, err), out.getvalue(), err.getvalue()


def test_what_agrees_is_said_in_one_line_and_one_for_each_list_of_receipts(tmp_path: Path) -> None:
    dossier = assemble(facts_of(UNITS))
    path, digest = write(tmp_path / "d.json", dossier), dossier["digest"]
    status, out, err = run(path)
    assert (status, err) == (0, "")
    said, satisfaction, appraisal = out.splitlines()
    assert (
        said
        == f"全部一致：2022-Q1 第 1 版，校验码（SHA-256）{digest}，请与文书上印的校验码核对（--digest）。"
    )
    (listed,) = (row for row in dossier["receipts"] if row["instrument"] == "satisfaction")
    assert listed["number"] == len(listed["codes"]) > 0
    told = f"回执号名单（satisfaction）：{listed['number']} 个，名单的 SHA-256 {listed['digest']}。"
    assert satisfaction == told
    assert appraisal.startswith("回执号名单（mass_appraisal）：0 个，")
    spaced = " ".join(digest[place : place + 8] for place in range(0, 64, 8)).upper()
    assert "，与文书上的校验码相同。\n" in run(path, spaced)[1]


def test_every_difference_has_its_line_and_ends_with_one(tmp_path: Path) -> None:
    dossier = changed(assemble(facts_of(UNITS)), ("scores", "甲局", "total"), 120)
    status, out, err = run(write(tmp_path / "d.json", dossier))
    assert (status, out) == (1, "")
    lines = err.splitlines()
    assert lines[0] == "得分（scores）：甲局：total：文件中是 120，应为 100"
    assert lines[1].startswith("校验码（digest）：文件中是「")
    assert lines[2:] == ["共 2 处不一致。"]


def test_another_digest_on_paper_is_a_difference(tmp_path: Path) -> None:
    status, out, err = run(write(tmp_path / "d.json", assemble(facts_of(UNITS))), "0" * 64)
    assert (status, out) == (1, "")
    assert "文书上是「0000" in err


@pytest.mark.parametrize(
    ("content", "digest", "said"),
    [
        (b"{", None, "不是正确的 JSON"),
        (b"[]", None, "文件不是卷宗：应为对象（{…}），不是一个列表"),
        (b"{}", None, "格式（format）应为「survey-dossier/2」，没有写明"),
        (b'{"format": "survey-dossier/3"}', None, "写的是「survey-dossier/3」"),
        (b'{"format": "survey-dossier/2", "x": ' + b"[" * 900 + b"]" * 900 + b"}", None, "嵌套过深"),
        (b"{}", "123", "校验码应为 64 位十六进制数字"),
    ],
)
def test_unusable_input(tmp_path: Path, content: bytes, digest: str | None, said: str) -> None:
    path = tmp_path / "d.json"
    path.write_bytes(content)
    status, out, err = run(str(path), digest)
    assert (status, out) == (2, "")
    assert said in err
    assert len(err.splitlines()) == 1


def test_a_file_that_is_not_there_is_unusable() -> None:
    assert run("nowhere.json")[0] == 2


def test_a_key_that_is_written_twice_is_named(tmp_path: Path) -> None:
    text = json.dumps(assemble(facts_of(UNITS)), ensure_ascii=False)
    path = tmp_path / "d.json"
    path.write_text(text.replace('"total": 100.0', '"total": 90, "total": 100.0', 1), encoding="utf-8")
    status, _, err = run(str(path))
    assert status == 1
    assert "total：这个键写了不止一次" in err


def test_it_needs_no_web_framework_and_no_database(tmp_path: Path) -> None:
    path = write(tmp_path / "d.json", assemble(facts_of(UNITS)))
    code = (
        "import sys; from survey_app.cli.verify import run_verify; "
        f"status = run_verify({path!r}, None, open('/dev/null', 'w'), sys.stderr); "
        "loaded = {m.split('.')[0] for m in sys.modules}; "
        "sys.exit(status or bool(loaded & {'flask', 'sqlalchemy', 'babel', 'pandas', 'twilio'}))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=30).returncode == 0


@pytest.fixture
def environment(database_url: str, tmp_path: Path) -> dict[str, str | None]:
    return {
        "DATABASE_URL": database_url,
        "SURVEY_INSTANCE": str(tmp_path / "instance"),
        "SECRET_KEY": SECRET,
        "PUBLIC_BASE_URL": None,
        "SMS_GATEWAY": None,
    }


def survey(environment: dict[str, str | None], *arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments), env=environment)


def test_a_final_round_is_exported_and_verified(
    environment: dict[str, str | None], database_url: str, tmp_path: Path
) -> None:
    engine = create_engine(database_url)
    with Session(engine, expire_on_commit=False) as session:
        round_ = load_bundle(session, bundle(*UNITS), WHEN)
        path = str(tmp_path / "trial.json")
        trial = survey(environment, "export-bundle", "2022-Q1", path)
        assert trial.exit_code == 0, trial.output
        assert "试算（未核定）" in trial.output
        assert survey(environment, "verify", path).output.startswith("全部一致：2022-Q1 试算")
        close(session, round_, WHEN)
        finalise(session, round_, build_account(session, Role.OFFICE).id, WHEN + timedelta(hours=1))
    engine.dispose()
    printed = survey(environment, "export-bundle", "2022-Q1", "-")
    assert printed.exit_code == 0, printed.output
    dossier = json.loads(printed.stdout_bytes)
    status, out, err = run(write(tmp_path / "final.json", dossier), dossier["digest"])
    assert (status, err) == (0, "")
    assert "第 1 版" in out


def test_what_cannot_be_exported_ends_with_two(
    environment: dict[str, str | None], database_url: str, tmp_path: Path
) -> None:
    missing = survey(environment, "export-bundle", "2022-Q3", str(tmp_path / "x.json"))
    assert (missing.exit_code, missing.stderr) == (2, "没有 2022-Q3 这一轮：请从「季度轮次」重新进入\n")
    engine = create_engine(database_url)
    with Session(engine, expire_on_commit=False) as session:
        build_unit(session)
        load_bundle(session, bundle(*UNITS), WHEN)
    engine.dispose()
    unwritable = survey(environment, "export-bundle", "2022-Q1", str(tmp_path / "no" / "x.json"))
    assert unwritable.exit_code == 2
    assert "写不了文件" in unwritable.stderr
