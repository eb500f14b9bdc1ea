"""`survey links`: the file for whoever prints or sends the links, and each refusal with status 2."""

import csv
import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from survey_app.cli.main import main
from survey_app.models.audit_event import AuditEvent
from tests.builders import build_case, build_enterprise, build_round, build_unit, code_of, token_of
from tests.databases import SECRET

BASE = "https://hf.example.gov.cn"


@pytest.fixture
def environment(database_url: str, tmp_path: Path) -> dict[str, str | None]:
    return {
        "DATABASE_URL": database_url,
        "SURVEY_INSTANCE": str(tmp_path / "instance"),
        "SECRET_KEY": SECRET,
        "PUBLIC_BASE_URL": BASE,
        "SMS_GATEWAY": None,
    }


@pytest.fixture
def row(database_url: str) -> tuple[str, str, str, str]:
    """The one row there is, as the file should have it."""
    engine = create_engine(database_url)
    with Session(engine) as session:
        units = [build_unit(session, name) for name in ("县税务局", "县供电公司")]
        round_ = build_round(session, closes_at=datetime(2022, 6, 24, 16, 0, tzinfo=UTC))
        case = build_case(session, round_, units, build_enterprise(session, "宏达农业"))
        found = ("宏达农业", "县税务局、县供电公司", f"{BASE}/s/{token_of(case)}", code_of(case))
        session.commit()
    engine.dispose()
    return found


def run(environment: dict[str, str | None], *arguments: str) -> Result:
    return CliRunner().invoke(main, ["links", *arguments], env=environment)


def read(content: bytes) -> list[tuple[str, ...]]:
    return [tuple(line) for line in csv.reader(io.StringIO(content.decode("utf-8-sig")))]


def test_the_file_has_every_link_and_only_its_owner_reads_it(
    environment: dict[str, str | None], row: tuple[str, ...], database_url: str, tmp_path: Path
) -> None:
    path = tmp_path / "links.csv"
    result = run(environment, "2022-Q2", "--csv", str(path))
    assert result.exit_code == 0, result.output
    assert "已写出 1 户的链接" in result.stdout
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert read(path.read_bytes()) == [("enterprise", "units", "url", "code"), row]
    assert path.stat().st_mode & 0o077 == 0
    engine = create_engine(database_url)
    with Session(engine) as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.action == "links.export")).one()
        assert event.details == {"rows": 1, "kind": "csv", "instrument": "satisfaction"}
    engine.dispose()


def test_standard_output_has_the_file_and_nothing_else(
    environment: dict[str, str | None], row: tuple[str, ...]
) -> None:
    result = run(environment, "2022-Q2", "--csv", "-")
    assert result.exit_code == 0, result.output
    assert read(result.stdout_bytes) == [("enterprise", "units", "url", "code"), row]


def test_each_survey_has_its_own_file(environment: dict[str, str | None], row: tuple[str, ...]) -> None:
    result = run(environment, "2022-Q2", "--csv", "-", "--instrument", "mass_appraisal")
    assert result.exit_code == 2
    assert "还没有抽样，没有链接" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("2021-Q1", "没有 2021-Q1 这一轮"), ("next", "2022-Q")],
    ids=["missing", "unreadable"],
)
def test_a_round_that_is_none_ends_with_two(
    environment: dict[str, str | None], row: tuple[str, ...], name: str, sentence: str
) -> None:
    result = run(environment, name, "--csv", "-")
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert result.stdout == ""


def test_without_a_public_address_there_are_no_links(
    environment: dict[str, str | None], row: tuple[str, ...]
) -> None:
    result = run({**environment, "PUBLIC_BASE_URL": None}, "2022-Q2", "--csv", "-")
    assert result.exit_code == 2
    assert "没有设置 PUBLIC_BASE_URL" in result.stderr
    assert result.stdout == ""


def test_a_file_that_cannot_be_written_ends_with_two(
    environment: dict[str, str | None], row: tuple[str, ...], tmp_path: Path
) -> None:
    result = run(environment, "2022-Q2", "--csv", str(tmp_path / "missing" / "links.csv"))
    assert result.exit_code == 2
    assert "写不了文件" in result.stderr
