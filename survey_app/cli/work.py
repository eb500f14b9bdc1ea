"""`survey work`: the process that sends what is queued."""

import click
from sqlalchemy.orm import sessionmaker

from survey_app.cli.application import application, require_public_address
from survey_app.db import db
from survey_app.integrations.sms.gateway import CallbackGateway
from survey_app.jobs import Worker, run_worker, stop_on_signals, worker_name
from survey_app.services import schema
from survey_app.services.invitations import message_variables
from survey_app.services.messages import callback_path


@click.command("work")
@click.option("--once", is_flag=True, help="发完现在排队的短信就结束，供定时任务使用。")
def work(once: bool) -> None:
    """启动短信发送进程；可以同时启动几个，一条短信只由一个进程发送。按 Ctrl-C 停止。"""
    with application() as app:
        require_public_address(app)
        schema.require_current()
        collaborators = app.extensions["collaborators"]
        gateway = collaborators.gateway
        if isinstance(gateway, CallbackGateway) and gateway.fixed_tail:
            address = collaborators.settings.link(callback_path(gateway.fixed_tail))
            click.echo(f"请在短信服务商的控制台把短信回执的接收地址设为 {address}（不要告诉别人）", err=True)
        sessions = sessionmaker(db.engine, expire_on_commit=False)
        worker = Worker(collaborators, sessions, message_variables(collaborators), worker_name())
        run_worker(worker, once, stop_on_signals())
