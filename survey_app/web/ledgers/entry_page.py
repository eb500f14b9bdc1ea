"""The page of one ledger entry: what it says, what proves it, who did what, and what may be done now."""

from flask import render_template, request, url_for
from flask_babel import gettext as _

from survey_app.domain.ledger import title_of
from survey_app.domain.roles import Role
from survey_app.models.round import Round
from survey_app.services import attachments, ledger_pages, ledgers, round_locks
from survey_app.services.attachments import Place
from survey_app.services.ledger_pages import LEDGER_STATE_NAMES, LedgerState
from survey_app.services.ledgers import FieldFault
from survey_app.web import context
from survey_app.web.language import say
from survey_app.web.round_pages import crumbs

STATE_TONES = {
    LedgerState.WAITING: "wait",
    LedgerState.APPROVED: "good",
    LedgerState.RETURNED: "bad",
    LedgerState.WITHDRAWAL: "wait",
    LedgerState.WITHDRAWN: "quiet",
}


def entry_page(round_: Round, entry_id: int, faults: list[FieldFault] | None = None) -> str:
    """Return the page of an entry, with what is wrong with what was just sent."""
    session, who = context.session(), context.actor()
    entry = ledgers.find_entry(session, round_, entry_id)
    book = ledgers.book_of(round_, entry.item)
    (row,) = ledger_pages.rows_of(session, round_, [entry])
    frozen = round_locks.is_frozen(round_)
    may_change = who.role is Role.OFFICE and not frozen
    own = entry.entered_by_id == who.account_id
    waiting = row.state is LedgerState.WAITING
    address = url_for("ledgers.index", quarter=round_.quarter, item=book.item)
    return render_template(
        "ledgers/show.html",
        round=round_,
        book=book,
        entry=entry,
        row=row,
        title=title_of(book.ledger, entry.data),
        state_names=LEDGER_STATE_NAMES,
        state_tones=STATE_TONES,
        history=ledger_pages.history_of(session, entry),
        files=attachments.attachments_at(session, round_, Place(entry.item, entry.unit_id, entry.id)),
        upload_address=url_for("attachments.add_to_entry", quarter=round_.quarter, entry_id=entry.id),
        may_add=may_change and row.state is not LedgerState.WITHDRAWN,
        may_decide=may_change and waiting and not own,
        may_withdraw=may_change and ((waiting and own) or row.state is LedgerState.APPROVED),
        may_decide_withdrawal=may_change
        and row.state is LedgerState.WITHDRAWAL
        and entry.withdrawal_asked_by_id != who.account_id,
        may_enter_again=may_change and row.state in (LedgerState.RETURNED, LedgerState.WITHDRAWN),
        own=own,
        frozen=frozen,
        faults=faults or [],
        errors=dict(faults or []),
        typed=request.form,
        crumbs=crumbs(round_, (_("台账：%(item)s", item=say(book.title)), address)),
    )
