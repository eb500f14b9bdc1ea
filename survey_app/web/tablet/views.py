"""The tablet's own pages: the code to type, the questionnaire, the receipt, and back to the start."""

from collections.abc import Sequence
from datetime import timedelta

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey_app.config import MAX_FORM_BYTES
from survey_app.domain.answer import FieldError
from survey_app.domain.form_parser import Form, parse_form
from survey_app.domain.name_mask import mask_name
from survey_app.models.tablet import Tablet
from survey_app.schemes.instruments import load_instrument
from survey_app.services import tablets
from survey_app.services.respondent_cases import (
    MalformedCodeError,
    ReplacedCodeError,
    RespondentCase,
    TooManyTriesError,
    UnknownCodeError,
)
from survey_app.services.responses import RoundClosedError
from survey_app.web import context
from survey_app.web.access import public
from survey_app.web.form_builder import build_form
from survey_app.web.language import say
from survey_app.web.respondent import pages
from survey_app.web.respondent.form_opening import new_stamp
from survey_app.web.respondent.form_stamp import FIELD, read_stamp
from survey_app.web.tablet.session import close_case, open_case, opened_case, this_tablet

blueprint = Blueprint("tablet", __name__, url_prefix="/tablet")
Answer = Response | str | tuple[str, int] | tuple[str, int, dict[str, str]]
_NOTHING: Form = {}
RECEIPT_SECONDS = 30


@blueprint.before_request
def limit_form() -> None:
    """Refuse what no form of ours sends before it is read."""
    request.max_content_length = MAX_FORM_BYTES


@blueprint.get("")
@public
def start() -> Answer:
    """Ask the next person for their code; what was open before can't be gone back to."""
    close_case()
    tablet = this_tablet()
    return _start(tablet) if tablet else _ended()


@blueprint.post("")
@public
def find() -> Answer:
    """Open the questionnaire of a code; a wrong one says so and stays in its field."""
    tablet = this_tablet()
    if tablet is None:
        return _ended()
    typed = request.form.get("code", "")[:40]
    session, keys = context.session(), context.collaborators().keys
    try:
        case = tablets.case_by_code(session, keys, tablet, typed, context.now())
    except MalformedCodeError:
        error = _("回访码是 8 位字母和数字，没有字母 O、I、L 和数字 0、1，请对照通知再输一次")
        return _start(tablet, typed, error), 400
    except UnknownCodeError:
        error = _("这台平板上没有这个回访码，请对照通知再输一次；一直不行，请照下面的办法联系我们")
        return _start(tablet, typed, error), 400
    except ReplacedCodeError:
        error = _("这个回访码已经换成了新的，请输入新的通知或短信里的回访码")
        return _start(tablet, typed, error), 400
    except TooManyTriesError as fault:
        minutes = -(-fault.retry_after // timedelta(minutes=1))
        error = _("这台平板上输错的次数太多，请过 %(n)s 分钟再试，或用手机扫通知上的二维码", n=minutes)
        return _start(tablet, typed, error), 429, {"Retry-After": str(fault.retry_after.seconds)}
    open_case(case.public_id)
    return redirect(url_for("tablet.form"), 303)


@blueprint.get("/form")
@public
def form() -> Answer:
    """Show the questionnaire that is open on this tablet, or its receipt once it was sent."""
    tablet = this_tablet()
    if tablet is None:
        return _ended()
    case = _case(tablet)
    if case is None:
        return redirect(url_for("tablet.start"), 303)
    if case.receipt is not None:
        return _page("receipt", tablet, case=case, receipt=case.receipt, seconds=RECEIPT_SECONDS)
    if not case.is_open(context.now()):
        return _page("closed", tablet, case=case)
    return _form(tablet, case, *new_stamp(case))


@blueprint.post("/form")
@public
def send() -> Answer:
    """Store the answers and lead to the receipt; on an error everything typed stays on the page."""
    tablet = this_tablet()
    if tablet is None:
        return _ended()
    case = _case(tablet)
    if case is None:
        return redirect(url_for("tablet.start"), 303)
    key = context.collaborators().keys.forms
    form = request.form.to_dict(flat=False)
    form.pop("csrf_token", None)
    sent_stamp = form.pop(FIELD, [""])[0]
    stamp = read_stamp(key, case.public_id, sent_stamp)
    if stamp is None:
        again = _("页面不完整或已过期，内容还没有提交：填写的都还在，请检查后再提交一次。")
        return _form(tablet, case, *new_stamp(case), form, sentence=again), 400
    answers, errors = parse_form(load_instrument(case.scheme_key, case.instrument), case.units, form)
    if errors:
        return _form(tablet, case, sent_stamp, stamp.notice_version, form, errors), 400
    try:
        tablets.send(
            context.session(), tablet, case, answers, stamp.opened_at, context.now(), stamp.notice_version
        )
    except RoundClosedError:
        return _page("closed", tablet, case=case), 409
    return redirect(url_for("tablet.form"), 303)


def _case(tablet: Tablet) -> RespondentCase | None:
    public_id = opened_case()
    if public_id is None:
        return None
    return tablets.case_on(context.session(), context.collaborators().keys, tablet, public_id)


def _start(tablet: Tablet, typed: str = "", error: str | None = None) -> str:
    return _page("start", tablet, typed=typed, error=error)


def _form(
    tablet: Tablet,
    case: RespondentCase,
    stamp: str,
    notice_version: str,
    form: Form = _NOTHING,
    errors: Sequence[FieldError] = (),
    sentence: str | None = None,
) -> str:
    """Return the questionnaire with what was typed; `sentence` says what is wrong with the request as a whole."""
    return _page(
        "form",
        tablet,
        form=build_form(case.scheme_key, case.instrument, case.quarter, case.units, form, errors),
        case=case,
        opening=pages.opening(case, notice_version, linked=False),
        enterprise=mask_name(case.enterprise),
        stamp_name=FIELD,
        stamp=stamp,
        sentence=sentence,
    )


def _page(template: str, tablet: Tablet, **values: object) -> str:
    survey = tablets.survey_of(context.session(), tablet)
    asker = say(load_instrument(survey.scheme_key, tablet.instrument).asker)
    phone = tablets.phone_of(context.collaborators().settings, survey, tablet)
    return render_template(f"tablet/{template}.html", tablet=tablet, asker=asker, phone=phone, **values)


def _ended() -> tuple[str, int]:
    return render_template("tablet/ended.html", tablet=None), 410
