"""Rectification tasks as people see them: the office's list, issue and decision, and a unit's own pages."""

import io
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import openpyxl
import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from survey_app.domain.roles import Role
from survey_app.domain.round_state import RoundState
from survey_app.models.rectification import RectificationTask
from survey_app.models.round import Round
from tests.conftest import FakeClock
from tests.pages import Browser, Page
from tests.rectification_builders import ENTERPRISE, REMARK, issued, published_round
from tests.score_builders import looking

SignIn = Callable[..., FlaskClient]
LIST = "/rounds/2022-Q1/rectifications"


@pytest.fixture
def round_(session: Session, clock: FakeClock) -> Round:
    clock.now = datetime(2022, 4, 1, 2, 0, tzinfo=UTC)
    return published_round(session, clock)


@pytest.fixture
def tasks(session: Session, round_: Round, clock: FakeClock) -> dict[tuple[str, str], int]:
    found = {place: task.id for place, task in issued(session, round_, clock).items()}
    session.commit()
    return found


@pytest.fixture
def office(sign_in: SignIn, round_: Round) -> Browser:
    return Browser(sign_in(Role.OFFICE))


@pytest.fixture
def unit(sign_in: SignIn, round_: Round) -> Browser:
    return Browser(sign_in(Role.UNIT, unit="甲局"))


def _figures(page: Page) -> dict[str, str]:
    """The page's figures, by what they are called, with the words below them."""
    texts = re.findall(r'class="figure-(?:label|value|note)">(.*?)</p>', page.text)
    words = [re.sub("<.*?>", "", each) for each in texts]
    return {words[n]: " ".join(words[n + 1 : n + 3]) for n in range(0, len(words), 3)}


def test_before_publication_nothing_can_be_issued(
    sign_in: SignIn, session: Session, clock: FakeClock
) -> None:
    published_round(session, clock, RoundState.FINALISED)
    office = Browser(sign_in(Role.OFFICE))
    page = office.open(LIST)
    assert "还没有整改任务" in page.text
    assert "结果公布以后才能下达整改任务" in page.text
    assert "下达整改任务" not in [text for text, _ in page.links]
    assert "向" not in [each.text for form in office.open(f"{LIST}/issue").forms for each in form.buttons]
    refused = office.client.post(f"{LIST}/issue")
    assert (refused.status_code, "结果公布以后才能下达" in refused.text) == (400, True)


def test_office_reads_what_will_happen_then_issues(
    office: Browser, session: Session, clock: FakeClock
) -> None:
    page = office.open(office.open(LIST).link("下达整改任务"))
    assert (
        "2 个责任单位收到至多 3 项整改任务，须在 2022-04-18（含当日）以前回复整改情况，即 10 个工作日内"
        in page.text
    )
    assert "3 份答卷提到" in page.text
    assert REMARK in page.text
    assert ENTERPRISE not in page.text
    form, _ = page.form("向 2 个单位下达整改任务")
    slow = next(name for name in form.names if name.startswith("guidance-") and name.endswith("-slow"))
    faulty = office.send(page, "下达整改任务", {slow: "长" * 1001}, status=400)
    assert "的整改要求不超过 1000 字，现有 1001 字" in faulty.text
    assert f'href="#{slow}"' in faulty.text
    assert "长" * 1001 in faulty.text
    done = office.send(faulty, "下达整改任务", {slow: "请公开办理时限"})
    assert "已下达 2 项整改任务" in done.text
    rows = [row for row in done.rows if "待回复" in "".join(row)]
    assert [(row[0], row[2], row[3], row[4]) for row in rows] == [
        ("甲局", "待回复", "2022-04-18", "还有 10 个工作日"),
        ("乙局", "待回复", "2022-04-18", "还有 10 个工作日"),
    ]
    again = office.send(page, "下达整改任务", {slow: "再来一次"}, status=409)
    assert "本轮的整改任务已经下达过" in again.text
    with looking(session) as look:
        assert look.query(RectificationTask).count() == 2


