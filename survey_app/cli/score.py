"""`survey score`: the scores of a bundle, with no database and no web."""

import io
import json
from typing import TextIO

import click

from survey_app.cli.json_file import UNUSABLE, UnusableError, end, read_json
from survey_app.domain.bundle import parse_bundle
from survey_app.domain.points import describe
from survey_app.domain.score_json import round_as_json
from survey_app.domain.scoring import score_round
from survey_app.schemes.loader import load_scheme, scheme_keys

_DONE = 0


_HELP = """按评分规则计算 BUNDLE.json 中的一轮得分（"-" 表示标准输入），输出以单位名称为键的 JSON。

不需要数据库。数据有违反规则之处时整份拒收：退出码 2，每处错误一行。
"""


@click.command("score", help=_HELP)
@click.argument("bundle", metavar="BUNDLE.json")
def score(bundle: str) -> None:
    """Score a bundle and end with the status that `run_score` gives."""
    out, err = io.StringIO(), io.StringIO()
    status = run_score(bundle, out, err)
    end(status, out.getvalue(), err.getvalue())


def run_score(path: str, out: TextIO, err: TextIO) -> int:
    """Score the bundle in a file ("-": standard input): write JSON to `out`, or one line a fault to `err`.

    Returns 0, or 2 when the input can't be used; nothing is written to `out` then.
    """
    try:
        obj = read_json(path)
        bundle, faults = parse_bundle(obj, load_scheme(_scheme_key(obj)))
    except UnusableError as error:
        err.write(f"{error}\n")
        return UNUSABLE
    if bundle is None:
        err.writelines(f"{fault}\n" for fault in faults)
        return UNUSABLE
    result = round_as_json(score_round(load_scheme(bundle.scheme), bundle))
    json.dump(result, out, ensure_ascii=False, indent=1)
    out.write("\n")
    return _DONE


def _scheme_key(obj: object) -> str:
    """The scheme to read the bundle by; a bundle that names none is refused in the default one's terms."""
    key = obj.get("scheme") if isinstance(obj, dict) else None
    if key is None:
        return load_scheme().key
    if not isinstance(key, str):
        raise UnusableError(f"整份数据：scheme：应为评分方案的名称，不是{describe(key)}")
    known = scheme_keys()
    if key not in known:
        raise UnusableError(f"整份数据：scheme：没有评分方案{describe(key)}，已有：{'、'.join(known)}")
    return key
