"""One quarter from a unit's library to a ranked sheet, as people carry it: by pages, commands and the worker.

Nothing is stored but through the product's own doors; the database is only read, to see what they made of it.
"""

import csv
import io
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest
from flask import Flask

from survey_app.db import db
from survey_app.domain.roles import Role
from tests.conftest import FakeClock
from tests.databases import SECRET
from tests.pages import Browser, Page, Value
from tests.quarter.approving import approve, approve_all, stand_back
from tests.quarter.correcting import issue_tasks, object_and_correct
from tests.quarter.county import FIRST_PASSWORD, County, Link
from tests.quarter.figures import (
    APPRAISAL,
    APPROVAL,
    BAD,
    BANK,
    ENTRIES,
    FAIR,
    GOOD,
    LIBRARIES,
    MARKS,
    NONE,
    ROUND,
    TAX,
    UNITS,
    UNSURE,
    WATER,
)  # fmt: skip
from tests.quarter.outcome import (
    see_own_result_only,
    see_results,
    see_that_links_lead_everywhere,
    see_what_must_hold,
)

FRAMES = Path(__file__).parent / "frames"


@pytest.fixture
def county(app: Flask, clock: FakeClock, database_url: str, tmp_path: Path) -> County:
    with app.app_context():
        engine = db.engine
    environment = {
        "DATABASE_URL": database_url, "SURVEY_INSTANCE": str(tmp_path / "instance"), "SECRET_KEY": SECRET,
        "PUBLIC_BASE_URL": "http://localhost", "SMS_GATEWAY": None,
    }  # fmt: skip
    return County(app, clock, engine, environment)


@pytest.mark.slow
def test_one_quarter(county: County, tmp_path: Path) -> None:
    make_accounts(county)
    import_libraries(county)
    draw_and_open(county)
    links = county.links()
    invite(county, expected=15)
    drawn = {unit: [link for link in links if link["units"].startswith(unit)] for unit in UNITS[:3]}
    late = answer_by_link(county, drawn)
    call_in_one_reserve(county)
    unreached = call(county, drawn[TAX], late)
    call_in_all_reserves(county)
    keep_appointment(county)
    draw_for_the_commission(county)
    enter_items(county)
    stand_back(county)
    approve(county)
    close(county, late, unreached)
    finalise_and_publish(county)
    object_and_correct(county)
    issue_tasks(county)
    see_results(county, tmp_path)
    see_own_result_only(county)
    county.work()  # the receipts of what came in since the invitations
    see_what_must_hold(county)
    for username in ("office", "office2", "commission", "caller", "watcher1", "chief"):
        county.crawl(username)
    see_that_links_lead_everywhere(county)


def make_accounts(county: County) -> None:
    """The first account by the command, the others by the administrator's page."""
    county.run("create-user", "chief", "--role", "admin", "--password-stdin", typed=FIRST_PASSWORD + "\n")
    admin = county.person("chief")
    for unit in UNITS[:3]:
        admin.send(admin.open("/admin/units"), "登记", {"name": unit})
    people = {
        "office": Role.OFFICE, "office2": Role.OFFICE, "commission": Role.COMMISSION,
        "commission2": Role.COMMISSION, "caller": Role.INTERVIEWER,
        "watcher1": Role.SUPERVISOR, "watcher2": Role.SUPERVISOR, "watcher3": Role.SUPERVISOR, "tax": Role.UNIT,
    }  # fmt: skip
    for username, role in people.items():
        fields = {"username": username, "display_name": username, "role": role.value}
        if role is Role.UNIT:
            fields["unit"] = TAX
        page = admin.send(admin.open("/admin/accounts"), "新建账号", fields)
        county.passwords[username] = page.text.partition("<code>")[2].partition("</code>")[0]


def import_libraries(county: County) -> None:
    """Into a county that has nothing yet but a round; every page says so."""
    office = county.person("office")
    county.crawl("office")
    office.send(office.open("/rounds"), "新建", {"quarter": "2022-Q2"})
    assert "还没有样本库，不能抽样" in office.open(f"{ROUND}/samples").text
    county.crawl("office")
    due = {"due_day": "2022-06-16", "due_time": "18:00"}
    office.send(office.open(f"{ROUND}/libraries"), "定期限", due)
    for unit, (name, accepted) in LIBRARIES.items():
        content = (FRAMES / name).read_bytes()
        if unit == TAX:
            hand_in(county.person("tax"), content, name, accepted)
        else:
            upload(office, content, name, unit, accepted)


