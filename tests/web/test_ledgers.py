"""The pages of ledgers and attachments, by what people see in them."""

import io
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from survey_app.domain.roles import Role
from survey_app.domain.round_state import RoundState
from survey_app.models.item_entry import ItemEntry
from survey_app.models.ledger_entry import LedgerEntry
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from tests.builders import build_round, build_unit
from tests.conftest import FakeClock
from tests.pages import Browser
from tests.score_builders import build_ledger_entry, looking

SignIn = Callable[..., FlaskClient]
BASE = "/rounds/2022-Q2"
ENDORSED = {"practice": "一窗通办", "level": "city", "source": "市简报第 3 期", "endorsed_on": "2022-05-01"}
HTML = b"<!doctype html><script>alert(1)</script>"


@pytest.fixture
def unit(session: Session) -> Unit:
    unit = build_unit(session, "税务局")
    build_round(session)
    session.commit()
    return unit


@pytest.fixture
def office(sign_in: SignIn) -> Browser:
    return Browser(sign_in(Role.OFFICE))


@pytest.fixture
def second(sign_in: SignIn) -> Browser:
    return Browser(sign_in(Role.OFFICE, username="second"))


def test_one_enters_and_another_approves(office: Browser, second: Browser, unit: Unit) -> None:
    listed = office.open(f"{BASE}/ledgers?item=endorsements")
    assert "还没有登记" in listed.text
    form = office.open(listed.link("登记一条"))
    wrong = office.send(form, "登记", {"unit": str(unit.id), **ENDORSED, "source": ""}, status=400)
    assert "请填写批示依据" in wrong.text
    assert 'value="一窗通办"' in wrong.text
    own = office.send(wrong, "登记", {"source": ENDORSED["source"]})
    assert "自己登记的内容由另一人审核" in own.text
    assert not any("审核通过" in button.text for form in own.forms for button in form.buttons)
    page = second.open(own.address)
    assert "请写明退回的原因" in second.send(page, "退回", status=400).text
    done = second.send(page, "审核通过")
    assert "已审核通过" in done.text
    assert [row[-1] for row in done.rows[1:]] == ["登记", "审核通过"]
    assert "+2" in office.open(listed.address).text


def test_many_are_approved_from_the_list_but_no_double_claim(
    office: Browser, second: Browser, session: Session, unit: Unit, clock: FakeClock
) -> None:
    earlier = build_round(session, "2022-Q1")
    build_ledger_entry(session, earlier, unit, "endorsements", clock.now, practice="帮办代办")
    rows = "".join(
        f"税务局\t{name}\t市级\t简报\t2022-05-01\n" for name in ("帮办代办", "免申即享", "一网通办")
    )
    page = office.open(f"{BASE}/ledgers/paste?item=endorsements")
    broken = office.send(page, "登记这些行", {"rows": rows + "人社局\t甲\t市级\t乙\t2022-05-01"}, status=400)
    assert "第 4 行：没有名为「人社局」的责任单位" in broken.text
    assert "一网通办\t市级" in broken.text
    listed = office.send(broken, "登记这些行", {"rows": rows})
    assert "已登记 3 条" in listed.text
    assert not any("审核通过所选" in button.text for form in listed.forms for button in form.buttons)
    listed = second.open(f"{BASE}/ledgers?item=endorsements")
    assert "2022-Q1 税务局也申报过（已审核）" in listed.text
    form, _ = listed.form("审核通过所选")
    assert len(form.offered["entry"]) == 2
    assert "还没有勾选" in second.send(listed, "审核通过所选", status=400).text
    assert (
        "已审核通过 2 条"
        in second.send(listed, "审核通过所选", {"entry": sorted(form.offered["entry"])}).text
    )
    doubled = second.open(listed.link("帮办代办"))
    assert "请写明核实情况" in second.send(doubled, "审核通过", status=400).text
    assert "已审核通过" in second.send(doubled, "审核通过", {"reason": "上季度未计，经核实"}).text


def test_a_withdrawal_is_asked_for_and_confirmed(
    office: Browser, second: Browser, session: Session, unit: Unit, clock: FakeClock
) -> None:
    entry = build_ledger_entry(session, session.query(Round).one(), unit, "broken_promises", clock.now)
    page = office.open(f"{BASE}/ledgers/{entry.id}")
    assert "请填写撤销原因" in office.send(page, "申请撤销", status=400).text
    asked = office.send(page, "申请撤销", {"reason": "复核后认定已兑现"})
    assert "撤销申请由另一人确认" in asked.text
    assert "−10" in office.open(f"{BASE}/ledgers?item=broken_promises").text
    gone = second.send(second.open(page.address), "确认撤销")
    assert "已撤销，不再计入" in gone.text
    listed = office.open(f"{BASE}/ledgers?item=broken_promises&state=withdrawn")
    assert "复核后认定已兑现" in listed.text
    assert "−10" not in listed.text
    again = office.open(gone.address)
    assert "补贴未发" in office.open(again.link("照此重新登记")).text


