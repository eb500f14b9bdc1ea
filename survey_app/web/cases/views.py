"""The cases of a round for whoever asks them: the list, one case and its history, and the files of all links."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from functools import partial
from typing import Any, TypeVar

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey_app.config import SettingsError
from survey_app.db import reading
from survey_app.domain.access_code import group_code
from survey_app.domain.disposition import RULES, Disposition
from survey_app.domain.mode import MODE_NAMES, Mode
from survey_app.domain.phone_mask import mask_phone
from survey_app.domain.quarter import parse_quarter
from survey_app.integrations.qr import qr_png, qr_svg
from survey_app.models.case import Case
from survey_app.models.round import Round
from survey_app.services import case_pages, links, sms_silence, surveys
from survey_app.services.case_pages import (
    CASE_STATE_NAMES,
    REVEAL_REASON_NAMES,
    CaseDetail,
    CaseFilter,
    CaseState,
)
from survey_app.services.errors import NotFoundError, ServiceError
from survey_app.services.links import LinkRow
from survey_app.services.outbox import MESSAGE_STATE_NAMES
from survey_app.services.personal_links import personal_link, redraw_link
from survey_app.services.round_locks import is_frozen
from survey_app.services.round_units import active_units
from survey_app.web import context
from survey_app.web.access import allow
from survey_app.web.downloads import download
from survey_app.web.message_tags import MESSAGE_TONES, message_name
from survey_app.web.parameters import row_id
from survey_app.web.round_pages import ASKERS, Crumb, crumbs, own_survey, own_title, round_named, tabs

blueprint = Blueprint("cases", __name__)
OUTCOME_NAMES = {code: rule.name for code, rule in RULES.items()}
Choice = TypeVar("Choice", bound=StrEnum)


@blueprint.get("/rounds/<quarter>/cases")
@allow(*ASKERS)
def index(quarter: str) -> str:
    """List a round's cases, narrowed by state, unit and channel."""
    round_ = round_named(quarter)
    state, unit_id = request.args.get("state", ""), request.args.get("unit", type=row_id)
    chosen = CaseFilter(
        state=_one_of(CaseState, state),
        disposition=_one_of(Disposition, state),
        mode=_one_of(Mode, request.args.get("mode", "")),
        unit_id=unit_id,
    )
    page = request.args.get("page", type=int) or 1
    rows, paging = case_pages.list_cases(context.session(), round_, context.actor().role, chosen, page)
    kept: dict[str, Any] = {"state": chosen.state or chosen.disposition, "unit": unit_id, "mode": chosen.mode}
    return render_template(
        "cases/index.html",
        round=round_,
        survey=own_title(round_),
        rows=rows,
        paging=paging,
        page_address=lambda number: url_for("cases.index", quarter=quarter, page=number, **kept),
        kept=kept,
        narrowed=any(value is not None for value in kept.values()),
        state_options=[
            ("", _("全部")),
            *((code.value, _(name)) for code, name in CASE_STATE_NAMES.items()),
            *((code.value, _("结果：%(outcome)s", outcome=_(name))) for code, name in OUTCOME_NAMES.items()),
        ],
        mode_options=[("", _("全部")), *((code.value, _(name)) for code, name in MODE_NAMES.items())],
        unit_options=[
            ("", _("全部")),
            *((unit.id, unit.name) for unit in active_units(context.session())),
        ],
        outcome_names=OUTCOME_NAMES,
        mode_names=MODE_NAMES,
        message_names=MESSAGE_STATE_NAMES,
        message_tones=MESSAGE_TONES,
        as_of=context.now(),
        crumbs=crumbs(round_),
        tabs=tabs(round_),
    )


@blueprint.post("/rounds/<quarter>/links.csv")
@allow(*ASKERS)
def links_file(quarter: str) -> Response:
    """Hand out all links of a round as a file, and note who got it."""
    content, survey = _export(quarter, "csv", lambda _round, rows, _instrument: links.links_csv(rows))
    return download(content, f"{parse_quarter(quarter).title}{survey}回访链接.csv")


@blueprint.post("/rounds/<quarter>/labels.pdf")
@allow(*ASKERS)
def labels_file(quarter: str) -> Response:
    """Hand out the sheet of labels of a round, and note who got it."""
    draw = partial(links.labels_pdf, context.collaborators())
    content, survey = _export(quarter, "labels", draw)
    return download(content, f"{parse_quarter(quarter).title}{survey}二维码标签.pdf")


@blueprint.get("/cases/<public_id>")
@allow(*ASKERS)
def show(public_id: str) -> str:
    """Show one case, with its numbers masked."""
    return _page(public_id)


