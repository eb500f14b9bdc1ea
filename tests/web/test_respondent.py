"""The enterprise's pages by HTTP: every state of a link, the stamp, and that nothing typed is lost."""

import gzip
import re
from dataclasses import replace
from datetime import timedelta
from html import unescape
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from survey_app.db import Base
from survey_app.domain.mode import Mode
from survey_app.domain.privacy_notice import Section
from survey_app.domain.round_state import GRACE, RoundState
from survey_app.domain.text import Name
from survey_app.models.case import Case
from survey_app.models.response import Answer, LaterSubmission, Response
from survey_app.models.unit import Unit
from survey_app.schemes import notices as notices_module
from survey_app.schemes.notices import load_notices
from survey_app.services import responses
from survey_app.services.personal_links import redraw_link
from survey_app.services.throttle import CODE_BY_ADDRESS
from survey_app.web.respondent import views as respondent_views
from survey_app.web.respondent.form_stamp import make_stamp
from tests.builders import KEYS, build_case, build_enterprise, build_round, build_unit, code_of, token_of
from tests.conftest import FakeClock

MOST_BYTES = 14 * 1024


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser with the CSRF check on, as in production: these pages must not need it."""
    return app.test_client()


@pytest.fixture
def unit(session: Session) -> Unit:
    return build_unit(session, "县税务局")


@pytest.fixture
def case(session: Session, unit: Unit, clock: FakeClock) -> Case:
    round_ = build_round(session, closes_at=clock.now + timedelta(days=5))
    case = build_case(session, round_, [unit], build_enterprise(session, "方城县宏达农业有限公司"))
    session.commit()
    return case


def address(case: Case) -> str:
    return f"/s/{token_of(case)}"


def stamp_in(page: str) -> str:
    found = re.search(r'name="form_stamp" value="([^"]+)"', page)
    assert found
    return found[1]


def filled(unit: Unit, stamp: str, **fields: str) -> dict[str, str]:
    values = {"dealt": "yes", "rating": "satisfied", **fields}
    named = {f"u{unit.id}-{name.replace('__', '-')}": value for name, value in values.items()}
    return {"form_stamp": stamp, **named}


def send(client: FlaskClient, case: Case, unit: Unit, query: str = "", **fields: str) -> TestResponse:
    """Open the form and send it."""
    stamp = stamp_in(client.get(address(case) + query).text)
    return client.post(address(case) + query, data=filled(unit, stamp, **fields))


def rows(session: Session) -> dict[str, int]:
    counted = {
        table.name: session.scalar(select(func.count()).select_from(table)) or 0
        for table in Base.metadata.sorted_tables
    }
    session.commit()
    return counted


def test_looking_changes_nothing(client: FlaskClient, case: Case, session: Session) -> None:
    before = rows(session)
    for _ in range(3):
        assert client.get(address(case)).status_code == 200
        assert client.head(address(case)).status_code == 200
    client.get("/s")
    assert rows(session) == before


def test_the_form(client: FlaskClient, case: Case) -> None:
    page = client.get(address(case)).text
    assert "县税务局" in page
    assert "本季度（4月—6月）贵单位是否到县税务局办过业务或接受过服务？" in page
    assert "宏达农业" not in page  # whoever finds the letter learns little
    assert "方城县宏*****公司" in page
    assert "被评单位不得代填" in page
    assert "您的企业名称和答案不会提供给被评单位" in page
    assert "个人信息怎样处理（2022-1 版）" in page
    assert "提交表示您看过上面的个人信息说明（2022-1 版）" in page
    assert 'href="tel:0377-67220000"' in page
    assert "2022-06-20 10:00" in page
    assert " checked>" not in page  # nothing is preselected
    assert 'data-waiting="还没有发出去：网络不通，或者系统正忙。填写的内容都在，%s 秒后' in page


def test_the_hours_stand_beside_every_number(app: Flask, client: FlaskClient, case: Case) -> None:
    known = app.extensions["collaborators"]
    settings = replace(known.settings, contact_hours="工作日 8:30—18:00")
    app.extensions["collaborators"] = replace(known, settings=settings)
    for path in (address(case), "/s", "/s/nothing", "/notice/fangcheng-2022/satisfaction/2022-1"):
        assert 'href="tel:0377-67220000">0377-67220000</a>（工作日 8:30—18:00）' in client.get(path).text


def test_headers_and_no_cookie(client: FlaskClient, case: Case, unit: Unit) -> None:
    answers = [
        client.get(address(case)),
        client.post(address(case), data={}),
        send(client, case, unit),
        client.get(address(case)),
        client.get("/s/nothing"),
        client.get("/s"),
    ]
    for answer in answers:
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        policy = answer.headers["Content-Security-Policy"]
        assert "unsafe-inline" not in policy
        if answer.status_code != 303:
            for kind in ("style", "script"):
                assert re.search(rf"{kind}-src 'sha256-[A-Za-z0-9+/=]{{44}}'", policy)
    assert not client.get_cookie("session")


@pytest.mark.parametrize("language", ["", "?lang=en"])
@pytest.mark.parametrize("units", [1, 3, 6])
def test_the_whole_page_fits_14_kb(
    client: FlaskClient, case: Case, session: Session, units: int, language: str
) -> None:
    many = [build_unit(session, f"方城县第{n}单位管理局") for n in range(units)]
    other = build_case(session, case.round, many)
    session.commit()
    plain = client.get(address(other) + language)
    answer = client.get(address(other) + language, headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert len(answer.data) + len(str(answer.headers)) < MOST_BYTES
    text = gzip.decompress(answer.data).decode()
    assert len(text) == len(plain.text)
    assert not re.search(r'(src|href)="(?!data:,|#|/s/|/s"|/notice/|tel:)', text)  # nothing else to fetch


def test_an_answer_is_stored_and_the_receipt_may_be_reloaded(
    client: FlaskClient, case: Case, unit: Unit, session: Session, clock: FakeClock
) -> None:
    answer = send(client, case, unit, duration="3", duration__unit="workdays", documents="4", cost="0")
    assert answer.status_code == 303
    assert answer.location == address(case)
    stored = session.query(Response).one()
    assert (stored.mode, stored.received_at, stored.opened_at) == (Mode.QR, clock.now, clock.now)
    assert stored.notice_version == "2022-1"
    assert session.query(Answer).one().details["duration"] == {"value": "3", "unit": "workdays"}
    session.commit()
    for _ in range(2):
        page = client.get(answer.location).text
        code = stored.receipt_code
        assert f"{code[:3]} {code[3:6]} {code[6:]}" in page
        assert "2022-06-15 10:00" in page
        assert "答案不会提供给被评单位" in page
        assert "满意" not in page  # the answer itself is nobody's to see
        assert "县税务局" not in page


def test_a_link_in_an_sms_says_so_and_the_language_travels_along(
    client: FlaskClient, case: Case, unit: Unit, session: Session
) -> None:
    answer = send(client, case, unit, "?m=s&lang=en")
    assert urlsplit(answer.location).query == "m=s&lang=en"
    assert session.query(Response).one().mode is Mode.SMS
    assert 'lang="en"' in client.get(answer.location).text


def test_in_english(client: FlaskClient, case: Case) -> None:
    page = client.get(address(case) + "?lang=en").text
    assert "In this quarter (April–June), did your company deal with 县税务局" in page
    assert f'href="{address(case)}"' in page  # back to Chinese
    assert f'href="{address(case)}?lang=en"' in client.get(address(case)).text


def test_large_type_is_chosen_without_script_or_cookie_and_stays(
    client: FlaskClient, case: Case, unit: Unit
) -> None:
    page = client.get(address(case)).text
    assert 'class="large"' not in page
    assert f'href="{address(case)}?size=large"' in page
    page = client.get(address(case) + "?m=s&size=large")
    assert '<html lang="zh-CN" class="large">' in page.text
    assert f'href="{address(case)}?m=s"' in page.text  # back to the usual size
    assert f'href="{address(case)}?m=s&amp;lang=en&amp;size=large"' in page.text
    wrong = send(client, case, unit, "?size=large", cost="x")
    assert 'class="large"' in wrong.text
    answer = send(client, case, unit, "?size=large")
    assert answer.location == address(case) + "?size=large"
    by_code = client.post("/s?size=large", data={"code": code_of(case)})
    assert by_code.location == address(case) + "?size=large"
    assert 'class="large"' not in client.get(address(case) + "?size=x").text


def test_the_same_form_twice(client: FlaskClient, case: Case, unit: Unit, session: Session) -> None:
    data = filled(unit, stamp_in(client.get(address(case)).text))
    first = client.post(address(case), data=data)
    again = client.post(address(case), data=data)
    assert first.location == again.location
    assert session.query(Response).count() == 1
    assert session.query(LaterSubmission).count() == 0
    session.commit()
    assert "后来又收到" not in client.get(address(case)).text


def test_other_content_later(client: FlaskClient, case: Case, unit: Unit, session: Session) -> None:
    data = filled(unit, stamp_in(client.get(address(case)).text))
    client.post(address(case), data=data)
    receipt = session.query(Response.receipt_code).scalar()
    session.commit()
    answer = client.post(address(case), data={**data, f"u{unit.id}-rating": "dissatisfied"})
    assert answer.status_code == 303
    page = client.get(answer.location).text
    assert "以第一份为准" in page
    assert receipt[:3] in page
    assert session.query(LaterSubmission).count() == 1
    assert session.query(Answer.rating).scalar() == "satisfied"


def test_an_error_keeps_what_was_typed_and_stores_nothing(
    client: FlaskClient, case: Case, unit: Unit, session: Session
) -> None:
    answer = send(
        client, case, unit,
        rating="dissatisfied", cost='5"><b>', visits="2", reasons="other", reasons__text="<i>窗口</i>没人",
    )  # fmt: skip
    assert answer.status_code == 400
    page = answer.text
    assert "还没有提交，有 1 处需要修改" in page
    assert f'<a href="#u{unit.id}-cost">' in page
    assert f'id="u{unit.id}-cost"' in page
    assert f'id="u{unit.id}-cost-error"' in page
    assert "县税务局“费用”：请填 0 到 100000000 的数字" in page
    assert 'value="5&#34;&gt;&lt;b&gt;"' in page
    assert "&lt;i&gt;窗口&lt;/i&gt;没人</textarea>" in page
    for field, value in (("dealt", "yes"), ("rating", "dissatisfied"), ("visits", "2"), ("reasons", "other")):
        assert re.search(rf'name="u{unit.id}-{field}"[^>]* value="{value}" checked', page)
    assert page.count(" checked>") == 4
    assert session.query(Response).count() == 0


def test_each_error_leads_to_a_field_that_is_there(client: FlaskClient, case: Case, unit: Unit) -> None:
    page = send(client, case, unit, rating="", cost="x", documents="x", agency="x", duration="1").text
    targets = re.findall(r'<a href="#([^"]+)">', page)
    assert len(targets) == 5
    for target in targets:
        assert page.count(f'id="{target}"') == 1
        assert page.count(f'id="{target}-error"') == 1


@pytest.mark.parametrize("stamp", [None, "", "1655258400.forged", "other"])
def test_a_form_without_our_stamp_is_shown_again(
    client: FlaskClient, case: Case, unit: Unit, session: Session, clock: FakeClock, stamp: str | None
) -> None:
    data = filled(unit, stamp or "", cost="12")
    if stamp is None:
        del data["form_stamp"]
    if stamp == "other":
        data["form_stamp"] = make_stamp(KEYS.forms, "another-case", clock.now, "2022-1")
    answer = client.post(address(case), data=data)
    assert answer.status_code == 400
    assert "页面不完整或已过期" in answer.text
    assert 'value="12"' in answer.text
    assert session.query(Response).count() == 0
    session.commit()
    data["form_stamp"] = stamp_in(answer.text)
    assert client.post(address(case), data=data).status_code == 303


def test_the_stamp_survives_an_error_so_that_the_opening_counts(
    client: FlaskClient, case: Case, unit: Unit, session: Session, clock: FakeClock
) -> None:
    stamp = stamp_in(client.get(address(case)).text)
    clock.now = case.round.closes_at + timedelta(minutes=5)
    session.commit()
    wrong = client.post(address(case), data=filled(unit, stamp, cost="x"))
    assert wrong.status_code == 400
    assert stamp_in(wrong.text) == stamp
    clock.advance(timedelta(minutes=20))
    assert client.post(address(case), data=filled(unit, stamp, cost="1")).status_code == 303


def test_sent_too_late_nothing_typed_is_lost(
    client: FlaskClient, case: Case, unit: Unit, session: Session, clock: FakeClock
) -> None:
    stamp = stamp_in(client.get(address(case)).text)
    clock.now = case.round.closes_at + GRACE + timedelta(seconds=1)
    session.commit()
    answer = client.post(address(case), data=filled(unit, stamp, cost="4321"))
    assert answer.status_code == 409
    assert "本轮回访已经截止" in answer.text
    assert "没有收下" in answer.text
    assert 'value="4321"' in answer.text
    assert "0377-67220000" in answer.text
    assert session.query(Response).count() == 0


def test_closed_and_not_yet_open(client: FlaskClient, case: Case, session: Session, clock: FakeClock) -> None:
    case.round.state = RoundState.PREPARING
    session.commit()
    page = client.get(address(case))
    assert page.status_code == 200
    assert "还没有开始" in page.text
    for state in (RoundState.CLOSED, RoundState.FINALISED, RoundState.PUBLISHED):
        case.round.state, case.round.closes_at = state, clock.now
        session.commit()
        page = client.get(address(case))
        assert page.status_code == 200
        assert "本轮回访已经截止" in page.text
        assert "<form" not in page.text


def test_unknown_and_malformed_links_look_alike(client: FlaskClient, case: Case) -> None:
    pages = set()
    for path in ("/s/" + "A" * 22, "/s/short", "/s/with/slash", "/s/%00", "/s/字"):
        for answer in (client.get(path), client.post(path, data={"a": "b"})):
            assert answer.status_code == 404
            pages.add(re.sub(r"<nav.*?</nav>", "", answer.text))
    assert len(pages) == 1


def test_a_replaced_link_says_so_and_nothing_of_the_enterprise(
    client: FlaskClient, case: Case, unit: Unit, session: Session, clock: FakeClock
) -> None:
    old, old_code = address(case), code_of(case)
    data = filled(unit, stamp_in(client.get(old).text))
    redraw_link(session, KEYS, case, clock.now)
    for answer in (client.get(old), client.post(old, data=data), client.post("/s", data={"code": old_code})):
        assert answer.status_code == 410
        assert "这个链接已经换成了新的" in answer.text
        assert 'href="tel:0377-67220000"' in answer.text
        assert token_of(case) not in answer.text
        assert "宏达" not in answer.text
        assert "县税务局" not in answer.text
    assert session.query(Response).count() == 0
    session.commit()
    assert client.get(address(case)).status_code == 200


def test_every_version_of_the_notice_stays_readable_and_is_what_the_answer_records(
    client: FlaskClient,
    case: Case,
    unit: Unit,
    session: Session,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = load_notices("fangcheng-2022", "satisfaction")[0]
    newer = replace(
        first, version="2022-9", sections={**first.sections, Section.METHOD: Name("新的办法", "new")}
    )
    data = filled(unit, stamp_in(client.get(address(case)).text))
    for module in (notices_module, respondent_views):
        monkeypatch.setattr(module, "load_notices", lambda *_survey: (first, newer))
    old, new = (f"/notice/fangcheng-2022/satisfaction/{version}" for version in ("2022-1", "2022-9"))
    assert "新的办法" not in client.get(old).text
    assert f'href="{new}"' in client.get(old).text
    assert "这是以前的一版" in client.get(old).text
    assert "新的办法" in client.get(new).text
    assert "这是以前的一版" not in client.get(new).text
    assert f'href="{new}"' in client.get("/notice").text
    assert "新的办法" in client.get(address(case)).text
    # The form that was opened before says what it showed, also when it comes back for correction.
    wrong = client.post(address(case), data={**data, f"u{unit.id}-cost": "x"})
    assert "个人信息说明（2022-1 版）" in wrong.text
    assert "新的办法" not in wrong.text
    assert client.post(address(case), data=data).status_code == 303
    assert session.query(Response.notice_version).scalar() == "2022-1"


@pytest.mark.parametrize("path", ["x/satisfaction/1", "fangcheng-2022/x/1", "fangcheng-2022/satisfaction/9"])
def test_a_notice_that_never_was(client: FlaskClient, path: str) -> None:
    assert client.get(f"/notice/{path}").status_code == 404


def test_a_code_opens_the_page(client: FlaskClient, case: Case) -> None:
    answer = client.post("/s?m=s", data={"code": code_of(case).lower()})
    assert answer.status_code == 303
    assert answer.location == address(case) + "?m=s"


def test_a_wrong_code_is_kept_and_too_many_close_the_door(client: FlaskClient, case: Case) -> None:
    answer = client.post("/s", data={"code": "ab<c"})
    assert answer.status_code == 400
    assert "回访码是 8 位" in answer.text
    assert 'value="ab&lt;c"' in answer.text
    for _ in range(CODE_BY_ADDRESS.failures):
        answer = client.post("/s", data={"code": "22222222"})
        assert answer.status_code == 400
        assert "没有这个回访码" in answer.text
    answer = client.post("/s", data={"code": code_of(case)})
    assert answer.status_code == 429
    assert "输错次数太多" in answer.text
    assert answer.headers["Retry-After"] == "600"
    assert "请在 10:10 以后再输入" in answer.text
    assert 'href="tel:0377-67220000"' in answer.text


@pytest.mark.parametrize(
    ("fault", "status", "sentence"),
    [
        (OperationalError("INSERT", {}, Exception("database is locked")), 503, "系统正忙"),
        (RuntimeError("a bug"), 500, "没有成功"),
    ],
)
def test_a_failure_keeps_what_was_typed_to_be_sent_again(
    client: FlaskClient,
    case: Case,
    unit: Unit,
    session: Session,
    monkeypatch: pytest.MonkeyPatch,
    fault: Exception,
    status: int,
    sentence: str,
) -> None:
    def broken(*_args: object, **_more: object) -> None:
        raise fault

    with monkeypatch.context() as patch:
        patch.setattr(responses, "submit", broken)
        answer = send(client, case, unit, cost="77", reasons__text="<写的>")
    assert answer.status_code == status
    assert answer.headers["Retry-After"] == "60"
    assert sentence in answer.text
    assert "Traceback" not in answer.text
    assert "a bug" not in answer.text
    hidden = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', answer.text)
    kept = {unescape(name): unescape(value) for name, value in hidden}
    assert kept[f"u{unit.id}-cost"] == "77"
    assert kept[f"u{unit.id}-reasons-text"] == "<写的>"
    again = client.post(address(case), data=kept)
    assert again.status_code == 303
    assert session.query(Response).count() == 1


def test_a_form_that_is_too_large(client: FlaskClient, case: Case, session: Session) -> None:
    answer = client.post(address(case), data={"x": "长" * 400_000})
    assert answer.status_code == 413
    assert session.query(Response).count() == 0


def test_the_public_appraisal_has_its_own_page(
    client: FlaskClient, case: Case, unit: Unit, session: Session
) -> None:
    appraisal = build_case(session, case.round, [unit], instrument="mass_appraisal")
    session.commit()
    assert "方城县纪委监委组织" in client.get(address(appraisal)).text
    answer = send(client, appraisal, unit, rating="dissatisfied", suggestion="排队太久")
    assert answer.status_code == 303
    stored = session.query(Answer).one()
    assert (stored.instrument, stored.details["suggestion"]) == ("mass_appraisal", "排队太久")
