"""Sample libraries as sheets: headings, rows that are none, faults, duplicates, units."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey_app.domain.credit_code import check_character
from survey_app.domain.frame import FrameReading, read_frame
from survey_app.domain.sheet import Row, Sheet, UnusableFileError

HEADING = ("企业名称", "统一社会信用代码", "联系人", "联系电话")


def code(number: int) -> str:
    body = f"91411322MA{number:07d}"
    return body + check_character(body)


def firm(number: int) -> tuple[str, ...]:
    return (f"第{number}公司", code(number), f"张{number}", f"138{number:08d}")


def sheet(*rows: tuple[str, ...], name: str = "Sheet1", hidden: bool = False) -> Sheet:
    return Sheet(
        name, tuple(Row(number, cells) for number, cells in enumerate(rows, 1) if any(cells)), hidden
    )


def read(*rows: tuple[str, ...]) -> FrameReading:
    return read_frame([sheet(*rows)], "县税务局")


def counts(reading: FrameReading) -> tuple[int, int, int]:
    return len(reading.accepted), len(reading.duplicates), len(reading.faults)


def test_a_row_comes_out_whole():
    heading = (
        "序号",
        "企业名称",
        "统一社会信用代码",
        "联系人",
        "联系电话",
        "办理事项",
        "办理时间",
        "地址",
        "备注",
    )
    (row,) = read(
        heading,
        ("1", "甲公司", code(1), "张三", "0377-67230000/13800138000", "开户", "2022-03-01", "凤瑞路", "急"),
    ).accepted
    assert (row.sheet, row.row, row.unit, row.name, row.credit_code) == (
        "Sheet1",
        2,
        "县税务局",
        "甲公司",
        code(1),
    )
    assert (row.contact, row.matter, row.dealt_on, row.address, row.remark) == (
        "张三",
        "开户",
        "2022-03-01",
        "凤瑞路",
        "急",
    )
    assert [phone.number for phone in row.phones] == ["13800138000", "0377-67230000"]
    assert row.key == code(1)


@pytest.mark.parametrize(
    ("name", "credit_code", "contact", "phone"),
    [
        ("单位名称", "社会信用代码", "法定代表人", "手机号码"),
        ("企业(单位)名称", "统一社会信用代码(18位)", "联系人", "联系人手机"),
        ("* 企业名称（全称）", "统一社会\n信用代码", "联系人姓名", "联系方式"),
        ("名　称", "信用代码", "负责人", "电 话"),
        ("市场主体名称", "统一社会信用代码/注册号", "经办人", "手机"),
        ("用电户名", "纳税人识别号", "业主", "联系人电话（必填）"),
    ],
)
def test_headings_in_use(name, credit_code, contact, phone):
    (row,) = read((name, credit_code, contact, phone), firm(1)).accepted
    assert (row.name, row.credit_code, row.contact, row.phones[0].number) == (
        "第1公司",
        code(1),
        "张1",
        "13800000001",
    )


def test_the_heading_may_stand_low_under_a_form():
    form = (
        ("附件2",),
        ("样本库",),
        (),
        ("填报单位（盖章）：县税务局　联系电话：0377-67230000",),
        ("单位名称：", "县税务局", "联系电话：", "0377-67230000"),
        ("",),
    )
    (row,) = read(*form, HEADING, firm(1)).accepted
    assert row.row == 8


def test_a_heading_of_two_rows():
    upper = ("序号", "企业名称", "统一社会信用代码", "联系人信息", "")
    lower = ("", "", "", "姓名", "手机号码")
    (row,) = read(upper, lower, ("1", *firm(1))).accepted
    assert (row.contact, row.phones[0].number) == ("张1", "13800000001")


def test_all_phone_columns_are_read():
    (row,) = read((*HEADING, "备用电话"), (*firm(1), "13900139000")).accepted
    assert len(row.phones) == 2


@pytest.mark.parametrize(
    "extra",
    [
        ("", "", "", ""),
        ("合计", "", "", ""),
        ("总　计：3", "", "", "3"),
        ("共3家", "", "", ""),
        ("说明:1.请如实填报;2.联系电话必须为企业负责人本人电话。", "", "", ""),
        ("注：以上均为真实企业", "", "", ""),
        ("填报人：王敏", "", "联系电话：", "0377-67230000"),
        ("", "填报人（签字）：王敏", "", "0377-67230000"),
        ("37", "", "", ""),
        ("序号", "企业名称", "统一社会信用代码", "联系电话"),
    ],
)
def test_rows_that_are_none_are_passed_over(extra):
    heading = ("序号", "企业名称", "统一社会信用代码", "联系电话")
    rows = [(str(number), *firm(number)[:2], firm(number)[3]) for number in (1, 2)]
    reading = read(heading, rows[0], extra, rows[1])
    assert counts(reading) == (2, 0, 0)


def test_form_rows_without_serial_column():
    reading = read(HEADING, firm(1), ("合计",), ("说明:请如实填报",))
    assert counts(reading) == (1, 0, 0)
    assert reading.warnings == ()


def test_a_row_of_other_text_is_passed_over_with_a_warning():
    reading = read((*HEADING, "办理事项"), firm(1), ("", "", "", "", "用电报装"))
    assert counts(reading) == (1, 0, 0)
    assert reading.warnings[0].row == 3


@pytest.mark.parametrize(
    ("cells", "column", "words"),
    [
        (("", code(9), "张三", "13800138000"), "企业名称", "缺少企业名称"),
        (("/", code(9), "张三", "13800138000"), "企业名称", "缺少企业名称"),
        (("甲公司", code(9), "张三", ""), "联系电话", "缺少电话"),
        (("甲公司", code(9), "张三"), "联系电话", "缺少电话"),
        (("甲公司", code(9), "张三", "1380013800"), "联系电话", "手机号应为 11 位，这里是 10 位"),
        (("甲" * 201, code(9), "张三", "13800138000"), "企业名称", "201 个字"),
        (("", code(9), "", ""), "企业名称、联系电话", "缺少企业名称；缺少电话"),
    ],
)
def test_faults_name_sheet_row_column_and_reason(cells, column, words):
    reading = read(HEADING, firm(1), cells)
    assert counts(reading) == (1, 0, 1)
    (fault,) = reading.faults
    assert (fault.sheet, fault.row, fault.column) == ("Sheet1", 3, column)
    assert words in fault.reason


def test_a_repeated_code_is_a_duplicate_and_names_the_first():
    renamed = ("另一名称", code(1).lower(), "李", "13900139000")
    reading = read(HEADING, firm(1), firm(2), firm(1), renamed)
    assert counts(reading) == (2, 2, 0)
    assert "第 2 行「第1公司」" in reading.duplicates[0].reason
    assert "名称不同" in reading.duplicates[1].reason


def test_a_faulty_row_does_not_make_its_mended_repeat_a_duplicate():
    name, credit_code, contact, _ = firm(1)
    assert counts(read(HEADING, (name, credit_code, contact, ""), firm(1))) == (1, 0, 1)


def test_without_code_name_and_phone_decide():
    same = ("甲公司（方城）", "无", "张", "13800138000")
    reading = read(
        HEADING, same, ("甲公司(方城) ", "", "李", "138-0013-8000"), ("甲公司（方城）", "", "", "13900139000")
    )
    assert counts(reading) == (2, 1, 0)
    assert reading.accepted[0].name == "甲公司（方城）"
    assert reading.accepted[0].key == "甲公司(方城)|13800138000"


def test_codes_lost_to_scientific_notation_are_no_duplicates():
    reading = read(HEADING, *(("甲公司", "9.14113E+17", "", f"1380013800{n}") for n in range(3)))
    assert counts(reading) == (3, 0, 0)
    assert all("科学计数" in warning.reason for warning in reading.warnings)


def test_a_list_without_code_column_warns_once():
    reading = read(("企业名称", "联系电话"), ("甲公司", "13800138000"), ("乙公司", "13800138001"))
    assert counts(reading) == (2, 0, 0)
    assert len(reading.warnings) == 1


def test_one_phone_for_two_enterprises_is_a_warning():
    reading = read(HEADING, ("甲公司", code(1), "", "13800138000"), ("乙公司", code(2), "", "13800138000"))
    assert counts(reading) == (2, 0, 0)
    assert "第 2 行「甲公司」" in reading.warnings[0].reason


def test_a_hidden_row_is_read_with_a_warning():
    rows = (Row(1, HEADING), Row(2, firm(1), hidden=True))
    reading = read_frame([Sheet("Sheet1", rows)], "县税务局")
    assert counts(reading) == (1, 0, 0)
    assert (reading.warnings[0].row, "隐藏" in reading.warnings[0].reason) == (2, True)


@pytest.mark.parametrize("name", ['=HYPERLINK("http://x")', "+甲", "-甲", "@甲", "＝1+1"])
def test_a_name_like_a_formula_stays_text(name):
    reading = read(HEADING, (name, *firm(1)[1:]))
    assert reading.accepted[0].name == name
    assert "公式" in reading.warnings[0].reason


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        (" 甲公司　", "甲公司"),
        ("方城县\n甲公司", "方城县甲公司"),
        ("甲\u200b公司\ufeff", "甲公司"),
        ("甲（方城）公司", "甲（方城）公司"),
        ("ABC  Trading\nCo", "ABC Trading Co"),
    ],
)
def test_names_lose_layout_and_nothing_else(typed, name):
    assert read(HEADING, (typed, *firm(1)[1:])).accepted[0].name == name


def test_several_lists_are_their_sheets_units():
    sheets = [sheet(HEADING, firm(1), name="住建局"), sheet(HEADING, firm(1), firm(2), name=" 燃气公司 ")]
    reading = read_frame(sheets, "县税务局")
    assert reading.units == {"住建局": 1, "燃气公司": 2}
    assert reading.duplicates == ()
    assert reading.warnings == ()


def test_sheets_that_only_have_numbers_or_months_belong_to_the_given_unit():
    sheets = [sheet(HEADING, firm(1), name="Sheet1"), sheet(HEADING, firm(1), firm(2), name="3月")]
    reading = read_frame(sheets, "县税务局")
    assert reading.units == {"县税务局": 2}
    assert "工作表「Sheet1」第 2 行" in reading.duplicates[0].reason
    with pytest.raises(UnusableFileError, match="工作表「Sheet1」属于哪个责任单位"):
        read_frame(sheets, None)


def test_a_unit_column_names_the_unit_down_its_merged_cell():
    heading = ("责任单位", *HEADING)
    reading = read(heading, ("住建局", *firm(1)), ("", *firm(2)), ("燃气公司", *firm(3)))
    assert reading.units == {"住建局": 2, "燃气公司": 1}


def test_units_are_checked_against_those_known():
    sheets = [sheet(HEADING, firm(1), name="住 建 局"), sheet(HEADING, firm(2), name="住建局2")]
    reading = read_frame(sheets, None, known_units=["住建局", "燃气公司"])
    assert [row.unit for row in reading.accepted] == ["住建局", "住建局2"]
    assert [warning.reason for warning in reading.warnings] == ["责任单位「住建局2」还没有登记"]


def test_a_single_list_needs_a_unit():
    with pytest.raises(UnusableFileError, match="哪个责任单位"):
        read_frame([sheet(HEADING, firm(1), name="住建局")], None)


def test_hidden_sheets_and_sheets_without_list_are_named():
    sheets = [
        sheet(HEADING, firm(1)),
        sheet(("请勿修改表头",), name="填表说明"),
        sheet(HEADING, firm(2), name="旧", hidden=True),
        sheet(name="Sheet3"),
    ]
    reading = read_frame(sheets, "县税务局")
    assert counts(reading) == (1, 0, 0)
    assert [warning.sheet for warning in reading.warnings] == ["填表说明", "旧"]


@pytest.mark.parametrize(
    ("sheets", "words"),
    [
        ([], "没有任何内容"),
        ([sheet()], "没有任何内容"),
        ([sheet(("请勿修改表头",))], "没有样本库名单"),
        ([sheet(("企业名称", "统一社会信用代码"), ("甲公司", code(1)))], "没有「联系电话」一列"),
        ([sheet(("联系人", "联系电话"), ("张三", "13800138000"))], "没有「企业名称」一列"),
        ([sheet(HEADING, firm(1), hidden=True)], "隐藏"),
    ],
)
def test_files_without_list_are_refused(sheets, words):
    with pytest.raises(UnusableFileError, match=words):
        read_frame(sheets, "县税务局")


def test_a_stray_word_under_the_heading_takes_no_column_away():
    assert counts(read(HEADING, ("", "", "", "企业"), firm(1))) == (1, 0, 1)


def test_a_heading_alone_gives_nothing():
    assert counts(read(HEADING)) == (0, 0, 0)


ANY_TEXT = st.one_of(
    st.text(max_size=12),
    st.sampled_from(("", "无", "合计", "企业名称", "13800138000", code(1), code(2), "=1+1", "\x00", "　")),
)


@given(st.lists(st.tuples(ANY_TEXT, ANY_TEXT, ANY_TEXT, ANY_TEXT), max_size=12))
def test_no_text_breaks_the_reader_and_no_row_counts_twice(rows):
    reading = read(HEADING, *rows)
    places = [item.row for item in itertools.chain(reading.accepted, reading.duplicates, reading.faults)]
    assert len(places) == len(set(places)) <= len(rows)


@given(
    st.lists(
        st.tuples(
            st.sampled_from("甲乙丙"), st.integers(1, 3), st.sampled_from(("", "1380013800", "13800138000"))
        ),
        max_size=15,
    )
)
def test_every_row_is_accepted_or_a_duplicate_or_a_fault(rows):
    reading = read(HEADING, *((name, code(number), "", phone) for name, number, phone in rows))
    assert sum(counts(reading)) == len(rows)
    codes = [row.credit_code for row in reading.accepted]
    assert len(codes) == len(set(codes))


@given(st.permutations(range(6)))
def test_the_order_of_columns_does_not_matter(order):
    rows = [
        ("序号", *HEADING, "办理事项"),
        ("1", *firm(1), "开户"),
        ("2", *firm(2), ""),
        ("3", *firm(1), ""),
        ("4", "乙", "无", "", "138", ""),
    ]
    shuffled = read(*(tuple(row[place] for place in order) for row in rows))
    assert shuffled == read(*rows)
