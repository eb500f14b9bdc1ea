"""样本库: reading a unit's list of enterprises, every row accounted for and every fault named."""

import re
from collections import Counter
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, field

from survey_app.domain.cell_text import clean, compact, comparable, is_placeholder, quote
from survey_app.domain.credit_code import read_credit_code
from survey_app.domain.frame_heading import Field, Heading, find_heading, missing_columns, repeats_heading
from survey_app.domain.phone import Phone, PhoneReading, read_phones
from survey_app.domain.sheet import Row, Sheet, UnusableFileError

LONGEST_NAME = 200
LONGEST_CONTACT = 100
COUNTY_AREA_CODE = "0377"

_TOTAL = re.compile(r"(合计|总计|小计|共计|累计)[:(]?[0-9]*.{0,4}|共[0-9]+[家户个条].{0,4}")
_NOTE = re.compile(
    r"(说明|注|附注|备注|注意|注意事项|填表说明|填报说明|填[表报]人|制表人?|审核人?|复核人?|单位负责人|负责人|主管领导|联系人"
    r"|联系电话|填[表报]单位|报送单位|单位|[填制]?[表报]?日期|填[表报][日时][期间])(\(.{0,8}\)|签[字名章])*:.*"
)
_CODE_LIKE = re.compile(r"[0-9A-Za-z]{8}")
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")
# Names that a spreadsheet program or a clerk gives a sheet, and that are no unit's.
_PLAIN_SHEET_NAME = re.compile(
    r"(sheet|table|list|data|工作表|表格?|附件|数据|名单|企业名单|(企业)?样本库|汇总表?|总表|明细表?|第|20[0-9]{2}年)?"
    r"[-_.第]?([0-9]+|[一二三四五六七八九十]+)?(月份?|季度|批次?|页)?(\([0-9]+\))?"
)
_FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
ROWS_A_STEP = 1000
_NAME_ADVICE = "请补上完整的企业名称"
_PHONE_ADVICE = "请填 11 位手机号，或带区号的固定电话"


@dataclass(frozen=True)
class FrameRow:
    """A usable row: an enterprise that `unit` names, its phones, mobiles first, and what else the row says.

    `credit_code` is None where the row gives none that can be used. `row` is the number a spreadsheet shows.
    """

    sheet: str
    row: int
    unit: str
    name: str
    credit_code: str | None
    contact: str
    phones: tuple[Phone, ...]
    matter: str = ""
    dealt_on: str = ""
    address: str = ""
    remark: str = ""

    @property
    def key(self) -> str:
        """What makes the enterprise one and the same: its credit code, else its name and best phone."""
        return self.credit_code or f"{comparable(self.name)}|{self.phones[0]}"


@dataclass(frozen=True)
class Remark:
    """What is said about a row, or about a sheet where `row` is None; `column` is its heading, "" if none.

    `advice` is what its unit should do about it, "" where the reason says so already.
    """

    sheet: str
    row: int | None
    column: str
    reason: str
    name: str = ""
    advice: str = ""


@dataclass(frozen=True)
class FrameReading:
    """What came of a file: a list's row is accepted, a duplicate or a fault; a warning stops no row."""

    accepted: tuple[FrameRow, ...]
    duplicates: tuple[Remark, ...]
    faults: tuple[Remark, ...]
    warnings: tuple[Remark, ...]

    @property
    def units(self) -> dict[str, int]:
        """How many rows were accepted for each unit, in the file's order."""
        return dict(Counter(row.unit for row in self.accepted))


def read_frame(
    sheets: Sequence[Sheet],
    default_unit: str | None,
    known_units: Iterable[str] | None = None,
    area_code: str = COUNTY_AREA_CODE,
) -> FrameReading:
    """Read the sample libraries in `sheets`.

    `default_unit` is the unit of a file that doesn't name its own; where several sheets are lists, each
    sheet's name is the unit. A unit not among `known_units` (None: not checked) is a warning. A duplicate
    repeats, within a unit, a credit code, or name and phone where there is no code: the first row stands.
    Raises UnusableFileError when there is no list, or no telling whose.
    """
    steps = read_frame_in_steps(sheets, default_unit, known_units, area_code)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            reading: FrameReading = end.value
            return reading


