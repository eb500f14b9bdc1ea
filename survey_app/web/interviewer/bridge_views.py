"""The call page's button where a bridge makes the calls, and the small page by which it follows the call."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from survey_app.domain.roles import Role
from survey_app.services import bridge_calls, interviews
from survey_app.services.errors import ConflictError, ServiceError
from survey_app.services.interviews import HoldLostError
from survey_app.services.waiting_cases import open_attempt
from survey_app.web import context
from survey_app.web.access import allow, asked_by_pages
from survey_app.web.interviewer import call_page
from survey_app.web.interviewer.bridge_texts import BRIDGE_TEXTS

blueprint = Blueprint("bridge_calls", __name__)


@blueprint.post("/calls/<public_id>/bridge")
@allow(Role.INTERVIEWER)
def call(public_id: str) -> Response | tuple[str, int]:
    """Write a call down and ask the bridge for it; a number that can't be rung stays on the page."""
    session, who, built = context.session(), context.actor().account_id, context.collaborators()
    if built.bridge is None:
        abort(404)
    case = interviews.case_in_hand(session, public_id, who, context.now())
    own_phone = request.form.get("own_phone", "")
    place = request.form.get("phone", type=int, default=-1)
    try:
        bridge_calls.ask_for_call(
            session, built.bridge, built.settings, case.id, who, place, own_phone, context.now()
        )
    except HoldLostError:
        raise
    except ConflictError:
        pass  # answered or closed meanwhile: the page says so by itself
    except ServiceError as error:
        session.rollback()
        if error.field:
            return call_page.render(case, sentence=str(error), own_phone=own_phone), 400
        flash(str(error), "error")
    return redirect(url_for("interviewer.call", public_id=public_id), 303)


@blueprint.get("/calls/<public_id>/bridge")
@allow(Role.INTERVIEWER)
@asked_by_pages
def state(public_id: str) -> str:
    """Show how far the call is, as a part of the call page."""
    session, who, now = context.session(), context.actor().account_id, context.now()
    if context.collaborators().bridge is None:
        abort(404)
    case = interviews.case_in_hand(session, public_id, who, now)
    view = bridge_calls.bridge_view(session, open_attempt(session, case.id, who, now), now)
    return render_template("interviewer/_bridge_state.html", bridge=view, bridge_texts=BRIDGE_TEXTS)


@blueprint.errorhandler(HoldLostError)
def lost(_error: HoldLostError) -> tuple[str, int]:
    """Say calmly that the case is not in this interviewer's hands."""
    return render_template("interviewer/lost.html"), 404
