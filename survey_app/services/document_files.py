"""A document as a file to hand out, in each format that it comes in."""

from survey_app.domain.document import Document, as_data
from survey_app.integrations.pdf import compile_pdf


def as_pdf(document: Document) -> bytes:
    """Return a document as a PDF on A4."""
    return compile_pdf("official", as_data(document))
