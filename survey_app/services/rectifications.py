"""整改任务: issued once the result is out, answered by the unit, decided by the office after calling back."""

import re
from collections.abc import Collection, Mapping
from datetime import date, datetime

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload, selectinload

from survey_app.config import COUNTY_ZONE
from survey_app.domain.json_object import is_clean
from survey_app.domain.rectification import (
    LONGEST_REPLY,
    LONGEST_TEXT,
    MOVERS,
    MOVES,
    CallBack,
    Move,
    TaskState,
    needs_note,
    why_not_move,
)
from survey_app.domain.text import Text
from survey_app.domain.working_days import add_working_days
from survey_app.models.account import Account
from survey_app.models.rectification import RectificationEvent, RectificationTask
from survey_app.models.round import Round
from survey_app.schemes.calendar import load_calendar
from survey_app.schemes.rectification import load_terms
from survey_app.services import audit
from survey_app.services.errors import ConflictError, NotFoundError, ServiceError
from survey_app.services.rectification_proposals import Place, proposals
from survey_app.services.round_locks import hold_for_freezing
from survey_app.services.versions import published_version
from survey_app.services.waiting_cases import SATISFACTION

FieldFault = tuple[str, str]  # the field, and the sentence
_CONFLICT = "这项整改任务刚刚由他人办理过：请看最新的办理记录，再决定是否提交"


class RectificationRefusedError(ServiceError):
    """A form that breaks a rule; `faults` are pairs of field and sentence, nothing was stored."""

    def __init__(self, faults: list[FieldFault]) -> None:
        super().__init__(faults[0][1], faults[0][0])
        self.faults = faults


def county_day(now: datetime) -> date:
    """Return the day in the county at a moment."""
    return now.astimezone(COUNTY_ZONE).date()


def guidance_field(place: Place) -> str:
    """Return the name of the form's field for a task's guidance."""
    return f"guidance-{place[0]}-{place[1]}"


def why_not_issue(session: Session, round_: Round) -> Text | None:
    """Return why a round's tasks can't be issued now, or None when they can."""
    if published_version(session, round_) is None:
        return Text("结果公布以后才能下达整改任务：公布以前下达，责任单位会从时间上猜到是谁作的评价")
    if session.scalar(select(RectificationTask.id).where(RectificationTask.round_id == round_.id).limit(1)):
        return Text("本轮的整改任务已经下达过，一轮只下达一次")
    return None


def due_from(round_: Round, now: datetime) -> date:
    """Return the last day for replies to tasks that are issued now."""
    return add_working_days(county_day(now), load_terms(round_.scheme_key).days, load_calendar().is_working)


def issue(
    session: Session,
    round_: Round,
    guidance: Mapping[Place, str],
    held_back: Collection[Place],
    account_id: int,
    now: datetime,
) -> int:
    """Issue the tasks of a published round at once, with the office's guidance where it gave any; commits.

    Left out are those that the office holds back, since the unit could tell who complained, and a reason that
    says nothing by itself and has no guidance. Returns how many were issued. Raises RectificationRefusedError with every fault, ConflictError when they were issued before.
    """
    _require_mover(session, account_id, Move.ISSUE)
    held = hold_for_freezing(session, round_)
    reason = why_not_issue(session, held)
    if reason is not None:
        raise (ConflictError if published_version(session, held) else ServiceError)(str(reason))
    written = {place: text.strip() for place, text in guidance.items() if text.strip()}
    offered = proposals(session, held)
    faults = [
        fault
        for each in offered
        for fault in _text_faults(
            guidance_field(each.place),
            f"{each.unit.name}「{each.reason.text}」的整改要求",
            written.get(each.place, ""),
            LONGEST_TEXT,
        )
    ]
    if faults:
        raise RectificationRefusedError(faults)
    chosen = [
        each
        for each in offered
        if each.place not in held_back and (not each.needs_guidance or each.place in written)
    ]
    if not chosen:
        raise ServiceError(
            "没有可以下达的整改任务：企业没有说明原因，或各项都选了不下达，或「其他」没有填写整改要求"
        )
    due_on = due_from(held, now)
    for each in chosen:
        task = RectificationTask(
            round_id=held.id,
            unit_id=each.unit.id,
            instrument=SATISFACTION,
            reason=each.reason.value,
            reason_zh=each.reason.text.zh,
            reason_en=each.reason.text.en,
            state=TaskState.ISSUED,
            due_on=due_on,
            version=1,
        )
        text = written.get(each.place, "")
        session.add(task)
        session.add(
            RectificationEvent(
                task=task, number=1, move=Move.ISSUE, text=text, due_on=due_on, by_id=account_id, at=now
            )
        )
    audit.record(
        session, now, account_id, "rectification.issue", "round", held.id,
        round=held.quarter, tasks=len(chosen), left_out=len(offered) - len(chosen), due_on=str(due_on),
    )  # fmt: skip
    try:
        session.commit()
    except IntegrityError:
        session.rollback()
        raise ConflictError("本轮的整改任务已经下达过，一轮只下达一次") from None
    return len(chosen)


def find_task(session: Session, round_: Round, task_id: int) -> RectificationTask:
    """Return a task of a round with its events; raise NotFoundError when there is none."""
    task = _load(session, task_id)
    if task is None or task.round_id != round_.id:
        raise NotFoundError("没有这项整改任务：请从「整改任务」列表重新进入")
    return task


def own_task(session: Session, unit_id: int | None, task_id: int) -> RectificationTask:
    """Return a unit's own task with its events; raise NotFoundError for any other."""
    task = _load(session, task_id)
    if task is None or task.unit_id != unit_id:
        raise NotFoundError("本单位没有这项整改任务：请从「整改任务」列表重新进入")
    return task


