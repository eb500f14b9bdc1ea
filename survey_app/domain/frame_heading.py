"""Finding the heading of a sample library in a sheet, and what each of its columns holds."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from survey_app.domain.cell_text import clean, comparable
from survey_app.domain.sheet import Row


class Field(StrEnum):
    """What a column of a sample library may hold."""

    NAME = "name"
    CREDIT_CODE = "credit_code"
    CONTACT = "contact"
    PHONE = "phone"
    UNIT = "unit"
    MATTER = "matter"
    DEALT_ON = "dealt_on"
    ADDRESS = "address"
    REMARK = "remark"
    SERIAL = "serial"


# The headings seen in use, best first: of two columns that fit a field, the earlier heading's is taken.
_EXACT = {
    Field.UNIT: "责任单位 责任单位名称 责任部门 报送单位 填报单位 提供单位 推荐单位 上报单位",
    Field.NAME: (
        "企业名称 企业全称 单位名称 公司名称 市场主体名称 经营主体名称 纳税人名称 企业单位名称 "
        "企业名 名称 单位全称 公司全称 商户名称 客户名称 用户名称 机构名称 申请人名称 户名 "
        "字号名称 用电户名 市场主体 经营主体 企业 公司 纳税人 服务对象 办事企业 服务企业 "
        "样本企业 申请单位 申请企业 项目单位 建设单位 借款人 贷款企业 用水单位 用电单位 "
        "用气单位"
    ),
    Field.CREDIT_CODE: (
        "统一社会信用代码 社会信用代码 信用代码 统一信用代码 统一代码 统一社会信用代码证号 "
        "社会统一信用代码 机构代码 代码 纳税人识别号 税号 营业执照号 营业执照号码 注册号"
    ),
    Field.CONTACT: (
        "联系人 联系人姓名 企业联系人 联络人 经办人 经办人姓名 办事人 负责人 负责人姓名 "
        "企业负责人 法定代表人 法人代表 法人 法人姓名 法定代表人姓名 经营者 业主 姓名"
    ),
    Field.PHONE: (
        "联系电话 手机号码 手机号 手机 电话 电话号码 联系方式 联系号码 联系人手机 联系人电话 "
        "联系人手机号 移动电话 联系手机 负责人电话 法人电话 固定电话 座机 办公电话 电话2 "
        "备用电话"
    ),
    Field.MATTER: (
        "办理事项 事项 事项名称 办理业务 业务类型 业务名称 办理事项名称 服务事项 办事事项 办理内容"
    ),
    Field.DEALT_ON: "办理时间 办理日期 办结时间 办结日期 受理时间 受理日期 时间 日期",
    Field.ADDRESS: "地址 企业地址 单位地址 经营地址 注册地址 住所 联系地址 详细地址 用电地址 用水地址",
    Field.REMARK: "备注 说明",
    Field.SERIAL: "序号 编号 no no. 号 序 顺序号",
}
_RANKS = {
    heading: (field, rank) for field, words in _EXACT.items() for rank, heading in enumerate(words.split())
}
# What is left over when no heading above fits; each stands behind every exact heading of its field.
_PATTERNS = (
    (Field.CREDIT_CODE, re.compile(r"信用代码|识别号|注册号")),
    (Field.PHONE, re.compile(r"(电话|手机|联系方式|联系号码|手机号码?|号码)[0-9一二]?$")),
    (Field.NAME, re.compile(r"(企业|单位|公司|主体|户|纳税人|申请人|机构|借款人|对象)(名称|全称|名)$")),
    (Field.CONTACT, re.compile(r"(联系人|经办人|负责人|代表人|经营者)(姓名)?$")),
    (Field.ADDRESS, re.compile(r"地址$")),
)
_LAST_RANK = 1000
_NOT_A_PHONE = re.compile(r"传真|邮政|证件|身份证|门牌|户号|文号|证号")
_ASIDE = re.compile(r"\(.*?\)|\[.*?\]|【.*?】|<.*?>")
_ORNAMENT = re.compile(r"[*:：、/\\_\-·.。★※\"'()]+")
_DATA = re.compile(r"[0-9]{5}")
_LONGEST_HEADING = 24
_ROWS_SEARCHED = 50


@dataclass(frozen=True)
class Heading:
    """A list's heading: each field's columns (from 0), best first, the texts, its last row's number."""

    columns: dict[Field, tuple[int, ...]]
    texts: tuple[str, ...]
    last_row: int

    def cell(self, row: Row, field: Field) -> str:
        """Return the row's text in the field's best column, "" where there is none."""
        for column in self.columns.get(field, ()):
            return row.cells[column] if column < len(row.cells) else ""
        return ""

    def title(self, field: Field) -> str:
        """Return the heading of the field's best column as the unit wrote it, "" where there is none."""
        for column in self.columns.get(field, ()):
            return self.texts[column]
        return ""


