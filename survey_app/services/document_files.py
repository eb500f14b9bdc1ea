"""A document as a file to hand out, in each format that it comes in."""

from survey_app.domain.document import Document, as_data
from survey_app.integrations.docx import write_docx
from survey_app.integrations.pdf import compile_pdf


def as_pdf(document: Document, *more: Document) -> bytes:
    """Return a document as a PDF on A4; `more` of the same kind and result follow, each from a new page."""
    return compile_pdf("official", as_data(document, *more))


def as_docx(document: Document) -> bytes:
    """Return a document as a .docx on A4, to be edited; it must hold no pictures."""
    return write_docx(document)
