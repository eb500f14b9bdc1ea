"""Reading a PDF back: its text as one line a page, and whether its type comes with it."""

from io import BytesIO
from unicodedata import normalize

from pypdf import PdfReader


def pages_of(pdf: bytes) -> list[str]:
    """Return each page's text without blanks; look-alike radicals come back as the characters they stand for."""
    return ["".join(normalize("NFKC", page.extract_text()).split()) for page in PdfReader(BytesIO(pdf)).pages]


def paper_sizes(pdf: bytes) -> set[tuple[int, int]]:
    """Return the sizes of the pages, in points; A4 is (595, 842)."""
    return {
        (round(page.mediabox.width), round(page.mediabox.height)) for page in PdfReader(BytesIO(pdf)).pages
    }


def fonts_without_a_file(pdf: bytes) -> list[str]:
    """Return the names of the fonts that are not embedded."""
    missing = []
    for page in PdfReader(BytesIO(pdf)).pages:
        for font in page["/Resources"].get("/Font", {}).values():
            for each in font.get_object().get("/DescendantFonts", [font]):
                found = each.get_object()
                if not {"/FontFile2", "/FontFile3"} & set(found["/FontDescriptor"].get_object()):
                    missing.append(str(found["/BaseFont"]))
    return missing
