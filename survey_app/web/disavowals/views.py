"""否认作答: what enterprises disown, for whoever asked them; noting a call, and what a call-back showed."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey_app.domain.disavowal import (
    DISAVOWAL_STATE_NAMES,
    DISAVOWAL_WAY_NAMES,
    LONGEST_NOTE,
    OPEN_STATES,
    DisavowalState,
)
from survey_app.models.round import Round
from survey_app.services import disavowal_pages, disavowals, surveys
from survey_app.services.errors import ConflictError, NotFoundError, ServiceError
from survey_app.web import context
from survey_app.web.access import allow
from survey_app.web.round_pages import ASKERS, crumbs, round_named, tabs

blueprint = Blueprint("disavowals", __name__, url_prefix="/rounds/<quarter>/disavowals")
TONES = {
    DisavowalState.NEW: "wait",
    DisavowalState.CALLED: "wait",
    DisavowalState.NOT_THEIRS: "bad",
    DisavowalState.THEIRS: "quiet",
}


@blueprint.get("")
@allow(*ASKERS)
def index(quarter: str) -> str:
    """Show what was disowned in the round: one's own in full, the other body's as far as one may know it."""
    return _page(round_named(quarter))


@blueprint.post("")
@allow(*ASKERS)
def note_call(quarter: str) -> Response | tuple[str, int]:
    """Take down a call in which an enterprise disowned a response."""
    round_ = round_named(quarter)
    try:
        disavowals.note_call(
            context.session(),
            round_,
            request.form.get("receipt", ""),
            request.form.get("note", ""),
            request.form.get("phone", ""),
            context.actor().account_id,
            context.now(),
        )
    except ServiceError as error:
        return _page(round_, error), 400
    flash(_("已登记来电。"), "success")
    return redirect(url_for("disavowals.index", quarter=quarter), 303)


@blueprint.post("/<int:disavowal_id>")
@allow(*ASKERS)
def step(quarter: str, disavowal_id: int) -> Response | tuple[str, int]:
    """Write down what was done about one, and what it showed."""
    round_ = round_named(quarter)
    try:
        chosen = request.form.get("state", "")
        disavowals.take_step(
            context.session(),
            round_,
            disavowal_id,
            DisavowalState(chosen) if chosen in list(DisavowalState) else DisavowalState.NEW,
            request.form.get("note", ""),
            request.form.get("seen", 0, type=int),
            context.actor().account_id,
            context.now(),
        )
    except NotFoundError:
        raise
    except ServiceError as error:
        return _page(round_, error, disavowal_id), 409 if isinstance(error, ConflictError) else 400
    flash(_("已记录处理情况。"), "success")
    return redirect(url_for("disavowals.index", quarter=quarter), 303)


def _page(round_: Round, error: ServiceError | None = None, wrong: int | None = None) -> str:
    session, role = context.session(), context.actor().role
    own = surveys.own_instrument(round_, role)
    counts = disavowal_pages.counts(session, round_, role)
    return render_template(
        "disavowals/index.html",
        round=round_,
        own=disavowal_pages.own_disavowals(session, round_, own) if own else (),
        asks=own is not None,
        others=[
            (each, disavowal_pages.seen_disavowals(session, round_, each.instrument, role))
            for each in counts
            if not each.is_own
        ],
        state=DisavowalState,
        open_states=OPEN_STATES,
        state_names=DISAVOWAL_STATE_NAMES,
        way_names=DISAVOWAL_WAY_NAMES,
        tones=TONES,
        longest=LONGEST_NOTE,
        error=error,
        wrong=wrong,
        typed=request.form,
        crumbs=crumbs(round_),
        tabs=tabs(round_),
    )
