"""The pages on which anybody looks a receipt up and disowns an answer, and what staff see of it."""

import hashlib
import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from survey_app.domain.roles import Role
from survey_app.models.case import Case
from survey_app.models.disavowal import DisavowalEntry
from survey_app.models.message import Message
from survey_app.models.response import Answer, Response
from survey_app.models.unit import Unit
from survey_app.services.invitations import text_variables
from survey_app.services.receipts import published_lists_of
from tests.builders import build_case, build_enterprise, build_round, build_unit, token_of
from tests.conftest import FakeClock
from tests.domain.bundles import bundle, unit
from tests.score_builders import build_answers, finalise_and_publish, load_bundle, looking

SignIn = Callable[..., FlaskClient]
FIRM = "方城县宏达农业有限公司"


@pytest.fixture
def case(session: Session, clock: FakeClock) -> Case:
    """An answered case of an open round, with its SMS queued as an answer queues it."""
    made = build_case(session, build_round(session), [build_unit(session)], build_enterprise(session, FIRM))
    build_answers(session, made, {made.units[0].unit_id: "dissatisfied"}, clock.now)
    session.add(
        Message(
            id="m1", case_id=made.id, purpose="receipt", template_key="receipt", phone="13800138000",
            run_at=clock.now, created_at=clock.now,
        )
    )  # fmt: skip
    session.commit()
    return made


def test_looking_up_a_published_receipt_and_the_list_that_covers_it(
    client: FlaskClient, session: Session, clock: FakeClock
) -> None:
    given = bundle(unit("甲局", satisfaction={"satisfied": 6}), unit("乙局", satisfaction={"satisfied": 1}))
    made = load_bundle(session, given, clock.now)
    finalise_and_publish(session, made, clock.now)
    code = session.query(Response.receipt_code).order_by(Response.id).limit(1).scalar()
    sealed = published_lists_of(session, "2022-Q1")
    session.commit()
    start = client.get("/receipts")
    assert 'href="/receipts/2022-Q1"' in start.text
    page = client.post("/receipts", data={"receipt": code.lower()}).text
    listed = sealed.of("satisfaction")
    assert listed is not None
    assert "计入了2022年第一季度的结果" in page
    assert listed.digest in page
    assert sealed.digest in page
    assert not any(word in page for word in ("甲局", "乙局", "满意", "2022-06-15"))
    assert listed.digest in client.get("/receipts/2022-Q1").text
    file = client.get("/receipts/2022-Q1/satisfaction.txt")
    assert hashlib.sha256(file.data).hexdigest() == listed.digest
    assert code in file.text.splitlines()
    for nothing in ("/receipts/2022-Q1/mass_appraisal.txt", "/receipts/2022-Q4", "/receipts/x/y.txt"):
        assert client.get(nothing).status_code == 404


def test_before_finalising_and_what_is_typed_wrongly(
    client: FlaskClient, case: Case, session: Session
) -> None:
    code = session.query(Response.receipt_code).scalar()
    session.commit()
    page = client.post("/receipts", data={"receipt": code}).text
    assert "核定以后才能查" in page
    assert "SHA-256" not in page
    short = client.post("/receipts", data={"receipt": "<b>12"})
    assert short.status_code == 400
    assert 'value="&lt;b&gt;12"' in short.text
    for _ in range(5):
        unknown = client.post("/receipts", data={"receipt": "ZZZZZZZZZ"})
        assert (unknown.status_code, "没有找到这个回执号" in unknown.text) == (400, True)
    closed = client.post("/receipts?lang=en", data={"receipt": code})
    assert closed.status_code == 429
    assert closed.headers["Retry-After"] == "600"
    assert code in closed.text  # what was typed stays


def test_disowning_from_the_page_and_from_the_sms(
    client: FlaskClient, case: Case, session: Session, clock: FakeClock, app: object
) -> None:
    receipt = client.get(f"/s/{token_of(case)}?m=s")
    (link,) = re.findall(r'href="(/n/[^"]+)"', receipt.text)
    assert token_of(case) not in link
    for _ in range(2):
        page = client.get(link)
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert "不会自动作废" in page.text
        assert FIRM not in page.text
        assert "满意" not in page.text
    sent = client.post(link, data={"note": "不是我们", "phone": "13912345678"})
    assert sent.status_code == 303
    thanks = client.get(sent.location).text
    assert "已经记下" in thanks
    # The page tells nobody that it was said before, or whoever filled it in for another would know.
    assert client.get(link).text == page.text
    wrong = client.post(link, data={"note": "写" * 201, "phone": "1"})
    assert wrong.status_code == 400
    assert "写" * 201 in wrong.text
    with looking(session) as other:
        message = other.get_one(Message, "m1")
        built = app.extensions["collaborators"]  # type: ignore[attr-defined]
        url = text_variables(built, message)["url"].removeprefix("http://localhost")
    assert url == f"{link}?m=s"
    assert client.post(url, data={"note": "再说一次"}).status_code == 303
    with looking(session) as other:
        assert [
            (each.way, each.note) for each in other.query(DisavowalEntry).order_by(DisavowalEntry.id)
        ] == [
            ("page", "不是我们"),
            ("sms", "再说一次"),
        ]
        assert other.query(Answer).one().counted
    for unknown in ("/n/x", link[:-1] + ("A" if link[-1] != "A" else "B"), f"/n/{token_of(case)}"):
        assert client.get(unknown).status_code == 404
        assert client.post(unknown).status_code == 404


def test_staff_see_their_own_and_settle_it(
    client: FlaskClient, case: Case, session: Session, sign_in: SignIn
) -> None:
    receipt = client.get(f"/s/{token_of(case)}").text
    (link,) = re.findall(r'href="(/n/[^"]+)"', receipt)
    client.post(link, data={"note": "宏达没填过"})
    office, commission = sign_in(Role.OFFICE), sign_in(Role.COMMISSION)
    address = "/rounds/2022-Q2/disavowals"
    own = office.get(address).text
    assert FIRM in own
    assert "宏达没填过" in own
    assert "/answers/" not in own  # an answer is named with its enterprise only once it is found not theirs
    seen = commission.get(address).text
    assert "没填过" in seen
    assert "宏达" not in seen
    assert "否认作答 1 件，待处理 1 件" in office.get("/rounds/2022-Q2").text
    step = re.findall(rf'action="({address}/\d+)"', own)[0]
    data = {"state": "not_theirs", "note": "法人说没填", "seen": "1"}
    assert commission.post(step, data=data).status_code == 404
    assert office.post(step, data={**data, "note": ""}).status_code == 400
    stale = office.post(step, data={**data, "seen": "0"})
    assert (stale.status_code, "法人说没填" in stale.text) == (409, True)
    assert office.post(step, data=data).status_code == 303
    settled = office.get(address).text
    (answer,) = re.findall(r'href="(/rounds/2022-Q2/answers/\d+)"', settled)
    assert "申请作废或更正" in office.get(answer).text
    call = office.post(address, data={"receipt": "ZZZZZZZZZ", "note": "来电"})
    assert (call.status_code, "本轮没有这个回执号" in call.text) == (400, True)
    with looking(session) as other:
        named = other.query(Unit.name).scalar()
    own_page = sign_in(Role.UNIT, unit=named)
    assert own_page.get(address).status_code == 403
