"""“不是我填的”: the page of a receipt on which an enterprise says that the answer wasn't its own."""

from flask import Blueprint, Response, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Redirect

from survey_app.domain.disavowal import LONGEST_NOTE, DisavowalWay
from survey_app.domain.name_mask import mask_name
from survey_app.domain.receipt import disown_token
from survey_app.services import disavowals
from survey_app.services.disavowals import DisownedResponse
from survey_app.services.errors import ServiceError
from survey_app.services.respondent_cases import TooManyTriesError
from survey_app.web import context
from survey_app.web.access import public
from survey_app.web.respondent.pages import page, way


def add_pages(blueprint: Blueprint) -> None:
    """Add these pages to the enterprises' ones, whose rules they share."""
    blueprint.add_url_rule("/n/<token>", view_func=disown)
    blueprint.add_url_rule("/n/<token>", view_func=send_disavowal, methods=["POST"])
    blueprint.add_url_rule("/n/<token>/sent", view_func=disavowal_sent)


def address(receipt_code: str) -> str:
    """Return the page's address for a receipt, as its own page links to it; the SMS has another mark in it."""
    token = disown_token(context.collaborators().keys.disavowals, receipt_code)
    return url_for("respondent.disown", token=token, **way(m=None))


@public
def disown(token: str) -> Response:
    """Show what saying so means; changes nothing, and tells nobody whether it was said before."""
    response = _response(token)
    return _form(response) if response else page("unknown", 404)


@public
def send_disavowal(token: str) -> Response | Redirect:
    """Take down that the answer wasn't the enterprise's own."""
    response = _response(token)
    if response is None:
        return page("unknown", 404)
    said_by = DisavowalWay.SMS if request.args.get("m") == "s" else DisavowalWay.PAGE
    try:
        disavowals.report(
            context.session(),
            context.collaborators().keys.throttle,
            response,
            said_by,
            request.form.get("note", ""),
            request.form.get("phone", ""),
            request.remote_addr or "",
            context.now(),
        )
    except TooManyTriesError as fault:
        answer = _form(response, {"": _("从这里报告得太多了，请过一会儿再试，或直接打电话。")}, 429)
        answer.headers["Retry-After"] = str(fault.retry_after.seconds)
        return answer
    except ServiceError as error:
        sentences = {
            "note": _("说明不超过 %(n)s 字，也不要有特殊的控制字符", n=LONGEST_NOTE),
            "phone": _("回电号码应为一个手机号或带区号的固定电话"),
        }
        return _form(response, {error.field or "": sentences.get(error.field or "", str(error))}, 400)
    return redirect(url_for("respondent.disavowal_sent", token=token, **way()), 303)


@public
def disavowal_sent(token: str) -> Response:
    """Thank whoever said so, and say what happens next; the same for everybody."""
    response = _response(token)
    return page("not_me_sent", case=response) if response else page("unknown", 404)


def _response(token: str) -> DisownedResponse | None:
    return disavowals.response_of(context.session(), context.collaborators().keys.disavowals, token)


def _form(response: DisownedResponse, errors: dict[str, str] | None = None, status: int = 200) -> Response:
    return page(
        "not_me",
        status,
        case=response,
        enterprise=mask_name(response.enterprise),
        errors=errors or {},
        typed=request.form,
        longest=LONGEST_NOTE,
    )
