"""Reading a JSON file whose numbers count to the last digit, and ending a command that printed its result."""

import json
import os
import re
import sys
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import NoReturn

import click

from survey_app.domain.json_object import object_from_pairs

UNUSABLE = 2
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)


class UnusableError(Exception):
    """The input can't be used at all; the sentence says why."""


def read_json(path: str) -> object:
    """Return the content of a JSON file ("-": standard input), every number as an exact Decimal.

    Keys that were written twice are kept in mind (RepeatedKeys). Raises UnusableError.
    """
    return _decode(_read(path))


def read_digest(typed: str, printed_where: str) -> str:
    """Return a digest that was typed from paper or a page, whatever its blanks and case. Raises UnusableError."""
    digest = "".join(typed.split()).lower()
    if not _DIGEST.fullmatch(digest):
        raise UnusableError(f"--digest：校验码应为 64 位十六进制数字，请照{printed_where}填写")
    return digest


def end(status: int, out: str, err: str) -> NoReturn:
    """Write a command's result and what it has to say, and end with its status."""
    # JSON is UTF-8 whatever the terminal's language; a name may hold what no encoding can write.
    sys.stderr.buffer.write(err.encode("utf-8", "backslashreplace"))
    try:
        sys.stdout.buffer.write(out.encode("utf-8", "backslashreplace"))
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise  # whoever read it has seen enough: click ends quietly
    except OSError as error:
        click.echo(f"结果写不出去：{error.strerror}；请检查输出的位置和磁盘空间", err=True)
        os._exit(UNUSABLE)  # what could not be written would be tried, and fail, once more
    sys.exit(status)


def quote(path: str) -> str:
    """Quote a path on one line."""
    return "「" + "".join(symbol if symbol.isprintable() else "�" for symbol in path) + "」"


def _read(path: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a path with a null byte
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UnusableError(f"读不了文件{quote(path)}：{reason}；请检查路径和权限") from error


def _decode(content: bytes) -> object:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        where = f"第 {error.start + 1} 个字节"
        raise UnusableError(f"文件不是 UTF-8 编码（{where}）；请另存为 UTF-8") from error
    try:
        return json.loads(
            text,
            parse_float=_exact,
            parse_int=_exact,  # also takes numbers that are too long for int
            parse_constant=_exact,  # NaN and Infinity, which whoever reads it refuses by their place
            object_pairs_hook=object_from_pairs,
        )
    except json.JSONDecodeError as error:
        where = f"第 {error.lineno} 行第 {error.colno} 个字符"
        raise UnusableError(f"文件不是正确的 JSON：{where}处出错（{error.msg}）") from error
    except RecursionError as error:
        raise UnusableError("文件不是正确的 JSON：层层嵌套过深") from error


def _exact(digits: str) -> Decimal:
    try:
        return Decimal(digits)
    except InvalidOperation:  # An exponent that no Decimal can hold; refused by its place, too.
        return Decimal("Infinity")
