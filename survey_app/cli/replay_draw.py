"""Replaying a draw from its file, with no database: `survey draw --replay`."""

from collections.abc import Mapping, Sequence
from typing import TextIO

from survey_app.cli.json_file import UNUSABLE, UnusableError, read_digest, read_json
from survey_app.domain.draw_file import replay, why_no_draw_file

_AGREES, _DIFFERS = 0, 1


def run_replay(path: str, published: Sequence[str], out: TextIO, err: TextIO) -> int:
    """Replay the draws in a file ("-": standard input): one line to `out` if all agrees, else to `err`.

    `published` are digests from the public page. Returns 0 if all agrees, 1 if something differs, each with its
    line, 2 if the file or a digest can't be used.
    """
    try:
        wanted = [read_digest(each, "抽样公示页所写的") for each in published]
        file = read_json(path)
    except UnusableError as error:
        err.write(f"{error}\n")
        return UNUSABLE
    reason = why_no_draw_file(file)
    if reason or not isinstance(file, Mapping):
        err.write(f"{reason}\n")
        return UNUSABLE
    found = replay(file, wanted)
    if found:
        err.writelines(f"{difference}\n" for difference in found)
        err.write(f"共 {len(found)} 处不一致。\n")
        return _DIFFERS
    for each in file["draws"]:
        announced = each["announcement"]
        out.write(
            f"全部一致：{announced['round']} 第 {announced['number']} 号公告，{len(each['units'])} 个单位。"
            f"公告的校验码 {each['announcement_digest']}，抽样结果的校验码 {each['result_digest']}。\n"
        )
    compared = "与公布的校验码相同" if wanted else "请与抽样公示页上的校验码核对（--digest）"
    out.write(f"{compared}。这个文件写明了抽中谁，回访截止以前不要给责任单位看。\n")
    return _AGREES
