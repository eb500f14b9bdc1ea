"""QR codes are read back by a decoder, and are what a strict page and a small screen can take."""

import re
import secrets
import xml.etree.ElementTree as ET
from io import BytesIO

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from survey_app.integrations.qr import QUIET_MODULES, qr_png, qr_svg

LINK = "https://hf.example.gov.cn/s/" + "aB3_-xYz0123456789qrst"
SVG = "{http://www.w3.org/2000/svg}"


def svg_side(svg: str) -> int:
    left, top, width, height = map(int, ET.fromstring(svg).attrib["viewBox"].split())
    assert (left, top) == (0, 0)
    assert width == height
    return width


def raster(svg: str) -> Image.Image:
    """Draw a path of M, h, v and z, one pixel a module: each edge flips all that lies right of it."""
    side = svg_side(svg)
    dark = [[False] * side for _ in range(side)]
    path = ET.fromstring(svg).find(f"{SVG}path")
    assert path is not None

    def flip(column: int, top: int, bottom: int) -> None:
        for row in range(min(top, bottom), max(top, bottom)):
            dark[row][column:] = [not module for module in dark[row][column:]]

    x = y = start_y = 0
    for command, numbers in re.findall(r"([Mhvz])([-\d ]*)", path.attrib["d"]):
        if command == "M":
            x, y = map(int, numbers.split())
            start_y = y
        elif command == "h":
            x += int(numbers)
        elif command == "v":
            flip(x, y, y + int(numbers))
            y += int(numbers)
        else:
            flip(x, y, start_y)
    image = Image.new("1", (side, side))
    image.putdata([0 if module else 255 for row in dark for module in row])
    return image


def read(image: Image.Image) -> zxingcpp.Barcode:
    [barcode] = zxingcpp.read_barcodes(image.convert("L"))
    return barcode


def test_png_is_read_back() -> None:
    barcode = read(Image.open(BytesIO(qr_png(LINK))))
    assert (barcode.text, barcode.format) == (LINK, zxingcpp.BarcodeFormat.QRCode)
    assert barcode.ec_level == "M"


def test_svg_is_read_back() -> None:
    assert read(raster(qr_svg(LINK)).resize((410, 410))).text == LINK


@settings(max_examples=25, deadline=None)
@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=150))
def test_svg_and_png_show_the_same_modules(text: str) -> None:
    png = Image.open(BytesIO(qr_png(text, module_px=1)))
    assert raster(qr_svg(text)).tobytes() == png.convert("1").tobytes()


@pytest.mark.parametrize(
    ("size", "side"),
    [(26, 33), (42, 37), (43, 41), (62, 41), (63, 45), (84, 45)],
    ids=lambda number: str(number),
)
def test_sides_are_those_of_the_standard_at_level_m(size: int, side: int) -> None:
    assert svg_side(qr_svg("x" * size)) == side


@pytest.mark.parametrize("module_px", [1, 4, 10])
def test_png_is_one_bit_with_a_quiet_zone_of_four_modules(module_px: int) -> None:
    image = Image.open(BytesIO(qr_png(LINK, module_px)))
    assert image.mode == "1"
    assert image.size == (41 * module_px, 41 * module_px)
    quiet = QUIET_MODULES * module_px
    assert QUIET_MODULES == 4
    dark = image.convert("L").point(lambda value: 255 - value).getbbox()
    assert dark == (quiet, quiet, image.width - quiet, image.height - quiet)


def test_both_are_small() -> None:
    links = ["https://hf.example.gov.cn/s/" + secrets.token_urlsafe(16) for _ in range(20)]
    assert max(len(qr_svg(link)) for link in links) < 3_500
    assert max(len(qr_png(link)) for link in links) < 1_200


def test_svg_has_nothing_that_a_strict_policy_forbids() -> None:
    svg = qr_svg(LINK, title="二维码")
    assert svg.startswith("<svg ")
    tags = [element.tag.removeprefix(SVG) for element in ET.fromstring(svg).iter()]
    assert tags == ["svg", "title", "rect", "path"]
    attributes = {name for element in ET.fromstring(svg).iter() for name in element.attrib}
    assert attributes == {"viewBox", "role", "width", "height", "fill", "shape-rendering", "d"}


def test_title_is_spoken_and_never_markup() -> None:
    root = ET.fromstring(qr_svg(LINK, title='<script>&"'))
    assert root.attrib["role"] == "img"
    assert root.findtext(f"{SVG}title") == '<script>&"'
    assert "role" not in ET.fromstring(qr_svg(LINK)).attrib


@pytest.mark.parametrize("make", [qr_svg, qr_png])
@pytest.mark.parametrize("text", ["x" * 2332, "x" * 9000])
def test_too_long_a_text_says_how_long_it_is(make, text) -> None:
    with pytest.raises(ValueError, match=f"{len(text)} 字节"):
        make(text)


@pytest.mark.parametrize("make", [qr_svg, qr_png])
def test_an_empty_text_is_refused(make) -> None:
    with pytest.raises(ValueError, match="没有内容"):
        make("")