def recognise(text: str) -> tuple[Field, int] | None:
    """Return the field that a heading names and the heading's rank (0 is best), or None."""
    typed = comparable(text)
    if len(typed) > _LONGEST_HEADING or _DATA.search(typed):
        return None
    bare = _ORNAMENT.sub("", _ASIDE.sub("", typed))
    for candidate in (bare, _ORNAMENT.sub("", typed)):
        if candidate in _RANKS:
            return _RANKS[candidate]
    for field, pattern in _PATTERNS:
        if pattern.search(bare) and not (field is Field.PHONE and _NOT_A_PHONE.search(bare)):
            return field, _LAST_RANK
    return None


def find_heading(rows: Sequence[Row]) -> Heading | None:
    """Return the heading that names the most fields, the enterprise's name and a phone among them, or None.

    It may stand anywhere in the first rows, and may take two rows, as where 姓名 and 电话 stand under 联系人.
    """
    best: Heading | None = None
    for index, row in enumerate(rows[:_ROWS_SEARCHED]):
        below = rows[index + 1] if index + 1 < len(rows) else None
        heading = _heading(row, below)
        if heading and (best is None or len(heading.columns) > len(best.columns)):
            best = heading
    return best


def missing_columns(rows: Sequence[Row]) -> str | None:
    """Return the column, in Chinese, that a sheet's heading lacks to be a list's; None without heading."""
    found = [_columns(row.cells) for row in rows[:_ROWS_SEARCHED] if not _holds_data(row.cells)]
    if any(Field.NAME in columns and len(columns) > 1 for columns in found):
        return "联系电话"
    if any(Field.PHONE in columns and len(columns) > 1 for columns in found):
        return "企业名称"
    return None


def repeats_heading(row: Row, heading: Heading) -> bool:
    """Whether the row is the heading again, as at the top of every printed page."""
    name, phone = recognise(heading.cell(row, Field.NAME)), recognise(heading.cell(row, Field.PHONE))
    return name is not None and phone is not None and name[0] is Field.NAME and phone[0] is Field.PHONE


def _heading(row: Row, below: Row | None) -> Heading | None:
    if _holds_data(row.cells):
        return None
    texts, last = row.cells, row.number
    columns = _columns(texts)
    if Field.NAME not in columns:
        return None
    if below is not None and _is_second_row(below, columns[Field.NAME][0]):
        width = max(len(texts), len(below.cells))
        upper = texts + ("",) * (width - len(texts))
        lower = below.cells + ("",) * (width - len(below.cells))
        both = tuple(low or high for high, low in zip(upper, lower, strict=True))
        named = _columns(both)
        # A stray word under the heading must not take away a column that it has.
        if columns.keys() <= named.keys():
            texts, columns, last = both, named, below.number
    if Field.NAME not in columns or Field.PHONE not in columns:
        return None
    return Heading(columns, tuple(clean(text) for text in texts), last)


def _holds_data(cells: Sequence[str]) -> bool:
    return any(_DATA.search(comparable(cell)) for cell in cells)


def _is_second_row(row: Row, name_column: int) -> bool:
    """Whether a row only goes on with the heading above it: every cell names a field, none the enterprise."""
    filled = [(column, cell) for column, cell in enumerate(row.cells) if clean(cell)]
    return bool(filled) and all(column != name_column and recognise(cell) for column, cell in filled)


def _columns(cells: Sequence[str]) -> dict[Field, tuple[int, ...]]:
    found: dict[Field, list[tuple[int, int]]] = {}
    for column, cell in enumerate(cells):
        if match := recognise(cell):
            found.setdefault(match[0], []).append((match[1], column))
    return {field: tuple(column for _, column in sorted(places)) for field, places in found.items()}
