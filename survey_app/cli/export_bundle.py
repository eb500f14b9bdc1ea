"""`survey export-bundle`: a round's dossier as a file, for anybody to check."""

import json
from pathlib import Path

import click

from survey_app.cli.application import application, fail
from survey_app.cli.json_file import quote
from survey_app.db import db
from survey_app.services import rounds
from survey_app.services.dossiers import dossier_of
from survey_app.services.round_locks import round_of


@click.command("export-bundle")
@click.argument("round_name", metavar="ROUND")
@click.argument("target", metavar="FILE")
@click.option("--version", "number", type=click.IntRange(min=1), help="第几版；不写则为最新核定的一版")
def export_bundle(round_name: str, target: str, number: int | None) -> None:
    """写出一个季度轮次（写成 2022-Q3）的卷宗，供任何人用 survey verify 验证；FILE 为 - 时写到标准输出。

    卷宗含匿名答卷、填报、加减分、抽样的种子和摘要、评分方案、得分、评分表的文字和校验码，
    不含企业名称、电话、时刻和填报人姓名。没有核定的轮次写出的是试算。
    """
    with application():
        session = db.session()
        made = dossier_of(session, round_of(session, str(rounds.find_quarter(round_name))), number)
    content = json.dumps(made, ensure_ascii=False, indent=1) + "\n"
    if target == "-":
        click.echo(content.encode(), nl=False)
        return
    try:
        Path(target).write_bytes(content.encode())
    except (OSError, ValueError) as error:  # ValueError: a path with a null byte
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        fail(f"写不了文件{quote(target)}（{reason}）：请检查路径和权限")
    edition = f"第 {made['version']} 版" if made["version"] else "试算（未核定）"
    click.echo(f"已写出 {made['round']} {edition}的卷宗，校验码（SHA-256）{made['digest']}：{target}")
