"""`survey create-user`: one account, its password from standard input or made and shown once."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from survey_app.cli.main import main
from survey_app.domain.roles import Role
from survey_app.models.account import Account
from tests.databases import SECRET

PASSWORD = "correct horse battery"


@pytest.fixture
def environment(database_url: str, tmp_path: Path) -> dict[str, str]:
    return {"DATABASE_URL": database_url, "SURVEY_INSTANCE": str(tmp_path / "instance"), "SECRET_KEY": SECRET}


def run(environment: dict[str, str], *arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(main, ["create-user", *arguments], env=environment, input=typed)


def roles(database_url: str) -> dict[str, Role]:
    engine = create_engine(database_url)
    with Session(engine) as session:
        found = {each.username: each.role for each in session.scalars(select(Account))}
    engine.dispose()
    return found


def test_a_password_is_made_and_shown_once(environment: dict[str, str], database_url: str) -> None:
    result = run(environment, "wang", "--role", "office")
    assert result.exit_code == 0, result.output
    assert "初始密码：" in result.stdout
    assert roles(database_url) == {"wang": Role.OFFICE}


def test_a_password_that_was_given_is_not_shown(environment: dict[str, str]) -> None:
    result = run(environment, "wang", "--role", "office", "--password-stdin", typed=PASSWORD + "\r\n")
    assert result.exit_code == 0, result.output
    assert "密码" not in result.output


@pytest.mark.parametrize(
    ("arguments", "typed", "said"),
    [
        (("wang", "--role", "office", "--password-stdin"), "", "密码应为"),
        (("wang", "--role", "office", "--password-stdin"), "short\n", "密码应为"),
        (("", "--role", "office"), None, "用户名应为"),
        (("wang", "--role", "unit"), None, "责任单位"),
        (("wang", "--role", "office", "--unit", "税务局"), None, "--unit 只用于"),
        (("wang", "--role", "king"), None, "king"),
    ],
)
def test_what_will_not_do_is_refused(
    environment: dict[str, str], database_url: str, arguments: tuple[str, ...], typed: str | None, said: str
) -> None:
    result = run(environment, *arguments, typed=typed)
    assert result.exit_code == 2
    assert said in result.stderr
    assert roles(database_url) == {}
