"""From a database to a dossier: it agrees with itself and with the pages' scores, and names nobody."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from survey_app.domain.answer_review import ReviewKind
from survey_app.domain.approval import Approval
from survey_app.domain.dossier_check import check
from survey_app.domain.mode import Mode
from survey_app.domain.roles import Role
from survey_app.domain.sampling import order_digest
from survey_app.domain.score_json import round_as_json
from survey_app.models.case import Case
from survey_app.models.enterprise import Enterprise
from survey_app.models.response import Answer, LaterSubmission
from survey_app.models.round import SampleEntry
from survey_app.models.unit import Unit
from survey_app.services.answer_reviews import ask_review, decide_review
from survey_app.services.dossiers import assemble, dossier_of
from survey_app.services.errors import ServiceError
from survey_app.services.items import enter_item
from survey_app.services.publishing import finalise
from survey_app.services.scores import live_scores
from tests.builders import build_account, build_case
from tests.conftest import FakeClock
from tests.domain.bundles import bundle, golden, unit
from tests.score_builders import approve_all, build_answers, close, load_bundle


def _small() -> dict[str, Any]:
    return bundle(
        unit(
            "甲局",
            supervisors={"marks": [6.5, 8, 8]},
            endorsements=[{"practice": "一窗通办", "level": "city"}],
        ),
        unit("乙局", satisfaction={"satisfied": 2, "basically_satisfied": 1}, broken_promises=1),
    )


def test_goldens_through_the_database_make_a_dossier_that_agrees(session: Session, clock: FakeClock) -> None:
    round_ = load_bundle(session, golden("bundle.json"), clock.now)
    result = live_scores(session, round_)
    made = json.loads(json.dumps(dossier_of(session, round_)))
    assert check(made) == []
    assert made["scores"] == round_as_json(result.score)
    assert made["inputs"] == result.bundle
    assert check(made, result.digest) == []
    assert (made["version"], made["frozen_at"]) == (None, None)


def test_draws_are_held_back_while_answers_are_taken(session: Session, clock: FakeClock) -> None:
    """With a seed and the libraries, which the office has, anybody reckons whom the commission asks."""
    round_ = load_bundle(session, _small(), clock.now)
    trial = dossier_of(session, round_)
    assert (trial["draws"], check(trial)) == ([], [])
    close(session, round_, clock.now)
    trial = dossier_of(session, round_)
    assert {draw["seed"] for draw in trial["draws"]} == {"种子"}
    assert check(trial) == []
    cut = {**trial, "version": 1, "frozen_at": "2022-04-01T09:00:00+08:00", "draws": []}
    assert any("抽样" in str(difference) for difference in check(cut))


def test_it_holds_nothing_by_which_anybody_is_known(session: Session, clock: FakeClock) -> None:
    round_ = load_bundle(session, _small(), clock.now)
    rated = session.query(Unit).filter_by(name="甲局").one()
    case = build_case(session, round_, [rated], phone="13912345678")
    build_answers(session, case, {rated.id: "dissatisfied"}, clock.now, suggestion="老板姓张")
    office = build_account(session, Role.OFFICE)
    session.commit()
    enter_item(session, round_, rated, "assigned_tasks", {"points": "7"}, "张三来电", 1, office.id, clock.now)
    approve_all(session, round_, Role.OFFICE, clock.now)
    text = json.dumps(dossier_of(session, round_), ensure_ascii=False)
    known = [each for case in session.query(Case) for each in (case.public_id, case.token_hash)]
    known += [each for row in session.query(Enterprise) for each in (row.key, row.name)]
    known += [office.display_name, office.username, "139", "王敏", "老板", "张三", "10:00", "02:00", "批示件"]
    assert [each for each in known if each in text] == []


def test_facts_are_those_of_the_database(session: Session, clock: FakeClock) -> None:
    round_ = load_bundle(session, _small(), clock.now)
    rated = session.query(Unit).filter_by(name="乙局").one()
    case = build_case(session, round_, [rated])
    build_answers(session, case, {rated.id: None}, clock.now)
    said = {str(rated.id): {"dealt": "yes", "rating": "dissatisfied", "details": {}}}
    session.add(
        LaterSubmission(
            case_id=case.id, mode=Mode.PHONE, received_at=clock.now, content_digest="0" * 64, content=said
        )
    )
    close(session, round_, clock.now)
    made = dossier_of(session, round_)
    answer = {"unit": "乙局", "instrument": "satisfaction", "day": "2022-06-15"}
    assert [row for row in made["answers"] if row["unit"] == "乙局"] == [
        {**answer, "mode": "phone", "rating": "dissatisfied", "state": "later"},
        {**answer, "mode": "qr", "rating": "basically_satisfied", "state": "counted"},
        {**answer, "mode": "qr", "rating": "satisfied", "state": "counted"},
        {**answer, "mode": "qr", "rating": "satisfied", "state": "counted"},
        {**answer, "mode": "qr", "rating": None, "state": "counted"},
    ]
    assert made["marks"] == [{"unit": "甲局", "marks": [8, 8, 6.5]}, {"unit": "乙局", "marks": [8, 8, 7]}]
    assert made["endorsements"] == [
        {"unit": "甲局", "practice": "一窗通办", "level": "city", "day": "2022-03-01"}
    ]
    assert made["broken_promises"] == [{"unit": "乙局", "day": "2022-03-01"}]
    entry = next(row for row in made["entries"] if (row["unit"], row["item"]) == ("乙局", "mass_appraisal"))
    assert (entry["version"], entry["data"]["satisfied"]) == (1, "30")
    assert (entry["entered_by"], entry["approved_by"]) == ("commission", "commission")
    keys = [
        row.enterprise.key
        for row in session.query(SampleEntry).order_by(SampleEntry.rank)
        if row.sample.unit_id == rated.id
    ]
    draw = next(row for row in made["draws"] if row["unit"] == "乙局")
    assert draw["order_digest"] == order_digest(keys)
    assert (draw["seed"], draw["size"], draw["frame_size"]) == ("种子", 10, 20)


def test_answers_that_two_persons_voided_or_replaced_are_in_it_and_not_counted(
    session: Session, clock: FakeClock
) -> None:
    round_ = load_bundle(session, bundle(unit("甲局", satisfaction={"satisfied": 4})), clock.now)
    one, other = build_account(session, Role.OFFICE), build_account(session, Role.OFFICE)
    replaced, voided = session.query(Answer).order_by(Answer.id).limit(2)
    said = {str(replaced.unit_id): {"dealt": "yes", "rating": "dissatisfied", "details": {}}}
    later = LaterSubmission(
        case_id=replaced.response.case_id,
        mode=Mode.PHONE,
        received_at=clock.now + timedelta(days=1),
        content_digest="0" * 64,
        content=said,
    )
    session.add(later)
    session.commit()
    for answer, kind, place in ((replaced, ReviewKind.REPLACE, later.id), (voided, ReviewKind.VOID, None)):
        asked = ask_review(session, round_, answer.id, kind, "企业否认", one.id, clock.now, place)
        decide_review(session, round_, asked.id, Approval.APPROVED, "", other.id, clock.now)
    made = dossier_of(session, round_)
    assert check(made) == []
    assert sorted((row["state"], row["rating"], row["mode"], row["day"]) for row in made["answers"]) == [
        ("counted", "dissatisfied", "phone", "2022-06-16"),
        ("counted", "satisfied", "qr", "2022-06-15"),
        ("counted", "satisfied", "qr", "2022-06-15"),
        ("replaced", "satisfied", "qr", "2022-06-15"),
        ("voided", "satisfied", "qr", "2022-06-15"),
    ]
    assert "企业否认" not in json.dumps(made, ensure_ascii=False)


def test_units_that_take_no_part_are_left_out(session: Session, clock: FakeClock) -> None:
    round_ = load_bundle(session, _small(), clock.now)
    session.query(Unit).filter_by(name="乙局").one().active = False
    session.commit()
    made = dossier_of(session, round_)
    assert check(made) == []
    assert "乙局" not in json.dumps(made["answers"] + made["marks"] + made["entries"], ensure_ascii=False)


def test_a_result_that_the_facts_do_not_make_has_no_dossier(session: Session, clock: FakeClock) -> None:
    round_ = load_bundle(session, _small(), clock.now)
    result = live_scores(session, round_)
    rated = session.query(Unit).filter_by(name="甲局").one()
    build_answers(session, build_case(session, round_, [rated]), {rated.id: "dissatisfied"}, clock.now)
    session.commit()
    with pytest.raises(ServiceError, match="对不上"):
        assemble(session, round_, result, 1, clock.now)


def test_a_final_result_has_its_version(session: Session, clock: FakeClock) -> None:
    round_ = load_bundle(session, _small(), clock.now)
    close(session, round_, clock.now)
    finalise(session, round_, build_account(session, Role.OFFICE).id, clock.now)
    made = dossier_of(session, round_)
    assert (made["version"], made["frozen_at"]) == (1, "2022-06-15T10:00:00+08:00")
    assert check(made) == []


def test_the_order_in_which_things_were_entered_changes_nothing(session: Session, clock: FakeClock) -> None:
    units = _small()["units"]
    made = []
    for quarter, order in (("2022-Q1", 1), ("2022-Q2", -1)):
        round_ = load_bundle(session, {**bundle(*units[::order]), "round": quarter}, clock.now)
        made.append(dossier_of(session, round_))
    for key in ("answers", "entries", "marks", "endorsements", "broken_promises"):
        assert made[0][key] == made[1][key]
