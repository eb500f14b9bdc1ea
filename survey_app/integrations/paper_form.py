"""The printable paper form: an enterprise's questionnaire with boxes to tick, its QR code and its code."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from survey_app.domain.access_code import group_code
from survey_app.domain.instrument import DEALT, RATING, Dealt, Instrument, Kind, Question
from survey_app.domain.privacy_notice import SECTION_NAMES, PrivacyNotice
from survey_app.domain.quarter import Quarter
from survey_app.integrations.label_sheet import MAX_URL_BYTES
from survey_app.integrations.pdf import compile_pdf
from survey_app.integrations.qr import qr_svg

# Making 200 forms takes 300 MB of memory; 1,000 would take 2 GB, which a small server hasn't.
MAX_FORMS = 200


class PaperFormError(Exception):
    """Forms that can't be printed; the sentence says why and what to do."""


@dataclass(frozen=True)
class PaperForm:
    """One enterprise's form: its name, its link, its 8-character code, and the units it is asked about."""

    enterprise: str
    url: str
    code: str
    units: tuple[str, ...]


def paper_forms(
    instrument: Instrument,
    notice: PrivacyNotice,
    quarter: Quarter,
    forms: Sequence[PaperForm],
    *,
    address: str,
    deadline: date,
    phone: str | None = None,
) -> bytes:
    """Return a PDF with one form for each enterprise, in the order given; each begins on a new A4 page.

    Everything asked comes from the instrument, what is said of personal data from the notice. `address` is where the code is typed; `deadline` is the day
    before which the form must be back; `phone` is that of whoever asks. Raises PaperFormError when there are
    no forms or more than MAX_FORMS, or a link is too long to be scanned.
    """
    if not forms:
        raise PaperFormError("没有要打印的纸质问卷：企业都已答复，或还没有抽样")
    if len(forms) > MAX_FORMS:
        raise PaperFormError(
            f"共有 {len(forms)} 份纸质问卷，一次最多打印 {MAX_FORMS} 份：请先按被访单位筛选，再分批下载"
        )
    for form in forms:
        if (size := len(form.url.encode())) > MAX_URL_BYTES:
            raise PaperFormError(
                f"{form.enterprise}的链接有 {size} 字节，印出的二维码太密，手机扫不出："
                f"请改用较短的 PUBLIC_BASE_URL，使链接不超过 {MAX_URL_BYTES} 字节"
            )
    first, last = quarter.months
    return compile_pdf(
        "paper_form",
        {
            "title": f"{quarter.title}{instrument.title.zh}",
            "asker": instrument.asker.zh,
            "intro": [line.zh for line in instrument.intro],
            "notice": [f"{SECTION_NAMES[key]}：{text.zh}" for key, text in notice.sections.items()],
            "version": notice.version,
            "address": address,
            "deadline": f"{deadline.month}月{deadline.day}日",
            "phone": phone,
            "forms": [
                {
                    "enterprise": " ".join(form.enterprise.split()),
                    "code": group_code(form.code),
                    "qr": qr_svg(form.url),
                    "units": [
                        {"name": unit, "questions": _questions(instrument, unit, f"{first}月—{last}月")}
                        for unit in form.units
                    ],
                }
                for form in forms
            ],
        },
    )


def _questions(instrument: Instrument, unit: str, months: str) -> list[Mapping[str, object]]:
    places = {"unit": unit, "months": months}
    return [
        {
            "text": question.text.zh.format(**places),
            "hints": [text.format(**places) for text in _hints(instrument, question)],
            "required": question.required,
            "number": question.number.zh if question.number else None,
            "options": [{"text": each.text.zh, "writes": each.takes_text} for each in question.options],
            "writes": question.kind is Kind.TEXT,
        }
        for question in instrument.questions
    ]


def _hints(instrument: Instrument, question: Question) -> list[str]:
    """Return what stands behind a question: its own hint, and what a page would do by showing and hiding."""
    hints = [question.hint.zh] if question.hint else []
    if question.condition and question.condition.question != DEALT:
        earlier = instrument.question(question.condition.question)
        chosen = [each.text.zh for each in earlier.options if each.value in question.condition.values]
        hints.insert(0, f"“{earlier.label.zh}”选了{'、'.join(chosen)}的填写")
    if question.id == DEALT:
        others = [each.text.zh for each in question.options if each.value != Dealt.YES]
        hints.append(f"选{'、'.join(others)}的，这家单位的其余各题不用填")
    if question.id in (DEALT, RATING):
        hints.append("只选一项")
    return hints
