"""Whose survey: the office and the commission each ask with their own questionnaire and see nobody else's names."""

from sqlalchemy import ColumnElement, and_, false, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from survey_app.config import Settings
from survey_app.domain.instrument_owner import instrument_of, owner_of, surveys_of
from survey_app.domain.roles import Role
from survey_app.domain.text import Name
from survey_app.models.account import Account
from survey_app.models.case import Case
from survey_app.models.round import Round
from survey_app.schemes.loader import DEFAULT_SCHEME, load_scheme
from survey_app.services.errors import NotFoundError, ServiceError


def own_instrument(round_: Round, role: Role) -> str | None:
    """Return the questionnaire that a role asks with in a round, None where it asks with none."""
    return instrument_of(load_scheme(round_.scheme_key), role)


def require_instrument(round_: Round, role: Role) -> str:
    """Return what `own_instrument` does; raise NotFoundError where the role asks with none."""
    instrument = own_instrument(round_, role)
    if instrument is None:
        raise NotFoundError("这一轮的评分方案没有由您单位组织的问卷")
    return instrument


def surveys_in(round_: Round, role: Role) -> list[tuple[str, Role]]:
    """Return the surveys of a round whose figures a role may read, each with who asks, as on the sheet.

    The office, which reckons the scores, reads all of them; others read their own.
    """
    return [
        (instrument, owner)
        for instrument, owner in surveys_of(load_scheme(round_.scheme_key))
        if role in (Role.OFFICE, owner)
    ]


def is_one_of_several(round_: Round) -> bool:
    """Whether more than one survey is asked in a round."""
    return len(surveys_of(load_scheme(round_.scheme_key))) > 1


def is_asker(round_: Round, instrument: str, role: Role) -> bool:
    """Whether a role asks with this questionnaire in a round: only then it may see who is asked."""
    return owner_of(load_scheme(round_.scheme_key), instrument) is role


def owner_in(round_: Round, instrument: str) -> Role:
    """Return the role that asks with a questionnaire; raise NotFoundError where nobody does."""
    owner = owner_of(load_scheme(round_.scheme_key), instrument)
    if owner is None:
        raise NotFoundError("这一轮的评分方案没有这份问卷")
    return owner


def require_asker(session: Session, round_: Round, instrument: str, account_id: int | None) -> None:
    """Refuse whoever acts on a survey that is not their own.

    `account_id` None is a command on the machine itself. Raises ServiceError.
    """
    if account_id is None:
        return
    role = session.scalar(select(Account.role).where(Account.id == account_id))
    if role is None or not is_asker(round_, instrument, role):
        title = survey_title(round_, instrument).zh
        raise ServiceError(f"“{title}”不由您单位组织：抽样、名单、链接和短信只由组织的单位经办")


def asked_by_role(
    session: Session, role: Role, instrument: InstrumentedAttribute[str] = Case.instrument
) -> ColumnElement[bool]:
    """The condition, joined with Round, for the surveys that a role asks, in rounds of whatever scheme.

    `instrument` is the column that says which survey a row belongs to.
    """
    own = {
        key: instrument_of(load_scheme(key), role)
        for key in session.scalars(select(Round.scheme_key).distinct())
    }
    return or_(
        false(),
        *(and_(Round.scheme_key == key, instrument == each) for key, each in own.items() if each),
    )


def asked_surveys(session: Session) -> list[tuple[str, str]]:
    """Return the (scheme key, questionnaire) of every survey that was or is asked; the default's before any was."""
    keys = sorted(session.scalars(select(Round.scheme_key).distinct())) or [DEFAULT_SCHEME]
    return [(key, instrument) for key in keys for instrument, _owner in surveys_of(load_scheme(key))]


def survey_title(round_: Round, instrument: str) -> Name:
    """Return what staff call a survey: the title of the item that it decides."""
    return load_scheme(round_.scheme_key).item(instrument).title


def contact_phone(settings: Settings, scheme_key: str, instrument: str) -> str | None:
    """Return the number at which whoever asks takes questions, None where none is set."""
    owner = owner_of(load_scheme(scheme_key), instrument)
    return settings.commission_phone if owner is Role.COMMISSION else settings.office_phone