def hand_in(unit: Browser, content: bytes, name: str, accepted: int) -> None:
    """As a unit does it itself; the receipt gives the file back as it was."""
    check = unit.send(unit.open("/library"), "上传并检查", {"file": (content, name)})
    receipt = unit.send(check, f"确认报送这 {accepted} 家企业")
    assert unit.open(receipt.link("下载报送的文件")).answer.data == content


def upload(office: Browser, content: bytes, name: str, unit: str, accepted: int) -> None:
    fields = {"file": (content, name), "unit": unit}
    preview = office.send(office.open("/frames/import"), "读取并预览", fields)
    assert "到这一步还没有保存任何企业" in preview.text
    assert f"新增 {accepted} 家" in office.send(preview, f"保存这 {accepted} 家企业").text


def draw(county: County, username: str, fields: dict[str, Value]) -> Page:
    """Announce a draw, look at it in public, and draw by the link that leads there."""
    browser = county.person(username)
    confirm = browser.send(browser.open(f"{ROUND}/samples"), "公告抽样", fields)
    announced = browser.send(confirm, "确认公告")
    assert "已公告" in browser.open("/draws/2022-Q2").text
    page = browser.open(announced.link("去抽样"))
    county.reached.add((username, "samples.confirm"))  # nothing leads there any more once it was drawn
    return browser.send(page, "照公告抽样")


def draw_and_open(county: County) -> None:
    office = county.person("office")
    drawn = draw(county, "office", {"size": "5", "seed": "2022070 03 08 15"})
    assert "已为 3 个单位抽样，新增 15 户企业" in drawn.text
    # A late unit's library names three enterprises that are asked already: they get no second case.
    names = [link["enterprise"] for link in county.links() if link["units"] == APPROVAL]
    shared = {names[0], names[1], names[4]}
    library = openpyxl.load_workbook(FRAMES / LIBRARIES[APPROVAL][0]).worksheets[0]
    heading, *rows = ([str(cell or "") for cell in row] for row in library.iter_rows(values_only=True))
    text = "\n".join(",".join(row) for row in (heading, *(row for row in rows if shared & set(row))))
    upload(office, text.encode(), "自来水公司.csv", WATER, 3)
    drawn = draw(county, "office", {"size": "5", "seed": "2022071 01 02"})
    assert "已为 1 个单位抽样，新增 0 户企业" in drawn.text
    assert "不足 2 户" in drawn.text
    samples = office.open(f"{ROUND}/samples")
    county.unit_ids = {unit: samples.link(unit).rpartition("/")[2] for unit in UNITS}
    county.crawl("office")
    office.send(office.open(f"{ROUND}/open"), "开始回访 15 户企业")
    by_command = county.run("links", "2022-Q2", "--csv", "-").removeprefix("\ufeff")
    assert list(csv.DictReader(io.StringIO(by_command))) == county.links()


def invite(county: County, expected: int) -> None:
    """Queue what is to be sent; the worker hands each over once, and finds nothing the second time."""
    county.work()  # the receipts of what came in before
    office = county.person("office")
    office.send(office.open(f"{ROUND}/invitations"), f"发送 {expected} 条邀请短信")
    assert (county.work(), county.work()) == (expected, 0)
    assert "现在没有要发的" in office.open(f"{ROUND}/invitations").text


