"""Entering items: the overview, the table of all units, one unit's items, the commission's totals, the record."""

from collections.abc import Iterable, Mapping

from flask import Blueprint, abort, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey_app.domain.approval import APPROVAL_NAMES
from survey_app.domain.entry_fields import entry_fields
from survey_app.domain.entry_hints import entry_hint
from survey_app.domain.roles import Role
from survey_app.domain.scheme import ScoreItem
from survey_app.models.round import Round
from survey_app.schemes.loader import load_scheme
from survey_app.services import attachments, entry_cells, entry_pages, items, round_locks
from survey_app.services.errors import NotFoundError, ServiceError
from survey_app.services.evidence import RoundEvidence
from survey_app.services.items import EntryConflictError, EntryRefusedError
from survey_app.services.round_units import units_of
from survey_app.web import context
from survey_app.web.access import allow
from survey_app.web.items import cells
from survey_app.web.items.entry_form import EntryForm
from survey_app.web.items.grid_columns import grid_columns
from survey_app.web.round_pages import crumbs, round_named, tabs

_NOTHING: Mapping[str, str] = {}
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


@blueprint.route("/items/grid", methods=["GET", "POST"])
@allow(Role.OFFICE)
def grid(quarter: str) -> str | Response | tuple[str, int]:
    """Enter all units and all items in one table, which a script turns into a spreadsheet that saves by itself."""
    round_ = round_named(quarter)
    units = units_of(context.session(), round_)
    own = items.items_of(load_scheme(round_.scheme_key), Role.OFFICE)
    form = EntryForm([(rated.id, item) for rated in units for item in own])
    status = 200
    if request.method == "POST":
        saved, status = _save(round_, form)
        if saved is not None:
            _say_saved(saved)
            return redirect(url_for("items.grid", quarter=quarter), 303)
    else:
        form.fill(items.current_entries(context.session(), round_.id))
    page = render_template(
        "items/grid.html",
        entries=items.current_entries(context.session(), round_.id),
        state_mark=cells.state_mark,
        round=round_,
        units=units,
        columns=list(grid_columns(own)),
        form=form,
        both_entries=cells.both_entries,
        frozen=round_locks.is_frozen(round_),
        entry_hint=entry_hint,
        now=context.now(),
        crumbs=crumbs(round_, (_("评分项填报"), url_for("items.index", quarter=quarter))),
    )
    return page, status


@blueprint.post("/items/cells")
@allow(Role.OFFICE, Role.COMMISSION)
def save_cells(quarter: str) -> tuple[Response, int]:
    """Store the places whose fields were sent, as a page's form names them; answer in JSON what became of each."""
    try:
        round_ = round_named(quarter)
        scheme = load_scheme(round_.scheme_key)
        sent = EntryForm.sent(scheme, request.form)
        who = context.actor().account_id
        saved = entry_cells.save_cells(context.session(), round_, sent.changes(), who, context.now())
    except ServiceError as error:
        return jsonify(refused=str(error)), 404 if isinstance(error, NotFoundError) else 400
    return jsonify(cells.answer(scheme, saved, context.now())), 200


@blueprint.route("/items/<int:unit_id>", methods=["GET", "POST"])
@allow(Role.OFFICE)
def unit(quarter: str, unit_id: int) -> str | Response | tuple[str, int]:
    """Enter all items of one unit on one page; all are stored, or none and the faults shown."""
    round_ = round_named(quarter)
    rated = entry_pages.unit_of(context.session(), unit_id)
    own = items.items_of(load_scheme(round_.scheme_key), Role.OFFICE)
    form = EntryForm([(rated.id, item) for item in own])
    status = 200
    proof = RoundEvidence(context.session(), round_)
    if request.method == "POST":
        saved, status = _save(round_, form, _ledger_figures(form, rated.id, own, proof))
        if saved is not None:
            _say_saved(saved)
            following = _next_unit(round_, rated.id) if "next" in request.form else None
            if following is not None:
                return redirect(url_for("items.unit", quarter=quarter, unit_id=following), 303)
            return redirect(url_for("items.index", quarter=quarter), 303)
    else:
        form.fill(items.current_entries(context.session(), round_.id))
    overview = entry_pages.entry_grid(context.session(), round_)
    page = render_template(
        "items/unit.html",
        round=round_,
        unit=rated,
        items=own,
        form=form,
        grid=overview,
        score=overview.score(rated.id),
        evidence={item.id: proof.of(rated.id, item) for item in own},
        next_unit=_next_unit(round_, rated.id),
        both_entries=cells.both_entries,
        now=context.now(),
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
    units = units_of(context.session(), round_)
    form = EntryForm([(rated.id, own[0]) for rated in units])
    may_enter = context.actor().role is Role.COMMISSION and not round_locks.is_frozen(round_)
    status = 200
    if request.method == "POST":
        if context.actor().role is not Role.COMMISSION:
            abort(403)
        saved, status = _save(round_, form)
        if saved is not None:
            _say_saved(saved)
            return redirect(url_for("items.totals", quarter=quarter), 303)
    else:
        form.fill(items.current_entries(context.session(), round_.id))
    entries = items.current_entries(context.session(), round_.id)
    in_force = items.entries_in_force(context.session(), round_.id)
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
                own[0], in_force.get((rated.id, own[0].id)), counted.get(rated.id)
            )
            for rated in units
        },
        may_enter=may_enter,
        scans=attachments.attachments_at(context.session(), round_, attachments.Place(own[0].id)),
        both_entries=cells.both_entries,
        now=context.now(),
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


def _save(round_: Round, form: EntryForm, instead: Mapping[str, str] = _NOTHING) -> tuple[int | None, int]:
    """Store what was typed: how many items changed, or None with the status to answer.

    `instead` stands in the place of what was typed into the fields that it names.
    """
    form.read(request.form, items.current_entries(context.session(), round_.id))
    form.typed.update(instead)
    try:
        who = context.actor().account_id
        return items.enter_items(context.session(), round_, form.changes(), who, context.now()), 200
    except EntryRefusedError as error:
        for fault in error.faults:
            form.fault(fault)
        return None, 400
    except EntryConflictError as error:
        for conflict in error.conflicts:
            form.conflict(conflict)
        return None, 409


def _ledger_figures(
    form: EntryForm, unit_id: int, own: Iterable[ScoreItem], proof: RoundEvidence
) -> dict[str, str]:
    """Return the ledger's figures for the fields of the item whose button was pressed; nothing for no button."""
    return {
        form.name(unit_id, item.id, key): str(number)
        for item in own
        if item.id == request.form.get("fill")
        for key, number in (proof.of(unit_id, item).figures or {}).items()
    }


def _say_saved(count: int) -> None:
    flash(_("已保存 %(n)s 项。", n=count) if count else _("没有改动，未保存新的内容。"), "success")


def _next_unit(round_: Round, unit_id: int) -> int | None:
    ids = [rated.id for rated in units_of(context.session(), round_)]
    following = ids[ids.index(unit_id) + 1 :] if unit_id in ids else []
    return following[0] if following else None


def _item(known: Iterable[ScoreItem], item_id: str) -> ScoreItem:
    found = next((item for item in known if item.id == item_id and entry_fields(item)), None)
    if found is None:
        abort(404)
    return found