def read_frame_in_steps(
    sheets: Sequence[Sheet],
    default_unit: str | None,
    known_units: Iterable[str] | None = None,
    area_code: str = COUNTY_AREA_CODE,
) -> Generator[int, None, FrameReading]:
    """Read as `read_frame` does, giving after every ROWS_A_STEP rows how many of all rows are done."""
    registered = {comparable(unit): unit for unit in known_units or ()}
    reader = _Reader(area_code, registered, known_units is not None)
    lists: list[tuple[Sheet, Heading]] = []
    for sheet in sheets:
        if not sheet.rows:
            continue
        if sheet.hidden:
            reader.warn(sheet.name, "工作表是隐藏的，没有读取；如果要导入，请先取消隐藏")
        elif heading := find_heading(sheet.rows):
            lists.append((sheet, heading))
        else:
            reader.warn(sheet.name, f"不是样本库名单，没有读取：{_why_no_list(sheet)}")
    if not lists:
        raise UnusableFileError(_nothing_found(sheets))
    several = len(lists) > 1
    for sheet, heading in lists:
        yield from reader.read_sheet(sheet, heading, _unit_of(sheet.name, several, default_unit))
    return reader.reading()


def _why_no_list(sheet: Sheet) -> str:
    missing = missing_columns(sheet.rows)
    return f"表头中没有「{missing}」一列" if missing else "没有找到含「企业名称」和「联系电话」的表头"


def _nothing_found(sheets: Sequence[Sheet]) -> str:
    filled = [sheet for sheet in sheets if sheet.rows]
    visible = [sheet for sheet in filled if not sheet.hidden]
    if not filled:
        return "文件里没有任何内容，请填好样本库后重新导入"
    if not visible:
        return "文件里有内容的工作表都是隐藏的，请取消隐藏后重新导入"
    nearest = next((sheet for sheet in visible if missing_columns(sheet.rows)), visible[0])
    reason = _why_no_list(nearest)
    return f"文件里没有样本库名单：{reason}，请补上后重新导入"


def _unit_of(sheet_name: str, several: bool, default_unit: str | None) -> str:
    default = clean(default_unit or "")
    if several and not _PLAIN_SHEET_NAME.fullmatch(comparable(sheet_name)):
        return clean(sheet_name)
    if default:
        return default
    if several:
        raise UnusableFileError(
            f"无法确定工作表{quote(sheet_name)}属于哪个责任单位，请把工作表改名为责任单位的名称，或在导入时指明责任单位"
        )
    raise UnusableFileError("无法确定这份样本库属于哪个责任单位，请在导入时指明责任单位")