def answer_by_link(county: County, ours: dict[str, list[Link]]) -> Link:
    """Enterprises answer by themselves, but for all of 税务局's and one that is late, which is returned."""
    county.clock.advance(timedelta(hours=1))
    first, second, late, stranger, angry = ours[APPROVAL]
    assert [link["units"] for link in ours[APPROVAL]] == [
        f"{APPROVAL}、{WATER}", f"{APPROVAL}、{WATER}", APPROVAL, APPROVAL, f"{APPROVAL}、{WATER}",
    ]  # fmt: skip
    county.answer(first, GOOD, duration="3", duration__unit="workdays", documents="4", cost="0", visits="1")
    # By the code of the letter; the first try leaves 自来水公司 out, and nothing typed is lost.
    browser = county.stranger()
    form = browser.send(browser.open("/s"), "打开回访页面", {"code": second["code"].lower()})
    wrong = browser.send(form, "提交回访", county.fill({APPROVAL: GOOD}, documents="7"), status=400)
    assert 'value="7"' in wrong.text
    more = county.fill({WATER: FAIR}, reasons=["slow", "visits"], callback="yes")
    receipt = browser.send(wrong, "提交回访", more)
    county.keep(second, receipt)
    county.answer(stranger, NONE)
    # A differing second submission is kept and not counted; the page says so.
    browser = county.stranger()
    form = browser.open(angry["url"])
    county.keep(angry, browser.send(form, "提交回访", county.fill({APPROVAL: BAD, WATER: GOOD})))
    again = browser.send(form, "提交回访", county.fill({APPROVAL: GOOD, WATER: GOOD}))
    county.keep(angry, again)
    assert "以第一份为准" in again.text
    # The same form twice gives the same receipt.
    browser = county.stranger()
    form = browser.open(ours[BANK][0]["url"] + "?m=s")
    for _ in range(2):
        receipt = browser.send(form, "提交回访", county.fill({BANK: FAIR}, reasons=["fees"]))
        county.keep(ours[BANK][0], receipt)
        assert "以第一份为准" not in receipt.text
    county.answer(ours[BANK][1], GOOD, "?m=s")
    county.answer(ours[BANK][2], GOOD)
    county.answer(ours[BANK][3], GOOD)
    county.answer(ours[BANK][4], UNSURE)
    return late


def call_in_one_reserve(county: County) -> None:
    """For who had no dealings the office calls in the next reserve, who is invited and answers.

    The worker does it by itself for who can't remember dealing with 农商银行.
    """
    before = {link["url"] for link in county.links()}
    office = county.person("office")
    sample = office.open(f"{ROUND}/samples/{county.unit_ids[APPROVAL]}")
    assert sum("启用下一个备选" in button.text for form in sample.forms for button in form.buttons) == 1
    assert "由备选第 6 位替换" in office.send(sample, "启用下一个备选").text
    county.work()  # who answered gets a receipt
    invite(county, expected=2)
    new = {link["units"]: link for link in county.links() if link["url"] not in before}
    assert new.keys() == {APPROVAL, BANK}
    county.answer(new[APPROVAL], GOOD, "?m=s")
    county.answer(new[BANK], GOOD)


def call(county: County, drawn: list[Link], late: Link) -> Link:
    """The interviewer goes through 税务局's five and the late one, in whatever order they come.

    Not before the invitations had their two days. Returns the enterprise that is never reached.
    """
    caller = county.person("caller")
    early = caller.send(caller.open("/calls"), "取下一户")
    assert "下一户最早在" in early.text
    county.clock.advance(timedelta(days=2))
    caller = county.person("caller")
    steps = iter(("complete", "no_answer", "appointment", "wrong_number", "release"))
    done: dict[str, str] = {}
    while True:
        desk = caller.send(caller.open("/calls"), "取下一户")
        if desk.address == "/calls":
            assert "现在没有该拨打的企业" in desk.text
            break
        name = desk.text.partition("<h1>")[2].partition("</h1>")[0]
        step = "busy" if name == late["enterprise"] else next(steps)
        done[step] = name
        if step == "release":
            caller.send(desk, "放回队列")
            continue
        dialled = caller.send(desk, "开始拨打")
        assert "正在联系" in dialled.text
        county.clock.advance(timedelta(minutes=3))
        if step == "complete":
            refused = caller.send(dialled, "提交这份回访", county.fill({TAX: GOOD}), status=400)
            assert "请先问对方现在是否方便" in refused.text
            caller.send(refused, "提交这份回访", {"consent": "yes"})
            continue
        fields = {"outcome": step}
        if step == "appointment":
            fields["appointment_at"] = "2022-06-20T15:00"
        if step == "wrong_number":
            assert "请在备注里写明情况" in caller.send(dialled, "登记结果", fields, status=400).text
            fields["note"] = "机主说不是这家企业"
        caller.send(dialled, "登记结果", fields)
    assert set(done) == {"busy", "complete", "no_answer", "appointment", "wrong_number", "release"}
    by_name = {link["enterprise"]: link for link in drawn}
    county.answer(by_name[done["release"]], BAD, reasons=["attitude", "other"], reasons__text="=1+1，推诿")
    wrong = county.person("office").open(f"{ROUND}/cases?state=wrong_number")
    assert done["wrong_number"] in wrong.text
    return by_name[done["no_answer"]]


