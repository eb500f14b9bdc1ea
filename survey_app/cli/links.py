"""`survey links`: every enterprise's link and code of a round, as a CSV file."""

import os
from pathlib import Path

import click

from survey_app.cli.application import application, fail
from survey_app.clock import system_clock
from survey_app.db import db
from survey_app.schemes.instruments import INSTRUMENTS
from survey_app.services import rounds
from survey_app.services.links import link_rows, links_csv, record_export
from survey_app.services.round_locks import round_of
from survey_app.services.waiting_cases import SATISFACTION


@click.command("links")
@click.argument("round_name", metavar="ROUND")
@click.option("--csv", "target", required=True, metavar="FILE", help="写到哪个文件；- 为标准输出。")
@click.option(
    "--instrument",
    type=click.Choice(INSTRUMENTS),
    default=SATISFACTION,
    show_default=True,
    help="哪份问卷的链接。",
)
def links(round_name: str, target: str, instrument: str) -> None:
    """导出一个季度轮次（写成 2022-Q3）的全部回访链接：企业、被访单位、网址、回访码。

    拿到链接就能代企业回答，所以文件只有本人可读，用完请删除。
    """
    with application() as app:
        session = db.session()
        round_ = round_of(session, str(rounds.find_quarter(round_name)))
        rows = link_rows(session, app.extensions["collaborators"], round_, instrument)
        content = links_csv(rows)
        record_export(session, round_, len(rows), system_clock(), instrument=instrument)
    if target == "-":
        click.echo(content, nl=False)
        return
    try:
        _write_private(Path(target), content)
    except OSError as error:
        fail(f"写不了文件 {target}（{error.strerror}）：请检查路径和权限")
    click.echo(f"已写出 {len(rows)} 户的链接：{target}")


def _write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(content)