def test_office_holds_a_task_back(office: Browser, session: Session) -> None:
    page = office.open(f"{LIST}/issue")
    assert "1 份答卷提到，单位可能猜到是谁提出的" in page.text
    form, _ = page.form("下达整改任务")
    hold = next(name for name in form.names if name.startswith("hold-") and name.endswith("-attitude"))
    guidance = hold.replace("hold-", "guidance-")
    faulty = office.send(page, "下达整改任务", {hold: ["1"], guidance: "长" * 1001}, status=400)
    assert faulty.form("下达整改任务")[0].values[hold] == ["1"]
    done = office.send(faulty, "下达整改任务", {guidance: ""})
    assert "已下达 1 项整改任务" in done.text
    assert "乙局" not in done.text
    assert REMARK not in done.text


def test_from_reply_to_closure(
    sign_in: SignIn,
    office: Browser,
    unit: Browser,
    tasks: dict[tuple[str, str], int],
    clock: FakeClock,
) -> None:
    mine = unit.open("/")
    listed = unit.open(mine.link("整改任务"))
    assert [row[1] for row in listed.rows if row[0] == "2022-Q1"] == ["时间长", "其他"]
    page = unit.open(listed.link("时间长"))
    empty = unit.send(page, "提交回复", status=400)
    assert "请填写整改情况" in empty.text
    too_long = unit.send(empty, "提交回复", {"text": "细" * 2001}, status=400)
    assert "整改情况不超过 2000 字，现有 2001 字" in too_long.text
    assert "细" * 2001 in too_long.text
    replied = unit.send(too_long, "提交回复", {"text": "增设两个窗口"})
    assert "已回复" in replied.text
    assert "待核实" in replied.text
    assert not any("提交回复" in each.text for form in replied.forms for each in form.buttons)

    task = office.open(office.open(LIST).link("时间长：甲局"))
    assert "增设两个窗口" in task.text
    assert "3 份" in task.text
    refused = office.send(
        task, "提交核实结果", {"move": "confirm", "call_back": "not_satisfied", "reason": "留着"}, status=400
    )
    assert "请在回访记录里写明理由" in refused.text
    assert "留着" in refused.text
    assert refused.form("提交核实结果")[0].values["call_back"] == ["not_satisfied"]
    clock.advance(timedelta(days=14))
    office, unit = Browser(sign_in(Role.OFFICE)), Browser(sign_in(Role.UNIT, unit="甲局"))
    back = office.send(
        refused,
        "提交核实结果",
        {"move": "return", "call_back": "not_satisfied", "reason": "午间仍无人", "note": "两户中一户不认可"},
    )
    assert "已退回重办，期限 2022-04-22" in back.text

    again = unit.open(page.address)
    assert "午间仍无人" in again.text
    for hidden in ("两户中一户不认可", "企业仍不认可", "3 份", ENTERPRISE, REMARK):
        assert hidden not in again.text
    unit.send(again, "提交回复", {"text": "午间安排轮班"})
    closed = office.send(
        office.open(task.address), "提交核实结果", {"move": "confirm", "call_back": "satisfied"}
    )
    assert "已核实办结" in closed.text
    assert "已办结" in unit.open("/rectifications").text
    assert _figures(office.open(LIST)) == {
        "下达": "3 2 个单位",
        "待核实": "0 等待营商办回访",
        "已逾期": "0 没有按期回复",
        "按期回复率": "100% 1 / 1",
        "整改完成率": "33.3% 1 / 3",
        "按期整改率": "100% 1 / 1",
        "回访率": "100% 1 / 1",
        "回访认可率": "100% 1 / 1",
    }


def test_list_is_narrowed_and_says_what_is_overdue(
    sign_in: SignIn, unit: Browser, tasks: dict[tuple[str, str], int], clock: FakeClock
) -> None:
    unit.send(unit.open(f"/rectifications/{tasks['甲局', 'other']}"), "提交回复", {"text": "已自查"})
    clock.now = datetime(2022, 4, 21, 2, 0, tzinfo=UTC)
    office, unit = Browser(sign_in(Role.OFFICE)), Browser(sign_in(Role.UNIT, unit="甲局"))
    page = office.open(f"{LIST}?state=overdue")
    assert "2 项，共 3 项" in page.text
    assert "已逾期 3 个工作日" in page.text
    assert [row[0] for row in office.open(f"{LIST}?state=replied").rows if "待核实" in row] == ["甲局"]
    assert "没有符合条件的整改任务" in office.open(f"{LIST}?state=closed").text
    assert "共 3 项" in office.open(f"{LIST}?state=nonsense&unit=x").text
    late = unit.open(f"/rectifications/{tasks['甲局', 'slow']}")
    assert "期限已过，仍可以回复，但计为逾期" in late.text