def test_figures_are_filled_in_from_the_ledger_and_a_gap_is_said(
    office: Browser, second: Browser, session: Session, unit: Unit, clock: FakeClock
) -> None:
    round_ = session.query(Round).one()
    build_ledger_entry(session, round_, unit, "problems", clock.now, solved_on="2022-03-09")
    build_ledger_entry(session, round_, unit, "problems", clock.now, problem="用水不稳")
    path = f"{BASE}/items/{unit.id}"
    fields = {f"problems-{unit.id}-raised": "2", f"problems-{unit.id}-solved": "2"}
    office.send(office.open(path), "保存本单位", fields)
    page = office.open(path)
    assert "台账：提出问题 2、已解决问题 1" in page.text
    assert "填报数与台账不一致" in page.text
    refused = second.send(second.open(f"{BASE}/approvals"), "全部通过", status=400)
    assert "填报数与台账不一致，说明里也没有写原因" in refused.text
    kept = {f"assigned_tasks-{unit.id}-points": "7"}
    office.send(page, "按台账填入并保存", kept)
    with looking(session) as look:
        newest = {entry.item: entry.data for entry in look.query(ItemEntry).order_by(ItemEntry.version)}
    assert newest == {"problems": {"raised": "2", "solved": "1"}, "assigned_tasks": {"points": "7"}}
    page = office.open(path)
    assert "填报数与台账不一致" not in page.text
    assert "缺少依据" in page.text  # 日常交办 has neither file nor note


def _send(client: FlaskClient, path: str, content: bytes, name: str) -> TestResponse:
    return client.post(path, data={"file": (io.BytesIO(content), name)})


def test_a_file_comes_back_as_a_download_and_nothing_else(
    sign_in: SignIn, session: Session, unit: Unit
) -> None:
    client = sign_in(Role.OFFICE)
    path = f"{BASE}/evidence/{unit.id}/innovation_highlight"
    refused = _send(client, path, HTML, "照片.png")
    assert refused.status_code == 400
    assert "这份文件的内容不是其中任何一种" in refused.text
    assert 'href="#file"' in refused.text
    assert "还没有选择文件" in client.post(path).text
    # A PDF with a script after its head, called a page: it is a PDF for us, and opened nowhere of ours.
    assert _send(client, path, b"%PDF-1.7\n" + HTML, "坏<script>.html").status_code == 303
    page = Browser(sign_in(Role.COMMISSION)).open(path)
    assert not any("上传" in button.text for form in page.forms for button in form.buttons)
    file = sign_in(Role.COMMISSION).get(page.link("坏 script.pdf"))
    assert file.data == b"%PDF-1.7\n" + HTML
    headers = file.headers
    assert headers["Content-Disposition"].startswith("attachment;")
    assert (headers["Content-Type"], headers["X-Content-Type-Options"]) == ("application/pdf", "nosniff")
    assert headers["Content-Security-Policy"].endswith("; sandbox")
    assert "'self'" not in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"
    assert sign_in(Role.UNIT, unit="税务局").get(page.link("坏 script.pdf")).status_code == 403
    assert client.get(page.link("坏 script.pdf").replace("2022-Q2", "2022-Q1")).status_code == 404


def test_commission_hands_in_its_signed_sheet(sign_in: SignIn, session: Session, unit: Unit) -> None:
    client = sign_in(Role.COMMISSION)
    path = f"{BASE}/mass-appraisal/scans"
    refused = _send(client, path, HTML, "汇总表.pdf")
    assert (refused.status_code, "汇总表扫描件" in refused.text) == (400, True)
    assert _send(client, path, b"%PDF-1.7 scan", "汇总表.pdf").status_code == 303
    commission = Browser(client)
    page = commission.open(f"{BASE}/mass-appraisal")
    assert commission.client.get(page.link("汇总表.pdf")).data == b"%PDF-1.7 scan"
    assert "请填写撤下的原因" in commission.send(page, "撤下这个附件", status=400).text
    assert "传错了" in commission.send(page, "撤下这个附件", {"reason": "传错了"}).text
    assert _send(sign_in(Role.OFFICE), path, b"%PDF-1.7 other", "汇总表.pdf").status_code == 403


def test_a_frozen_rounds_ledgers_are_only_read(
    office: Browser, session: Session, unit: Unit, clock: FakeClock
) -> None:
    round_ = session.query(Round).one()
    entry = build_ledger_entry(session, round_, unit, "problems", clock.now, approved=False)
    round_.state = RoundState.FINALISED
    session.commit()
    page = office.open(f"{BASE}/ledgers/{entry.id}")
    assert "只能查看" in page.text
    assert [button.text for form in page.forms for button in form.buttons if "退出" not in button.text] == [
        "English"
    ]
    answer = office.client.post(f"{BASE}/ledgers/{entry.id}/decide", data={"decision": "approve"})
    assert (answer.status_code, "已核定" in answer.text) == (400, True)
    answer = office.client.post(f"{BASE}/ledgers/new", data={"item": "problems", "unit": unit.id})
    assert answer.status_code == 400
    assert session.query(LedgerEntry).count() == 1


def test_what_there_is_not_is_not_found(office: Browser, unit: Unit) -> None:
    for path in ("ledgers/9", "ledgers?item=nothing", "ledgers/new?item=assigned_tasks", "attachments/9",
                 "evidence/999/revisits", f"evidence/{unit.id}/satisfaction", "ledgers/new?again=9"):  # fmt: skip
        office.open(f"{BASE}/{path}", status=404)