@dataclass
class _Reader:
    """The file as far as it has been read."""

    area_code: str
    known_units: dict[str, str]
    checks_units: bool
    accepted: list[FrameRow] = field(default_factory=list)
    duplicates: list[Remark] = field(default_factory=list)
    faults: list[Remark] = field(default_factory=list)
    warnings: list[Remark] = field(default_factory=list)
    # The first accepted row of each unit and code, and of each unit, name and phone.
    by_code: dict[tuple[str, str], FrameRow] = field(default_factory=dict)
    by_name: dict[tuple[str, str, Phone], FrameRow] = field(default_factory=dict)
    by_phone: dict[Phone, FrameRow] = field(default_factory=dict)
    unknown_units: set[str] = field(default_factory=set)
    rows_read: int = 0

    def reading(self) -> FrameReading:
        remarks = (tuple(self.duplicates), tuple(self.faults), tuple(self.warnings))
        return FrameReading(tuple(self.accepted), *remarks)

    def warn(self, sheet: str, reason: str) -> None:
        self.warnings.append(Remark(sheet, None, "", reason))

    def read_sheet(self, sheet: Sheet, heading: Heading, unit: str) -> Generator[int, None, None]:
        if Field.CREDIT_CODE not in heading.columns:
            self.warn(sheet.name, "表头中没有「统一社会信用代码」一列，企业将按名称和电话识别")
        for row in sheet.rows:
            self.rows_read += 1
            if self.rows_read % ROWS_A_STEP == 0:
                yield self.rows_read
            if row.number <= heading.last_row or not any(clean(cell) for cell in row.cells):
                continue
            if repeats_heading(row, heading) or _is_total_or_note(row, heading):
                continue
            if not _names_somebody(row, heading):
                if not _holds_only_numbers(row):
                    reason = "没有企业名称、代码、联系人和电话，没有按企业读取"
                    advice = "如果是一家企业，请补上名称和电话"
                    self.warnings.append(Remark(sheet.name, row.number, "", reason, advice=advice))
                continue
            # A unit's cell is often merged over its rows, and then only the first holds the text.
            unit = clean(heading.cell(row, Field.UNIT)) or unit
            self.read_row(sheet.name, row, heading, self.known_unit(sheet.name, unit))

    def known_unit(self, sheet: str, unit: str) -> str:
        """Return the unit as it is registered, warning once when it is not."""
        known = self.known_units.get(comparable(unit))
        if known is None and self.checks_units and unit not in self.unknown_units:
            self.unknown_units.add(unit)
            self.warn(sheet, f"责任单位{quote(unit)}还没有登记")
        return known or unit

    def read_row(self, sheet: str, row: Row, heading: Heading, unit: str) -> None:
        name = clean(heading.cell(row, Field.NAME))
        shown = quote(name, 60)[1:-1]

        def remark(column: Field, reason: str, advice: str = "") -> Remark:
            return Remark(sheet, row.number, heading.title(column), reason, shown, advice)

        if row.hidden:
            advice = "不该报送的，请删去这一行"
            self.warnings.append(Remark(sheet, row.number, "", "这一行是隐藏的，照常读取", shown, advice))
        code = read_credit_code(heading.cell(row, Field.CREDIT_CODE))
        phones = _phones(row, heading, self.area_code)
        first = self.by_code.get((unit, code.code)) if code.code else None
        if first:
            renamed = comparable(first.name) != comparable(name)
            reason = f"统一社会信用代码与{_place(first, sheet)}相同" + ("，但名称不同" if renamed else "")
            advice = "是两家企业的，请改正代码；是一家的，请只留一行"
            self.duplicates.append(remark(Field.CREDIT_CODE, f"{reason}，以先出现的一行为准", advice))
            return
        faults = [remark(Field.NAME, reason, _NAME_ADVICE) for reason in _name_faults(name)]
        if not phones.phones:
            faults.append(remark(Field.PHONE, "；".join(dict.fromkeys(phones.faults)), _PHONE_ADVICE))
        if faults:
            columns = "、".join(fault.column for fault in faults)
            reasons = "；".join(fault.reason for fault in faults)
            advice = "；".join(fault.advice for fault in faults)
            self.faults.append(Remark(sheet, row.number, columns, reasons, shown, advice))
            return
        best = phones.phones[0]
        first = self.by_name.get((unit, comparable(name), best)) if not code.code else None
        if first:
            reason = f"没有代码，名称和电话与{_place(first, sheet)}相同，以先出现的一行为准"
            self.duplicates.append(remark(Field.NAME, reason, "是两家企业的，请填上各自的代码"))
            return
        contact = clean(heading.cell(row, Field.CONTACT))
        entry = FrameRow(
            sheet, row.number, unit, name, code.code,
            "" if is_placeholder(contact) else contact[:LONGEST_CONTACT], phones.phones,
            *(clean(heading.cell(row, column))
              for column in (Field.MATTER, Field.DEALT_ON, Field.ADDRESS, Field.REMARK)),
        )  # fmt: skip
        if name.startswith(_FORMULA_STARTS):
            reason = "企业名称像是表格公式，已按文字保存"
            self.warnings.append(remark(Field.NAME, reason, "请核对企业名称"))
        if code.warning and Field.CREDIT_CODE in heading.columns:
            self.warnings.append(remark(Field.CREDIT_CODE, code.warning, "请对照营业执照核对"))
        if len(contact) > LONGEST_CONTACT:
            reason = f"联系人超过 {LONGEST_CONTACT} 个字，只保留前面的部分"
            self.warnings.append(remark(Field.CONTACT, reason, "请只写一位联系人"))
        for reason in (*phones.faults, *phones.warnings):
            self.warnings.append(remark(Field.PHONE, reason, "请核对号码"))
        for phone in phones.phones:
            other = self.by_phone.setdefault(phone, entry)
            if other is not entry and not _same_enterprise(other, entry):
                reason = f"电话与{_place(other, sheet)}相同"
                self.warnings.append(remark(Field.PHONE, reason, "请核对是哪一家填错了"))
                break
        self.accepted.append(entry)
        if code.code:
            self.by_code[unit, code.code] = entry
        self.by_name.setdefault((unit, comparable(name), best), entry)


