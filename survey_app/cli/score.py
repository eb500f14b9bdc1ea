"""`survey score`: the scores of a bundle, with no database and no web."""

import io
import json
import os
import sys
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TextIO

import click

from survey_app.domain.bundle import parse_bundle
from survey_app.domain.json_object import object_from_pairs
from survey_app.domain.points import describe
from survey_app.domain.scoring import RoundScore, UnitScore, score_round
from survey_app.schemes.loader import load_scheme, scheme_keys

_DONE, _UNUSABLE = 0, 2


_HELP = """按评分规则计算 BUNDLE.json 中的一轮得分（"-" 表示标准输入），输出以单位名称为键的 JSON。

不需要数据库。数据有违反规则之处时整份拒收：退出码 2，每处错误一行。
"""


@click.command("score", help=_HELP)
@click.argument("bundle", metavar="BUNDLE.json")
def score(bundle: str) -> None:
    """Score a bundle and end with the status that `run_score` gives."""
    out, err = io.StringIO(), io.StringIO()
    status = run_score(bundle, out, err)
    # JSON is UTF-8 whatever the terminal's language; a name may hold what no encoding can write.
    sys.stderr.buffer.write(err.getvalue().encode("utf-8", "backslashreplace"))
    try:
        sys.stdout.buffer.write(out.getvalue().encode("utf-8"))
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise  # whoever read it has seen enough: click ends quietly
    except OSError as error:
        click.echo(f"结果写不出去：{error.strerror}；请检查输出的位置和磁盘空间", err=True)
        os._exit(_UNUSABLE)  # what could not be written would be tried, and fail, once more
    sys.exit(status)


def run_score(path: str, out: TextIO, err: TextIO) -> int:
    """Score the bundle in a file ("-": standard input): write JSON to `out`, or one line a fault to `err`.

    Returns 0, or 2 when the input can't be used; nothing is written to `out` then.
    """
    try:
        obj = _decode(_read(path))
        bundle, faults = parse_bundle(obj, load_scheme(_scheme_key(obj)))
    except _UnusableError as error:
        err.write(f"{error}\n")
        return _UNUSABLE
    if bundle is None:
        err.writelines(f"{fault}\n" for fault in faults)
        return _UNUSABLE
    result = round_as_json(score_round(load_scheme(bundle.scheme), bundle))
    json.dump(result, out, ensure_ascii=False, indent=1)
    out.write("\n")
    return _DONE


class _UnusableError(Exception):
    """The input is no bundle at all; the sentence says why."""


def _read(path: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a path with a null byte
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise _UnusableError(f"读不了文件{_quote(path)}：{reason}；请检查路径和权限") from error


def _quote(path: str) -> str:
    """Quote a path on one line."""
    return "「" + "".join(symbol if symbol.isprintable() else "�" for symbol in path) + "」"


def _decode(content: bytes) -> object:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        where = f"第 {error.start + 1} 个字节"
        raise _UnusableError(f"文件不是 UTF-8 编码（{where}）；请另存为 UTF-8") from error
    try:
        return json.loads(
            text,
            parse_float=_exact,
            parse_int=_exact,  # also takes numbers that are too long for int
            parse_constant=_exact,  # NaN and Infinity, which the bundle then refuses by unit and item
            object_pairs_hook=object_from_pairs,
        )
    except json.JSONDecodeError as error:
        where = f"第 {error.lineno} 行第 {error.colno} 个字符"
        raise _UnusableError(f"文件不是正确的 JSON：{where}处出错（{error.msg}）") from error
    except RecursionError as error:
        raise _UnusableError("文件不是正确的 JSON：层层嵌套过深") from error


def _exact(digits: str) -> Decimal:
    try:
        return Decimal(digits)
    except InvalidOperation:  # An exponent that no Decimal can hold; the bundle refuses it by unit and item.
        return Decimal("Infinity")


def _scheme_key(obj: object) -> str:
    """The scheme to read the bundle by; a bundle that names none is refused in the default one's terms."""
    key = obj.get("scheme") if isinstance(obj, dict) else None
    if key is None:
        return load_scheme().key
    if not isinstance(key, str):
        raise _UnusableError(f"整份数据：scheme：应为评分方案的名称，不是{describe(key)}")
    known = scheme_keys()
    if key not in known:
        raise _UnusableError(f"整份数据：scheme：没有评分方案{describe(key)}，已有：{'、'.join(known)}")
    return key


def round_as_json(scored: RoundScore) -> dict[str, object]:
    """Return the scores keyed by unit, points as JSON numbers: floats that print as the exact decimals do."""
    return {unit.unit: _unit(unit) for unit in scored.units}


def _unit(unit: UnitScore) -> dict[str, object]:
    counted = [line for line in unit.lines if line.item.counts]
    intervals = {item: found.interval for item, found in unit.statistics.items()}
    return {
        "items": {line.item.id: _number(line.points) for line in counted},
        "why": {line.item.id: str(line.why) for line in unit.lines}
        | {line.rule.id: str(line.why) for line in unit.adjustments},
        "pending": list(unit.pending),
        "provisional": unit.provisional,
        "base": _number(unit.base),
        "endorsements": _number(unit.endorsements),
        "broken_promises": _number(unit.broken_promises),
        "total": _number(unit.total),
        "indicator": _number(unit.indicator),
        "indicator_imputed": unit.indicator_imputed,
        "rank": unit.rank,
        "rank_range": list(unit.rank_range),
        **({} if unit.among is None else {"rank_of": unit.rank_of, "ranked_among": unit.among}),
        "suggested": {
            line.item.id: _number(line.suggested) for line in counted if line.suggested is not None
        },
        "normalised": {item: _number(found.normalised) for item, found in unit.statistics.items()},
        "interval": {
            item: [_number(interval.low), _number(interval.high)] if interval else None
            for item, interval in intervals.items()
        },
        "response": {
            "frame_size": unit.response.frame_size,
            "sampled": unit.response.sampled,
            "reached": unit.response.reached,
            "answered": unit.response.answered,
            "rate": _number(unit.response.rate),
        },
        "warnings": [str(warning) for warning in unit.warnings],
    }


def _number(value: Decimal | None) -> float | None:
    # The one place where points become floats: inputs are so bounded that a float prints the same decimal.
    return None if value is None else float(value)
