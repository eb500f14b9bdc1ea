"""Receipts that count: what a freezing seals, what anybody may learn of one, and what a correction gives away."""

import json
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from survey_app.domain.answer_review import ReviewKind
from survey_app.domain.approval import Approval
from survey_app.domain.dossier_check import check
from survey_app.domain.receipt import list_digest
from survey_app.domain.roles import Role
from survey_app.models.response import Answer, Response
from survey_app.models.result_version import ResultVersion
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.services.answer_reviews import ask_review, decide_review
from survey_app.services.corrections import ask_for_correction, decide_on_correction
from survey_app.services.errors import NotFoundError, ServiceError
from survey_app.services.publishing import finalise, publish
from survey_app.services.receipts import LookedUp, ReceiptState, look_up, published_lists_of
from survey_app.services.respondent_cases import MalformedCodeError, TooManyTriesError, UnknownCodeError
from tests.builders import build_account, build_case
from tests.conftest import FakeClock
from tests.domain.bundles import bundle, unit
from tests.score_builders import build_answers, close, finalise_and_publish, load_bundle

KEY = b"t" * 32


@pytest.fixture
def round_(session: Session, clock: FakeClock) -> Round:
    """Eight answers about 甲局 that cost it points, one about 乙局, and one that had dealings with neither."""
    given = bundle(
        unit("甲局", satisfaction={"basically_satisfied": 8}), unit("乙局", satisfaction={"satisfied": 1})
    )
    made = load_bundle(session, given, clock.now)
    units = session.query(Unit).order_by(Unit.id).all()
    build_answers(session, build_case(session, made, units), {each.id: None for each in units}, clock.now)
    session.commit()
    return made


def void(session: Session, round_: Round, answers: list[Answer], clock: FakeClock) -> list[str]:
    """Two persons void these answers; returns the receipts of their responses."""
    one, other = build_account(session, Role.OFFICE).id, build_account(session, Role.OFFICE).id
    session.commit()
    for answer in answers:
        asked = ask_review(session, round_, answer.id, ReviewKind.VOID, "企业否认", one, clock.now)
        decide_review(session, round_, asked.id, Approval.APPROVED, "", other, clock.now)
    return [answer.response.receipt_code for answer in answers]


def of_first_unit(session: Session, number: int) -> list[Answer]:
    return (
        session.query(Answer)
        .filter(Answer.rating.is_not(None), Answer.counted)
        .order_by(Answer.id)
        .limit(number)
        .all()
    )


def first_code(session: Session, besides: str = "") -> str:
    found = session.query(Response.receipt_code).filter(Response.receipt_code != besides)
    return str(found.order_by(Response.id).limit(1).scalar())


def asked(session: Session, code: str, clock: FakeClock) -> LookedUp:
    return look_up(session, KEY, code, "10.0.0.1", clock.now)


def correct(session: Session, round_: Round, number: int, clock: FakeClock) -> list[str]:
    """A correction in which the first so many answers are voided, and which is published."""
    one, other = build_account(session, Role.OFFICE).id, build_account(session, Role.OFFICE).id
    wanted = ask_for_correction(session, round_, "回访查明不实", one, clock.now)
    decide_on_correction(session, round_, wanted.id, True, "", other, clock.now)
    codes = void(session, round_, of_first_unit(session, number), clock)
    finalise(session, round_, one, clock.now)
    publish(session, round_, other, clock.now)
    return codes


def test_a_freezing_seals_the_receipts_that_count_tied_to_nothing(
    session: Session, round_: Round, clock: FakeClock
) -> None:
    (voided,) = void(session, round_, of_first_unit(session, 1), clock)
    counted = sorted(code for (code,) in session.query(Response.receipt_code) if code != voided)
    finalise_and_publish(session, round_, clock.now)
    dossier = json.loads(json.dumps(session.query(ResultVersion).one().dossier))
    assert check(dossier) == []
    row = next(each for each in dossier["receipts"] if each["instrument"] == "satisfaction")
    assert row["codes"] == counted
    assert len(counted) == 9
    assert set(row) == {"instrument", "as_of", "number", "digest", "codes"}
    assert row["digest"] == list_digest(counted)
    rest = json.dumps({key: value for key, value in dossier.items() if key != "receipts"})
    assert not any(code in rest for code in (*counted, voided))
    (empty,) = [each for each in dossier["receipts"] if each["instrument"] == "mass_appraisal"]
    assert (empty["number"], empty["codes"]) == (0, [])


