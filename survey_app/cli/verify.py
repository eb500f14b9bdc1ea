"""`survey verify`: whether a round's dossier holds together, with no database and no web."""

import io
from collections.abc import Mapping
from typing import TextIO

import click

from survey_app.cli.json_file import UNUSABLE, UnusableError, end, read_digest, read_json
from survey_app.domain.dossier_check import check, why_no_dossier

_AGREES, _DIFFERS = 0, 1

_HELP = """验证一份卷宗（survey export-bundle 的输出，"-" 表示标准输入），不需要数据库。

由卷宗中的匿名答卷、填报、评分、加减分和评分方案重新计票、计分、排名，与卷宗所写逐项比较；
再按卷宗内容重新计算各项校验码。每处不一致一行，写明在哪里、写的是什么、应为什么。

把答卷、得分和校验码全部改过一遍、前后一致的卷宗，只有与正式文书上印的校验码比较才能发现：
请用 --digest 写上文书上的校验码。

一致的，另外打印回执号名单的 SHA-256，可与公布的名单文件（sha256sum）比较。

退出码：0 全部一致；1 有不一致；2 文件不可用。
"""


@click.command("verify", help=_HELP)
@click.argument("file", metavar="FILE")
@click.option("--digest", metavar="HEX", help="文书上印的校验码（SHA-256，64 位十六进制）。")
def verify(file: str, digest: str | None) -> None:
    """Verify a dossier and end with the status that `run_verify` gives."""
    out, err = io.StringIO(), io.StringIO()
    status = run_verify(file, digest, out, err)
    end(status, out.getvalue(), err.getvalue())


def run_verify(path: str, printed: str | None, out: TextIO, err: TextIO) -> int:
    """Verify the dossier in a file ("-": standard input): to `out` that all agrees and each list of receipts, or else to `err`.

    `printed` is the digest on a document. Returns 0 if all agrees, 1 if something differs, each with its
    line, 2 if the file or the digest can't be used.
    """
    try:
        wanted = None if printed is None else read_digest(printed, "文书上所印的")
        dossier = read_json(path)
    except UnusableError as error:
        err.write(f"{error}\n")
        return UNUSABLE
    reason = why_no_dossier(dossier)
    if reason or not isinstance(dossier, Mapping):
        err.write(f"{reason}\n")
        return UNUSABLE
    found = check(dossier, wanted)
    if found:
        err.writelines(f"{difference}\n" for difference in found)
        err.write(f"共 {len(found)} 处不一致。\n")
        return _DIFFERS
    edition = f"第 {dossier['version']} 版" if dossier["version"] else "试算"
    compared = "与文书上的校验码相同" if wanted else "请与文书上印的校验码核对（--digest）"
    out.write(f"全部一致：{dossier['round']} {edition}，校验码（SHA-256）{dossier['digest']}，{compared}。\n")
    for row in dossier.get("receipts", ()):
        out.write(
            f"回执号名单（{row['instrument']}）：{row['number']} 个，名单的 SHA-256 {row['digest']}。\n"
        )
    return _AGREES
