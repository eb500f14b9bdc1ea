"""Attachments: taking files as evidence, and handing them out as downloads and nothing else."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey_app.domain.entry_fields import entry_fields
from survey_app.domain.evidence import range_of
from survey_app.domain.ledger import LEDGERS
from survey_app.domain.roles import Role
from survey_app.domain.scheme import ScoreItem
from survey_app.models.attachment import Attachment
from survey_app.models.round import Round
from survey_app.schemes.loader import load_scheme
from survey_app.services import attachments, entry_pages, items, round_locks
from survey_app.services.attachments import Place
from survey_app.services.errors import ConflictError, NotFoundError, ServiceError
from survey_app.services.evidence import RoundEvidence
from survey_app.web import context
from survey_app.web.access import allow
from survey_app.web.downloads import stored_file
from survey_app.web.ledgers.entry_page import entry_page
from survey_app.web.round_pages import crumbs, round_named
from survey_app.web.security import confine

blueprint = Blueprint("attachments", __name__, url_prefix="/rounds/<quarter>")


@blueprint.get("/evidence/<int:unit_id>/<item_id>")
@allow(Role.OFFICE, Role.COMMISSION)
def item(quarter: str, unit_id: int, item_id: str) -> str:
    """Show what speaks for a unit's item: the rule, the entry, the ledger, the files."""
    return _item_page(round_named(quarter), Place(item_id, unit_id))


@blueprint.post("/evidence/<int:unit_id>/<item_id>")
@allow(Role.OFFICE)
def add_to_item(quarter: str, unit_id: int, item_id: str) -> Response | tuple[str, int]:
    """Take a file as evidence for a unit's item."""
    round_ = round_named(quarter)
    _item(round_, item_id)
    entry_pages.unit_of(context.session(), unit_id)
    return _upload(round_, Place(item_id, unit_id))


@blueprint.post("/ledgers/<int:entry_id>/attachments")
@allow(Role.OFFICE)
def add_to_entry(quarter: str, entry_id: int) -> Response | tuple[str, int]:
    """Take a file as evidence for a ledger's entry."""
    round_ = round_named(quarter)
    return _upload(round_, attachments.place_of_entry(context.session(), round_, entry_id))


@blueprint.post("/mass-appraisal/scans")
@allow(Role.COMMISSION)
def add_scan(quarter: str) -> Response | tuple[str, int]:
    """Take the signed sheet of the counts that the commission hands in for all units."""
    round_ = round_named(quarter)
    own = items.items_of(load_scheme(round_.scheme_key), Role.COMMISSION)
    if not own:
        raise NotFoundError("评分方案没有由纪委监委填报的评分项")
    return _upload(round_, Place(own[0].id))


@blueprint.get("/attachments/<int:attachment_id>")
@allow(Role.OFFICE, Role.COMMISSION)
def download(quarter: str, attachment_id: int) -> Response:
    """Hand out a file to save; whatever it holds, it is opened in nothing of ours."""
    _of_round(round_named(quarter), attachment_id)
    found = attachments.content_of(context.session(), attachment_id)
    confine()
    return stored_file(found.content, found.filename, found.media_type)


@blueprint.post("/attachments/<int:attachment_id>/withdraw")
@allow(Role.OFFICE, Role.COMMISSION)
def withdraw(quarter: str, attachment_id: int) -> Response | tuple[str, int]:
    """Take a file out of the evidence; it stays in the record, with the reason."""
    round_ = round_named(quarter)
    found = _of_round(round_, attachment_id)
    place = Place(found.item, found.unit_id, found.ledger_entry_id)
    reason, who = request.form.get("reason", ""), context.actor().account_id
    try:
        attachments.withdraw_attachment(context.session(), round_, attachment_id, reason, who, context.now())
    except NotFoundError:
        raise
    except ServiceError as error:
        faults = [(f"withdraw-{attachment_id}" if error.field else "", str(error))]
        return _page(round_, place, faults), 409 if isinstance(error, ConflictError) else 400
    flash(_("已撤下，文件和原因都已保留。"), "success")
    return redirect(_address(round_, place), 303)


