"""短信发件箱: the messages there are, newest first, each with its text as it reads."""

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import func, select, true
from sqlalchemy.orm import Session, joinedload

from survey_app.config import SettingsError
from survey_app.domain.message import MessageState
from survey_app.domain.message_text import TemplateError
from survey_app.domain.paging import Paging
from survey_app.domain.roles import Role
from survey_app.domain.text import N_
from survey_app.models.case import Case
from survey_app.models.message import Message
from survey_app.models.round import Round
from survey_app.services.collaborators import Collaborators
from survey_app.services.errors import ServiceError
from survey_app.services.invitations import PURPOSE_NAMES, purpose_key, text_variables
from survey_app.services.messages import compose
from survey_app.services.surveys import asked_by_role

MESSAGE_STATE_NAMES = {
    MessageState.QUEUED: N_("排队中"),
    MessageState.CLAIMED: N_("发送中"),
    MessageState.SENT: N_("已发出"),
    MessageState.DELIVERED: N_("已送达"),
    MessageState.FAILED: N_("未送达"),
    MessageState.UNKNOWN: N_("待查实"),
}


@dataclass(frozen=True)
class OutboxEntry:
    """A message and its text, made anew from the template and the case.

    `url` is the link in the text, "" where it has none. Where the text can't be made any more it is "" and
    `why_not` says why.
    """

    message: Message
    text: str = ""
    url: str = ""
    why_not: str = ""


def counts(session: Session, role: Role) -> Counter[MessageState]:
    """Return how many messages to the enterprises that a role asks are in each state."""
    rows = session.execute(
        select(Message.state, func.count())
        .join(Case, Case.id == Message.case_id)
        .join(Round, Round.id == Case.round_id)
        .where(asked_by_role(session, role))
        .group_by(Message.state)
    )
    return Counter(dict(rows.all()))


def entries(
    session: Session, collaborators: Collaborators, role: Role, state: MessageState | None, page: int
) -> tuple[list[OutboxEntry], Paging]:
    """Return one page of the messages to the enterprises that a role asks, the newest first.

    `state` None: of any state.
    """
    found = (
        select(Message.id)
        .join(Case, Case.id == Message.case_id)
        .join(Round, Round.id == Case.round_id)
        .where(asked_by_role(session, role), Message.state == state if state else true())
    )
    paging = Paging(page, session.scalar(select(func.count()).select_from(found.subquery())) or 0)
    messages = session.scalars(
        select(Message)
        .where(Message.id.in_(found))
        .options(
            joinedload(Message.case).joinedload(Case.enterprise),
            joinedload(Message.case).joinedload(Case.round),
        )
        .order_by(Message.created_at.desc(), Message.id)
        .offset(paging.offset)
        .limit(paging.size)
    )
    return [_entry(collaborators, message) for message in messages], paging


def _entry(collaborators: Collaborators, message: Message) -> OutboxEntry:
    key, version = message.template_key, message.case.link_version
    if key in PURPOSE_NAMES and message.purpose != purpose_key(key, version):
        return OutboxEntry(message, why_not="链接已更换，短信里的原链接不能再打开，正文不再显示")
    try:
        made = compose(message, lambda each: text_variables(collaborators, each), None)
    except (TemplateError, ServiceError, SettingsError) as error:
        return OutboxEntry(message, why_not=str(error))
    return OutboxEntry(message, made.text, made.variables.get("url", ""))
