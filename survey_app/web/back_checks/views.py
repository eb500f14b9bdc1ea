"""Call-backs at the call desk: take one, call, ask again, and report; what was answered before is never shown."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey_app.domain.answer import FieldError, UnitAnswer
from survey_app.domain.back_check import OUTCOMES, BackCheckState, Called
from survey_app.domain.disposition import Disposition
from survey_app.domain.form_parser import parse_form
from survey_app.domain.roles import Role
from survey_app.domain.text import Text
from survey_app.services import back_checks
from survey_app.services.back_checks import CheckLostError
from survey_app.services.check_sheet import check_sheet
from survey_app.services.errors import ServiceError
from survey_app.web import context
from survey_app.web.access import allow
from survey_app.web.back_checks import page
from survey_app.web.back_checks.page import SentCheck

blueprint = Blueprint("back_checks", __name__, url_prefix="/back-checks")
NOT_SAID = Text("请先问对方有没有接到过回访电话")


@blueprint.get("")
@allow(Role.INTERVIEWER)
def desk() -> str:
    """Show how many call-backs wait for this person, and the one thing to do next."""
    now = context.now()
    return render_template(
        "back_checks/desk.html",
        desk=back_checks.check_desk(context.session(), context.actor().account_id, now),
        now=now,
    )


@blueprint.post("/next")
@allow(Role.INTERVIEWER)
def take_next() -> Response:
    """Take the next call-back; the desk says so when there is none."""
    check = back_checks.next_back_check(
        context.session(),
        context.collaborators().keys.back_checks,
        context.actor().account_id,
        context.now(),
    )
    if check is None:
        flash(_("现在没有该复核的访问。"), "info")
        return redirect(url_for("back_checks.desk"), 303)
    return redirect(url_for("back_checks.show", public_id=check.public_id), 303)


@blueprint.get("/<public_id>")
@allow(Role.INTERVIEWER)
def show(public_id: str) -> str:
    """Show a call-back to who holds it; to others there is no such page."""
    who = context.actor().account_id
    return page.render(back_checks.check_in_hand(context.session(), public_id, who, context.now()))


@blueprint.post("/<public_id>/dial")
@allow(Role.INTERVIEWER)
def dial(public_id: str) -> Response:
    """Write a call down before it is dialled."""
    session, who, now = context.session(), context.actor().account_id, context.now()
    check = back_checks.check_in_hand(session, public_id, who, now)
    try:
        back_checks.begin_check_call(
            session, check.id, who, request.form.get("phone", type=int, default=-1), now
        )
    except CheckLostError:
        raise
    except ServiceError as error:
        flash(str(error), "error")
    return redirect(url_for("back_checks.show", public_id=public_id), 303)


@blueprint.post("/<public_id>/complete")
@allow(Role.INTERVIEWER)
def complete(public_id: str) -> Response | tuple[str, int]:
    """Store what the enterprise says now; on an error everything typed stays on the page."""
    session, who, now = context.session(), context.actor().account_id, context.now()
    check = back_checks.check_in_hand(session, public_id, who, now)
    sheet = check_sheet(session, check, who, now)
    fields = {name: request.form.getlist(name) for name in request.form}
    called = request.form.get("called", "")
    answers: dict[int, UnitAnswer] = {}
    errors: list[FieldError] = []
    if called not in list(Called):
        errors.append(FieldError("called", NOT_SAID))
    # Whoever says that nobody rang needn't be asked about the rest.
    if called != Called.NO:
        answers, more = parse_form(sheet.questions, sheet.units, fields)
        errors += more
    if errors:
        return page.render(check, SentCheck(fields, tuple(errors))), 400
    try:
        back_checks.complete_check(session, check.id, who, Called(called), answers, now)
    except CheckLostError:
        raise
    except ServiceError as error:
        session.rollback()
        return page.render(check, SentCheck(fields, error=error)), 400
    flash(_("这一件复核已提交，谢谢。"), "success")
    return redirect(url_for("back_checks.desk"), 303)


@blueprint.post("/<public_id>/outcome")
@allow(Role.INTERVIEWER)
def outcome(public_id: str) -> Response | tuple[str, int]:
    """Record what came of a call that brought no answers."""
    session, who, now = context.session(), context.actor().account_id, context.now()
    check = back_checks.check_in_hand(session, public_id, who, now)
    code = request.form.get("outcome", "")
    try:
        state = back_checks.record_check_outcome(
            session,
            check.id,
            who,
            Disposition(code) if code in OUTCOMES else None,
            request.form.get("note", ""),
            now,
        )
    except CheckLostError:
        raise
    except ServiceError as error:
        session.rollback()
        fields = {name: request.form.getlist(name) for name in request.form}
        return page.render(check, SentCheck(fields, error=error)), 400
    if state is BackCheckState.WAITING:
        flash(_("已登记，这一件过后再拨。"), "success")
    else:
        flash(_("已登记，这一件不再拨打。"), "success")
    return redirect(url_for("back_checks.desk"), 303)


@blueprint.post("/<public_id>/release")
@allow(Role.INTERVIEWER)
def release(public_id: str) -> Response:
    """Put a call-back back without a result."""
    session, who, now = context.session(), context.actor().account_id, context.now()
    check = back_checks.check_in_hand(session, public_id, who, now)
    back_checks.release_check(session, check.id, who, now)
    flash(_("这一件已放回。"), "success")
    return redirect(url_for("back_checks.desk"), 303)


@blueprint.errorhandler(CheckLostError)
def lost(_error: CheckLostError) -> tuple[str, int]:
    """Say calmly that it isn't in this person's hands; the same for one that doesn't exist."""
    return render_template("back_checks/lost.html"), 404
