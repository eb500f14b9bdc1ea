"""`survey check-scheme`: whether a scheme's files can be used, with everything that is wrong with them."""

import sys

import click

from survey_app.schemes.folder_check import check_scheme as check
from survey_app.schemes.loader import SchemeError, scheme_keys

_HELP = """检查评分方案 KEY 的全部文件（评分、问卷、话术、短信、文书），不填则检查每个方案。

不需要数据库。有错误时退出码 1，每处错误一行。
"""


@click.command("check-scheme", help=_HELP)
@click.argument("key", required=False)
def check_scheme(key: str | None) -> None:
    """Check one scheme, or all that are installed; end with status 1 when any is wrong."""
    wrong = False
    for each in [key] if key else scheme_keys():
        try:
            scheme = check(each)
        except SchemeError as error:
            wrong = True
            click.echo(str(error), err=True)
        else:
            click.echo(f"{scheme.key}：{scheme.name}，共 {len(scheme.items)} 项，没有错误")
    sys.exit(1 if wrong else 0)
