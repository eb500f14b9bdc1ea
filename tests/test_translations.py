"""The English catalogue is complete, and pages shown in English hold no Chinese of the product's own."""

import io
import re
from collections.abc import Callable
from datetime import timedelta
from functools import lru_cache
from gettext import GNUTranslations
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_keywords, parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from survey_app.domain.roles import Role
from survey_app.domain.round_state import RoundState
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.schemes.loader import scheme_digest
from tests.builders import build_case, build_enterprise, build_round, code_of, token_of
from tests.conftest import FakeClock
from tests.domain.bundles import bundle, unit
from tests.pages import Browser
from tests.score_builders import finalise_and_publish, load_bundle

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "survey_app/translations/en/LC_MESSAGES"
PLACE = re.compile(r"%\(\w+\)[sd]|%%|\{\w*\}")
# Ideographs, kana, and the punctuation that only Chinese has; the ideographic space is layout.
CJK = re.compile(r"[\u3001-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]+")
# The text of an SMS is the template's, in the one language that it is sent in.
SMS = re.compile(r"【.*?】[^<]*")
# What people wrote, as the builders do, and the name of the other language: not the product's words.
WRITTEN = re.compile(r"中文|王敏|批示件|已核对原件|汇总表|情况\d|种子|样本库\.xlsx|企业\d{4}|\d{3}号")
# What a form sends is no text of the page.
SENT = re.compile(r' value="[^"]*"')


@lru_cache
def _sources() -> dict[str, str]:
    """Every text of the source that pages may translate, with the place where it stands."""
    extra = re.findall(r"-k (\w+)", (ROOT / "scripts/translate").read_text())
    with (ROOT / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    found = extract_from_dir(ROOT, methods, options, {**DEFAULT_KEYWORDS, **parse_keywords(extra)})
    return {text: f"{path}:{line}" for path, line, text, _, _ in found if isinstance(text, str)}


@lru_cache
def _catalog() -> Catalog:
    with (FOLDER / "messages.po").open("rb") as file:
        return read_po(file, locale="en")


def _messages() -> list[Message]:
    return [message for message in _catalog() if message.id]


def test_every_text_has_its_english() -> None:
    english = {message.id: message.string for message in _messages()}
    assert len(_sources()) > 800
    missing = {text: place for text, place in _sources().items() if not english.get(text)}
    assert not missing, "scripts/translate collects them"


def test_the_catalogue_holds_nothing_that_is_gone_or_guessed() -> None:
    assert not [message.id for message in _messages() if message.id not in _sources()]
    assert not [message.id for message in _messages() if message.fuzzy]


@pytest.mark.parametrize("message", _messages(), ids=lambda message: message.id)
def test_english_keeps_the_places_and_is_english(message: Message) -> None:
    assert set(PLACE.findall(message.string)) == set(PLACE.findall(message.id))
    assert "%" not in PLACE.sub("", message.string)
    assert not CJK.search(message.string)


def test_the_compiled_catalogue_is_that_of_the_texts() -> None:
    compiled = io.BytesIO()
    write_mo(compiled, _catalog())
    compiled.seek(0)
    with (FOLDER / "messages.mo").open("rb") as file:
        stored = dict(GNUTranslations(file)._catalog)  # type: ignore[attr-defined]
    wanted = dict(GNUTranslations(compiled)._catalog)  # type: ignore[attr-defined]
    stored.pop("", None)
    wanted.pop("", None)
    assert stored == wanted


def _english(client: FlaskClient) -> FlaskClient:
    with client.session_transaction() as cookie:
        cookie["language"] = "en"
    return client


def _left(text: str) -> list[str]:
    """The Chinese that a page holds beside what people wrote."""
    for pattern in (SENT, WRITTEN, SMS):
        text = pattern.sub("", text)
    return CJK.findall(text)


@pytest.fixture
def rounds(session: Session, clock: FakeClock) -> tuple[Round, Round]:
    """A published round, and an open one with a case; names are in English, so that any Chinese stands out."""
    practice = [{"practice": "One-stop desk", "level": "city"}]
    answers = {"satisfied": 1, "basically_satisfied": 1, "dissatisfied": 1}
    published = load_bundle(
        session,
        bundle(
            unit("Tax bureau", satisfaction=answers, endorsements=practice, broken_promises=1),
            unit("Power company", satisfaction=answers),
        ),
        clock.now,
    )
    finalise_and_publish(session, published, clock.now)
    soon = clock.now + timedelta(days=9)
    opened = build_round(session, "2022-Q2", RoundState.OPEN, closes_at=soon, scheme_digest=scheme_digest())
    build_case(session, opened, session.query(Unit).all(), build_enterprise(session, "Acme Ltd"))
    session.commit()
    return published, opened


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("role", "addresses"),
    [
        (Role.ADMIN, {"/admin/accounts", "/admin/units"}),
        (Role.OFFICE, {"/rounds", "/rounds/2022-Q1/scores", "/rounds/2022-Q2/cases", "/frames", "/outbox"}),
        (Role.COMMISSION, {"/rounds/2022-Q2/mass-appraisal"}),
        (Role.SUPERVISOR, {"/marks"}),
        (Role.UNIT, {"/result"}),
    ],
)
def test_staff_pages_in_english_hold_no_chinese(
    rounds: tuple[Round, Round], sign_in: Callable[..., FlaskClient], role: Role, addresses: set[str]
) -> None:
    client = _english(sign_in(role, unit="Tax bureau" if role is Role.UNIT else None))
    pages = list(Browser(client).crawl("/"))
    assert addresses <= {page.address for page in pages}
    assert {page.address: left for page in pages if (left := _left(page.text))} == {}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_interviewers_pages_in_english_hold_no_chinese(
    rounds: tuple[Round, Round], sign_in: Callable[..., FlaskClient]
) -> None:
    browser = Browser(_english(sign_in(Role.INTERVIEWER)))
    desk = browser.open("/calls")
    call = browser.send(desk, "Take the next enterprise")
    assert "Acme Ltd" in call.text
    assert (_left(desk.text), _left(call.text)) == ([], [])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_respondents_pages_in_english_hold_no_chinese(
    app: Flask, rounds: tuple[Round, Round], session: Session, client: FlaskClient
) -> None:
    case = build_case(
        session,
        rounds[1],
        [session.query(Unit).filter_by(name="Tax bureau").one()],
        build_enterprise(session, "Beta Ltd"),
    )
    session.commit()
    address = f"/s/{token_of(case)}?lang=en"
    pages = {
        "form": client.get(address),
        "with faults": client.post(address, data={}),
        "code": client.get("/s?lang=en"),
        "wrong code": client.post("/s?lang=en", data={"code": "x"}),
        "right code": client.post("/s?lang=en", data={"code": code_of(case)}),
        "no such link": client.get("/s/unknown?lang=en"),
        "sign-in": _english(app.test_client()).get("/sign-in"),
    }
    assert {name: _left(page.text) for name, page in pages.items() if _left(page.text)} == {}
