"""`survey create-user`: add an account that can sign in."""

import secrets
import sys

import click

from survey_app.cli.application import application, fail
from survey_app.clock import system_clock
from survey_app.db import db
from survey_app.domain.roles import ROLE_NAMES, Role
from survey_app.services.accounts import create_account


@click.command("create-user")
@click.argument("username")
@click.option("--role", type=click.Choice([each.value for each in Role]), required=True, help="角色。")
@click.option("--name", default="", help="显示的姓名；不填则与用户名相同。")
@click.option("--unit", default=None, help="责任单位名称，仅用于 role=unit。")
@click.option("--phone", default="", help="本人电话，用来发现样本库里把它登记成企业的电话；可以不填。")
@click.option("--password-stdin", is_flag=True, help="从标准输入读取密码；不用此项则生成一个并显示一次。")
def create_user(
    username: str, role: str, name: str, unit: str | None, phone: str, password_stdin: bool
) -> None:
    """新建一个登录账号。密码不从命令行参数读取，以免留在历史记录里。"""
    if unit and role != Role.UNIT:
        fail("--unit 只用于 --role unit：其他角色不属于责任单位")
    # An empty input is a mistake to refuse, not a wish for a password that nobody chose.
    chosen = sys.stdin.readline().rstrip("\r\n") if password_stdin else secrets.token_urlsafe(12)
    with application():
        account = create_account(
            db.session(), username, name, chosen, Role(role), system_clock(), unit, phone
        )
    click.echo(f"已建立账号 {account.username}（{ROLE_NAMES[Role(role)]}）")
    if not password_stdin:
        click.echo(f"初始密码：{chosen}")
