"""The printable sheet of labels: each enterprise's QR code, and the code to type where scanning fails."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from survey_app.domain.access_code import group_code
from survey_app.integrations.pdf import compile_pdf
from survey_app.integrations.qr import qr_svg

# The longest link whose modules are still 0.5 mm wide: version 10-M, 65 of them in 34 mm with the quiet zone.
MAX_URL_BYTES = 213
MAX_ADDRESS_CHARACTERS = 45  # on one line, in type that can be read


class LabelSheetError(Exception):
    """Labels that can't be printed; the sentence says why and what to do."""


@dataclass(frozen=True)
class Label:
    """One enterprise's label: its name, its personal link, and its 8-character code without a space."""

    enterprise: str
    url: str
    code: str


def label_sheet(
    round_title: str,
    labels: Sequence[Label],
    *,
    address: str,
    deadline: date,
    phone: str | None = None,
) -> bytes:
    """Return a PDF of A4 pages with twelve labels each, in the order given.

    Each label measures 99.1 mm by 42.3 mm, as common sticker sheets do. `round_title` heads the pages and is
    not on the labels; `address` is where the code is typed; `deadline` is the day before which to answer, as
    the SMS says it; `phone` is the office's, for questions. Raises LabelSheetError when there are no labels,
    the address is too long to be printed, or a link too long to be scanned.
    """
    if not labels:
        raise LabelSheetError("没有可打印的标签：请先抽取样本，再打印二维码标签")
    if len(address) > MAX_ADDRESS_CHARACTERS:
        raise LabelSheetError(
            f"网址「{address}」有 {len(address)} 个字符，标签上印不下：请改用较短的 PUBLIC_BASE_URL，"
            f"使网址不超过 {MAX_ADDRESS_CHARACTERS} 个字符"
        )
    for number, label in enumerate(labels, 1):
        if (size := len(label.url.encode())) > MAX_URL_BYTES:
            raise LabelSheetError(
                f"第 {number} 张标签（{label.enterprise}）的链接有 {size} 字节，印出的二维码太密，"
                f"手机扫不出：请改用较短的 PUBLIC_BASE_URL，使链接不超过 {MAX_URL_BYTES} 字节"
            )
    return compile_pdf(
        "labels",
        {
            "round_title": round_title,
            "address": address,
            "deadline": f"{deadline.month}月{deadline.day}日",
            "phone": phone,
            "labels": [
                {
                    "enterprise": " ".join(label.enterprise.split()),
                    "code": group_code(label.code),
                    "qr": qr_svg(label.url),
                }
                for label in labels
            ],
        },
    )
