"""Attachments: what is taken where and by whom, and what a missing scan keeps from being final."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.orm import Session

from survey_app.domain.approval import Approval
from survey_app.domain.roles import Role
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.schemes.loader import load_scheme
from survey_app.services.approvals import decide_entries, waiting_entries
from survey_app.services.attachments import (
    MOST_AT_A_PLACE,
    Place,
    attachments_at,
    content_of,
    counts_at_items,
    missing_scans,
    upload,
    withdraw_attachment,
)
from survey_app.services.errors import ConflictError, NotFoundError, ServiceError
from survey_app.services.evidence import RoundEvidence
from survey_app.services.items import enter_item
from tests.builders import build_account, build_round, build_unit
from tests.conftest import FakeClock
from tests.score_builders import approve_all, build_ledger_entry

PDF = b"%PDF-1.7 scan"


@pytest.fixture
def round_(session: Session) -> Round:
    return build_round(session)


@pytest.fixture
def unit(session: Session) -> Unit:
    return build_unit(session, "税务局")


def test_a_file_is_kept_as_sent_under_a_cleaned_name(
    session: Session, round_: Round, unit: Unit, clock: FakeClock
) -> None:
    office, place = build_account(session).id, Place("innovation_highlight", unit.id)
    kept = upload(session, round_, place, "..\\照片.exe", PDF, office, clock.now)
    assert (kept.filename, kept.media_type, kept.size) == ("照片.pdf", "application/pdf", len(PDF))
    session.expire_all()
    assert content_of(session, kept.id).content == PDF
    with pytest.raises(ServiceError, match="已经上传过（照片"):
        upload(session, round_, place, "另一名.pdf", PDF, office, clock.now)
    item = load_scheme(round_.scheme_key).item(place.item)
    assert RoundEvidence(session, round_).of(unit.id, item).attachments == 1


def test_of_the_same_file_sent_twice_at_once_one_is_kept(
    session: Session, round_: Round, unit: Unit, clock: FakeClock
) -> None:
    office, place = build_account(session).id, Place("innovation_highlight", unit.id)
    session.commit()

    def send(number: int) -> bool:
        with Session(session.get_bind(), expire_on_commit=False) as own:
            try:
                return bool(upload(own, round_, place, f"{number}.pdf", PDF, office, clock.now))
            except ServiceError:
                return False

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(send, range(6))) == 1
    assert len(attachments_at(session, round_, place)) == 1


def test_a_place_takes_so_many_files(session: Session, round_: Round, unit: Unit, clock: FakeClock) -> None:
    office, place = build_account(session).id, Place("innovation_highlight", unit.id)
    for number in range(MOST_AT_A_PLACE):
        upload(session, round_, place, "a.pdf", PDF + b"%d" % number, office, clock.now)
    with pytest.raises(ServiceError, match="一处最多 20 个"):
        upload(session, round_, place, "a.pdf", PDF, office, clock.now)


def test_a_withdrawn_file_stays_with_its_reason_and_proves_nothing(
    session: Session, round_: Round, unit: Unit, clock: FakeClock
) -> None:
    office = build_account(session).id
    entry = build_ledger_entry(session, round_, unit, "problems", clock.now)
    place = Place("problems", unit.id, entry.id)
    kept = upload(session, round_, place, "a.pdf", PDF, office, clock.now)
    assert counts_at_items(session, round_.id) == {(unit.id, "problems"): 1}
    with pytest.raises(ServiceError, match="请填写撤下的原因"):
        withdraw_attachment(session, round_, kept.id, " ", office, clock.now)
    withdraw_attachment(session, round_, kept.id, "传错了", office, clock.now)
    assert counts_at_items(session, round_.id) == {}
    assert [each.withdrawn_reason for each in attachments_at(session, round_, place)] == ["传错了"]
    with pytest.raises(ConflictError):
        withdraw_attachment(session, round_, kept.id, "再撤", office, clock.now)
    with pytest.raises(NotFoundError):
        withdraw_attachment(session, build_round(session, "2022-Q3"), kept.id, "错轮次", office, clock.now)
    upload(session, round_, place, "a.pdf", PDF, office, clock.now)


def test_counts_that_were_handed_in_need_their_signed_sheet(
    session: Session, round_: Round, unit: Unit, clock: FakeClock
) -> None:
    office, commission = build_account(session).id, build_account(session, Role.COMMISSION).id
    place = Place("mass_appraisal")
    assert missing_scans(session, round_) == []
    data = {"satisfied": "40", "basically_satisfied": "0", "dissatisfied": "0"}
    enter_item(session, round_, unit, "mass_appraisal", data, "", 0, commission, clock.now)
    assert [str(text) for text in missing_scans(session, round_)] == [
        "群众评的票数已经填报，还没有上传签字盖章的汇总表扫描件"
    ]
    with pytest.raises(ServiceError, match="您的账号不能改"):
        upload(session, round_, place, "汇总表.pdf", PDF, office, clock.now)
    item = load_scheme(round_.scheme_key).item(place.item)
    assert RoundEvidence(session, round_).of(unit.id, item).gap(data, "") is not None
    upload(session, round_, place, "汇总表.pdf", PDF, commission, clock.now)
    assert missing_scans(session, round_) == []
    assert RoundEvidence(session, round_).of(unit.id, item).gap(data, "") is None


def test_counts_in_force_need_their_sheet_also_after_clearing_them_was_refused(
    session: Session, round_: Round, unit: Unit, clock: FakeClock
) -> None:
    commission, other = (build_account(session, Role.COMMISSION).id for _ in range(2))
    data = {"satisfied": "40", "basically_satisfied": "0", "dissatisfied": "0"}
    enter_item(session, round_, unit, "mass_appraisal", data, "", 0, commission, clock.now)
    approve_all(session, round_, Role.COMMISSION, clock.now)
    enter_item(session, round_, unit, "mass_appraisal", None, "", 1, commission, clock.now)
    (waiting,) = waiting_entries(session, round_, Role.COMMISSION)
    decide_entries(session, round_, {waiting.entry.id: (Approval.RETURNED, "票数无误")}, other, clock.now)
    assert len(missing_scans(session, round_)) == 1


def test_content_that_changed_in_the_database_is_not_handed_out(
    session: Session, round_: Round, unit: Unit, clock: FakeClock
) -> None:
    office = build_account(session).id
    kept = upload(session, round_, Place("problems", unit.id), "a.pdf", PDF, office, clock.now)
    kept.content = PDF + b"!"
    session.commit()
    with pytest.raises(ServiceError, match="校验码不符"):
        content_of(session, kept.id)
