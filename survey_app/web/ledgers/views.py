"""Ledgers: the lists, entering one entry or many rows, and deciding on what another person entered."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey_app.domain.evidence import Book, books
from survey_app.domain.roles import Role
from survey_app.models.round import Round
from survey_app.schemes.loader import load_scheme
from survey_app.services import ledger_decisions, ledger_pages, ledgers, round_locks
from survey_app.services.errors import ConflictError, NotFoundError, ServiceError
from survey_app.services.ledger_pages import LEDGER_STATE_NAMES, LedgerState
from survey_app.services.ledgers import LedgerRefusedError, RowsRefusedError
from survey_app.services.round_units import active_units
from survey_app.web import context
from survey_app.web.access import allow
from survey_app.web.language import say
from survey_app.web.ledgers.entry_page import STATE_TONES, entry_page
from survey_app.web.parameters import row_id
from survey_app.web.round_pages import Crumb, crumbs, round_named, tabs

blueprint = Blueprint("ledgers", __name__, url_prefix="/rounds/<quarter>/ledgers")


@blueprint.get("")
@allow(Role.OFFICE, Role.COMMISSION)
def index(quarter: str) -> str:
    """List a ledger's entries, narrowed by unit and state."""
    return _list_page(round_named(quarter))


@blueprint.post("/approve")
@allow(Role.OFFICE)
def approve_selected(quarter: str) -> Response | tuple[str, int]:
    """Approve the entries that were ticked in a list."""
    round_ = round_named(quarter)
    chosen = request.form.getlist("entry", type=row_id)
    try:
        number = ledger_decisions.approve_many(
            context.session(), round_, chosen, context.actor().account_id, context.now()
        )
    except NotFoundError:
        raise
    except ServiceError as error:
        return _list_page(round_, str(error), chosen), 409 if isinstance(error, ConflictError) else 400
    flash(_("已审核通过 %(n)s 条。", n=number), "success")
    return _to_list(round_, request.form.get("item", ""))


@blueprint.route("/new", methods=["GET", "POST"])
@allow(Role.OFFICE)
def new(quarter: str) -> str | Response | tuple[str, int]:
    """Enter one entry, which another person then approves."""
    round_ = round_named(quarter)
    book = _book(round_)
    typed = _copied(round_)
    faults: list[ledgers.FieldFault] = []
    if request.method == "POST":
        typed = request.form.to_dict()
        try:
            entry = ledgers.enter(
                context.session(),
                round_,
                book.item,
                request.form.get("unit", type=row_id),
                typed,
                context.actor().account_id,
                context.now(),
            )
        except LedgerRefusedError as error:
            faults = error.faults
        else:
            flash(_("已登记，由另一人审核后计入。可以在这里上传附件。"), "success")
            return redirect(url_for("ledgers.show", quarter=quarter, entry_id=entry.id), 303)
    units = [(unit.id, unit.name) for unit in active_units(context.session())]
    page = render_template(
        "ledgers/new.html",
        round=round_,
        book=book,
        typed=typed,
        faults=faults,
        errors=dict(faults),
        unit_options=[("", _("请选择")), *units],
        level_options=[("", _("请选择")), *((key, say(name)) for key, name in book.levels)],
        frozen=round_locks.is_frozen(round_),
        crumbs=_crumbs(round_, book),
    )
    return (page, 400) if faults else page


@blueprint.route("/paste", methods=["GET", "POST"])
@allow(Role.OFFICE)
def paste(quarter: str) -> str | Response | tuple[str, int]:
    """Enter rows that were copied from a spreadsheet, all of them or none."""
    round_ = round_named(quarter)
    book = _book(round_)
    faults: list[str] = []
    if request.method == "POST":
        rows, who = request.form.get("rows", ""), context.actor().account_id
        try:
            number = ledgers.enter_many(context.session(), round_, book.item, rows, who, context.now())
        except RowsRefusedError as error:
            faults = error.faults
        else:
            flash(_("已登记 %(n)s 条，由另一人审核后计入。", n=number), "success")
            return _to_list(round_, book.item)
    page = render_template(
        "ledgers/paste.html",
        round=round_,
        book=book,
        rows=request.form.get("rows", ""),
        faults=faults,
        unit_heading=ledgers.UNIT_HEADING,
        most=ledgers.MOST_ROWS,
        frozen=round_locks.is_frozen(round_),
        crumbs=_crumbs(round_, book),
    )
    return (page, 400) if faults else page


@blueprint.get("/<int:entry_id>")
@allow(Role.OFFICE, Role.COMMISSION)
def show(quarter: str, entry_id: int) -> str:
    """Show an entry with its attachments, its double claims and its history."""
    return entry_page(round_named(quarter), entry_id)


