"""`survey seed-demo`: the demonstration county, from nothing."""

import json
import os
from pathlib import Path

import click

from survey_app.cli.application import application, fail
from survey_app.db import db
from survey_app.domain.roles import ROLE_NAMES, Role
from survey_app.services import schema
from survey_app.services.demo.seed import DemoSignIn, is_seeded, seed

FILE = "demo-sign-ins.json"


@click.command("seed-demo")
@click.option("--if-empty", is_flag=True, help="已有数据时不做任何事，也不算错。")
@click.option("--show-sign-ins", is_flag=True, help="只显示演示账号。")
def seed_demo(if_empty: bool, show_sign_ins: bool) -> None:
    """建立演示县：先建表，再写入 28 个责任单位、约 1600 家企业和两个季度。数据全是虚构的。"""
    with application() as app:
        collaborators = app.extensions["collaborators"]
        file = collaborators.settings.instance / FILE
        if show_sign_ins:
            _show(file)
            return
        schema.migrate()
        session = db.session()
        seeded = is_seeded(session)
        session.rollback()
        if seeded:
            if if_empty:
                return
            fail("数据库里已经有数据，没有写入演示数据：请换一个空的 SURVEY_INSTANCE 或 DATABASE_URL", 1)
        sign_ins = seed(session, collaborators.keys, collaborators.clock, _step)
        _keep(file, sign_ins)
    click.echo("演示县已建好")
    _show(file)


def _step(text: str) -> None:
    click.echo(f"· {text}", err=True)


def _keep(file: Path, sign_ins: list[DemoSignIn]) -> None:
    """Keep the passwords for the next start, readable by their owner only."""
    file.unlink(missing_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        json.dump([[each.username, each.password, each.role.value] for each in sign_ins], stream)


def _show(file: Path) -> None:
    if not file.exists():
        fail(f"没有 {file.name}：演示账号只在建立演示县的那个 SURVEY_INSTANCE 里", 1)
    click.echo("演示账号（用户名  密码  角色）：")
    for username, password, role in json.loads(file.read_text()):
        click.echo(f"  {username:<14}{password:<16}{ROLE_NAMES[Role(role)]}")
