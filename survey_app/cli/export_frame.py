"""`survey export-frame`: a survey's draws of a round as a file that anybody can replay."""

import json
from pathlib import Path

import click

from survey_app.cli.application import application, fail
from survey_app.cli.json_file import quote
from survey_app.clock import system_clock
from survey_app.db import db
from survey_app.schemes.instruments import INSTRUMENTS
from survey_app.services import rounds
from survey_app.services.draw_files import export_draws
from survey_app.services.round_locks import round_of
from survey_app.services.waiting_cases import SATISFACTION


@click.command("export-frame")
@click.argument("round_name", metavar="ROUND")
@click.argument("target", metavar="FILE")
@click.option(
    "--survey",
    type=click.Choice(INSTRUMENTS),
    default=SATISFACTION,
    show_default=True,
    help="哪项调查的抽样。",
)
def export_frame(round_name: str, target: str, survey: str) -> None:
    """写出一个季度轮次（写成 2022-Q3）的抽样文件，供任何人用 survey draw --replay 重演；FILE 为 - 时写到标准输出。

    文件里有各单位样本库的企业代码（没有代码的是名称和电话）、谁被抽中和封存的种子：回访截止以前要保密。
    """
    with application():
        session = db.session()
        round_ = round_of(session, str(rounds.find_quarter(round_name)))
        content = export_draws(session, round_, survey, system_clock())
    text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
    if target == "-":
        click.echo(text.encode(), nl=False)
        return
    try:
        Path(target).write_bytes(text.encode())
    except (OSError, ValueError) as error:  # ValueError: a path with a null byte
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        fail(f"写不了文件{quote(target)}（{reason}）：请检查路径和权限")
    click.echo(f"已写出 {round_.quarter} 的抽样文件：{target}。它写明了抽中谁，回访截止以前要保密。")
