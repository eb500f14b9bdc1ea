"""The command `survey`: one line of help for each command, and each loaded only when it is run."""

from importlib import import_module

import click

# name: (module and function, help). Loading a command's module only when it is used keeps `survey score`
# and `survey --help` free of the web framework and the database.
COMMANDS = {
    "score": ("survey_app.cli.score:score", "按评分规则计算一份得分数据（JSON），不需要数据库。"),
    "verify": ("survey_app.cli.verify:verify", "验证一份卷宗：重新计票、计分，逐项比较，不需要数据库。"),
    "check-scheme": ("survey_app.cli.check_scheme:check_scheme", "检查评分方案的全部文件，不需要数据库。"),
    "import-frame": (
        "survey_app.cli.import_frame:import_frame",
        "读取责任单位报送的样本库文件，预览或入库。",
    ),
    "open-round": ("survey_app.cli.open_round:open_round", "新建一个季度轮次；抽样以后用它开始回访。"),
    "draw": ("survey_app.cli.draw:draw", "公告并用公开的种子为每个责任单位抽取样本；重演一次抽样。"),
    "export-frame": (
        "survey_app.cli.export_frame:export_frame",
        "写出抽样文件，供任何人重演（survey draw --replay）。",
    ),
    "links": ("survey_app.cli.links:links", "导出一个轮次的回访链接和回访码。"),
    "export-bundle": (
        "survey_app.cli.export_bundle:export_bundle",
        "写出一个轮次的卷宗，供任何人验证。",
    ),
    "create-user": ("survey_app.cli.create_user:create_user", "新建登录账号。"),
    "seed-demo": ("survey_app.cli.seed_demo:seed_demo", "建立演示县：先建表，再写入两个季度的演示数据。"),
    "migrate": ("survey_app.cli.migrate:migrate", "把数据库的表升级到当前版本。"),
    "run": ("survey_app.cli.run:run", "启动网站服务。"),
    "work": ("survey_app.cli.work:work", "启动短信发送进程。"),
}


class LazyGroup(click.Group):
    """A group that knows its commands' names and help without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order in which a quarter uses them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of a command and return the command."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command = getattr(import_module(module), name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from the table above."""
        with formatter.section("命令"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="county-survey", message="%(version)s")
def main() -> None:
    """县域政务服务效能监测平台：抽样、回访、计票、评分，一个季度从头到尾。

    每个命令都有自己的说明：survey 命令 --help。退出码：0 完成；1 查出问题；2 输入不可用。
    """