def reply(
    session: Session, task_id: int, text: str, seen: int, account_id: int, now: datetime
) -> RectificationTask:
    """Store a unit's account of what it did, in time or late; commits. `seen` is the version it looked at.

    Raises RectificationRefusedError, NotFoundError for another unit's task, ConflictError when somebody else
    was first, ServiceError while the office hasn't decided on the last reply.
    """
    account = _require_mover(session, account_id, Move.REPLY)
    task = own_task(session, account.unit_id, task_id)
    text = text.strip()
    faults = _text_faults("text", "整改情况", text, LONGEST_REPLY)
    if not text:
        faults = [("text", "请填写整改情况：查明了什么、采取了哪些措施、现在怎样")]
    _check_move(task, Move.REPLY, seen)
    if faults:
        raise RectificationRefusedError(faults)
    return _make_move(
        session, task, RectificationEvent(move=Move.REPLY, text=text, by_id=account_id, at=now), task.due_on
    )


def decide(
    session: Session,
    round_: Round,
    task_id: int,
    move: Move | None,
    call_back: CallBack | None,
    reason: str,
    note: str,
    seen: int,
    account_id: int,
    now: datetime,
) -> RectificationTask:
    """Close a replied task, or send it back with a reason and a new term; commits.

    `reason` is for the unit to read, `note` stays with the office. Raises RectificationRefusedError with
    every fault, NotFoundError, ConflictError when somebody else was first, ServiceError without a reply.
    """
    _require_mover(session, account_id, Move.CONFIRM)
    task = find_task(session, round_, task_id)
    reason, note = reason.strip(), note.strip()
    faults = _decision_faults(move, call_back, reason, note)
    _check_move(task, Move.CONFIRM, seen)
    if faults or move is None or call_back is None:
        raise RectificationRefusedError(faults)
    due_on = task.due_on
    if move is Move.RETURN:
        term = load_terms(round_.scheme_key).redo_days
        due_on = max(due_on, add_working_days(county_day(now), term, load_calendar().is_working))
    event = RectificationEvent(
        move=move,
        text=reason if move is Move.RETURN else "",
        note=note,
        call_back=call_back,
        due_on=due_on if move is Move.RETURN else None,
        by_id=account_id,
        at=now,
    )
    return _make_move(session, task, event, due_on)


def _decision_faults(
    move: Move | None, call_back: CallBack | None, reason: str, note: str
) -> list[FieldFault]:
    faults: list[FieldFault] = []
    if call_back is None:
        faults.append(("call_back", "请选择回访核实的结果"))
    if move not in (Move.CONFIRM, Move.RETURN):
        faults.append(("move", "请选择办结还是退回重办"))
    if move is Move.RETURN and not reason:
        faults.append(("reason", "请填写退回的原因：哪里没有整改到位、要重办什么"))
    faults += _text_faults("reason", "退回的原因", reason, LONGEST_TEXT)
    if move is not None and call_back is not None and needs_note(move, call_back) and not note:
        faults.append(("note", "企业没有认可整改结果而办结的，请在回访记录里写明理由"))
    faults += _text_faults("note", "回访记录", note, LONGEST_TEXT)
    return faults


def _text_faults(field: str, name: str, text: str, longest: int) -> list[FieldFault]:
    if len(text) > longest:
        return [(field, f"{name}不超过 {longest} 字，现有 {len(text)} 字")]
    if not all(is_clean(line) for line in re.split(r"\r?\n", text)):
        return [(field, f"{name}里有看不见的控制字符，请重新输入")]
    return []


def _require_mover(session: Session, account_id: int, move: Move) -> Account:
    account = session.get(Account, account_id)
    if account is None or account.role is not MOVERS[move]:
        raise ServiceError(
            "整改情况由责任单位回复，您的账号不能填"
            if move is Move.REPLY
            else "整改任务由营商办下达和核实，您的账号不能办理"
        )
    return account


def _load(session: Session, task_id: int) -> RectificationTask | None:
    return session.scalar(
        select(RectificationTask)
        .options(
            joinedload(RectificationTask.unit),
            joinedload(RectificationTask.round),
            selectinload(RectificationTask.events).joinedload(RectificationEvent.by),
        )
        .where(RectificationTask.id == task_id)
        .execution_options(populate_existing=True)
    )


def _check_move(task: RectificationTask, move: Move, seen: int) -> None:
    """Refuse a move that whoever makes it would not make if they saw the task as it is now."""
    if task.version != seen:
        raise ConflictError(_CONFLICT)
    reason = why_not_move(task.state, move)
    if reason is not None:
        raise ServiceError(str(reason))


def _make_move(
    session: Session, task: RectificationTask, event: RectificationEvent, due_on: date
) -> RectificationTask:
    """Add an event to a task unless somebody else just did; commits."""
    seen = task.version
    changed = session.execute(
        update(RectificationTask)
        .where(RectificationTask.id == task.id, RectificationTask.version == seen)
        .values(state=MOVES[task.state, event.move], due_on=due_on, version=seen + 1)
        .returning(RectificationTask.id)
    ).scalar()
    if changed is None:
        session.rollback()
        raise ConflictError(_CONFLICT)
    event.number = seen + 1
    task.events.append(event)
    audit.record(
        session, event.at, event.by_id, f"rectification.{event.move}", "rectification_task", task.id,
        round=task.round.quarter, number=event.number,
    )  # fmt: skip
    session.commit()
    return task
