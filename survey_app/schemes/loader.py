"""Loading a scheme's file by its key; a folder beside this module is a scheme."""

import hashlib
import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import TypeVar

from survey_app.domain.scheme import Scheme
from survey_app.domain.scheme_parser import parse_scheme_text

DEFAULT_SCHEME = "fangcheng-2022"
FOLDERS: Traversable = files("survey_app.schemes")
_FILE = "scheme.toml"

Part = TypeVar("Part")


class SchemeError(ValueError):
    """A scheme that doesn't exist or whose file is wrong; `str(error)` names every fault, for people."""


def scheme_keys() -> list[str]:
    """Return the keys of the schemes that are installed, sorted."""
    folders = FOLDERS.iterdir()
    return sorted(f.name.replace("_", "-") for f in folders if f.is_dir() and (f / _FILE).is_file())


@cache
def load_scheme(key: str = DEFAULT_SCHEME) -> Scheme:
    """Return the scheme with a key; raise SchemeError when there is none, or its file is wrong."""
    return read_scheme(_file(key).read_bytes(), key)


def scheme_digest(key: str = DEFAULT_SCHEME) -> str:
    """Return the SHA-256, in hex, of the bytes of a scheme's file."""
    return hashlib.sha256(_file(key).read_bytes()).hexdigest()


def scheme_text(key: str = DEFAULT_SCHEME) -> str:
    """Return the text of a scheme's file, whose UTF-8 bytes have the digest above."""
    return _file(key).read_bytes().decode()


def read_scheme(content: bytes, key: str) -> Scheme:
    """Return the scheme that a file's bytes hold; raise SchemeError with all faults, one a line."""
    try:
        scheme, faults = parse_scheme_text(content.decode())
    except UnicodeDecodeError as error:
        raise SchemeError(f"评分方案 {key} 的文件不是 UTF-8 编码：{error}") from error
    if scheme is not None and scheme.key != key:
        faults.append(f"key：文件夹名要求是「{key}」，文件里写的是「{scheme.key}」")
    if scheme is None or faults:
        raise SchemeError("\n".join([f"评分方案 {key} 的文件有 {len(faults)} 处错误：", *faults]))
    return scheme


def load_part(key: str, filename: str, what: str, parse: Callable[[Mapping[str, object]], Part]) -> Part:
    """Return what `parse` makes of another TOML file of a scheme's folder; `what` names the file for people.

    Raises SchemeError when there is no such scheme or file, or `parse` refuses it with a ValueError.
    """
    content = read_part(key, filename, what)
    try:
        return parse(tomllib.loads(content.decode()))
    except ValueError as error:  # UnicodeDecodeError and TOMLDecodeError are some
        raise SchemeError(f"评分方案 {key} 的 {filename} 有错误：\n{error}") from error


def read_part(key: str, filename: str, what: str) -> bytes:
    """Return the bytes of another file of a scheme's folder; raise SchemeError when there is none."""
    try:
        return (_folder(key) / filename).read_bytes()
    except FileNotFoundError as error:
        raise SchemeError(f"评分方案 {key} 没有{what} {filename}") from error


def _file(key: str) -> Traversable:
    return _folder(key) / _FILE


def _folder(key: str) -> Traversable:
    # Looked up among the names that exist, so that no key can be a path.
    known = scheme_keys()
    if key not in known:
        raise SchemeError(f"没有评分方案「{key}」，已有：{'、'.join(known)}")
    return FOLDERS / key.replace("-", "_")
