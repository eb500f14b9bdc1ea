"""Opening an .xlsx safely: its archive is inflated under limits, and measured before it is read."""

import io
import struct
import zipfile
import zlib
from dataclasses import dataclass

from survey_app.domain.sheet import UnusableFileError
from survey_app.integrations.limits import (
    MAX_INFLATED_BYTES,
    MAX_MEMBERS,
    MAX_RATIO,
    RATIO_FROM_BYTES,
)
from survey_app.integrations.xlsx_measure import DamagedXmlError, measure

_LOCAL_HEADER = struct.Struct("<4s22xHH")
_CHUNK = 64 * 1024
# The folders that a workbook's cells are kept in; pictures, macros and properties are never inflated.
_NEEDED = ("xl/", "_rels/", "[content_types]")
_DAMAGED = "文件已损坏，无法读取，请重新导出或另存为 .xlsx 后再导入"
_BOMB = "文件压缩得异常厉害，展开后会过大，已拒绝读取，请重新导出后再导入"


@dataclass(frozen=True)
class CheckedArchive:
    """A workbook whose every part was inflated and measured: its bytes, and the hidden rows by sheet name."""

    data: bytes
    hidden_rows: dict[str, frozenset[int]]


def check_archive(data: bytes) -> CheckedArchive:
    """Inflate and measure a zip file that should be a workbook.

    The result is a new archive of the parts seen here, so that no second reader can see other parts in the
    same bytes. Raises UnusableFileError for another kind of file, a damaged one, or one over a limit.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, EOFError, NotImplementedError) as error:
        raise UnusableFileError(_DAMAGED) from error
    _check_kind({member.filename for member in members})
    check_directory(members, len(data))
    parts: dict[str, bytes] = {}
    budget = MAX_INFLATED_BYTES
    for member in members:
        name = member.filename.lower()
        if name.startswith(_NEEDED) and name.endswith((".xml", ".rels")):
            parts[member.filename] = _inflate(data, member, budget)
            budget -= len(parts[member.filename])
    try:
        hidden = measure(parts)
    except DamagedXmlError as error:
        raise UnusableFileError(_DAMAGED) from error
    return CheckedArchive(_archive(parts), hidden)


def _check_kind(names: set[str]) -> None:
    if "xl/workbook.xml" in names:
        return
    for sign, kind in (
        ("xl/workbook.bin", "Excel 二进制工作簿（.xlsb）"),
        ("word/document.xml", "Word 文档"),
        ("ppt/presentation.xml", "PowerPoint 文档"),
        ("content.xml", "OpenDocument 文档（.ods 等）"),
    ):
        if sign in names:
            raise UnusableFileError(f"这是{kind}，不是 .xlsx 表格，请用表格软件另存为 .xlsx 后再导入")
    raise UnusableFileError("这是压缩包，不是表格，请解压后导入其中的表格文件")


def check_directory(members: list[zipfile.ZipInfo], size: int) -> None:
    """Refuse by what the archive says of itself, before anything is inflated."""
    names = [member.filename.lower() for member in members]
    if len(members) > MAX_MEMBERS or len(set(names)) != len(names):
        raise UnusableFileError(_DAMAGED)
    if any(member.flag_bits & 1 for member in members):
        raise UnusableFileError("文件加了密码，请取消密码后重新导入")
    inflated = sum(member.file_size for member in members)
    # By member too: something that doesn't shrink, as a picture, would otherwise hide one that bursts.
    packed = [(inflated, size), *((member.file_size, member.compress_size) for member in members)]
    if inflated > MAX_INFLATED_BYTES or any(
        large > RATIO_FROM_BYTES and large > MAX_RATIO * small for large, small in packed
    ):
        raise UnusableFileError(_BOMB)


def _inflate(data: bytes, member: zipfile.ZipInfo, budget: int) -> bytes:
    """Return a member's content; what is longer than its directory entry says is refused as soon as it is."""
    start = member.header_offset
    if start < 0 or start + 30 > len(data):
        raise UnusableFileError(_DAMAGED)
    signature, name_length, extra_length = _LOCAL_HEADER.unpack_from(data, start)
    start += 30 + name_length + extra_length
    packed = memoryview(data)[start : start + member.compress_size]
    limit = min(member.file_size, budget)
    if signature != b"PK\x03\x04":
        raise UnusableFileError(_DAMAGED)
    if member.compress_type == zipfile.ZIP_STORED:
        content = bytes(packed[: limit + 1])
    elif member.compress_type == zipfile.ZIP_DEFLATED:
        content = _inflate_stream(packed, limit)
    else:
        raise UnusableFileError(_DAMAGED)
    if len(content) > limit:
        raise UnusableFileError(_BOMB)
    if len(content) != member.file_size or zlib.crc32(content) != member.CRC:
        raise UnusableFileError(_DAMAGED)
    return content


def _inflate_stream(packed: memoryview, limit: int) -> bytes:
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    pieces: list[bytes] = []
    length = 0
    waiting: bytes | memoryview = packed
    try:
        while length <= limit and not stream.eof:
            piece = stream.decompress(waiting, _CHUNK)
            waiting = stream.unconsumed_tail
            if not piece and not waiting:
                break
            pieces.append(piece)
            length += len(piece)
    except zlib.error as error:
        raise UnusableFileError(_DAMAGED) from error
    return b"".join(pieces)


def _archive(parts: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, part in parts.items():
            archive.writestr(zipfile.ZipInfo(name), part)
    return buffer.getvalue()
