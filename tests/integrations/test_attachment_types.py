"""What a file is: by its content, whatever it is called."""

import io
import zipfile

import openpyxl
import pytest
from docx import Document

from survey_app.domain.sheet import UnusableFileError
from survey_app.integrations.attachment_types import file_type
from survey_app.integrations.limits import MAX_FILE_BYTES


def _zip(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/"), content)
    return buffer.getvalue()


def _saved(document: object) -> bytes:
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "ending"),
    [
        (b"%PDF-1.7\n...", ".pdf"),
        (b"\xff\xd8\xff\xe0JFIF", ".jpg"),
        (b"\x89PNG\r\n\x1a\n....", ".png"),
        (_saved(Document()), ".docx"),
        (_saved(openpyxl.Workbook()), ".xlsx"),
    ],
)
def test_each_kind_is_known_by_its_content(content: bytes, ending: str) -> None:
    assert file_type(content).ending == ending


MACROS = "application/vnd.ms-office.vbaProject"


def _declared(kind: str, encoding: str = "utf-8") -> dict[str, bytes]:
    """A Word file that declares a part of a kind and gives it an innocent name."""
    parts = f'<Types><Override PartName="/word/theme2.xml" ContentType="{kind}"/></Types>'
    return {**WORD, "[Content_Types].xml": parts.encode(encoding), "word/theme2.xml": b"x"}


def _with_wrong_checksum(archive: bytes) -> bytes:
    place = archive.index(b"PK\x01\x02") + 16
    return archive[:place] + b"\0\0\0\0" + archive[place + 4 :]


WORD = {"[Content_Types].xml": b"<x/>", "word/document.xml": b"<x/>"}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "空的"),
        (b"%PDF-" + b"x" * MAX_FILE_BYTES, "超过 10 MB"),
        (b"<html><script>alert(1)</script>", "不是其中任何一种"),
        (b"MZ\x90\x00", "不是其中任何一种"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "不是其中任何一种"),
        (b" %PDF-1.7", "不是其中任何一种"),
        (b"PK\x03\x04broken", "已损坏"),
        (_zip(a=b"x"), "另一种压缩文件"),
        (_zip(**WORD, word__vbaProject=b"x"), None),
        (_zip(**{**WORD, "word/vbaProject.bin": b"x"}), "宏"),
        (_zip(**_declared(MACROS)), "宏"),
        (_zip(**_declared(MACROS.replace("vba", "&#118;ba"))), "宏"),
        (_zip(**_declared(MACROS, "utf-16")), "宏"),
        (_zip(**_declared("application/vnd.ms-word.document.macroEnabled.main+xml")), "宏"),
        (_with_wrong_checksum(_zip(**WORD)), "已损坏"),
        (_zip(**{**WORD, "word/big.xml": b"\0" * 60_000_000}), "压缩异常"),
        (_zip(**{f"m{n}": b"" for n in range(1001)}), "已损坏"),
    ],
)
def test_everything_else_is_refused(content: bytes, sentence: str | None) -> None:
    if sentence is None:
        assert file_type(content).ending == ".docx"
        return
    with pytest.raises(UnusableFileError, match=sentence):
        file_type(content)
