"""异议: a unit objects to its published result in time; one person of the office answers, another approves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload, selectinload

from survey_app.config import COUNTY_ZONE
from survey_app.domain.approval import Approval, why_not_decide
from survey_app.domain.objection import ObjectionState, objection_state
from survey_app.domain.scheme import Scheme
from survey_app.domain.text import Name, Text
from survey_app.models.objection import Objection, ObjectionAnswer
from survey_app.models.round import Round
from survey_app.services import audit
from survey_app.services.errors import ConflictError, NotFoundError, ServiceError
from survey_app.services.scores import published_scores, title_of
from survey_app.services.versions import published_version
from survey_app.services.written_reasons import required_reason

WHOLE = ""  # the item of an objection to the result as a whole


@dataclass(frozen=True)
class Window:
    """异议期 — until the end of which day units may object to which published version, and whether they still may."""

    version: int
    until: date
    open: bool


def window_of(session: Session, round_: Round, now: datetime) -> Window | None:
    """Return the window of the version that units see; None without one, as where the scheme knows no objections."""
    version = published_version(session, round_)
    if version is None or version.objections_until is None:
        return None
    today = now.astimezone(COUNTY_ZONE).date()
    return Window(version.version, version.objections_until, today <= version.objections_until)


def objections_of(session: Session, round_: Round, unit_id: int | None = None) -> list[Objection]:
    """Return a round's objections with all their answers, oldest first, of one unit or of all."""
    statement = (
        select(Objection)
        .options(
            joinedload(Objection.unit),
            joinedload(Objection.submitted_by),
            selectinload(Objection.answers).joinedload(ObjectionAnswer.entered_by),
            selectinload(Objection.answers).joinedload(ObjectionAnswer.decided_by),
        )
        .where(Objection.round_id == round_.id)
        .order_by(Objection.id)
        .execution_options(populate_existing=True)
    )
    if unit_id is not None:
        statement = statement.where(Objection.unit_id == unit_id)
    return list(session.scalars(statement))


def find_objection(session: Session, round_: Round, objection_id: int) -> Objection:
    """Return an objection of the round; raise NotFoundError when there is none."""
    for each in objections_of(session, round_):
        if each.id == objection_id:
            return each
    raise NotFoundError("没有这条异议：请从「版本与异议」进入")


def state_of(objection: Objection) -> ObjectionState:
    """Return where an objection stands."""
    return objection_state([(answer.approval, answer.upheld) for answer in objection.answers])


def final_answer(objection: Objection) -> ObjectionAnswer | None:
    """Return the approved answer, the only one that the unit sees; None until there is one."""
    return next((each for each in objection.answers if each.approval is Approval.APPROVED), None)


def item_titles(scheme: Scheme) -> dict[str, Name | Text]:
    """Return what can be objected to, by its key: the result as a whole, each item, bonus and penalty."""
    keys = [*(item.id for item in scheme.items), scheme.bonus.id, scheme.penalty.id]
    return {WHOLE: Text("整个得分和名次"), **{key: title_of(scheme, key) for key in keys}}


def object_to(
    session: Session, round_: Round, unit_id: int, item: str, reason: str, account_id: int, now: datetime
) -> Objection:
    """Object to an item of the unit's published result, or to the whole; commits.

    Raises ServiceError out of time, for an item that there isn't or a reason that can't be kept, NotFoundError
    for a unit without a result, ConflictError for what the unit has objected to already.
    """
    result, window = published_scores(session, round_), window_of(session, round_, now)
    result.unit(unit_id)
    if window is None or not window.open:
        ended = f"已于 {window.until} 结束" if window else "没有设"
        raise ServiceError(f"本轮的异议期{ended}，不能再提出异议：请直接联系营商办")
    if item not in item_titles(result.score.scheme):
        raise ServiceError("请选择对哪一项有异议", "item")
    objection = Objection(
        round_id=round_.id,
        version=window.version,
        unit_id=unit_id,
        item=item,
        reason=required_reason(reason, "异议的理由"),
        submitted_by_id=account_id,
        submitted_at=now,
    )
    session.add(objection)
    try:
        session.flush()
    except IntegrityError as error:
        session.rollback()
        raise ConflictError("本单位对这一项已经提过异议，请在下面查看办理情况", "item") from error
    audit.record(
        session, now, account_id, "objection.submit", "unit", unit_id,
        round=round_.quarter, version=window.version, objection=objection.id, item=item,
    )  # fmt: skip
    session.commit()
    return objection


def answer_objection(
    session: Session,
    round_: Round,
    objection_id: int,
    upheld: bool | None,
    text: str,
    account_id: int,
    now: datetime,
) -> ObjectionAnswer:
    """Propose the answer to an objection; commits. The unit sees it once somebody else has approved it.

    Raises ServiceError where a field is missing or can't be kept, ConflictError when there is an answer already.
    """
    if upheld is None:
        raise ServiceError("请选择异议是否成立", "upheld")
    written = required_reason(text, "答复的理由", "text")
    objection = _held(session, round_, objection_id)
    if state_of(objection) is not ObjectionState.OPEN:
        raise ConflictError("这条异议已有答复，请刷新页面")
    answer = ObjectionAnswer(
        objection_id=objection.id,
        number=len(objection.answers) + 1,
        upheld=upheld,
        text=written,
        entered_by_id=account_id,
        entered_at=now,
    )
    session.add(answer)
    session.flush()
    audit.record(
        session, now, account_id, "objection.answer", "unit", objection.unit_id,
        round=round_.quarter, objection=objection.id, answer=answer.id, upheld=upheld,
    )  # fmt: skip
    session.commit()
    return answer


def decide_on_answer(
    session: Session,
    round_: Round,
    objection_id: int,
    answer_id: int,
    approve: bool,
    reason: str,
    account_id: int,
    now: datetime,
) -> None:
    """Approve an answer, so that the unit sees it, or return it with a reason; commits.

    Raises ServiceError for who gave the answer, or a return without a reason; ConflictError when it is decided.
    """
    objection = _held(session, round_, objection_id)
    answer = next((each for each in objection.answers if each.id == answer_id), None)
    if answer is None:
        raise NotFoundError("没有这条答复：请从「版本与异议」进入")
    refused = why_not_decide(answer.approval, answer.entered_by_id, account_id)
    if refused:
        decided = answer.approval is not Approval.WAITING
        raise ConflictError(str(refused)) if decided else ServiceError(str(refused))
    answer.decision_reason = "" if approve else required_reason(reason, "退回原因")
    answer.approval = Approval.APPROVED if approve else Approval.RETURNED
    answer.decided_by_id, answer.decided_at = account_id, now
    audit.record(
        session, now, account_id, "objection.approve" if approve else "objection.return", "unit",
        objection.unit_id, round=round_.quarter, objection=objection.id, answer=answer.id,
    )  # fmt: skip
    session.commit()


def in_state(objections: Sequence[Objection], *states: ObjectionState) -> list[Objection]:
    """Return the objections that stand in one of these states."""
    return [each for each in objections if state_of(each) in states]


def _held(session: Session, round_: Round, objection_id: int) -> Objection:
    """Lock an objection until the transaction ends, so that of two answers or decisions one waits for the other."""
    session.scalar(select(Objection.id).where(Objection.id == objection_id).with_for_update())
    return find_objection(session, round_, objection_id)