def call_in_all_reserves(county: County) -> None:
    """A reserve steps in for the wrong number of 税务局, for which nobody found another."""
    before = {link["url"] for link in county.links()}
    office = county.person("office")
    office.send(office.open(f"{ROUND}/samples"), "启用 1 户备选")
    new = {link["units"]: link for link in county.links() if link["url"] not in before}
    assert new.keys() == {TAX}
    browser = county.stranger()
    form = browser.send(browser.open("/s"), "打开回访页面", {"code": new[TAX]["code"]})
    receipt = browser.send(form, "提交回访", county.fill({TAX: BAD}))
    county.keep(new[TAX], receipt)


def keep_appointment(county: County) -> None:
    """The appointment comes up before its time, and is kept."""
    county.clock.now = county.clock.now.replace(day=20, hour=6, minute=50)  # 14:50 in the county
    caller = county.person("caller")
    page = caller.send(caller.open("/calls"), "取下一户")
    assert "约定回电" in page.text
    county.crawl("caller")  # with a case in hand
    page = caller.send(page, "开始拨打")
    fields = county.fill({TAX: FAIR}, reasons=["papers"], matter="taxes", agency__code="none")
    desk = caller.send(page, "提交这份回访", {"consent": "yes", **fields})
    assert "这份回访已提交" in desk.text


def draw_for_the_commission(county: County) -> None:
    """Its own sample with its own seed; the office's pages and links know nothing of who is in it."""
    before, commission = county.links(), county.person("commission")
    page = commission.open(f"{ROUND}/samples")
    same = commission.send(page, "公告抽样", {"size": "2", "seed": "2022070 03 08 15"}, status=400)
    assert "请另用一个种子" in same.text
    drawn = draw(county, "commission", {"size": "2", "seed": "2022072 05 09"})
    assert "已为 4 个单位抽样" in drawn.text
    county.crawl("commission")
    assert county.links() == before
    assert "群众评（由县纪委监委组织）" in county.person("office").open(ROUND).text


def enter_items(county: County) -> None:
    """Items unit by unit, three supervisors' marks, the commission's totals, a bonus and a penalty."""
    office = county.person("office")
    for unit, items in ENTRIES.items():
        number = county.unit_ids[unit]
        fields = {
            f"{item}-{number}-{key}": value
            for item, given in items.items()
            for key, value in zip(given[::2], given[1::2], strict=True)
            if (unit, item) not in {(TAX, "assigned_tasks"), (BANK, "supervisors")}
        }
        office.send(office.open(f"{ROUND}/items/{number}"), "保存本单位", fields)
    for place, username in enumerate(("watcher1", "watcher2", "watcher3")):
        watcher = county.person(username)
        marks = {f"mark-{county.unit_ids[unit]}": str(given[place]) for unit, given in MARKS.items()}
        assert "改动 4 个单位" in watcher.send(watcher.open("/marks"), "保存评分", marks).text
    number = county.unit_ids[BANK]
    page = office.open(f"{ROUND}/items/{number}")
    fields = {f"supervisors-{number}-points": "6.5", f"supervisors-{number}-note": "走访核实"}
    outside = office.send(page, "保存本单位", fields, status=400)
    office.send(outside, "保存本单位", {f"supervisors-{number}-points": "7.5"})
    commission = county.person("commission")
    totals = {
        f"mass_appraisal-{county.unit_ids[unit]}-{rating}": str(count)
        for unit, counts in APPRAISAL.items()
        for rating, count in zip((GOOD, FAIR, BAD), counts, strict=True)
    }
    assert (
        "已保存 4 项"
        in commission.send(commission.open(f"{ROUND}/mass-appraisal"), "保存全部票数", totals).text
    )
    scan = {"file": (b"%PDF-1.7 signed", "群众评汇总表.pdf")}
    commission.send(commission.open(f"{ROUND}/mass-appraisal"), "上传附件", scan)
    fill_ledgers(county)


