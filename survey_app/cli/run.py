"""`survey run`: the web server."""

import socket

import click

from survey_app.cli.application import application, fail, require_public_address
from survey_app.cli.server import Server
from survey_app.db import db
from survey_app.services import schema


@click.command("run")
@click.option("--host", default="127.0.0.1", show_default=True, help="监听的地址。")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=8000,
    show_default=True,
    envvar="PORT",
    help="监听的端口，也可用环境变量 PORT。",
)
@click.option(
    "--workers", type=click.IntRange(1), default=2, show_default=True, help="进程数，一般等于处理器核数。"
)
@click.option(
    "--threads",
    type=click.IntRange(1),
    default=4,
    show_default=True,
    help="每个进程同时处理的请求数；网络慢的客户端不占用。",
)
def run(host: str, port: int, workers: int, threads: int) -> None:
    """启动网站服务（gunicorn）。先设好 PUBLIC_BASE_URL，二维码和短信里的链接由它生成。"""
    with application() as app:
        require_public_address(app)
        schema.require_current()
        db.engine.dispose()  # worker processes must not share a connection
    _require_free(host, port)
    Server(app, host, port, workers, threads).run()


def _require_free(host: str, port: int) -> None:
    """End with one sentence where the server could not listen, which it would try for some seconds."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        fail(f"不能在 {host} 的端口 {port} 监听（{error.strerror}）：请换一个端口或地址，例如 --port 8001")
