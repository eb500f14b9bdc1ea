"""The call desk: the day at a glance, the next case, the call page, and what came of the call."""

import secrets

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey_app.config import COUNTY_ZONE
from survey_app.domain.answer import FieldError
from survey_app.domain.form_parser import parse_form
from survey_app.domain.interview_draft import kept_fields
from survey_app.domain.roles import Role
from survey_app.domain.text import Text
from survey_app.schemes.calling import load_calling_rules
from survey_app.schemes.instruments import load_instrument
from survey_app.schemes.scripts import load_script
from survey_app.services import call_desk, calling, interview_drafts, interviews
from survey_app.services.call_sheet import call_sheet, units_asked
from survey_app.services.call_state import CallState, call_state
from survey_app.services.errors import ConflictError, ServiceError
from survey_app.services.interviews import HoldLostError, InvalidOutcomeError
from survey_app.web import context
from survey_app.web.access import allow, asked_by_pages
from survey_app.web.interviewer import call_page
from survey_app.web.interviewer.call_page import OUTCOME_NAMES, SentAnswers
from survey_app.web.interviewer.outcome_form import read_outcome
from survey_app.web.language import moment, say

blueprint = Blueprint("interviewer", __name__)

NO_CONSENT = Text("请先问对方现在是否方便；对方要改约或不愿意时，请在「登记通话结果」里登记")


