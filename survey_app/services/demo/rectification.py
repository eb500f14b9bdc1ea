"""The demonstration's rectification tasks: most closed, some under way, one sent back, one overdue."""

import secrets
from datetime import UTC, date, datetime, time

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.config import COUNTY_ZONE
from survey_app.domain.rectification import CallBack, Move
from survey_app.domain.roles import Role
from survey_app.models.account import Account
from survey_app.models.rectification import RectificationTask
from survey_app.models.round import Round
from survey_app.services import rectification_proposals, rectifications
from survey_app.services.accounts import add_account

ISSUED = date(2022, 4, 6)
_GUIDANCE = {
    "slow": "对照承诺时限，逐环节查找超时的原因。",
    "papers": "凡能通过数据共享取得的材料，不再要求企业提交。",
    "visits": "梳理一次告知清单，公布可以网上办理的事项。",
    "other": "请检查网上填报是否重复，窗口是否一次告知全部材料。",
}
_REPLIES = {
    "slow": "查明受理与审核之间有两天等待，已改为当日转办，承诺时限由 5 个工作日压缩为 3 个工作日。",
    "papers": "已取消营业执照复印件等 3 项可以共享的材料，并在窗口公布新的材料清单。",
    "visits": "已开通预约和邮寄送达，窗口一次告知全部材料。",
    "attitude": "已组织窗口人员培训，设立值班长，每周抽查服务录像。",
    "fees": "已在大厅和网站公布收费目录及依据，逐笔开具票据。",
    "passing_on": "已实行首问负责，跨股室事项由首问人员跟办。",
    "promises": "已排查应兑现的政策事项，制定兑付计划并公开进度。",
    "other": "已合并重复填报的表单，并更新一次告知单。",
}
_RETURNED = "回访反映材料清单还没有公布到网上，请补齐后再报。"
_CONFIRMED_ANYWAY = "两次未联系上企业，现场查看新流程已经实行，同意办结。"


def carry_out(session: Session, round_: Round, office: int) -> None:
    """Issue the round's tasks and work them off; units without an account get one whose password nobody has."""
    guidance = {
        each.place: _GUIDANCE.get(each.reason.value, "")
        for each in rectification_proposals.proposals(session, round_)
    }
    rectifications.issue(session, round_, guidance, (), office, _at(ISSUED, 10))
    tasks = session.scalars(
        select(RectificationTask)
        .where(RectificationTask.round_id == round_.id)
        .order_by(RectificationTask.id)
    ).all()
    # The last ones stay open, in every state; so do the first ones of the units that people can sign in as.
    known = set(session.scalars(select(Account.unit_id)))
    shown = [task for task in tasks if task.unit_id in known][:2]
    others = [task for task in tasks if task not in shown]
    for number, task in enumerate(others[:-3]):
        _close(session, task, office, _account(session, task), number)
    for task in others[-3:-2] + shown[1:]:
        _reply(session, task, _account(session, task), date(2022, 4, 19))
    for task in others[-2:-1] + shown[:1]:
        _reply(session, task, _account(session, task), date(2022, 4, 14))
        rectifications.decide(
            session, round_, task.id, Move.RETURN, CallBack.NOT_SATISFIED, _RETURNED, "", 2, office,
            _at(date(2022, 4, 18), 16),
        )  # fmt: skip


def _close(session: Session, task: RectificationTask, office: int, unit: int, number: int) -> None:
    """Reply, one in six of them late, and confirm; one in five of the enterprises can't be reached."""
    replied = date(2022, 4, 22) if number % 6 == 5 else date(2022, 4, 11 + number % 5)
    _reply(session, task, unit, replied)
    reached = number % 5 != 4
    rectifications.decide(
        session,
        task.round,
        task.id,
        Move.CONFIRM,
        CallBack.SATISFIED if reached else CallBack.NOT_REACHED,
        "",
        "" if reached else _CONFIRMED_ANYWAY,
        2,
        office,
        _at(date(2022, 4, 25 + number % 4), 15),
    )


def _reply(session: Session, task: RectificationTask, unit: int, day: date) -> None:
    text = _REPLIES.get(task.reason, "已查明原因并完成整改。")
    rectifications.reply(session, task.id, text, 1, unit, _at(day, 15))


def _account(session: Session, task: RectificationTask) -> int:
    """The id of the account of a task's unit; made where there is none, since only units reply."""
    found = session.scalar(select(Account.id).where(Account.unit_id == task.unit_id).limit(1))
    if found is not None:
        return found
    name = task.unit.name
    account = add_account(
        session, f"unit{task.unit.position:02}", f"{name}联络员", secrets.token_urlsafe(32), Role.UNIT,
        _at(ISSUED, 9), name,
    )  # fmt: skip
    session.flush()
    return account.id


def _at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), COUNTY_ZONE).astimezone(UTC)
