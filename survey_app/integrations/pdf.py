"""PDF documents from typst templates and plain data, and the one door to typst."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import justmytype_intl_cjk
import typst

from survey_app.paths import PACKAGE

DOCUMENTS = PACKAGE / "documents"
CACHE_AGE = 11  # typst drops what the last ten documents did not use
FONTS = Path(justmytype_intl_cjk.__file__).parent / "fonts"


def compile_pdf(template_name: str, data: Mapping[str, object]) -> bytes:
    """Return the PDF that documents/`template_name`.typ makes of `data`; the same data gives the same bytes.

    `data` is what JSON can hold. The template reads it from `sys.inputs.data`, so that its strings are values
    and never markup, whatever a name contains. The template sees no file outside documents/, no font of the
    machine's, and no network. Safe to call from several threads; nothing is written. Raises ValueError when
    there is no such template, and typst.TypstError when the template itself is wrong.
    """
    template = DOCUMENTS / f"{template_name}.typ"
    if template.parent != DOCUMENTS or not template.is_file():
        raise ValueError(f"没有名为「{template_name}」的文档模板")
    pdf: bytes = typst.compile(
        template,
        root=DOCUMENTS,
        font_paths=_fonts(),
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
    )
    _forget()
    return pdf


def _forget() -> None:
    """Age typst's cache until the last document is gone from it: a sheet of 1,000 labels is 110 MB."""
    for _ in range(CACHE_AGE):
        typst.compile(b"", font_paths=_fonts(), ignore_system_fonts=True)


@cache
def _fonts() -> typst.Fonts:
    """Return the fonts that come with the program: the same page on every machine."""
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[FONTS])
