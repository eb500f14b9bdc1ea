"""意见原话: what was written freely, without what tells who wrote it, in an order that doesn't tell either."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from survey_app.domain.answer import BLANK, NOT_APPLICABLE
from survey_app.domain.instrument import Instrument, Kind

REASONS = "reasons"
HIDDEN = "〔已隐去〕"
_MAIL = re.compile(r"[\w.+-]+\s?@\s?[\w-]+(?:\s?\.\s?[\w-]+)+", re.ASCII)
_ACCOUNT = re.compile(
    r"(?<=[号信Qq:：是为])\s*[A-Za-z][A-Za-z0-9_-]{5,19}|\b(?:wx|wxid|vx|qq)[\w:：-]{4,20}", re.IGNORECASE
)
_CREDIT_CODE = re.compile(r"(?<![0-9A-Z])[0-9A-HJ-NPQRTUWXY]{15,18}(?![0-9A-Z])")
# Digits and letters as they are dialled; what else was written stays as it was.
_HALF_WIDTH = {
    code: code - 0xFEE0
    for code in range(0xFF01, 0xFF5F)
    if chr(code - 0xFEE0).isalnum() or chr(code) in "＠－．＋"
}
# A number of seven digits or more, however it is broken up, is a telephone, a QQ or an identity card.
_DIGITS = re.compile(r"\+?[0-9](?:[\s().·*-]{0,2}[0-9]){6,}[Xx]?")
_SPOKEN_DIGITS = re.compile(r"[零〇一二三四五六七八九幺两](?:[\s-]?[零〇一二三四五六七八九幺两]){6,}")
_LEGAL = r"(?:有限责任公司|股份有限公司|有限公司|股份公司|集团公司|专业合作社|合作社|分公司)"
_COMPANY = re.compile(rf"[\w（）()·]{{2,30}}?{_LEGAL}")
_LEGAL_END = re.compile(rf"(?:{_LEGAL}|公司|集团|厂|店|商行|经营部|门市部|工作室|中心|超市)$")
_PLACE = re.compile(r"^(?:河南省?|南阳市?|方城县?|(?!.{0,2}[市县区]场)[\u4e00-\u9fff]{2,3}[省市县区])+")
_BRACKETS = re.compile(r"[（(][^（）()]*[）)]")
_TRADE = re.compile(
    r"(?:机械|机电|设备|制造|科技|技术|信息|网络|电子|商贸|贸易|建材|建筑|建设|工程|装饰|食品|餐饮|农业|种植|养殖|"
    r"物流|运输|医药|药业|服装|家具|汽车|服务|咨询|管理|文化|传媒|置业|房地产|实业|发展|投资|销售)$"
)
# A name cut down to less would hide ordinary words.
_SHORTEST_NAME = 2
_ORDINARY = frozenset({"中国", "方城", "南阳", "河南", "企业", "公司", "服务", "政府", "群众", "满意"})


def asks_for_remarks(instrument: Instrument) -> bool:
    """Whether a questionnaire has room for what is written freely."""
    return any(
        each.kind is Kind.TEXT or (each.id == REASONS and any(option.takes_text for option in each.options))
        for each in instrument.questions
    )


def remarks_in(instrument: Instrument, details: Mapping[str, Any]) -> list[str]:
    """Return what an answer says in its own words: of its reasons, and to questions that ask for a text."""
    keys = [each.id for each in instrument.questions if each.kind is Kind.TEXT]
    if any(each.id == REASONS for each in instrument.questions):
        keys.insert(0, f"{REASONS}-text")
    found = (details.get(key) for key in keys)
    return [
        text.strip() for text in found if isinstance(text, str) and text not in ("", BLANK, NOT_APPLICABLE)
    ]


def published_remarks(written: Iterable[Sequence[str]], names: Iterable[str], smallest: int) -> list[str]:
    """Return the remarks that a unit may read, masked and sorted by what they say; none of too few people.

    `written` are the remarks of each answer, `names` those of enterprises that may have written them.
    """
    by_answer = [each for each in written if each]
    if len(by_answer) < smallest:
        return []
    hide = Masks(names)
    return sorted({hide.mask(text) for each in by_answer for text in each})


class Masks:
    """What hides, in a remark, how to reach who wrote it and what enterprise it is of."""

    def __init__(self, names: Iterable[str]) -> None:
        """Take the enterprises' full names; what people call them for short is hidden too."""
        forms = {form for name in names for form in _forms(name)}
        longest_first = sorted(forms, key=lambda each: (-len(each), each))
        self._names = re.compile("|".join(map(re.escape, longest_first))) if forms else None

    def mask(self, text: str) -> str:
        """Return a remark with telephones, e-mail, accounts, codes and enterprises' names left out."""
        text = text.translate(_HALF_WIDTH)
        if self._names is not None:
            text = self._names.sub(HIDDEN, text)
        for pattern in (_MAIL, _CREDIT_CODE, _DIGITS, _SPOKEN_DIGITS, _ACCOUNT, _COMPANY):
            text = pattern.sub(HIDDEN, text)
        return re.sub(rf"(?:{re.escape(HIDDEN)}\s*)+(?<={re.escape(HIDDEN)})", HIDDEN, text)


def _forms(name: str) -> set[str]:
    """An enterprise's name, and what is left of it without place, legal form and trade."""
    full = unicodedata.normalize("NFKC", name).strip()
    plain = _BRACKETS.sub("", full)
    core = _LEGAL_END.sub("", _PLACE.sub("", plain))
    brand = core
    while (shorter := _TRADE.sub("", brand)) != brand:
        brand = shorter
    forms = {full, plain, _PLACE.sub("", plain), core, brand}
    return {each for each in forms if len(each) >= _SHORTEST_NAME and each not in _ORDINARY}
