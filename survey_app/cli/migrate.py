"""`survey migrate`: bring the database's tables up to date."""

import click

from survey_app.cli.application import application
from survey_app.services import schema


@click.command("migrate")
def migrate() -> None:
    """把数据库的表升级到当前版本；已是最新时不做任何事。"""
    with application():
        schema.migrate()
    click.echo("数据库已是最新版本")