@blueprint.post("/<int:entry_id>/decide")
@allow(Role.OFFICE)
def decide(quarter: str, entry_id: int) -> Response | tuple[str, int]:
    """Approve or return an entry."""
    round_ = round_named(quarter)
    approve = request.form.get("decision") == "approve"
    reason = request.form.get("reason", "")

    def deed() -> None:
        who = context.actor().account_id
        ledger_decisions.decide(context.session(), round_, entry_id, approve, reason, who, context.now())

    return _done(round_, entry_id, deed, _("已审核通过。") if approve else _("已退回，填报人能看到原因。"))


@blueprint.post("/<int:entry_id>/withdraw")
@allow(Role.OFFICE)
def withdraw(quarter: str, entry_id: int) -> Response | tuple[str, int]:
    """Withdraw one's own waiting entry, or ask for the withdrawal of an approved one."""
    round_ = round_named(quarter)
    reason = request.form.get("reason", "")

    def deed() -> None:
        who = context.actor().account_id
        ledger_decisions.withdraw(context.session(), round_, entry_id, reason, who, context.now())

    return _done(round_, entry_id, deed, _("已提交。撤销的记录和原因都会保留。"))


@blueprint.post("/<int:entry_id>/withdrawal")
@allow(Role.OFFICE)
def decide_withdrawal(quarter: str, entry_id: int) -> Response | tuple[str, int]:
    """Confirm or refuse a withdrawal that another person asked for."""
    round_ = round_named(quarter)
    confirm = {"confirm": True, "refuse": False}.get(request.form.get("decision", ""))

    def deed() -> None:
        who = context.actor().account_id
        ledger_decisions.decide_withdrawal(context.session(), round_, entry_id, confirm, who, context.now())

    return _done(round_, entry_id, deed, _("已撤销，不再计入。") if confirm else _("没有撤销，照旧计入。"))


def _done(round_: Round, entry_id: int, deed: Callable[[], None], message: str) -> Response | tuple[str, int]:
    """Do something to an entry; on a fault its page comes back with the sentence and what was typed."""
    try:
        deed()
    except NotFoundError:
        raise
    except ServiceError as error:
        faults = [(error.field or "", str(error))]
        return entry_page(round_, entry_id, faults), 409 if isinstance(error, ConflictError) else 400
    flash(message, "success")
    return redirect(url_for("ledgers.show", quarter=round_.quarter, entry_id=entry_id), 303)


def _list_page(round_: Round, error: str | None = None, chosen: list[int] | None = None) -> str:
    session, book = context.session(), _book(round_)
    unit = request.values.get("unit", "")
    asked = request.values.get("state", "")
    state = LedgerState(asked) if asked in list(LedgerState) else None
    page = request.values.get("page", type=int) or 1
    rows, paging = ledger_pages.list_entries(session, round_, book, unit, state, page)
    kept: dict[str, Any] = {"item": book.item, "unit": unit or None, "state": state}
    who, frozen = context.actor(), round_locks.is_frozen(round_)
    may_enter = who.role is Role.OFFICE and not frozen
    approvable = {
        row.entry.id
        for row in rows
        if may_enter
        and row.state is LedgerState.WAITING
        and row.entry.entered_by_id != who.account_id
        and not row.claims
    }
    summaries = ledger_pages.summaries(session, round_, books(load_scheme(round_.scheme_key)))
    return render_template(
        "ledgers/index.html",
        round=round_,
        book=book,
        summaries=summaries,
        rows=rows,
        paging=paging,
        page_address=lambda number: url_for("ledgers.index", quarter=round_.quarter, page=number, **kept),
        kept=kept,
        narrowed=bool(unit or state),
        state_options=[("", _("全部")), *((key.value, _(name)) for key, name in LEDGER_STATE_NAMES.items())],
        state_names=LEDGER_STATE_NAMES,
        state_tones=STATE_TONES,
        error=error,
        chosen=chosen or [],
        approvable=approvable,
        may_enter=may_enter,
        frozen=frozen,
        crumbs=crumbs(round_),
        tabs=tabs(round_),
    )


def _book(round_: Round) -> Book:
    """The ledger that the request is about; the scheme's first where it names none."""
    item = request.values.get("item") or books(load_scheme(round_.scheme_key))[0].item
    return ledgers.book_of(round_, item)


def _copied(round_: Round) -> dict[str, str]:
    """What a form begins with: the entry that is to be entered again, or nothing."""
    copied = request.args.get("again", type=row_id)
    if copied is None:
        return {}
    entry = ledgers.find_entry(context.session(), round_, copied)
    return {"unit": str(entry.unit_id), **entry.data}


def _to_list(round_: Round, item: str) -> Response:
    return redirect(url_for("ledgers.index", quarter=round_.quarter, item=item or None), 303)


def _crumbs(round_: Round, book: Book) -> list[Crumb]:
    address = url_for("ledgers.index", quarter=round_.quarter, item=book.item)
    return crumbs(round_, (_("台账：%(item)s", item=say(book.title)), address))