def _place(row: FrameRow, sheet: str) -> str:
    where = f"第 {row.row} 行" if row.sheet == sheet else f"工作表{quote(row.sheet)}第 {row.row} 行"
    return f"{where}{quote(row.name)}"


def _same_enterprise(one: FrameRow, other: FrameRow) -> bool:
    if one.credit_code and other.credit_code:
        return one.credit_code == other.credit_code
    return comparable(one.name) == comparable(other.name)


def _name_faults(name: str) -> tuple[str, ...]:
    if is_placeholder(name):
        return ("缺少企业名称",)
    if len(name) > LONGEST_NAME:
        return (f"企业名称不应超过 {LONGEST_NAME} 个字，这里是 {len(name)} 个字",)
    return ()


def _phones(row: Row, heading: Heading, area_code: str) -> PhoneReading:
    """Read every phone column; mobiles come first, since they can be sent a link."""
    columns = heading.columns[Field.PHONE]
    texts = [row.cells[column] for column in columns if column < len(row.cells)]
    readings = [read_phones(text, area_code) for text in texts if not is_placeholder(text)]
    if not readings:
        return read_phones("", area_code)
    phones = dict.fromkeys(phone for reading in readings for phone in reading.phones)
    return PhoneReading(
        tuple(sorted(phones, key=lambda phone: not phone.takes_sms)),
        tuple(fault for reading in readings for fault in reading.faults),
        tuple(warning for reading in readings for warning in reading.warnings),
    )


def _names_somebody(row: Row, heading: Heading) -> bool:
    columns = (Field.NAME, Field.CREDIT_CODE, Field.CONTACT)
    texts = [heading.cell(row, column) for column in columns]
    texts += [row.cells[column] for column in heading.columns[Field.PHONE] if column < len(row.cells)]
    return any(not is_placeholder(text) for text in texts)


def _is_total_or_note(row: Row, heading: Heading) -> bool:
    """Whether the row belongs to the form around the list: a total, or a note or signature at the foot."""
    if _CODE_LIKE.search(compact(heading.cell(row, Field.CREDIT_CODE))):
        return False
    first = next(compact(cell) for cell in row.cells if clean(cell))
    if _TOTAL.fullmatch(first):
        return sum(char.isdigit() for char in heading.cell(row, Field.PHONE)) < 7
    return _NOTE.fullmatch(first) is not None


def _holds_only_numbers(row: Row) -> bool:
    return all(_NUMBER.fullmatch(compact(cell)) for cell in row.cells if not is_placeholder(cell))