@blueprint.post("/cases/<public_id>/phones")
@allow(*ASKERS)
def reveal_phones(public_id: str) -> str | tuple[str, int]:
    """Show one case with its full numbers, once, after noting who asked and why."""
    case = _detail(public_id).case
    reason = request.form.get("reason", "")
    try:
        case_pages.record_reveal(context.session(), case, reason, context.now(), context.actor().account_id)
    except NotFoundError:
        raise
    except ServiceError as error:
        return _page(public_id, fault=str(error)), 400
    return _page(public_id, revealed=True)


@blueprint.route("/cases/<public_id>/new-link", methods=["GET", "POST"])
@allow(*ASKERS)
def new_link(public_id: str) -> str | Response:
    """Say what a new link ends, then make it."""
    session = context.session()
    case = _detail(public_id).case
    if request.method == "POST":
        redraw_link(session, context.collaborators().keys, case, context.now(), context.actor().account_id)
        flash(_("已换新链接，原链接和原回访码不能再用。"), "success")
        return redirect(url_for("cases.show", public_id=public_id), 303)
    return render_template(
        "cases/new_link.html",
        case=case,
        frozen=is_frozen(case.round),
        crumbs=_way_to(case, (case.enterprise.name, url_for("cases.show", public_id=public_id))),
    )


@blueprint.get("/cases/<public_id>/qr.svg")
@allow(*ASKERS)
def qr_svg_file(public_id: str) -> Response:
    """Draw the case's link."""
    return _image(qr_svg(_address(public_id)).encode(), "image/svg+xml")


@blueprint.get("/cases/<public_id>/qr.png")
@allow(*ASKERS)
def qr_png_file(public_id: str) -> Response:
    """Draw the case's link for programs that take no SVG."""
    return _image(qr_png(_address(public_id)), "image/png")


def _page(public_id: str, revealed: bool = False, fault: str | None = None) -> str:
    detail = _detail(public_id)
    case, collaborators = detail.case, context.collaborators()
    try:
        url, code = personal_link(collaborators, case)
        link = {"url": url, "code": group_code(code), "typed_at": collaborators.settings.link("/s")}
        no_link = ""
    except SettingsError as error:
        link, no_link = None, str(error)
    return render_template(
        "cases/show.html",
        detail=detail,
        case=case,
        round=case.round,
        survey=own_title(case.round),
        quarter=parse_quarter(case.round.quarter),
        link=link,
        no_link=no_link,
        revealed=revealed,
        fault=fault,
        reason_options=[
            ("", _("请选择")),
            *((code.value, _(name)) for code, name in REVEAL_REASON_NAMES.items()),
        ],
        shown_phone=(lambda number: number) if revealed else mask_phone,
        outcome_names=OUTCOME_NAMES,
        mode_names=MODE_NAMES,
        message_names=MESSAGE_STATE_NAMES,
        message_tones=MESSAGE_TONES,
        message_name=message_name,
        frozen=is_frozen(case.round),
        sms_until=sms_silence.waits_until(context.session(), case, context.now()),
        crumbs=_way_to(case),
    )


def _detail(public_id: str) -> CaseDetail:
    return case_pages.case_detail(context.session(), public_id, context.actor().role)


def _way_to(case: Case, *more: Crumb) -> list[Crumb]:
    quarter = case.round.quarter
    return crumbs(case.round, (_("回访名单"), url_for("cases.index", quarter=quarter)), *more)


def _address(public_id: str) -> str:
    case = _detail(public_id).case
    return personal_link(context.collaborators(), case)[0]


def _image(content: bytes, kind: str) -> Response:
    response = make_response(content)
    response.content_type = kind
    return response


def _export(
    quarter: str, kind: str, make: Callable[[Round, Sequence[LinkRow], str], bytes]
) -> tuple[bytes, str]:
    """Make a file of all links of a survey, note that it left the program, and return it with the survey's title.

    It is made with no writing transaction open: a sheet of labels takes seconds, and SQLite has one writer.
    """
    session = context.session()
    session.rollback()
    with reading():
        round_ = round_named(quarter)
        instrument, who = own_survey(round_), context.actor().account_id
        survey = surveys.survey_title(round_, instrument).zh
        rows = links.link_rows(session, context.collaborators(), round_, instrument, who)
        content = make(round_, rows, instrument)
        session.rollback()
    links.record_export(session, round_, len(rows), context.now(), who, kind, instrument)
    return content, survey


def _one_of(kind: type[Choice], text: str) -> Choice | None:
    return kind(text) if text in list(kind) else None