@blueprint.get("/calls")
@allow(Role.INTERVIEWER)
def desk() -> str:
    """Show the interviewer's day and the one thing to do next."""
    session, now = context.session(), context.now()
    scheme_key = calling.present_scheme(session)
    hours, rules = calling.hours_of(session, scheme_key), load_calling_rules(scheme_key)
    return render_template(
        "interviewer/desk.html",
        desk=call_desk.desk(session, context.actor().account_id, now),
        now=now,
        outcome_names=OUTCOME_NAMES,
        lead_minutes=int(rules.appointment_lead.total_seconds() // 60),
        hours=say(hours.as_text()),
        calling_time=hours.allow(now.astimezone(COUNTY_ZONE)),
    )


@blueprint.post("/calls/next")
@allow(Role.INTERVIEWER)
def take_next() -> Response:
    """Take the next case; the desk says so when there is none."""
    case = interviews.next_case(
        context.session(), context.actor().account_id, context.now(), secrets.token_hex(8)
    )
    if case is None:
        flash(_("现在没有该拨打的企业。"), "info")
        return redirect(url_for("interviewer.desk"), 303)
    return redirect(url_for("interviewer.call", public_id=case.public_id), 303)


@blueprint.get("/calls/<public_id>")
@allow(Role.INTERVIEWER)
def call(public_id: str) -> str:
    """Show the call page to who holds the case or is in a call to it; to others there is no such page."""
    who = context.actor().account_id
    case = interviews.case_in_hand(context.session(), public_id, who, context.now())
    return call_page.render(case)


@blueprint.post("/calls/<public_id>/dial")
@allow(Role.INTERVIEWER)
def dial(public_id: str) -> Response:
    """Write a call down before it is dialled."""
    who = context.actor().account_id
    case = interviews.case_in_hand(context.session(), public_id, who, context.now())
    place = request.form.get("phone", type=int, default=-1)
    try:
        interviews.begin_call(context.session(), case.id, who, place, context.now())
    except HoldLostError:
        raise
    except ConflictError:
        pass  # answered or closed meanwhile: the page says so by itself
    except ServiceError as error:
        flash(str(error), "error")
    return redirect(url_for("interviewer.call", public_id=public_id), 303)


@blueprint.get("/calls/<public_id>/state")
@allow(Role.INTERVIEWER)
@asked_by_pages
def state(public_id: str) -> Response:
    """Tell an open call page how its case stands now; a case of somebody else's is one that doesn't exist."""
    who = context.actor().account_id
    return jsonify(state=call_state(context.session(), public_id, who, context.now()))


@blueprint.post("/calls/<public_id>/draft")
@allow(Role.INTERVIEWER)
def keep(public_id: str) -> Response | tuple[Response, int]:
    """Keep what was taken down so far: for the page's script, which numbers its saves, or for the button."""
    session, who, now = context.session(), context.actor().account_id, context.now()
    by_script = "revision" in request.form
    try:
        case = interviews.case_in_hand(session, public_id, who, now)
        sent = {name: request.form.getlist(name) for name in request.form}
        revision = interview_drafts.keep_draft(
            session,
            case,
            who,
            kept_fields(
                load_instrument(case.round.scheme_key, case.instrument), units_asked(session, case), sent
            ),
            request.form.get("consent", ""),
            load_script(case.round.scheme_key, case.instrument).version,
            request.form.get("revision", type=int, default=0) if by_script else None,
            now,
        )
    except HoldLostError:
        if not by_script:
            raise
        return jsonify(state=CallState.LOST), 404
    except ServiceError as error:
        if by_script:
            return jsonify(refused=str(error)), 409
        flash(str(error), "error")
        return redirect(url_for("interviewer.call", public_id=public_id), 303)
    if by_script:
        return jsonify(revision=revision, state=call_state(session, public_id, who, now))
    flash(_("已暂存。"), "success")
    return redirect(url_for("interviewer.call", public_id=public_id), 303)


@blueprint.post("/calls/<public_id>/complete")
@allow(Role.INTERVIEWER)
def complete(public_id: str) -> Response | tuple[str, int]:
    """Store the answers of an interview; on an error everything typed stays on the page."""
    session, who, now = context.session(), context.actor().account_id, context.now()
    try:
        case = interviews.case_in_hand(session, public_id, who, now)
    except HoldLostError:
        if not interviews.was_completed_by(session, public_id, who):
            raise
        return _after_interview(is_first=True)  # the button was pressed twice
    sheet = call_sheet(session, case, who, now)
    fields = {name: request.form.getlist(name) for name in request.form}
    instrument = load_instrument(case.round.scheme_key, case.instrument)
    answers, errors = parse_form(instrument, call_page.units_of(sheet), fields)
    consent = request.form.get("consent", "")
    if consent != "yes":
        errors.insert(0, FieldError("consent", NO_CONSENT))
    sent = SentAnswers(consent, fields, tuple(errors))
    if errors:
        return call_page.render(case, sent=sent), 400
    try:
        receipt = interviews.complete_interview(session, case.id, who, answers, sheet.script.version, now)
    except ServiceError as error:
        session.rollback()
        return call_page.render(case, sent=sent, sentence=str(error)), 400
    return _after_interview(receipt.is_first)


def _after_interview(is_first: bool) -> Response:
    if is_first:
        flash(_("这份回访已提交，谢谢。"), "success")
    else:
        flash(_("这家企业已先自行提交：以企业自己提交的为准，您记下的内容已留存，结果只计一次。"), "info")
    return redirect(url_for("interviewer.desk"), 303)


@blueprint.post("/calls/<public_id>/outcome")
@allow(Role.INTERVIEWER)
def outcome(public_id: str) -> Response | tuple[str, int]:
    """Record what came of the call when it brought no answers."""
    session, who = context.session(), context.actor().account_id
    form = read_outcome(request.form)
    case = interviews.case_in_hand(session, public_id, who, context.now())
    if form.faults:
        return call_page.render(case, form), 400
    try:
        recorded = interviews.record_outcome(
            session, case.id, who, form.outcome, form.note, form.appointment_at, context.now()
        )
    except HoldLostError:
        raise
    except InvalidOutcomeError as error:
        session.rollback()
        return call_page.render(case, form.with_faults(dict(error.faults))), 400
    except ServiceError as error:
        session.rollback()
        return call_page.render(case, form, sentence=str(error)), 400
    if recorded.stay_on_case:
        flash(_("已登记这个号码不对，请改拨下一个号码。"), "success")
        return redirect(url_for("interviewer.call", public_id=public_id), 303)
    flash(_what_follows(recorded), "success")
    return redirect(url_for("interviewer.desk"), 303)


@blueprint.post("/calls/<public_id>/release")
@allow(Role.INTERVIEWER)
def release(public_id: str) -> Response:
    """Put the case back without a result."""
    who = context.actor().account_id
    case = interviews.case_in_hand(context.session(), public_id, who, context.now())
    interviews.release_case(context.session(), case.id, who, context.now())
    flash(_("这一户已放下。"), "success")
    return redirect(url_for("interviewer.desk"), 303)


@blueprint.errorhandler(HoldLostError)
def lost(_error: HoldLostError) -> tuple[str, int]:
    """Say calmly that the case is not in this interviewer's hands; the same for a case that doesn't exist."""
    return render_template("interviewer/lost.html"), 404


def _what_follows(recorded: interviews.Recorded) -> str:
    if recorded.answered:
        return str(_("这家企业已自行提交问卷，结果只计一次；本次通话已记下。"))
    if recorded.hold_lost:
        return str(_("通话结果已记下；这一户已由其他回访员接手。"))
    name = _(OUTCOME_NAMES[recorded.disposition])
    if recorded.closed:
        return str(_("已登记：%(outcome)s，这一户不再拨打。", outcome=name))
    return str(_("已登记：%(outcome)s，%(moment)s 起再拨。", outcome=name, moment=moment(recorded.due_at)))
