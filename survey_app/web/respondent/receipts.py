"""回执查询: the page where anybody types a receipt, and the lists of published rounds; no sign-in, no cookie."""

from datetime import timedelta

from flask import Blueprint, Response, make_response, request, url_for
from flask_babel import gettext as _

from survey_app.domain.receipt import list_text
from survey_app.schemes.loader import load_scheme
from survey_app.services import receipts
from survey_app.services.errors import NotFoundError, ServiceError
from survey_app.services.receipts import ReceiptState
from survey_app.services.respondent_cases import MalformedCodeError, TooManyTriesError, UnknownCodeError
from survey_app.services.versions import published_rounds
from survey_app.web import context
from survey_app.web.access import public
from survey_app.web.language import say
from survey_app.web.respondent.pages import page, way


def add_pages(blueprint: Blueprint) -> None:
    """Add these pages to the enterprises' ones, whose rules they share."""
    blueprint.add_url_rule("/receipts", view_func=ask_receipt)
    blueprint.add_url_rule("/receipts", view_func=look_up_receipt, methods=["POST"])
    blueprint.add_url_rule("/receipts/<quarter>", view_func=receipt_lists)
    blueprint.add_url_rule("/receipts/<quarter>/<instrument>.txt", view_func=receipt_list_file)


@public
def ask_receipt() -> Response:
    """Ask for a receipt, and name the published rounds."""
    return _form("", None)


@public
def look_up_receipt() -> Response:
    """Say what can be told of a receipt. It is sent as a form: what an address holds would stay in logs."""
    typed = request.form.get("receipt", "")[:40]
    key = context.collaborators().keys.throttle
    try:
        found = receipts.look_up(context.session(), key, typed, request.remote_addr or "", context.now())
    except MalformedCodeError:
        error = _("回执号是 9 位字母和数字，没有字母 O、I、L 和数字 0、1，请对照回执再输一次")
        return _form(typed, error, 400)
    except UnknownCodeError:
        return _form(typed, _("没有找到这个回执号。请对照回执再输一次；还是没有，请打电话给我们。"), 400)
    except TooManyTriesError as fault:
        minutes = -(-fault.retry_after // timedelta(minutes=1))
        answer = _form(typed, _("输错次数太多，请过 %(n)s 分钟再输。", n=minutes), 429)
        answer.headers["Retry-After"] = str(fault.retry_after.seconds)
        return answer
    except ServiceError:
        return _form(typed, _("封存的资料与校验码不符，现在不能查询。请打电话告诉我们。"), 500)
    listed = found.sealed.of(found.instrument) if found.sealed else None
    again = url_for("respondent.ask_receipt", **way())
    return page("receipt_found", case=found, found=found, listed=listed, state=ReceiptState, again=again)


@public
def receipt_lists(quarter: str) -> Response:
    """Show how many receipts a published round counts, and where the lists are."""
    try:
        sealed = receipts.published_lists_of(context.session(), quarter)
    except NotFoundError:
        return page("receipt_lists", 404, sealed=None)
    lists = [
        (
            each,
            say(load_scheme(sealed.scheme_key).item(each.instrument).title),
            url_for("respondent.receipt_list_file", quarter=quarter, instrument=each.instrument),
        )
        for each in sealed.lists
    ]
    return page("receipt_lists", sealed=sealed, lists=lists)


@public
def receipt_list_file(quarter: str, instrument: str) -> Response:
    """Hand out a list of receipts, one a line; its SHA-256 is the one that the round's digest covers."""
    try:
        sealed = receipts.published_lists_of(context.session(), quarter)
    except NotFoundError:
        return page("receipt_lists", 404, sealed=None)
    listed = sealed.of(instrument)
    if listed is None or not listed.is_open:
        return page("receipt_lists", 404, sealed=None)
    answer = make_response(list_text(listed.codes))
    answer.mimetype = "text/plain"
    name = f"{quarter}-{instrument}-receipts.txt"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _form(typed: str, error: str | None, status: int = 200) -> Response:
    rounds = [
        (each.quarter, url_for("respondent.receipt_lists", quarter=each.quarter, **way()))
        for each in published_rounds(context.session())
    ]
    return page("receipts", status, typed=typed, error=error, rounds=rounds)
