"""Two surveys in one round: each drawn, sent and read by who asks, and by nobody else."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.domain.disposition import Disposition
from survey_app.domain.frame import read_frame
from survey_app.domain.roles import Role
from survey_app.domain.sheet import Row, Sheet
from survey_app.models.audit_event import AuditEvent
from survey_app.models.case import Case
from survey_app.models.enterprise import FrameEntry
from survey_app.models.message import Message
from survey_app.models.round import Round, Sample
from survey_app.models.unit import Unit
from survey_app.services import case_pages, links, outbox, reserves, rounds, surveys
from survey_app.services.case_pages import CaseFilter, case_detail, list_cases
from survey_app.services.collaborators import Collaborators
from survey_app.services.errors import NotFoundError, ServiceError
from survey_app.services.frames import changes_of, read_library, store_reading
from survey_app.services.invitations import INVITATION, invite, plan
from survey_app.services.personal_links import redraw_link
from survey_app.services.samples import draw_samples
from survey_app.services.tallies import live_tally
from tests.builders import KEYS, build_account, build_case, build_enterprise, build_round, build_unit
from tests.conftest import FakeClock
from tests.library_builders import fill_libraries
from tests.score_builders import build_answers

FRAME = Path(__file__).parents[1] / "frames" / "4-自来水公司-GBK.csv"
SURVEY, APPRAISAL = "satisfaction", "mass_appraisal"
CLOSES = datetime(2022, 6, 24, 16, 0, tzinfo=UTC)
REFUSED = "“群众评”不由您单位组织"


@pytest.fixture
def collaborators(app: Flask) -> Collaborators:
    found = app.extensions["collaborators"]
    assert isinstance(found, Collaborators)
    return found


@pytest.fixture
def round_(session: Session) -> Round:
    return build_round(session, closes_at=CLOSES)


@pytest.fixture
def unit(session: Session) -> Unit:
    return build_unit(session, "税务局")


@pytest.fixture
def appraised(session: Session, round_: Round, unit: Unit) -> Case:
    """A case of the commission's, beside one of the office's for the same enterprise."""
    both = build_enterprise(session, "宏达农业")
    build_case(session, round_, [unit], both)
    made = build_case(session, round_, [unit], both, instrument=APPRAISAL)
    session.commit()
    return made


def _drawn(session: Session, instrument: str) -> list[int]:
    rows = session.scalars(select(Case.enterprise_id).where(Case.instrument == instrument).order_by(Case.id))
    return list(rows)


def test_each_survey_is_drawn_by_its_asker_with_its_own_seed(
    session: Session, round_: Round, clock: FakeClock
) -> None:
    fill_libraries(session, {"税务局": 40})
    office, commission = build_account(session), build_account(session, Role.COMMISSION)
    session.commit()

    def draw(seed: str, instrument: str, account_id: int, size: int = 5) -> int:
        drawn = draw_samples(
            session, KEYS, round_, size, seed, clock.now, instrument=instrument, account_id=account_id
        )
        return drawn.new_cases

    with pytest.raises(ServiceError, match=REFUSED):
        draw("二", APPRAISAL, office.id)
    with pytest.raises(ServiceError, match="“企业满意度”不由您单位组织"):
        draw("一", SURVEY, commission.id)
    assert _drawn(session, SURVEY) == _drawn(session, APPRAISAL) == []
    assert draw("一", SURVEY, office.id) == 5
    with pytest.raises(ServiceError, match="请另用一个种子") as refused:
        draw(" 一 ", APPRAISAL, commission.id)
    assert refused.value.field == "seed"
    assert draw("二", APPRAISAL, commission.id, 8) == 8
    assert set(_drawn(session, SURVEY)) != set(_drawn(session, APPRAISAL))
    # The second draw would have been the same had there been no first.
    alone = build_round(session, "2022-Q3")
    draw_samples(session, KEYS, alone, 8, "二", clock.now, instrument=APPRAISAL)
    assert sorted(_drawn(session, APPRAISAL)[8:]) == sorted(_drawn(session, APPRAISAL)[:8])


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.COMMISSION])
def test_nobody_else_acts_on_the_commissions_survey(
    session: Session,
    collaborators: Collaborators,
    round_: Round,
    appraised: Case,
    clock: FakeClock,
    role: Role,
) -> None:
    who = build_account(session, role).id
    appraised.disposition, appraised.closed = Disposition.DEREGISTERED, True
    sample = session.scalars(select(Sample).where(Sample.instrument == APPRAISAL)).one()
    session.commit()
    deeds: dict[str, Callable[[], object]] = {
        "links": lambda: links.link_rows(session, collaborators, round_, APPRAISAL, who),
        "invite": lambda: invite(
            session, collaborators, round_, INVITATION, clock.now, account_id=who, instrument=APPRAISAL
        ),
        "reserve": lambda: reserves.call_in_reserve(session, KEYS, sample, 1, clock.now, who),
        "replace": lambda: reserves.replace_all(session, KEYS, round_, clock.now, who, APPRAISAL),
        "new link": lambda: redraw_link(session, KEYS, appraised, clock.now, who),
        "phones": lambda: case_pages.record_reveal(session, appraised, "check", clock.now, who),
    }
    for deed, do in deeds.items():
        with pytest.raises(ServiceError, match=REFUSED):
            do()
        session.rollback()
        assert session.scalar(select(Message.id)) is None, deed
        assert session.scalar(select(AuditEvent.id)) is None, deed
    session.refresh(appraised)
    assert appraised.link_version == 1


def test_who_is_asked_is_seen_by_who_asks_only(
    session: Session,
    collaborators: Collaborators,
    round_: Round,
    unit: Unit,
    appraised: Case,
    clock: FakeClock,
) -> None:
    invite(session, collaborators, round_, INVITATION, clock.now, instrument=APPRAISAL)
    seen = {}
    for role in (Role.OFFICE, Role.COMMISSION):
        rows, _ = list_cases(session, round_, role, CaseFilter(), 1)
        sample = reserves.sample_of(session, round_, unit.id, role)
        entries, _ = outbox.entries(session, collaborators, role, None, 1)
        seen[role] = (
            [row.public_id == appraised.public_id for row in rows],
            sample.instrument,
            len(entries),
            outbox.counts(session, role).total(),
        )
    assert seen == {
        Role.OFFICE: ([False], SURVEY, 0, 0),
        Role.COMMISSION: ([True], APPRAISAL, 1, 1),
    }
    assert case_detail(session, appraised.public_id, Role.COMMISSION).case.id == appraised.id
    for role in set(Role) - {Role.COMMISSION}:
        with pytest.raises(NotFoundError):
            case_detail(session, appraised.public_id, role)
    for role in set(Role) - {Role.OFFICE, Role.COMMISSION}:
        with pytest.raises(NotFoundError):
            list_cases(session, round_, role, CaseFilter(), 1)
        assert surveys.surveys_in(round_, role) == []
        assert outbox.counts(session, role).total() == 0


def test_the_office_reads_the_figures_of_both_the_commission_its_own(round_: Round) -> None:
    both = [(SURVEY, Role.OFFICE), (APPRAISAL, Role.COMMISSION)]
    assert surveys.surveys_in(round_, Role.OFFICE) == both
    assert surveys.surveys_in(round_, Role.COMMISSION) == both[1:]


def test_answers_count_for_the_survey_they_were_given_to(
    session: Session, round_: Round, unit: Unit, appraised: Case, clock: FakeClock
) -> None:
    survey = session.scalars(select(Case).where(Case.instrument == SURVEY)).one()
    build_answers(session, survey, {unit.id: "satisfied"}, clock.now)
    build_answers(session, appraised, {unit.id: "dissatisfied"}, clock.now)
    assert live_tally(session, round_.id, SURVEY)[unit.id].counts == {"satisfied": 1}
    assert live_tally(session, round_.id, APPRAISAL)[unit.id].counts == {"dissatisfied": 1}
    figures = [rounds.overview(session, round_.id, each) for each in (SURVEY, APPRAISAL, None)]
    assert [(each.cases, each.answered) for each in figures] == [(1, 1), (1, 1), (0, 0)]


def test_a_number_held_back_does_not_show_whom_the_other_survey_asks(
    session: Session, collaborators: Collaborators, round_: Round, unit: Unit, clock: FakeClock
) -> None:
    """Each survey has its own share of a number, and three a round are not passed by both together."""
    for instrument in (APPRAISAL, APPRAISAL, SURVEY, SURVEY, SURVEY):
        build_case(session, round_, [unit], instrument=instrument)
    session.commit()

    def held_back(instrument: str) -> int:
        return len(plan(session, collaborators, round_, INVITATION, clock.now, instrument).held_back)

    queued = Counter[str]()
    for _day in range(4):
        for instrument in (APPRAISAL, SURVEY):
            before = held_back(SURVEY)
            queued[instrument] += invite(
                session, collaborators, round_, INVITATION, clock.now, instrument=instrument
            )
            if instrument == APPRAISAL:
                assert held_back(SURVEY) == before
        clock.advance(timedelta(days=2))
    assert queued == {APPRAISAL: 1, SURVEY: 2}


def test_a_library_that_is_read_again_does_not_tell_the_office_whom_the_commission_asks(
    session: Session, round_: Round, unit: Unit, clock: FakeClock
) -> None:
    def asked() -> int:
        return changes_of(session, read_frame([sheet], unit.name))[0].asked_phones_changed

    reading = read_library(session, FRAME.read_bytes(), FRAME.name, unit.name)
    store_reading(session, reading, FRAME.name, "0" * 64, clock.now)
    first = session.scalars(select(FrameEntry).order_by(FrameEntry.id)).first()
    assert first is not None
    key = ("企业名称", "统一社会信用代码", "联系人", "联系电话")
    row = (first.enterprise.name, first.enterprise.credit_code or "", "", "13911112222")
    sheet = Sheet("样本库", (Row(1, key, False), Row(2, row, False)), False)
    draw_samples(session, KEYS, round_, 10_000, "封存的种子", clock.now, instrument=APPRAISAL)
    assert asked() == 0
    draw_samples(session, KEYS, round_, 10_000, "公开的种子", clock.now)
    assert asked() == 1
