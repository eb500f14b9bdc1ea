"""QR codes as SVG and PNG, and the one door to the qrcode package."""

from collections.abc import Iterator, Sequence
from html import escape
from io import BytesIO

from qrcode.constants import ERROR_CORRECT_M
from qrcode.exceptions import DataOverflowError
from qrcode.image.pil import PilImage
from qrcode.main import QRCode

QUIET_MODULES = 4  # ISO/IEC 18004: light modules on every side belong to the symbol

_Corner = tuple[int, int]  # column and row of a point where modules meet


def qr_svg(text: str, title: str | None = None) -> str:
    """Return `text` as an SVG element, black on white at level M, quiet zone included.

    Its viewBox has one unit a module; it has no size of its own, no style and no script, so that it can stand
    inline under a strict Content-Security-Policy. `title` is what a screen reader says. Raises ValueError
    when `text` is empty or longer than a QR code can hold.
    """
    modules = _encode(text).modules
    side = len(modules) + 2 * QUIET_MODULES
    role, spoken = (' role="img"', f"<title>{escape(title)}</title>") if title else ("", "")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}"{role}>{spoken}'
        f'<rect width="{side}" height="{side}" fill="#fff"/>'
        f'<path shape-rendering="crispEdges" d="{_path(modules)}"/></svg>'
    )


def qr_png(text: str, module_px: int = 10) -> bytes:
    """Return `text` as a 1-bit PNG, `module_px` pixels a module, quiet zone included.

    Raises ValueError when `text` is empty or longer than a QR code can hold.
    """
    code = _encode(text)
    code.box_size = module_px
    stream = BytesIO()
    code.make_image(image_factory=PilImage).save(stream, format="PNG", optimize=True)
    return stream.getvalue()


def _encode(text: str) -> QRCode:
    if not text:
        raise ValueError("没有内容，不能生成二维码")
    code = QRCode(error_correction=ERROR_CORRECT_M, border=QUIET_MODULES)
    code.add_data(text)
    try:
        code.make()
    except (DataOverflowError, ValueError) as error:  # which of the two depends on how much too long it is
        raise ValueError(f"内容有 {len(text.encode())} 字节，超过了一个二维码的容量，请缩短") from error
    return code


def _path(modules: Sequence[Sequence[bool | None]]) -> str:
    """Return the dark areas' outlines as one path; a shape for each module would show seams in print."""
    pieces = []
    for loop in _outlines(modules):
        column, row = loop[0]
        pieces.append(f"M{column + QUIET_MODULES} {row + QUIET_MODULES}")
        for next_column, next_row in loop[1:]:
            pieces.append(f"h{next_column - column}" if next_row == row else f"v{next_row - row}")
            column, row = next_column, next_row
        pieces.append("z")
    return "".join(pieces)


def _outlines(modules: Sequence[Sequence[bool | None]]) -> Iterator[list[_Corner]]:
    """Yield closed loops of corners, clockwise around dark areas, anticlockwise around holes."""
    edges = _edges(modules)
    while edges:
        start = here = next(iter(edges))
        loop: list[_Corner] = []
        heading = (0, 0)
        while True:
            there = edges[here].pop()
            if not edges[here]:
                del edges[here]
            turn = (there[0] - here[0], there[1] - here[1])
            if turn != heading:
                loop.append(here)
            heading, here = turn, there
            if here == start:
                break
        yield loop


def _edges(modules: Sequence[Sequence[bool | None]]) -> dict[_Corner, list[_Corner]]:
    """Return, by the corner they leave, the edges between dark and light, with the dark on their right."""
    side = len(modules)
    edges: dict[_Corner, list[_Corner]] = {}

    def is_dark(column: int, row: int) -> bool:
        return 0 <= column < side and 0 <= row < side and bool(modules[row][column])

    for row in range(side):
        for column in range(side):
            if not is_dark(column, row):
                continue
            top_left, top_right = (column, row), (column + 1, row)
            bottom_left, bottom_right = (column, row + 1), (column + 1, row + 1)
            if not is_dark(column, row - 1):
                edges.setdefault(top_left, []).append(top_right)
            if not is_dark(column + 1, row):
                edges.setdefault(top_right, []).append(bottom_right)
            if not is_dark(column, row + 1):
                edges.setdefault(bottom_right, []).append(bottom_left)
            if not is_dark(column - 1, row):
                edges.setdefault(bottom_left, []).append(top_left)
    return edges
