"""The day's board: figures of one survey only, and who is on what."""

from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from survey_app.domain.disposition import Disposition
from survey_app.domain.finishing import Finish
from survey_app.domain.roles import Role
from survey_app.models.contact_attempt import ContactAttempt
from survey_app.services import interviews
from survey_app.services.day_board import UnitStanding, day_board, unit_standings
from tests.builders import build_account, build_case, build_round, build_unit

D = Disposition
NOW = datetime(2022, 6, 15, 2, 0, tzinfo=UTC)  # a Wednesday, 10:00 in the county


def test_the_board_of_a_day(session: Session) -> None:
    alice, bob, eve = (build_account(session, Role.INTERVIEWER) for _ in range(3))
    round_, unit, other = build_round(session), build_unit(session), build_unit(session)
    for _ in range(4):
        build_case(session, round_, [unit])
    both = build_case(session, round_, [unit, other])
    both.due_at = NOW + timedelta(hours=3)
    missed = build_case(session, round_, [other])
    missed.appointment_at = NOW - timedelta(hours=1)
    missed.due_at, missed.disposition = NOW + timedelta(days=1), D.APPOINTMENT
    session.commit()
    for who, outcome in ((alice, D.HARD_REFUSAL), (bob, None), (eve, D.APPOINTMENT)):
        case = interviews.next_case(session, who.id, NOW, "seed")
        assert case is not None
        interviews.begin_call(session, case.id, who.id, 0, NOW)
        if outcome:
            at = NOW + timedelta(hours=1) if outcome is D.APPOINTMENT else None
            interviews.record_outcome(session, case.id, who.id, outcome, "", at, NOW)
    board = day_board(session, round_, "satisfaction", NOW)
    assert {each.disposition: (each.open, each.ended) for each in board.standings} == {
        D.NOT_CONTACTED: (3, 0),
        D.APPOINTMENT: (2, 0),
        D.HARD_REFUSAL: (0, 1),
    }
    assert (board.left, board.ended, board.due_now, board.later_today) == (5, 1, 2, 2)
    assert (board.appointments_today, board.appointments_missed) == (1, 1)
    assert (board.waiting_for_sms, board.finish) == (0, None)
    seen = {each.name: (each.calls, each.in_call_since, each.on_case, each.last_at) for each in board.at_work}
    assert seen == {
        alice.display_name: (1, None, False, NOW),
        bob.display_name: (1, NOW, True, NOW),
        eve.display_name: (1, None, False, NOW),
    }
    assert unit_standings(session, round_, "satisfaction") == [
        UnitStanding(unit.id, unit.name, completed=0, ended=1, open=4, untried=3),
        UnitStanding(other.id, other.name, completed=0, ended=0, open=2, untried=1),
    ]


def test_another_survey_s_work_isn_t_told(session: Session) -> None:
    alice = build_account(session, Role.INTERVIEWER)
    round_, unit = build_round(session), build_unit(session)
    build_case(session, round_, [unit], instrument="mass_appraisal")
    session.commit()
    case = interviews.next_case(session, alice.id, NOW, "seed")
    assert case is not None
    interviews.begin_call(session, case.id, alice.id, 0, NOW)
    office = day_board(session, round_, "satisfaction", NOW)
    assert (office.standings, office.at_work, office.left) == ([], [], 0)
    assert unit_standings(session, round_, "satisfaction") == []
    assert [each.name for each in day_board(session, round_, "mass_appraisal", NOW).at_work] == [
        alice.display_name
    ]


def test_the_finish_follows_the_days_with_calls(session: Session) -> None:
    alice = build_account(session, Role.INTERVIEWER)
    round_, unit = build_round(session), build_unit(session)
    cases = [build_case(session, round_, [unit]) for _ in range(10)]
    # Friday, Monday and Tuesday; the calls of Sunday and of today don't count.
    for days, calls in ((5, 10), (3, 1), (2, 20), (1, 10), (0, 3)):
        for number in range(calls):
            session.add(
                ContactAttempt(
                    case_id=cases[number % 10].id,
                    interviewer_id=alice.id,
                    phone="13800138000",
                    started_at=NOW - timedelta(days=days),
                    outcome=D.HARD_REFUSAL.value,
                    note="",
                )
            )
    session.flush()
    today = NOW.date()
    assert day_board(session, round_, "satisfaction", NOW).finish == Finish(today, today)
