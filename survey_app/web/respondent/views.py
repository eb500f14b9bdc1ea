"""The enterprise's pages: the code to type, the form, the receipt, every other state of a link, the notice."""

import logging
from collections.abc import Sequence
from datetime import timedelta

from flask import Blueprint, Response, abort, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as Redirect

from survey_app.config import COUNTY_ZONE, MAX_FORM_BYTES
from survey_app.db import end_transaction
from survey_app.domain.answer import FieldError
from survey_app.domain.form_parser import Form, parse_form
from survey_app.domain.mode import Mode
from survey_app.domain.name_mask import mask_name
from survey_app.domain.privacy_notice import SECTION_NAMES
from survey_app.domain.round_state import GRACE, RoundState
from survey_app.schemes.instruments import load_instrument
from survey_app.schemes.loader import SchemeError
from survey_app.schemes.notices import current_notice, load_notices
from survey_app.services import respondent_cases, responses
from survey_app.services.respondent_cases import (
    MalformedCodeError,
    ReplacedCodeError,
    RespondentCase,
    TooManyTriesError,
    UnknownCodeError,
)
from survey_app.services.responses import RoundClosedError
from survey_app.services.surveys import asked_surveys
from survey_app.web import context
from survey_app.web.access import public
from survey_app.web.fault_log import describe_fault
from survey_app.web.form_builder import build_form
from survey_app.web.respondent import not_me, pages, receipts
from survey_app.web.respondent.form_opening import new_stamp
from survey_app.web.respondent.form_stamp import FIELD, read_stamp
from survey_app.web.respondent.pages import page, way

blueprint = Blueprint("respondent", __name__)
blueprint.after_request(pages.compress)
receipts.add_pages(blueprint)
not_me.add_pages(blueprint)
log = logging.getLogger(__name__)

_NOTHING: Form = {}


@blueprint.before_request
def limit_form() -> None:
    """Refuse what no form of ours sends before it is read; the general limit has room for uploaded files."""
    request.max_content_length = MAX_FORM_BYTES


@blueprint.get("/s", strict_slashes=False)
@public
def enter_code() -> Response:
    """Ask for the code of a letter or an SMS."""
    return page("code", typed="", error=None)


@blueprint.post("/s", strict_slashes=False)
@public
def open_by_code() -> Response | Redirect:
    """Lead to the link that a code stands for; a wrong code says so and keeps what was typed."""
    typed = request.form.get("code", "")[:40]
    keys = context.collaborators().keys
    try:
        token = respondent_cases.token_for_code(
            context.session(), keys.links, keys.throttle, typed, request.remote_addr or "", context.now()
        )
    except MalformedCodeError:
        error = _("回访码是 8 位字母和数字，没有字母 O、I、L 和数字 0、1，请对照通知再输一次")
        return page("code", 400, typed=typed, error=error)
    except UnknownCodeError:
        return page("code", 400, typed=typed, error=_("没有这个回访码，请对照通知再输一次"))
    except TooManyTriesError as fault:
        return _too_many(fault)
    except ReplacedCodeError as fault:
        return page("replaced", 410, survey=fault.survey)
    return redirect(url_for("respondent.show", token=token, **way()), 303)


@blueprint.get("/s/<path:token>")
@public
def show(token: str) -> Response:
    """Show the form, or the state that the link is in; changes nothing, so that previews may open it."""
    case = respondent_cases.view_case(context.session(), token)
    if case is None:
        return _no_case(token)
    if case.receipt is not None:
        return page(
            "receipt", case=case, receipt=case.receipt, not_me=not_me.address(case.receipt.receipt_code)
        )
    if not case.is_open(context.now()):
        return _not_open(case)
    return _form(case, *new_stamp(case))


@blueprint.post("/s/<path:token>")
@public
def send(token: str) -> Response | Redirect:
    """Store the answers and lead to the receipt, which may be reloaded; on an error nothing typed is lost."""
    session, now, key = context.session(), context.now(), context.collaborators().keys.forms
    case = respondent_cases.find_case(session, token)
    if case is None:
        return _no_case(token)
    form = request.form.to_dict(flat=False)
    sent_stamp = form.pop(FIELD, [""])[0]
    stamp = read_stamp(key, case.public_id, sent_stamp)
    if stamp is None:
        if not case.is_open(now):
            return _not_open(case, form)
        again = _("页面不完整或已过期，内容还没有提交：填写的都还在，请检查后再提交一次。")
        return _form(case, *new_stamp(case), form, sentence=again, status=400)
    answers, errors = parse_form(load_instrument(case.scheme_key, case.instrument), case.units, form)
    if errors:
        return _form(case, sent_stamp, stamp.notice_version, form, errors, status=400)
    mode = Mode.SMS if request.args.get("m") == "s" else Mode.QR
    try:
        responses.submit(session, case.case_id, mode, answers, stamp.opened_at, now, stamp.notice_version)
    except RoundClosedError:
        return _not_open(case, form)
    return redirect(url_for("respondent.show", token=token, **way()), 303)


