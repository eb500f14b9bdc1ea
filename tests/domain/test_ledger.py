"""Ledgers: what is read from typed fields, which entries are the same, and rows from a spreadsheet."""

from datetime import date

import pytest

from survey_app.domain.file_name import clean_name
from survey_app.domain.ledger import LEDGERS, LedgerKind, keys_of, read_day, read_entry, repeats
from survey_app.domain.pasted_rows import read_rows
from survey_app.domain.text import Name

TODAY = date(2022, 6, 15)
LEVELS = (("city", Name("市级", "city")), ("province", Name("省级", "province")))
ARTICLE = {"title": "方城办事快", "outlet": "南阳日报", "level": "city", "published_on": "2022-03-01"}


@pytest.mark.parametrize(
    ("kind", "typed", "faults"),
    [
        (LedgerKind.ARTICLES, ARTICLE, {}),
        (LedgerKind.ARTICLES, ARTICLE | {"level": " 省级 "}, {}),
        (LedgerKind.ARTICLES, ARTICLE | {"title": "题" * 201}, {"title": "报道标题不超过 200 字，现有 201 字"}),
        (
            LedgerKind.ARTICLES,
            ARTICLE | {"published_on": "2022-06-16"},
            {"published_on": "发表日期 2022-06-16 还没有到，请核对"},
        ),
        (
            LedgerKind.ARTICLES,
            ARTICLE | {"published_on": "1022-06-01"},
            {"published_on": "发表日期 1022-06-01 的年份不对，请核对"},
        ),
        (
            LedgerKind.PROBLEMS,
            {"enterprise": "甲", "problem": "电", "raised_on": "2022-05-02", "solved_on": "2022-05-01"},
            {"solved_on": "解决日期 2022-05-01 早于提出日期 2022-05-02，请核对"},
        ),
        (LedgerKind.RECTIFICATIONS, {"problem": "慢", "source": "省评", "deadline": "2022-12-31"}, {}),
        (LedgerKind.BROKEN_PROMISES, {"description": "a\nb\x07", "verified_on": "2022-05-01"},
         {"description": "不兑现的情况里有看不见的控制字符，请重新输入"}),
    ],
)  # fmt: skip
def test_fields_are_read_or_refused_by_name(
    kind: LedgerKind, typed: dict[str, str], faults: dict[str, str]
) -> None:
    data, found = read_entry(LEDGERS[kind], typed, LEVELS, TODAY)
    assert found == faults
    assert data.get("level", "city") in ("city", "province")


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)", "ftp://a.cn/x", "//a.cn/x", "https://", "https://a.cn/x y", "http://[::1",
        "https://user@a.cn/", "data:text/html,x", "https://a.cn/" + "x" * 500, "https://a.cn/\u2028x",
    ],
)  # fmt: skip
def test_only_addresses_of_pages_are_links(link: str) -> None:
    _, faults = read_entry(LEDGERS[LedgerKind.ARTICLES], ARTICLE | {"link": link}, LEVELS, TODAY)
    assert list(faults) == ["link"]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://www.a.cn/x/?id=1&utm_source=wx#top", "http://a.cn/x?id=1", True),
        ("https://A.cn:443/x?b=2&a=1", "https://a.cn/x?a=1&b=2", True),
        ("https://a.cn/x?id=1", "https://a.cn/x?id=2", False),
        ("https://a.cn/#/detail?id=1", "https://a.cn/#/detail?id=2", False),
        ("https://a.cn:8080/x", "https://a.cn/x", False),
    ],
)
def test_two_copies_of_a_link_are_one(one: str, other: str, same: bool) -> None:
    ledger = LEDGERS[LedgerKind.ARTICLES]
    keys = [keys_of(ledger, ARTICLE | {"link": link, "title": link}) for link in (one, other)]
    assert (keys[0].link == keys[1].link) is same
    assert keys[0].name != keys[1].name


def test_names_are_the_same_without_blanks_widths_and_punctuation() -> None:
    ledger = LEDGERS[LedgerKind.ENDORSEMENTS]
    one, other = {"practice": "帮办“一件事”", "level": "city"}, {"practice": "帮办 一件事！", "level": "city"}
    keys = keys_of(ledger, one), keys_of(ledger, other)
    assert keys[0] == keys[1]
    assert repeats(ledger, one, keys[0], other, keys[1])
    assert not repeats(ledger, one, keys[0], other | {"level": "province"}, keys[1])
    assert keys_of(ledger, {"practice": "！"}) != keys_of(ledger, {"practice": "？"})


@pytest.mark.parametrize(
    "text", ["2022-03-31", "2022/3/31", "2022.3.31", "2022年3月31日", " ２０２２-03-31 "]
)
def test_days_are_read_as_people_write_them(text: str) -> None:
    assert read_day(text) == date(2022, 3, 31)


@pytest.mark.parametrize("text", ["", "三月", "2022-02-30", "31/3/2022", "2022-03", "44651"])
def test_what_is_no_day_is_none(text: str) -> None:
    assert read_day(text) is None


def test_rows_come_with_or_without_heading_quotes_and_trailing_cells() -> None:
    headings = ["单位", "标题", "日期"]
    plain = '单位\t标题\t日期\t\n\n甲\t"一件事"办理\t3月\t\t\n乙\t短\n'
    assert [(row.number, row.cells) for row in read_rows(plain, headings)] == [
        (3, ("甲", '"一件事"办理', "3月")),
        (4, ("乙", "短", "")),
    ]
    quoted = '甲\t"两行\n""话"""\t3月\n'
    assert [row.cells for row in read_rows(quoted, headings)] == [("甲", '两行\n"话"', "3月")]
    assert [row.cells for row in read_rows("甲\t1\t2\t3", headings)] == [("甲", "1", "2", "3")]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("C:\\扫描\\汇总表.PDF", "汇总表.pdf"), ("../../etc/passwd", "passwd.pdf"), ("a\r\nb\"<>.html", "a b.pdf"),
        (".htaccess", "htaccess.pdf"), ("", "附件.pdf"), ("长" * 300 + ".pdf", "长" * 150 + ".pdf"),
        ("报告\u202egpj.exe", "报告gpj.pdf"),
    ],
)  # fmt: skip
def test_names_of_files_are_cleaned(sent: str, kept: str) -> None:
    assert clean_name(sent, ".pdf") == kept
