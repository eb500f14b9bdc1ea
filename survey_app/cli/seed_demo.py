"""`survey seed-demo`: the demonstration county, from nothing."""

import json
import os
from functools import partial
from pathlib import Path

import click

from survey_app.cli.application import application, fail
from survey_app.db import db
from survey_app.domain.roles import ROLE_NAMES, Role
from survey_app.services import schema
from survey_app.services.demo.seed import DemoSignIn, seed_if_empty

FILE = "demo-sign-ins.json"


@click.command("seed-demo")
@click.option("--if-empty", is_flag=True, help="演示县已经建好时只显示演示账号，不算错。")
def seed_demo(if_empty: bool) -> None:
    """建立演示县：先建表，再写入 28 个责任单位、约 1600 家企业和两个季度。数据全是虚构的。

    中途停止时什么都不保存，可以重新运行。
    """
    with application() as app:
        collaborators = app.extensions["collaborators"]
        file = collaborators.settings.instance / FILE
        schema.migrate()
        keep = partial(_keep, file)
        seeded = seed_if_empty(db.engine, collaborators.keys, collaborators.clock, _step, keep)
    if seeded:
        _step("演示县已建好")
    elif not if_empty or not file.exists():
        fail("数据库里已经有数据，没有写入演示数据：请换一个空的 SURVEY_INSTANCE 或 DATABASE_URL", 1)
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
    click.echo("演示账号（用户名  密码  角色）：")
    for username, password, role in json.loads(file.read_text()):
        click.echo(f"  {username:<14}{password:<16}{ROLE_NAMES[Role(role)]}")