def _upload(round_: Round, place: Place) -> Response | tuple[str, int]:
    file = request.files.get("file")
    name, content = (file.filename or "", file.read()) if file else ("", b"")
    try:
        kept = attachments.upload(
            context.session(), round_, place, name, content, context.actor().account_id, context.now()
        )
    except NotFoundError:
        raise
    except ServiceError as error:
        return _page(round_, place, [(error.field or "", str(error))]), 400
    flash(_("已上传「%(file)s」。", file=kept.filename), "success")
    return redirect(_address(round_, place), 303)


def _page(round_: Round, place: Place, faults: list[tuple[str, str]]) -> str:
    """The page of a place again, with what is wrong."""
    if place.ledger_entry_id is not None:
        return entry_page(round_, place.ledger_entry_id, faults)
    if place.unit_id is not None:
        return _item_page(round_, place, faults)
    scored = _item(round_, place.item)
    return render_template(
        "attachments/scans.html",
        round=round_,
        item=scored,
        faults=faults,
        crumbs=crumbs(round_, (_("群众评票数"), url_for("items.totals", quarter=round_.quarter))),
        **_files(round_, place, faults),
    )


def _item_page(round_: Round, place: Place, faults: list[tuple[str, str]] | None = None) -> str:
    session, scored = context.session(), _item(round_, place.item)
    unit_id = place.unit_id or 0
    unit = entry_pages.unit_of(session, unit_id)
    found = RoundEvidence(session, round_).of(unit.id, scored)
    entry = items.current_entries(session, round_.id).get((unit.id, scored.id))
    return render_template(
        "attachments/item.html",
        round=round_,
        unit=unit,
        item=scored,
        ledger=LEDGERS[scored.ledger] if scored.ledger else None,
        limits=range_of(scored),
        evidence=found,
        entry=entry,
        entered=items.describe_entry(scored, entry.data) if entry else None,
        gap=found.gap(entry.data, entry.note) if entry else None,
        faults=faults or [],
        crumbs=crumbs(round_, (_("评分项填报"), url_for("items.index", quarter=round_.quarter))),
        **_files(round_, place, faults or []),
    )


def _files(round_: Round, place: Place, faults: list[tuple[str, str]]) -> dict[str, object]:
    """What the list of files at a place needs."""
    may_add = attachments.may_add(round_, place.item, context.actor().role)
    return {
        "files": attachments.attachments_at(context.session(), round_, place),
        "upload_address": _address(round_, place, upload=True),
        "may_add": may_add and not round_locks.is_frozen(round_),
        "errors": dict(faults),
        "typed": request.form,
        "frozen": round_locks.is_frozen(round_),
    }


def _address(round_: Round, place: Place, upload: bool = False) -> str:
    quarter = round_.quarter
    if place.ledger_entry_id is not None:
        return url_for("ledgers.show", quarter=quarter, entry_id=place.ledger_entry_id)
    if place.unit_id is not None:
        return url_for("attachments.item", quarter=quarter, unit_id=place.unit_id, item_id=place.item)
    return url_for("attachments.add_scan" if upload else "items.totals", quarter=quarter)


def _of_round(round_: Round, attachment_id: int) -> Attachment:
    found = attachments.find_attachment(context.session(), attachment_id)
    if found.round_id != round_.id:
        raise NotFoundError("这一轮没有这个附件：请从所在页面重新进入")
    return found


def _item(round_: Round, item_id: str) -> ScoreItem:
    found = next((each for each in load_scheme(round_.scheme_key).items if each.id == item_id), None)
    if found is None or not entry_fields(found):
        raise NotFoundError("没有这个要填报的评分项：请从列表重新进入")
    return found
