"""Paper forms: printing them for enterprises, and entering those that staff bring back."""

from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey_app.db import reading
from survey_app.domain.answer import FieldError
from survey_app.domain.form_parser import Form, parse_form
from survey_app.domain.quarter import parse_quarter
from survey_app.schemes.instruments import load_instrument
from survey_app.services import links, onsite, paper_forms, surveys
from survey_app.services.errors import ServiceError
from survey_app.services.respondent_cases import Receipt, RespondentCase, TooManyTriesError
from survey_app.services.responses import RoundClosedError
from survey_app.web import context
from survey_app.web.access import allow
from survey_app.web.downloads import download
from survey_app.web.form_builder import build_form
from survey_app.web.language import say
from survey_app.web.parameters import row_id
from survey_app.web.respondent.form_opening import new_stamp
from survey_app.web.respondent.form_stamp import FIELD, read_stamp
from survey_app.web.round_pages import ASKERS, own_survey, round_named

blueprint = Blueprint("onsite", __name__)
_NOTHING: Form = {}
MOST_TYPED = 300  # a link, as a scanner types it


@blueprint.get("/onsite")
@allow(*ASKERS)
def index() -> str:
    """Ask for the code on the next form."""
    return _start()


@blueprint.post("/onsite")
@allow(*ASKERS)
def find() -> str | Response | tuple[str, int] | tuple[str, int, dict[str, str]]:
    """Lead to the form of a code or link; a wrong one says so and stays in its field."""
    typed = request.form.get("code", "")[:MOST_TYPED]
    session, keys = context.session(), context.collaborators().keys
    try:
        case = onsite.case_by_code(session, keys, context.actor(), typed, context.now())
    except TooManyTriesError as error:
        return _start(typed, str(error)), 429, {"Retry-After": str(error.retry_after.seconds)}
    except ServiceError as error:
        return _start(typed, str(error)), 400
    return redirect(url_for("onsite.show", public_id=case.public_id), 303)


@blueprint.get("/onsite/<public_id>")
@allow(*ASKERS)
def show(public_id: str) -> str:
    """Show the questionnaire to enter a form into; its stamp says when it was opened."""
    case = _case(public_id)
    return _form(case, new_stamp(case)[0])


@blueprint.post("/onsite/<public_id>")
@allow(*ASKERS)
def enter(public_id: str) -> str | Response | tuple[str, int]:
    """Store a form and ask for the next code; on an error everything typed stays on the page."""
    case, now, key = _case(public_id), context.now(), context.collaborators().keys.forms
    form = request.form.to_dict(flat=False)
    stamp = form.pop(FIELD, [""])[0]
    read = read_stamp(key, public_id, stamp)
    if read is None:
        again = _("页面不完整或已过期，还没有录入：填写的都还在，请检查后再点一次「录入这份问卷」。")
        return _form(case, new_stamp(case)[0], form, sentence=again), 400
    answers, errors = parse_form(load_instrument(case.scheme_key, case.instrument), case.units, form)
    if errors:
        return _form(case, stamp, form, errors), 400
    try:
        receipt = onsite.enter(
            context.session(), case, context.actor(), answers, read.opened_at, now, read.notice_version
        )
    except RoundClosedError as error:
        return _form(case, stamp, form, sentence=str(error)), 409
    flash(*_entered(case, receipt))
    return redirect(url_for("onsite.index"), 303)


@blueprint.post("/rounds/<quarter>/forms.pdf")
@allow(*ASKERS)
def forms_file(quarter: str) -> Response:
    """Hand out the forms of those who have not answered, all or one unit's, and note who got them."""
    return _printed(quarter, unit_id=request.form.get("unit", type=row_id))


@blueprint.post("/rounds/<quarter>/forms/<public_id>.pdf")
@allow(*ASKERS)
def form_file(quarter: str, public_id: str) -> Response:
    """Hand out one enterprise's form, and note who got it."""
    return _printed(quarter, public_id=public_id)


def _start(typed: str = "", error: str | None = None) -> str:
    return render_template(
        "onsite/index.html",
        typed=typed,
        error=error,
        most=MOST_TYPED,
        entered=onsite.entered_today(context.session(), context.actor().account_id, context.now()),
    )


def _case(public_id: str) -> RespondentCase:
    return onsite.case_to_enter(context.session(), context.collaborators().keys, context.actor(), public_id)


def _form(
    case: RespondentCase,
    stamp: str,
    form: Form = _NOTHING,
    errors: Sequence[FieldError] = (),
    sentence: str | None = None,
) -> str:
    """Return the form with what was typed; `sentence` says what is wrong with the request as a whole."""
    questionnaire = build_form(case.scheme_key, case.instrument, case.quarter, case.units, form, errors)
    return render_template(
        "onsite/form.html",
        case=case,
        quarter=say(parse_quarter(case.quarter).title),
        questionnaire=questionnaire,
        faults=[("", sentence)] if sentence else questionnaire.faults,
        open=case.is_open(context.now()),
        stamp_name=FIELD,
        stamp=stamp,
    )


def _entered(case: RespondentCase, receipt: Receipt) -> tuple[str, str]:
    """Return what to say after a form was sent, and its category."""
    words = {"name": case.enterprise, "code": receipt.receipt_code}
    if receipt.is_first:
        return _("已录入：%(name)s，回执号 %(code)s。请输入下一份的表号。", **words), "success"
    if receipt.same_content:
        return _("%(name)s的这份内容先前已收到，没有重复计入，回执号 %(code)s。", **words), "info"
    return _("%(name)s已先答复，以先收到的为准；这一份已留存，不计入结果，回执号 %(code)s。", **words), "info"


def _printed(quarter: str, unit_id: int | None = None, public_id: str | None = None) -> Response:
    """Make the file with no writing transaction open, as SQLite has one writer; then note that it left."""
    session, collaborators, who = context.session(), context.collaborators(), context.actor().account_id
    session.rollback()
    with reading():
        round_ = round_named(quarter)
        instrument = own_survey(round_)
        rows = paper_forms.form_rows(session, collaborators, round_, instrument, who, unit_id, public_id)
        content = paper_forms.forms_pdf(collaborators, round_, instrument, rows)
        session.rollback()
    links.record_export(session, round_, len(rows), context.now(), who, "forms", instrument)
    survey = surveys.survey_title(round_, instrument).zh
    return download(content, f"{parse_quarter(quarter).title}{survey}纸质问卷.pdf")
