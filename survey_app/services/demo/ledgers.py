"""The ledgers of the demonstration county: articles, endorsements, a broken promise, some claimed twice."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.domain.approval import Approval
from survey_app.domain.document import Document, Facts, Form, Paragraph
from survey_app.models.ledger_entry import LedgerEntry
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.services.attachments import Place, upload
from survey_app.services.document_files import as_pdf
from survey_app.services.items import current_entries
from survey_app.services.ledger_claims import claims_elsewhere
from survey_app.services.ledger_decisions import decide
from survey_app.services.ledgers import enter

ENDORSEMENTS = (
    ("行政审批局", "帮办代办“一件事”", "province", "省营商环境工作简报刊发", "2022-03-18"),
    ("税务局", "“非接触式”办税", "city", "市主要领导批示推广", "2022-03-10"),
    ("供电公司", "“零证办电”", "national", "国家级领导批示推广", "2022-03-24"),
    ("行政审批局", "“免申即享”清单", "city", "市营商办发文推广", "2022-03-28"),
)
PROMISES = (("工信局", "技术改造补助应于 2022 年 2 月底前拨付企业，经查实逾期未兑现", "2022-03-21"),)
# What the second quarter claims: one practice and one article that the first had already, by other units.
LATER_ENDORSEMENTS = (
    ("商务局", "帮办代办“一件事”", "city", "市简报第 11 期", "2022-06-08"),
    ("人社局", "“社银一体化”服务", "city", "市领导批示推广", "2022-06-10"),
)
_OUTLETS = {
    "national": ("中国经济时报", "新华网"),
    "provincial": ("河南日报", "大河网"),
    "municipal": ("南阳日报", "南阳晚报", "南阳网"),
}
_MATTERS = ("政务服务", "惠企政策直达", "项目帮办", "办事流程精简", "企业走访", "一窗通办")
_WITH_ARTICLES = ("行政审批局", "税务局", "供电公司", "人社局")


def enter_first(session: Session, round_: Round, people: Sequence[int], scan_by: int, now: datetime) -> None:
    """Fill the finished quarter's ledgers: entered by one of two people, approved by the other."""
    _adjustments(session, round_, ENDORSEMENTS, PROMISES, people[0], now)
    _articles(session, round_, people[0], now)
    _approve_all(session, round_, people[1], now + timedelta(hours=2))
    sheet = Document(
        form=Form.SHEET,
        title="群众评结果汇总表（演示）",
        blocks=(
            Facts((("季度", "2022年第一季度"), ("填报", "县纪委监委"))),
            Paragraph("演示用：实际工作中，这里是签字盖章的汇总表扫描件。"),
        ),
        stamp="演示",
        as_of=now,
    )
    upload(session, round_, Place("mass_appraisal"), "群众评汇总表.pdf", as_pdf(sheet), scan_by, now)


def enter_second(session: Session, round_: Round, people: Sequence[int], now: datetime) -> None:
    """Begin the open quarter's ledgers: some approved, some waiting, two of them claimed elsewhere too."""
    _articles(session, round_, people[0], now)
    _approve_all(session, round_, people[1], now + timedelta(hours=1))
    _adjustments(session, round_, LATER_ENDORSEMENTS, (), people[0], now + timedelta(hours=2))
    ids = _unit_ids(session)
    earlier = session.scalars(
        select(LedgerEntry)
        .where(LedgerEntry.item == "publicity", LedgerEntry.round_id != round_.id)
        .order_by(LedgerEntry.id)
    ).first()
    if earlier is not None:
        enter(
            session, round_, "publicity", ids["市场监管局"], earlier.data, people[0], now + timedelta(hours=2)
        )


def _adjustments(
    session: Session,
    round_: Round,
    endorsements: Sequence[tuple[str, str, str, str, str]],
    promises: Sequence[tuple[str, str, str]],
    account_id: int,
    now: datetime,
) -> None:
    ids = _unit_ids(session)
    for name, practice, level, source, day in endorsements:
        typed = {"practice": practice, "level": level, "source": source, "endorsed_on": day}
        enter(session, round_, "endorsements", ids[name], typed, account_id, now)
    for name, description, day in promises:
        typed = {"description": description, "verified_on": day}
        enter(session, round_, "broken_promises", ids[name], typed, account_id, now)


def _articles(session: Session, round_: Round, account_id: int, now: datetime) -> None:
    """As many articles as were counted for each of a few units, so that figures and ledger agree."""
    ids, entries = _unit_ids(session), current_entries(session, round_.id)
    for name in _WITH_ARTICLES:
        entry = entries.get((ids[name], "publicity"))
        counts = {level: int((entry.data or {}).get(level, 0)) for level in _OUTLETS} if entry else {}
        number = 0
        for level, count in counts.items():
            for place in range(count):
                outlet = _OUTLETS[level][place % len(_OUTLETS[level])]
                matter = _MATTERS[number % len(_MATTERS)]
                day = (now - timedelta(days=3 + 2 * number)).date()
                typed = {
                    "title": f"方城{name}：{matter}见实效（{_written(day)}）",
                    "outlet": outlet,
                    "level": level,
                    "published_on": day.isoformat(),
                }
                enter(session, round_, "publicity", ids[name], typed, account_id, now)
                number += 1


def _approve_all(session: Session, round_: Round, account_id: int, now: datetime) -> None:
    waiting = session.scalars(
        select(LedgerEntry)
        .where(LedgerEntry.round_id == round_.id, LedgerEntry.approval == Approval.WAITING)
        .order_by(LedgerEntry.id)
    ).all()
    claims = claims_elsewhere(session, waiting)
    for entry in waiting:
        reason = "已核对原件" if claims[entry.id] else ""
        decide(session, round_, entry.id, True, reason, account_id, now)


def _written(day: date) -> str:
    return f"{day.month}月{day.day}日"


def _unit_ids(session: Session) -> dict[str, int]:
    return dict(session.execute(select(Unit.name, Unit.id)).all())