@blueprint.get("/notice")
@public
def notices() -> Response:
    """List the notices on personal data that are in force, one for each survey."""
    found = []
    for survey in asked_surveys(context.session()):
        instrument, notice = load_instrument(*survey), current_notice(*survey)
        address = pages.notice_address(*survey, notice)
        found.append((instrument.title, instrument.asker, notice.version, address))
    return page("notices", notices=found)


@blueprint.get("/notice/<scheme_key>/<instrument_key>/<notice_version>")
@public
def notice(scheme_key: str, instrument_key: str, notice_version: str) -> Response:
    """Show one version of a survey's notice, in force or not."""
    survey = (scheme_key, instrument_key)
    try:
        title, versions = load_instrument(*survey).title, load_notices(*survey)
    except SchemeError:
        abort(404)
    shown = next((each for each in versions if each.version == notice_version), None)
    if shown is None:
        abort(404)
    return page(
        "notice",
        survey=survey,
        title=title,
        notice=shown,
        names=SECTION_NAMES,
        is_current=shown is versions[-1],
        others=[
            (each, pages.notice_address(*survey, each)) for each in reversed(versions) if each is not shown
        ],
    )


def _no_case(token: str) -> Response:
    """Return the page of a link that opens nothing: one that was replaced says so, others look alike."""
    survey = respondent_cases.survey_of_replaced(context.session(), token)
    return page("unknown", 404) if survey is None else page("replaced", 410, survey=survey)


def _too_many(fault: TooManyTriesError) -> Response:
    """Return the page that says from when on a code may be typed again, to the minute and never too early."""
    if fault.over_all:
        log.warning("typed codes: closed for everybody after too many wrong ones")
    again_at = (context.now() + fault.retry_after + timedelta(seconds=59)).astimezone(COUNTY_ZONE)
    answer = page("too_many", 429, again_at=again_at.strftime("%H:%M"), over_all=fault.over_all)
    answer.headers["Retry-After"] = str(-(-fault.retry_after // timedelta(seconds=1)))
    return answer


def _form(
    case: RespondentCase,
    stamp: str,
    notice_version: str,
    form: Form = _NOTHING,
    errors: Sequence[FieldError] = (),
    sentence: str | None = None,
    status: int = 200,
) -> Response:
    """Return the form with what was typed; `sentence` says what is wrong with the request as a whole."""
    return page(
        "form",
        status,
        form=build_form(case.scheme_key, case.instrument, case.quarter, case.units, form, errors),
        case=case,
        opening=pages.opening(case, notice_version),
        notice_version=notice_version,
        kept_until=int((case.closes_at + GRACE).timestamp()) if case.closes_at else None,
        enterprise=mask_name(case.enterprise),
        stamp_name=FIELD,
        stamp=stamp,
        sentence=sentence,
    )


def _not_open(case: RespondentCase, form: Form = _NOTHING) -> Response:
    """Return the page of a round that takes no answers, with what was typed so that it can be told otherwise."""
    if case.state is RoundState.PREPARING:
        return page("not_open", 409 if form else 200, case=case)
    kept = build_form(case.scheme_key, case.instrument, case.quarter, case.units, form) if form else None
    return page("closed", 409 if form else 200, case=case, form=kept)


@blueprint.errorhandler(Exception)
def failed(error: Exception) -> Response:
    """Say what went wrong; what was typed stays in the page, to be sent again with one press."""
    if isinstance(error, HTTPException):
        return (
            page("unknown", 404)
            if error.code == 404
            else page("failed", error.code or 500, kept={}, busy=False, too_long=error.code == 413)
        )
    end_transaction()
    busy = isinstance(error, DBAPIError | PoolTimeoutError)
    if busy:
        log.error("database: %s", type(getattr(error, "orig", error)).__name__)
    else:
        log.error("unexpected in %s:\n%s", request.endpoint, describe_fault(error))
    kept = request.form.to_dict(flat=False) if request.method == "POST" else {}
    answer = page("failed", 503 if busy else 500, kept=kept, busy=busy, too_long=False)
    answer.headers["Retry-After"] = "60"
    return answer
