"""The draw in public: each state of the page, what it never shows, and the two steps of drawing."""

from collections.abc import Callable
from datetime import timedelta
from itertools import permutations

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from survey_app.domain.disposition import Disposition
from survey_app.domain.roles import Role
from survey_app.domain.sampling import frame_digest, order_digest
from survey_app.models.case import Case
from survey_app.models.draw_announcement import DrawAnnouncement
from survey_app.models.enterprise import Enterprise, FrameEntry
from survey_app.models.round import Sample
from survey_app.models.unit import Unit
from tests.conftest import FakeClock
from tests.drawing import USUAL, draw_by_form
from tests.library_builders import fill_libraries
from tests.score_builders import looking

BASE = "/rounds/2022-Q2"
PAGE = "/draws/2022-Q2"
SignIn = Callable[..., FlaskClient]


@pytest.fixture
def office(session: Session, sign_in: SignIn) -> FlaskClient:
    fill_libraries(session, {"税务局": 8, "住建局": 4})
    office = sign_in(Role.OFFICE)
    office.post("/rounds", data={"quarter": "2022-Q2", "last_day": "2022-06-30"})
    return office


def _counts(session: Session) -> tuple[int, int]:
    with looking(session) as other:
        return other.query(DrawAnnouncement).count(), other.query(Sample).count()


def test_the_public_page_in_each_state(
    office: FlaskClient, client: FlaskClient, sign_in: SignIn, session: Session, clock: FakeClock
) -> None:
    assert "还没有抽样公告" in client.get("/draws").text
    assert client.get(PAGE).status_code == 404
    assert "/draws" in client.get("/sign-in").text
    terms = {**USUAL, "sealed": "1"}
    confirm = office.post(f"{BASE}/samples/announcement", data=terms)
    assert (confirm.status_code, "确认公告" in confirm.text, _counts(session)) == (200, True, (0, 0))
    office.post(f"{BASE}/samples/announcement", data={**terms, "confirmed": "1"})
    page = client.get(PAGE).text
    assert "/draws/2022-Q2" in client.get("/draws").text
    for words in ("已公告，还没有抽样", "2022-Q2 公开种子", "回访截止以后公布", "税务局"):
        assert words in page
    assert "公告还不到一分钟" in office.get(f"{BASE}/samples/draw").text
    clock.advance(timedelta(minutes=2))
    assert "公告还不到一分钟" not in office.get(f"{BASE}/samples/draw").text
    assert _counts(session) == (1, 0)
    office.post(f"{BASE}/samples/draw", data={"number": "1"})
    assert _counts(session) == (1, 2)
    assert office.post(f"{BASE}/samples/draw", data={"number": "1"}).status_code == 400
    sign_in(Role.COMMISSION).post(
        f"{BASE}/samples/announcement", data={**terms, "seed": "群众评种子", "size": "7", "confirmed": "1"}
    )
    page = client.get(PAGE).text
    for words in ("已抽样", "应抽 5 户，抽中 4 户，不足 1 户：样本库只有 4 户", "已公告，内容封存"):
        assert words in page
    with looking(session) as other:
        sealed = [row.sealed or "" for row in other.query(DrawAnnouncement)]
        names = [row.name for row in other.query(Enterprise)]
        case = other.query(Case).order_by(Case.id).first()
        case.disposition, case.closed = Disposition.WRONG_NUMBER, True
        other.commit()
    for hidden in (*sealed, *names, "群众评种子", "uscc:"):
        assert hidden not in page
    office.post(f"{BASE}/open")
    office.post(f"{BASE}/samples/reserves")
    page = client.get(PAGE).text
    assert "已启用备选 1 户次" in page
    assert "空号或错号" not in page
    office.post(f"{BASE}/close", data={"reason": "县里要求"})
    page = client.get(PAGE).text
    for words in (*sealed, "群众评种子", "空号或错号 1 户次"):
        assert words in page
    assert not any(name in page for name in names)


def test_no_unit_finds_its_draw_by_trying_every_order_of_its_library(
    office: FlaskClient, client: FlaskClient, session: Session, clock: FakeClock
) -> None:
    office.post(f"{BASE}/samples/announcement", data={**USUAL, "sealed": "1", "confirmed": "1"})
    clock.advance(timedelta(minutes=2))
    office.post(f"{BASE}/samples/draw", data={"number": "1"})
    with looking(session) as other:
        entries = other.query(FrameEntry).join(Unit).filter(Unit.name == "住建局")
        keys = [entry.enterprise.key for entry in entries]
        result = other.query(DrawAnnouncement).one().result_digest or ""
        orders = [sample.order_digest for sample in other.query(Sample)]
    tried = {order_digest(order) for order in permutations(keys)}
    assert len(tried) == 24
    tried.remove(frame_digest(keys))  # the library's own, in the order of the keys, says nothing of a draw
    page = client.get(PAGE).text
    assert "已抽样" in page
    assert not any(digest in page for digest in (*tried, result))
    office.post(f"{BASE}/open")
    office.post(f"{BASE}/close", data={"reason": "县里要求"})
    page = client.get(PAGE).text
    assert len(orders) == 2
    assert all(digest in page for digest in (*orders, result))


def test_the_file_is_for_who_asks_and_the_pages_say_what_it_reveals(
    office: FlaskClient, sign_in: SignIn, session: Session
) -> None:
    assert office.post(f"{BASE}/samples/file").status_code == 400
    assert draw_by_form(office, BASE).status_code == 303
    page = office.get(f"{BASE}/samples").text
    for words in ("下载会被记录", "各单位的样本不一样多", "不足 1 户"):
        assert words in page
    file = office.post(f"{BASE}/samples/file")
    assert (file.status_code, file.json["format"]) == (200, "survey-draw/1")
    assert sign_in(Role.COMMISSION).post(f"{BASE}/samples/file").status_code == 400


def test_an_announcement_without_sealed_part_warns_and_a_changed_library_is_said(
    office: FlaskClient, session: Session
) -> None:
    assert "知道种子就能算出抽中了谁" in office.post(f"{BASE}/samples/announcement", data=USUAL).text
    office.post(f"{BASE}/samples/announcement", data={**USUAL, "confirmed": "1"})
    assert "第 1 号公告等着抽样" in office.get(f"{BASE}/samples").text
    with looking(session) as other:
        other.query(Enterprise).order_by(Enterprise.id).first().key = "uscc:changed"
        other.commit()
    assert "税务局的样本库或单位名称在公告以后变了" in office.get(f"{BASE}/samples/draw").text
    refused = office.post(f"{BASE}/samples/draw", data={"number": "1"})
    assert (refused.status_code, "请重新公告" in refused.text) == (400, True)
    bad = office.post(f"{BASE}/samples/announcement", data={**USUAL, "units_cap": "很多"})
    assert (bad.status_code, 'value="很多"' in bad.text) == (400, True)


def test_drawing_before_the_deadline_for_libraries_says_what_it_ends(
    office: FlaskClient, clock: FakeClock
) -> None:
    office.post(f"{BASE}/samples/announcement", data={**USUAL, "confirmed": "1"})
    assert "样本库的报送期限" not in office.get(f"{BASE}/samples/draw").text
    day = (clock.now + timedelta(days=2)).date().isoformat()
    office.post(f"{BASE}/libraries/deadline", data={"due_day": day, "due_time": "18:00"})
    assert f"（{day} 18:00）还没到" in office.get(f"{BASE}/samples/draw").text
    clock.advance(timedelta(days=3))
    assert "样本库的报送期限" not in office.get(f"{BASE}/samples/draw").text
