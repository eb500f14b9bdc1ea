"""The interviewer's day, and what a call page knows."""

from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from survey_app.domain.disposition import Disposition
from survey_app.domain.mode import Mode
from survey_app.domain.roles import Role
from survey_app.models.contact_attempt import ContactAttempt
from survey_app.models.response import Response
from survey_app.services import interviews
from survey_app.services.call_desk import RecentCall, desk
from survey_app.services.call_sheet import call_sheet
from tests.builders import build_account, build_case, build_enterprise, build_round, build_unit

D = Disposition
NOW = datetime(2022, 6, 15, 2, 0, tzinfo=UTC)  # 10:00 in the county


def test_an_empty_desk(session: Session) -> None:
    seen = desk(session, build_account(session, Role.INTERVIEWER).id, NOW)
    assert (seen.held, seen.calls, seen.completed, seen.agreed, seen.due, seen.unfinished) == (
        None,
        0,
        0,
        0,
        0,
        0,
    )
    assert (seen.next_due_at, seen.appointments, seen.promised_by_others, seen.recent) == (None, [], 0, [])


def test_own_figures_of_the_county_s_day(session: Session) -> None:
    alice, bob = (build_account(session, Role.INTERVIEWER).id for _ in range(2))
    round_, unit = build_round(session), build_unit(session)
    for n in range(4):
        build_case(session, round_, [unit], build_enterprise(session, f"企业{n}"), phone=f"1380013800{n}")
    session.commit()
    yesterday = datetime(2022, 6, 14, 15, 59, tzinfo=UTC)  # 23:59 in the county
    for who, when, outcome, appointment in [
        (alice, yesterday, D.NO_ANSWER, None),
        (alice, NOW, D.APPOINTMENT, NOW + timedelta(hours=3)),
        (bob, NOW, D.APPOINTMENT, NOW + timedelta(hours=2)),
    ]:
        case = interviews.next_case(session, who, when, "seed")
        assert case is not None
        interviews.begin_call(session, case.id, who, 0, when)
        interviews.record_outcome(session, case.id, who, outcome, "", appointment, when)
    held = interviews.next_case(session, bob, NOW, "seed")
    assert held is not None
    session.add(
        Response(
            case_id=held.id,
            mode=Mode.PHONE,
            interviewer_id=alice,
            instrument_version="1",
            opened_at=NOW,
            received_at=NOW,
            content_digest="0" * 64,
            receipt_code="R1",
        )
    )
    held.closed, held.held_by_id = True, None
    session.flush()
    seen = desk(session, alice, NOW)
    assert (seen.calls, seen.completed, seen.agreed) == (1, 1, 1)
    assert (seen.due, seen.unfinished) == (1, 3)
    assert [(a.at, a.is_due) for a in seen.appointments] == [(NOW + timedelta(hours=3), False)]
    assert seen.promised_by_others == 1
    assert seen.next_due_at is None  # there is something to do now
    (recent,) = seen.recent
    assert isinstance(recent, RecentCall)
    assert (recent.phone[:7], recent.outcome) == ("138****", D.APPOINTMENT)
    assert desk(session, bob, NOW).completed == 0


def test_a_missed_appointment_stays_in_sight(session: Session) -> None:
    alice = build_account(session, Role.INTERVIEWER).id
    case = build_case(session, build_round(session), [build_unit(session)])
    case.due_at = case.appointment_at = NOW - timedelta(days=2)
    session.add(
        ContactAttempt(
            case_id=case.id,
            interviewer_id=alice,
            phone="13800138000",
            started_at=NOW - timedelta(days=3),
            outcome=D.APPOINTMENT.value,
            note="",
        )
    )
    tomorrow = build_case(session, case.round, [build_unit(session)])
    tomorrow.due_at = tomorrow.appointment_at = datetime(2022, 6, 15, 16, 0, tzinfo=UTC)  # midnight
    session.flush()
    assert [(a.at, a.is_due) for a in desk(session, alice, NOW).appointments] == [(case.appointment_at, True)]


def test_the_sheet_suggests_the_number_tried_least(session: Session) -> None:
    alice, bob = (build_account(session, Role.INTERVIEWER) for _ in range(2))
    case = build_case(session, build_round(session), [build_unit(session), build_unit(session)])
    first, second = (unit.sample_entry.frame_entry for unit in case.units)
    second.phones = [{"number": "0377-67230000", "extension": "", "kind": "landline"}]
    first.matter = "注销登记"
    session.commit()
    interviews.next_case(session, alice.id, NOW, "seed")
    sheet = call_sheet(session, case, alice.id, NOW)
    assert (sheet.suggested, sheet.history, sheet.current) == (0, [], None)
    assert (str(sheet.quarter.title), sheet.units[0].matter) == ("2022年第二季度", "注销登记")
    interviews.begin_call(session, case.id, alice.id, 0, NOW)
    assert call_sheet(session, case, alice.id, NOW).current is not None
    interviews.record_outcome(session, case.id, alice.id, D.BUSY, "占线", None, NOW)
    later = NOW + timedelta(hours=1)
    interviews.next_case(session, bob.id, later, "seed")
    sheet = call_sheet(session, case, bob.id, later)
    assert (sheet.suggested, sheet.current) == (1, None)
    (past,) = sheet.history
    assert (past.interviewer, past.phone, past.outcome, past.note) == (
        alice.display_name,
        "13800138000",
        D.BUSY,
        "占线",
    )
    assert call_sheet(session, case, alice.id, later).phones == []  # she doesn't hold it now


def test_the_sheet_suggests_the_number_at_which_somebody_was_reached(session: Session) -> None:
    alice = build_account(session, Role.INTERVIEWER).id
    case = build_case(session, build_round(session), [build_unit(session)])
    case.units[0].sample_entry.frame_entry.phones = [
        {"number": number, "extension": "", "kind": "mobile"} for number in ("13800138000", "13800138001")
    ]
    session.commit()
    interviews.next_case(session, alice, NOW, "seed")
    interviews.begin_call(session, case.id, alice, 1, NOW)
    when = NOW + timedelta(hours=1)
    interviews.record_outcome(session, case.id, alice, D.APPOINTMENT, "", when, NOW)
    interviews.next_case(session, alice, when, "seed")
    assert call_sheet(session, case, alice, when).suggested == 1