def test_the_states_of_a_receipt(session: Session, round_: Round, clock: FakeClock) -> None:
    (voided,) = void(session, round_, of_first_unit(session, 1), clock)
    counted = first_code(session, besides=voided)
    typed = f"{counted[:3].lower()} {counted[3:6]}-{counted[6:]}"
    assert asked(session, typed, clock).state is ReceiptState.NOT_YET
    assert asked(session, voided, clock).state is ReceiptState.NOT_YET  # nothing of the review is told before
    close(session, round_, clock.now)
    assert asked(session, counted, clock).state is ReceiptState.NOT_YET
    finalise(session, round_, build_account(session, Role.OFFICE).id, clock.now)
    found = asked(session, counted, clock)
    assert (found.state, found.quarter, found.published) == (ReceiptState.COUNTED, "2022-Q1", False)
    assert asked(session, voided, clock).state is ReceiptState.NOT_COUNTED
    with pytest.raises(NotFoundError):
        published_lists_of(session, "2022-Q1")
    with pytest.raises(MalformedCodeError):
        asked(session, "1234", clock)
    with pytest.raises(UnknownCodeError):
        asked(session, "ZZZZZZZZZ", clock)


def test_wrong_receipts_close_the_door_for_a_while(session: Session, round_: Round, clock: FakeClock) -> None:
    code = first_code(session)
    for _ in range(5):
        with pytest.raises(UnknownCodeError):
            asked(session, "ZZZZZZZZZ", clock)
    with pytest.raises(TooManyTriesError):
        asked(session, code, clock)
    assert look_up(session, KEY, code, "10.0.0.2", clock.now).code == code
    clock.advance(timedelta(minutes=11))
    assert asked(session, code, clock).code == code


def test_a_small_correction_does_not_show_whose_answer_was_voided(
    session: Session, round_: Round, clock: FakeClock
) -> None:
    """Whoever holds an enterprise's receipt, and sees its unit's points change, would else know the answer."""
    finalise_and_publish(session, round_, clock.now)
    clock.advance(timedelta(hours=1))
    before = published_lists_of(session, "2022-Q1").of("satisfaction")
    assert before is not None
    assert before.is_open
    assert len(before.codes) == 10
    (voided,) = correct(session, round_, 1, clock)
    found = asked(session, voided, clock)
    assert found.state is ReceiptState.COUNTED
    assert found.sealed is not None
    assert found.sealed.version == 2
    assert found.sealed.of("satisfaction") == before
    newest = session.query(ResultVersion).filter_by(version=2).one()
    assert check(json.loads(json.dumps(newest.dossier))) == []
    # Five at once are as many as are shown otherwise: from now on the new list stands.
    clock.advance(timedelta(hours=1))
    gone = correct(session, round_, 4, clock)
    assert {asked(session, code, clock).state for code in (voided, *gone)} == {ReceiptState.NOT_COUNTED}
    listed = published_lists_of(session, "2022-Q1").of("satisfaction")
    assert listed is not None
    assert (listed.as_of, len(listed.codes)) == (3, 5)


def test_a_lost_seal_is_told_and_no_list_is_read_from_it(
    session: Session, round_: Round, clock: FakeClock
) -> None:
    finalise_and_publish(session, round_, clock.now)
    code = first_code(session)
    version = session.query(ResultVersion).one()
    version.digest = version.digest[::-1]
    session.commit()
    with pytest.raises(ServiceError, match="校验码不符"):
        asked(session, code, clock)


def test_a_list_about_one_unit_or_of_few_is_not_published(session: Session, clock: FakeClock) -> None:
    made = load_bundle(session, bundle(unit("甲局", satisfaction={"satisfied": 6})), clock.now)
    finalise_and_publish(session, made, clock.now)
    listed = published_lists_of(session, "2022-Q1").of("satisfaction")
    assert listed is not None
    assert len(listed.codes) == 6
    assert not listed.is_open  # its length would be the number of answers about that unit
