"""A published round whose answers named reasons, for tests of rectification tasks."""

from sqlalchemy.orm import Session

from survey_app.domain.roles import Role
from survey_app.domain.round_state import RoundState
from survey_app.models.account import Account
from survey_app.models.rectification import RectificationTask
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.services.publishing import finalise, publish
from survey_app.services.rectifications import issue
from tests.builders import build_account, build_case, build_enterprise
from tests.conftest import FakeClock
from tests.domain.bundles import bundle, unit
from tests.score_builders import build_answers, close, load_bundle

# Never to be seen by a unit: an enterprise, what it wrote, how often a reason was named.
ENTERPRISE, REMARK = "豫南丝毯工艺品有限公司", "王科长收了钱才给办"


def published_round(session: Session, clock: FakeClock, state: RoundState = RoundState.PUBLISHED) -> Round:
    """甲局: 时间长 three times, 其他 once with a remark; 乙局: 态度差 once, and a reason of one who was satisfied."""
    round_ = load_bundle(session, bundle(unit("甲局"), unit("乙局")), clock.now)
    rated = {each.name: each.id for each in session.query(Unit)}

    def answered(name: str, rating: str, reasons: list[str], **more: str) -> None:
        about = session.get_one(Unit, rated[name])
        case = build_case(
            session, round_, [about], build_enterprise(session, f"{ENTERPRISE}{len(case_names)}")
        )
        case_names.append(case.public_id)
        build_answers(session, case, {about.id: rating}, clock.now, reasons=reasons, **more)

    case_names: list[str] = []
    answered("甲局", "basically_satisfied", ["slow"])
    answered("甲局", "basically_satisfied", ["slow"])
    answered("甲局", "dissatisfied", ["slow", "other"], **{"reasons-text": REMARK})
    answered("乙局", "dissatisfied", ["attitude"])
    answered("乙局", "satisfied", ["fees"])
    office = build_account(session, Role.OFFICE).id
    close(session, round_, clock.now)
    if state is not RoundState.CLOSED:
        finalise(session, round_, office, clock.now)
    if state is RoundState.PUBLISHED:
        publish(session, round_, build_account(session, Role.OFFICE).id, clock.now)
    session.commit()
    return round_


def unit_account(session: Session, name: str) -> int:
    """The id of a unit's account that nobody can sign in with."""
    account = build_account(session, Role.UNIT)
    account.unit_id = session.query(Unit).filter_by(name=name).one().id
    session.commit()
    return account.id


def office_account(session: Session) -> int:
    account = session.query(Account).filter_by(role=Role.OFFICE).first()
    assert account is not None
    return account.id


def issued(session: Session, round_: Round, clock: FakeClock) -> dict[tuple[str, str], RectificationTask]:
    """Issue the round's tasks with guidance for 甲局's 其他; by unit's name and reason."""
    first = session.query(Unit).filter_by(name="甲局").one().id
    issue(session, round_, {(first, "other"): "请自查窗口收费"}, (), office_account(session), clock.now)
    return {(task.unit.name, task.reason): task for task in session.query(RectificationTask)}
