"""Entering items: the grid of all units, one unit's items, the commission's totals, and who entered what."""

from collections.abc import Iterable, Mapping

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey_app.domain.approval import APPROVAL_NAMES
from survey_app.domain.entry_fields import entry_fields
from survey_app.domain.roles import Role
from survey_app.domain.scheme import ScoreItem
from survey_app.models.round import Round
from survey_app.schemes.loader import load_scheme
from survey_app.services import attachments, entry_pages, evidence, items, round_locks
from survey_app.services.evidence import Evidence
from survey_app.services.items import EntryConflictError, EntryRefusedError, Place
from survey_app.web import context
from survey_app.web.access import allow
from survey_app.web.items.entry_form import EntryForm
from survey_app.web.round_pages import crumbs, round_named, tabs

blueprint = Blueprint("items", __name__, url_prefix="/rounds/<quarter>")


@blueprint.get("/items")
@allow(Role.OFFICE, Role.COMMISSION)
def index(quarter: str) -> str:
    """Show all units down and all entered items across, what is missing marked."""
    round_ = round_named(quarter)
    return render_template(
        "items/index.html",
        round=round_,
        grid=entry_pages.entry_grid(context.session(), round_),
        frozen=round_locks.is_frozen(round_),
        owner=items.entered_by,
        role=context.actor().role,
        entry_fields=entry_fields,
        now=context.now(),
        crumbs=crumbs(round_),
        tabs=tabs(round_),
    )


@blueprint.route("/items/<int:unit_id>", methods=["GET", "POST"])
@allow(Role.OFFICE)
def unit(quarter: str, unit_id: int) -> str | Response | tuple[str, int]:
    """Enter all items of one unit on one page; all are stored, or none and the faults shown."""
    round_ = round_named(quarter)
    rated = entry_pages.unit_of(context.session(), unit_id)
    own = items.items_of(load_scheme(round_.scheme_key), Role.OFFICE)
    form = EntryForm([(rated.id, item) for item in own])
    status = 200
    proof = evidence.evidence_of_round(context.session(), round_)
    if request.method == "POST":
        form.read(request.form)
        _fill_from_ledger(form, rated.id, proof)
        saved, status = _save(round_, form)
        if saved is not None:
            _say_saved(saved)
            following = _next_unit(rated.id) if "next" in request.form else None
            if following is not None:
                return redirect(url_for("items.unit", quarter=quarter, unit_id=following), 303)
            return redirect(url_for("items.index", quarter=quarter), 303)
    else:
        form.fill(items.current_entries(context.session(), round_.id))
    grid = entry_pages.entry_grid(context.session(), round_)
    page = render_template(
        "items/unit.html",
        round=round_,
        unit=rated,
        items=own,
        form=form,
        grid=grid,
        score=grid.score(rated.id),
        evidence={item.id: proof.get((rated.id, item.id)) or evidence.nothing(item) for item in own},
        next_unit=_next_unit(rated.id),
        frozen=round_locks.is_frozen(round_),
        entry_fields=entry_fields,
        crumbs=crumbs(round_, (_("评分项填报"), url_for("items.index", quarter=quarter))),
    )
    return page, status


@blueprint.route("/mass-appraisal", methods=["GET", "POST"])
@allow(Role.OFFICE, Role.COMMISSION)
def totals(quarter: str) -> str | Response | tuple[str, int]:
    """Show the totals of 群众评, and let the commission hand them in for all units at once."""
    round_ = round_named(quarter)
    own = items.items_of(load_scheme(round_.scheme_key), Role.COMMISSION)
    if not own:
        abort(404)
    units = entry_pages.active_units(context.session())
    form = EntryForm([(rated.id, own[0]) for rated in units])
    may_enter = context.actor().role is Role.COMMISSION and not round_locks.is_frozen(round_)
    status = 200
    if request.method == "POST":
        if context.actor().role is not Role.COMMISSION:
            abort(403)
        form.read(request.form)
        saved, status = _save(round_, form)
        if saved is not None:
            _say_saved(saved)
            return redirect(url_for("items.totals", quarter=quarter), 303)
    else:
        form.fill(items.current_entries(context.session(), round_.id))
    entries = items.current_entries(context.session(), round_.id)
    counted = entry_pages.counted_answers(context.session(), round_, own[0])
    page = render_template(
        "items/totals.html",
        round=round_,
        item=own[0],
        units=units,
        form=form,
        entries=entries,
        counted=counted,
        beyond={
            rated.id: entry_pages.beyond_answers(
                own[0], entries.get((rated.id, own[0].id)), counted.get(rated.id)
            )
            for rated in units
        },
        may_enter=may_enter,
        scans=attachments.attachments_at(context.session(), round_, attachments.Place(own[0].id)),
        frozen=round_locks.is_frozen(round_),
        entry_fields=entry_fields,
        crumbs=crumbs(round_),
        tabs=tabs(round_),
    )
    return page, status


@blueprint.get("/items/<int:unit_id>/<item_id>")
@allow(Role.OFFICE, Role.COMMISSION)
def history(quarter: str, unit_id: int, item_id: str) -> str:
    """Show every version of one entry: what, who, when, and who approved or returned it."""
    round_ = round_named(quarter)
    rated = entry_pages.unit_of(context.session(), unit_id)
    item = _item(load_scheme(round_.scheme_key).items, item_id)
    return render_template(
        "items/history.html",
        round=round_,
        unit=rated,
        item=item,
        entries=items.entry_history(context.session(), round_.id, rated.id, item.id),
        describe=items.describe_entry,
        approval_names=APPROVAL_NAMES,
        crumbs=crumbs(
            round_,
            (_("得分排名"), url_for("scores.index", quarter=quarter)),
            (rated.name, url_for("scores.sheet", quarter=quarter, unit_id=rated.id)),
        ),
    )


def _save(round_: Round, form: EntryForm) -> tuple[int | None, int]:
    """Store what was typed: how many items changed, or None with the status to answer."""
    try:
        who = context.actor().account_id
        return items.enter_items(context.session(), round_, form.changes(), who, context.now()), 200
    except EntryRefusedError as error:
        for fault in error.faults:
            form.fault(fault.unit_id, fault.item, fault.field, fault.sentence)
        return None, 400
    except EntryConflictError as error:
        for conflict in error.conflicts:
            form.conflict(conflict.unit_id, conflict.item, conflict.newest.version, conflict.sentence)
        return None, 409


def _fill_from_ledger(form: EntryForm, unit_id: int, proof: Mapping[Place, Evidence]) -> None:
    """Put the ledger's figures into the fields of the item whose button was pressed."""
    pressed = request.form.get("fill", "")
    found = proof.get((unit_id, pressed))
    if found and found.figures:
        for key, number in found.figures.items():
            form.typed[form.name(unit_id, pressed, key)] = str(number)


def _say_saved(count: int) -> None:
    flash(_("已保存 %(n)s 项。", n=count) if count else _("没有改动，未保存新的内容。"), "success")


def _next_unit(unit_id: int) -> int | None:
    ids = [rated.id for rated in entry_pages.active_units(context.session())]
    following = ids[ids.index(unit_id) + 1 :] if unit_id in ids else []
    return following[0] if following else None


def _item(known: Iterable[ScoreItem], item_id: str) -> ScoreItem:
    found = next((item for item in known if item.id == item_id and entry_fields(item)), None)
    if found is None:
        abort(404)
    return found
