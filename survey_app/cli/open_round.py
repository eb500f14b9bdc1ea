"""`survey open-round`: create a quarter's round, and begin to take answers once it is drawn."""

from datetime import datetime

import click

from survey_app.cli.application import application
from survey_app.clock import system_clock
from survey_app.db import db
from survey_app.schemes.loader import DEFAULT_SCHEME
from survey_app.services import rounds
from survey_app.services.errors import ServiceError


@click.command("open-round")
@click.argument("quarter")
@click.option("--scheme", help=f"评分方案；不填为 {DEFAULT_SCHEME}，新建以后不能改。")
@click.option(
    "--closes",
    type=click.DateTime(["%Y-%m-%d"]),
    help="回答的最后一天，例如 2022-06-30；不填为季末或两周后，取较晚的一天。",
)
@click.option("--start", is_flag=True, help="开始回访：要先抽样。")
def open_round(quarter: str, scheme: str | None, closes: datetime | None, start: bool) -> None:
    """新建一个季度轮次（写成 2022-Q3）；抽样以后加 --start 再运行一次，开始接受回答。"""
    now = system_clock()
    last_day = closes.date() if closes else None
    with application():
        session = db.session()
        wanted = rounds.find_quarter(quarter)
        found = next((each for each in rounds.list_rounds(session) if each.quarter == str(wanted)), None)
        if found is None:
            found = rounds.create_round(session, quarter, last_day, now, scheme_key=scheme or DEFAULT_SCHEME)
            click.echo(f"已新建{wanted.title}（{found.quarter}），评分方案 {found.scheme_key}。")
        elif scheme and scheme != found.scheme_key:
            raise ServiceError(f"{wanted.title}已按评分方案 {found.scheme_key} 建立，不能改")
        elif last_day:
            found = rounds.change_closing(session, found, last_day, now)
            click.echo(f"{wanted.title}的截止日期已改为 {last_day}。")
        elif not start:
            raise ServiceError(f"{wanted.title}已经有轮次了：加 --start 开始回访，加 --closes 改截止日期")
        if start:
            rounds.open_round(session, found, now)
            click.echo(f"{wanted.title}的回访已开始。")
        else:
            click.echo(f"下一步：公布种子，然后 survey draw {wanted} --n 10 --seed 公布的种子")