def test_a_page_that_others_overtook_keeps_what_was_typed(
    office: Browser, unit: Browser, tasks: dict[tuple[str, str], int]
) -> None:
    page = unit.open(f"/rectifications/{tasks['甲局', 'slow']}")
    unit.send(page, "提交回复", {"text": "第一次"})
    lost = unit.send(page, "提交回复", {"text": "同事也在写"}, status=409)
    assert "刚刚由他人办理过" in lost.text
    assert "同事也在写" in lost.text
    task = office.open(f"{LIST}/{tasks['甲局', 'slow']}")
    office.send(task, "提交核实结果", {"move": "confirm", "call_back": "satisfied"})
    late = office.send(
        task,
        "提交核实结果",
        {"move": "return", "call_back": "not_called", "reason": "我要退回", "note": "记录"},
        status=409,
    )
    assert "我要退回" in late.text
    assert "已办结" in late.text


def test_a_unit_reaches_only_its_own(
    sign_in: SignIn, unit: Browser, tasks: dict[tuple[str, str], int]
) -> None:
    other = Browser(sign_in(Role.UNIT, unit="乙局"))
    assert "态度差" in other.open("/rectifications").text
    assert "时间长" not in other.open("/rectifications").text
    for address in ("", "/reply"):
        path = f"/rectifications/{tasks['甲局', 'slow']}{address}"
        answer = other.client.post(path, data={"text": "x", "seen": 1}) if address else other.client.get(path)
        assert answer.status_code == 404
    assert "还没有整改任务" not in unit.open("/rectifications").text


def test_a_unit_without_tasks_is_told_so(unit: Browser) -> None:
    assert "还没有整改任务" in unit.open("/rectifications").text


def test_commission_reads_and_decides_nothing(
    sign_in: SignIn, unit: Browser, tasks: dict[tuple[str, str], int]
) -> None:
    unit.send(unit.open(f"/rectifications/{tasks['甲局', 'slow']}"), "提交回复", {"text": "已整改"})
    commission = Browser(sign_in(Role.COMMISSION))
    page = commission.open(commission.open(LIST).link("时间长：甲局"))
    assert "已整改" in page.text
    assert not any("提交核实结果" in each.text for form in page.forms for each in form.buttons)
    assert "下达整改任务" not in [text for text, _ in commission.open(LIST).links]


def test_workbook_has_the_tasks_and_the_rates(
    office: Browser, unit: Browser, tasks: dict[tuple[str, str], int]
) -> None:
    unit.send(unit.open(f"/rectifications/{tasks['甲局', 'slow']}"), "提交回复", {"text": "=cmd()"})
    file = office.client.get(office.open(LIST).link("整改任务（Excel）"))
    book = openpyxl.load_workbook(io.BytesIO(file.data))
    assert book.sheetnames == ["整改任务", "闭环情况"]
    rows = [list(row) for row in book["整改任务"].iter_rows(min_row=4, values_only=True)]
    assert [row[0] for row in rows] == ["甲局", "甲局", "乙局"]
    assert rows[0][1:9] == [
        "时间长",
        datetime(2022, 4, 1),
        datetime(2022, 4, 18),
        datetime(2022, 4, 1),
        "是",
        "待核实",
        "—",
        "—",
    ]
    loops = {row[0]: row for row in book["闭环情况"].iter_rows(min_row=4, values_only=True)}
    assert loops["甲局"][1:8] == (2, 1, "1 / 1", "100%", 0, "0%", "0 / 0")
    assert loops["合计"][1:3] == (3, 1)


def test_a_year_without_a_calendar_is_told(
    sign_in: SignIn, session: Session, round_: Round, clock: FakeClock
) -> None:
    clock.now = datetime(2027, 1, 4, 2, 0, tzinfo=UTC)
    page = Browser(sign_in(Role.OFFICE)).open(f"{LIST}/issue")
    assert "还没有 2027 年的节假日安排" in page.text
