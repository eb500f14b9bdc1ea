"""What kind of file an attachment is, by its content; its name has no say."""

import html
import io
import zipfile
import zlib
from dataclasses import dataclass

from survey_app.domain.sheet import UnusableFileError
from survey_app.integrations.limits import MAX_FILE_BYTES
from survey_app.integrations.xlsx_archive import check_directory


@dataclass(frozen=True)
class FileType:
    """A kind of file that is taken: the type it is served as, and its ending."""

    media_type: str
    ending: str


_PLAIN = (
    (b"%PDF-", FileType("application/pdf", ".pdf")),
    (b"\xff\xd8\xff", FileType("image/jpeg", ".jpg")),
    (b"\x89PNG\r\n\x1a\n", FileType("image/png", ".png")),
)
_OFFICE = "application/vnd.openxmlformats-officedocument."
_ARCHIVES = (
    ("word/document.xml", FileType(f"{_OFFICE}wordprocessingml.document", ".docx")),
    ("xl/workbook.xml", FileType(f"{_OFFICE}spreadsheetml.sheet", ".xlsx")),
)
_PARTS = "[Content_Types].xml"
# What reading an archive raises: RuntimeError where it is encrypted, the rest where it is damaged.
_BROKEN = (
    zipfile.BadZipFile, zlib.error, ValueError, EOFError, OSError, RuntimeError, UnusableFileError,
)  # fmt: skip
_TAKEN = "只收 PDF、JPEG、PNG、.docx、.xlsx 文件"


def file_type(content: bytes) -> FileType:
    """Return what a file is; raise UnusableFileError for one that is empty, too large, unsafe or of another kind."""
    if not content:
        raise UnusableFileError("文件是空的，请重新选择")
    if len(content) > MAX_FILE_BYTES:
        raise UnusableFileError(f"文件超过 {MAX_FILE_BYTES // 1024 // 1024} MB，请压缩后重新选择")
    for signature, found in _PLAIN:
        if content.startswith(signature):
            return found
    if content.startswith(b"PK\x03\x04"):
        return _archive_type(content)
    raise UnusableFileError(f"{_TAKEN}，这份文件的内容不是其中任何一种")


def _archive_type(content: bytes) -> FileType:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            check_directory(members, len(content))
            names = {member.filename for member in members}
            parts = archive.read(_PARTS) if _PARTS in names else b""
    except _BROKEN as error:
        raise UnusableFileError("文件已损坏、加了密码或压缩异常，不能收，请重新导出后再选择") from error
    if _has_macros(names, parts):
        raise UnusableFileError("文件里有宏，不能收：请另存为不带宏的 .docx 或 .xlsx，或转成 PDF")
    for sign, found in _ARCHIVES:
        if sign in names and parts:
            return found
    raise UnusableFileError(f"{_TAKEN}，这是另一种压缩文件")


def _has_macros(names: set[str], parts: bytes) -> bool:
    """Whether an archive holds macros, by their usual name or, whatever they are called, by their declared type."""
    declared = html.unescape(parts.replace(b"\0", b"").decode("latin-1")).lower()
    named = any(name.lower().endswith("vbaproject.bin") for name in names)
    return named or "vbaproject" in declared or "macroenabled" in declared
