"""`survey draw`: draw every unit's sample in a round, repeatably, from a public seed."""

import json

import click

from survey_app.cli.application import application
from survey_app.clock import system_clock
from survey_app.db import db
from survey_app.domain.round_state import ROUND_STATE_NAMES, RoundState
from survey_app.schemes.instruments import INSTRUMENTS
from survey_app.services import rounds
from survey_app.services.samples import DrawResult, draw_samples
from survey_app.services.waiting_cases import SATISFACTION


@click.command("draw")
@click.argument("round_name", metavar="ROUND")
@click.option("--n", "size", type=int, required=True, help="每个单位抽多少户；样本库不够时全部抽中。")
@click.option("--seed", required=True, help="事先公布的种子，例如某期彩票的开奖号码。")
@click.option("--unit", "units", multiple=True, metavar="NAME", help="只抽这个单位；可以写多次。不写为全部。")
@click.option(
    "--instrument",
    type=click.Choice(INSTRUMENTS),
    default=SATISFACTION,
    show_default=True,
    help="为哪份问卷抽样。",
)
@click.option("--json", "as_json", is_flag=True, help="输出 JSON：每个单位的样本库摘要和按次序抽中的企业。")
def draw(
    round_name: str, size: int, seed: str, units: tuple[str, ...], instrument: str, as_json: bool
) -> None:
    """为一个季度轮次（写成 2022-Q3）的每个责任单位抽取样本；还没有这一轮就先新建。

    同样的样本库和种子，在任何机器上抽到同样的企业。抽过的单位不能重抽。
    """
    now = system_clock()
    with application() as app:
        session = db.session()
        quarter = str(rounds.find_quarter(round_name))
        round_ = next((each for each in rounds.list_rounds(session) if each.quarter == quarter), None)
        is_new = round_ is None
        if round_ is None:
            # In one transaction with the draw, so that a refused draw leaves no round behind.
            round_ = rounds.add_round(session, quarter, None, now)
        result = draw_samples(
            session,
            app.extensions["collaborators"].keys,
            round_,
            size,
            seed,
            now,
            instrument=instrument,
            units=units or None,
        )
    if as_json:
        outcome = _as_json(quarter, size, seed, result) | {"instrument": instrument, "new_round": is_new}
        click.echo(json.dumps(outcome, ensure_ascii=False, indent=2))
    else:
        if is_new:
            click.echo(f"还没有 {quarter} 这一轮，已新建，现在是「{ROUND_STATE_NAMES[round_.state]}」。")
        _print(result)
        if round_.state is RoundState.PREPARING:
            click.echo(f"下一步：survey open-round {quarter} --start，开始回访。")


def _as_json(quarter: str, size: int, seed: str, result: DrawResult) -> dict[str, object]:
    return {
        "round": quarter,
        "seed": seed,
        "n": size,
        "new_cases": result.new_cases,
        "units": [
            {
                "unit": sample.unit,
                "size": sample.size,
                "shortfall": sample.shortfall,
                "frame_size": sample.frame_size,
                "frame_digest": sample.frame_digest,
                "sample": [
                    {"rank": rank, "key": key, "enterprise": name}
                    for rank, (key, name) in enumerate(sample.drawn, start=1)
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
        click.echo(f"  样本库摘要 {sample.frame_digest}")
    for name in result.without_library:
        click.echo(f"{name}：没有样本库，没有抽")
    for name in result.drawn_before:
        click.echo(f"{name}：本轮已经抽过，没有重抽")
    drawn = sum(sample.size for sample in result.samples)
    click.echo(f"共抽中 {drawn} 户次，新增回访任务 {result.new_cases} 户。")
