"""`survey draw`: announce and draw every unit's sample in a round, or replay a draw from its file."""

import io
import json
from typing import NoReturn

import click

from survey_app.cli.application import application, fail
from survey_app.cli.json_file import end
from survey_app.cli.replay_draw import run_replay
from survey_app.clock import system_clock
from survey_app.db import db
from survey_app.domain.round_state import ROUND_STATE_NAMES, RoundState
from survey_app.models.round import Round
from survey_app.schemes.instruments import INSTRUMENTS
from survey_app.services import draw_announcements, rounds
from survey_app.services.draw_announcements import Terms, fact_of
from survey_app.services.samples import DrawResult, draw_announced, draw_samples
from survey_app.services.waiting_cases import SATISFACTION


@click.command("draw")
@click.argument("round_name", metavar="[ROUND]", required=False)
@click.option("--n", "size", type=int, help="每个单位抽多少户；样本库不够时全部抽中。")
@click.option("--seed", help="事先公布的种子，例如某期彩票的开奖号码。")
@click.option(
    "--sealed", is_flag=True, help="另加 256 位随机数一起作种子，只公布它的摘要，回访截止后才公布。"
)
@click.option(
    "--rest", "rest_quarters", type=int, help="最近几个季度问过的企业不抽；0 为不限。不写按评分方案。"
)
@click.option("--cap", "units_cap", type=int, help="一户企业最多被问几个单位；0 为不限。不写按评分方案。")
@click.option("--announce", "only_announce", is_flag=True, help="只公告，不抽样。")
@click.option("--announced", is_flag=True, help="照已经作出的公告抽样。")
@click.option("--unit", "units", multiple=True, metavar="NAME", help="只抽这个单位；可以写多次。不写为全部。")
@click.option(
    "--instrument",
    type=click.Choice(INSTRUMENTS),
    default=SATISFACTION,
    show_default=True,
    help="为哪份问卷抽样。",
)
@click.option("--json", "as_json", is_flag=True, help="输出 JSON：每个单位的样本库摘要和按次序抽中的企业。")
@click.option(
    "--replay", "file", metavar="FILE", help="重演 survey export-frame 写出的抽样文件，不需要数据库。"
)
@click.option(
    "--digest", "digests", multiple=True, metavar="HEX", help="重演时：抽样公示页上的校验码；可以写多次。"
)
def draw(
    round_name: str | None,
    size: int | None,
    seed: str | None,
    sealed: bool,
    rest_quarters: int | None,
    units_cap: int | None,
    only_announce: bool,
    announced: bool,
    units: tuple[str, ...],
    instrument: str,
    as_json: bool,
    file: str | None,
    digests: tuple[str, ...],
) -> None:
    """为一个季度轮次（写成 2022-Q3）的每个责任单位抽取样本；还没有这一轮就先新建。

    同样的样本库和种子，在任何机器上抽到同样的企业。抽过的单位不能重抽。写了 --n 和 --seed 就公告并当即抽样；
    要让人先看到公告，先用 --announce，过后再用 --announced。--replay 重演一次抽样：0 一致，1 有出入，2 文件不能用。
    """
    if file is not None:
        _replay(file, digests)
    if round_name is None:
        fail("请写明季度，例如 survey draw 2022-Q3 --n 10 --seed 公开的种子")
    now = system_clock()
    with application() as app:
        session = db.session()
        quarter = str(rounds.find_quarter(round_name))
        round_ = next((each for each in rounds.list_rounds(session) if each.quarter == quarter), None)
        if announced:
            if round_ is None:
                fail(f"还没有 {quarter} 这一轮：请先公告抽样（--announce）")
            keys = app.extensions["collaborators"].keys
            made = draw_announced(session, keys, round_, None, now, instrument=instrument)
            _show(made, round_, instrument, False, as_json)
            return
        if size is None or seed is None:
            fail("请写明每个单位抽多少户（--n）和种子（--seed），或用 --announced 照公告抽样")
        is_new = round_ is None
        if round_ is None:
            # In one transaction with the draw, so that a refused draw leaves no round behind.
            round_ = rounds.add_round(session, quarter, None, now)
        terms = Terms(size, seed, sealed, rest_quarters, units_cap)
        if only_announce:
            row = draw_announcements.announce(session, round_, instrument, terms, now, None, units or None)
            fact = fact_of(round_, row)
            click.echo(
                f"已作第 {row.number} 号公告：{len(row.libraries)} 个单位，校验码（SHA-256）{fact.digest}"
            )
            click.echo(f"下一步：公布以后，survey draw {quarter} --announced，照公告抽样。")
            return
        made = draw_samples(
            session,
            app.extensions["collaborators"].keys,
            round_,
            size,
            seed,
            now,
            instrument=instrument,
            units=units or None,
            sealed=sealed,
            rest_quarters=rest_quarters,
            units_cap=units_cap,
        )
        _show(made, round_, instrument, is_new, as_json)


def _replay(file: str, digests: tuple[str, ...]) -> NoReturn:
    out, err = io.StringIO(), io.StringIO()
    status = run_replay(file, digests, out, err)
    end(status, out.getvalue(), err.getvalue())


def _show(made: DrawResult, round_: Round, instrument: str, is_new: bool, as_json: bool) -> None:
    if as_json:
        outcome = _as_json(round_.quarter, made) | {"instrument": instrument, "new_round": is_new}
        click.echo(json.dumps(outcome, ensure_ascii=False, indent=2))
        return
    if is_new:
        click.echo(f"还没有 {round_.quarter} 这一轮，已新建，现在是「{ROUND_STATE_NAMES[round_.state]}」。")
    _print(made)
    if round_.state is RoundState.PREPARING:
        click.echo(f"下一步：survey open-round {round_.quarter} --start，开始回访。")


def _as_json(quarter: str, result: DrawResult) -> dict[str, object]:
    return {
        "round": quarter,
        "seed": result.seed,
        "n": result.size,
        "announcement": result.announcement,
        "new_cases": result.new_cases,
        "units": [
            {
                "unit": sample.unit,
                "size": sample.size,
                "shortfall": sample.shortfall,
                "rested": sample.short.rested,
                "capped": sample.short.capped,
                "frame_size": sample.frame_size,
                "frame_digest": sample.frame_digest,
                "sample": [
                    {"rank": each.rank, "key": each.key, "enterprise": each.name}
                    for each in sample.enterprises
                ],
            }
            for sample in result.samples
        ],
        "without_library": list(result.without_library),
        "drawn_before": list(result.drawn_before),
    }


def _print(result: DrawResult) -> None:
    for sample in result.samples:
        short = f"，不足 {sample.shortfall} 户" if sample.shortfall else ""
        ended = f"，其中 {sample.ended} 户本轮已结束、不能再问" if sample.ended else ""
        click.echo(f"{sample.unit}：抽 {sample.size} 户，样本库 {sample.frame_size} 户{short}{ended}")
        if sample.shortfall:
            click.echo(f"  {sample.explanation}")
        click.echo(f"  样本库摘要 {sample.frame_digest}")
    for name in result.without_library:
        click.echo(f"{name}：没有样本库，没有抽")
    for name in result.drawn_before:
        click.echo(f"{name}：本轮已经抽过，没有重抽")
    drawn = sum(sample.size for sample in result.samples)
    click.echo(f"共抽中 {drawn} 户次，新增回访任务 {result.new_cases} 户。")
    click.echo(f"第 {result.announcement} 号公告，校验码 {result.announcement_digest}")
    click.echo(f"抽样结果的校验码 {result.result_digest}")
