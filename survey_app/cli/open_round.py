"""`survey open-round`: create a quarter's round and begin to take answers."""

from datetime import datetime

import click

from survey_app.cli.application import application
from survey_app.clock import system_clock
from survey_app.db import db
from survey_app.schemes.loader import DEFAULT_SCHEME
from survey_app.services import rounds


@click.command("open-round")
@click.argument("quarter")
@click.option("--scheme", default=DEFAULT_SCHEME, show_default=True, help="评分方案。")
@click.option(
    "--closes",
    type=click.DateTime(["%Y-%m-%d"]),
    help="回答的最后一天，例如 2022-06-30；不填为季末或两周后，取较晚的一天。",
)
@click.option("--prepare", is_flag=True, help="只新建，先不开始回访。")
def open_round(quarter: str, scheme: str, closes: datetime | None, prepare: bool) -> None:
    """新建一个季度轮次（写成 2022-Q3），并开始接受回答。

    已经建好、还没有开始的轮次，再运行一次就开始回访。
    """
    now = system_clock()
    with application():
        session = db.session()
        wanted = rounds.find_quarter(quarter)
        found = next((each for each in rounds.list_rounds(session) if each.quarter == str(wanted)), None)
        if found is None or prepare:
            last_day = closes.date() if closes else None
            found = rounds.create_round(session, quarter, last_day, now, scheme_key=scheme)
            click.echo(f"已新建{wanted.title}（{found.quarter}），评分方案 {found.scheme_key}")
        elif closes:
            found = rounds.change_closing(session, found, closes.date(), now)
        if not prepare:
            found = rounds.open_round(session, found, now)
            click.echo("回访已开始。")
    click.echo(f"下一步：公布种子，然后 survey draw {wanted} --n 10 --seed 公布的种子")