def fill_ledgers(county: County) -> None:
    """What earns and costs points, with a paper; one enters, another approves."""
    office, second = county.person("office"), county.person("office2")
    rows = "".join(
        f"{APPROVAL}\t帮办代办\t{level}\t批示〔2022〕3 号\t2022-05-20\n" for level in ("市级", "省级")
    )
    book = office.open(f"{ROUND}/ledgers?item=endorsements")
    county.crawl("office")
    office.send(office.open(book.link("从表格粘贴")), "登记这些行", {"rows": rows})
    form = office.open(office.open(f"{ROUND}/ledgers?item=broken_promises").link("登记一条"))
    fields = {
        "unit": county.unit_ids[BANK],
        "description": "贷款贴息没有兑现",
        "verified_on": "2022-06-10",
    }
    entry = office.send(form, "登记", fields)
    office.send(entry, "上传附件", {"file": (b"%PDF-1.7 proof", "核查材料.pdf")})
    assert "减分台账有 1 条待审核" in office.open(f"{ROUND}/finalise").text
    listed = second.open(book.address)
    chosen, _ = listed.form("审核通过所选")
    assert (
        "已审核通过 2 条"
        in second.send(listed, "审核通过所选", {"entry": sorted(chosen.offered["entry"])}).text
    )
    second.send(second.open(entry.address), "审核通过")


def close(county: County, late: Link, unreached: Link) -> None:
    """The round closes early, with a reason; a form that was open then has half an hour more."""
    in_time, too_late = county.stranger(), county.stranger()
    open_form, other_form = in_time.open(late["url"]), too_late.open(unreached["url"])
    office = county.person("office")
    page = office.open(f"{ROUND}/close")
    assert "提前截止请填写理由" in office.send(page, "截止回访", status=400).text
    office.send(page, "截止回访", {"reason": "抽中的企业大多已答复"})
    assert "本轮回访已经截止" in county.stranger().open(late["url"]).text
    county.clock.advance(timedelta(minutes=20))
    county.keep(late, in_time.send(open_form, "提交回访", county.fill({APPROVAL: FAIR}, reasons=["slow"])))
    assert "30 分钟内仍可提交" in office.open(f"{ROUND}/finalise").text
    county.clock.advance(timedelta(minutes=11))
    answer = too_late.send(other_form, "提交回访", county.fill({TAX: GOOD}), status=409)
    assert "您填写的内容没有收下" in answer.text


def finalise_and_publish(county: County) -> None:
    """While one item is missing nothing is final, and the page says which."""
    office = county.person("office")
    number = county.unit_ids[TAX]
    page = office.open(f"{ROUND}/finalise")
    assert "税务局缺日常交办" in page.text
    assert not [button for form in page.forms for button in form.buttons if "核定" in button.text]
    # A point less than it should be, which nobody notices in time.
    office.send(
        office.open(f"{ROUND}/items/{number}"), "保存本单位", {f"assigned_tasks-{number}-points": "7"}
    )
    assert "税务局的日常交办已填报，待审核" in office.open(f"{ROUND}/finalise").text
    approve_all(county, "office2", 1)
    page = office.open(f"{ROUND}/finalise")
    assert "已核定 4 个单位的得分" in office.send(page, "核定 4 个单位的得分").text
    tax = county.person("tax")
    assert "还没有公布的得分" in tax.open("/result").text
    county.crawl("office")
    page = office.open(f"{ROUND}/publish")
    assert "请由另一位营商办人员公布" in page.text
    assert not [button for form in page.forms for button in form.buttons if "公布" in button.text]
    second = county.person("office2")
    second.send(second.open(f"{ROUND}/publish"), "向 4 个单位公布结果")
