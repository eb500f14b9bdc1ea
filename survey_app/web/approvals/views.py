"""Approving what somebody else entered: the list of what waits, and returning one with a reason."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey_app.domain.approval import Approval
from survey_app.domain.roles import Role
from survey_app.models.round import Round
from survey_app.schemes.loader import load_scheme
from survey_app.services import approvals, items, round_locks
from survey_app.services.approvals import Decision
from survey_app.services.errors import ConflictError, ServiceError
from survey_app.services.round_units import active_units
from survey_app.web import context
from survey_app.web.access import allow
from survey_app.web.language import say
from survey_app.web.parameters import row_id
from survey_app.web.round_pages import crumbs, round_named, tabs

blueprint = Blueprint("approvals", __name__, url_prefix="/rounds/<quarter>/approvals")


@blueprint.route("", methods=["GET", "POST"])
@allow(Role.OFFICE, Role.COMMISSION)
def index(quarter: str) -> str | Response | tuple[str, int]:
    """Show what waits for approval, and approve what was chosen, or all that was shown."""
    round_ = round_named(quarter)
    if request.method != "POST":
        return _page(round_)
    field = "shown" if "all" in request.form else "entry"
    chosen = request.form.getlist(field, type=row_id)
    if not chosen:
        return _page(round_, _("还没有选中要通过的填报：请先勾选，再点“通过选中的”")), 400
    approve: Decision = (Approval.APPROVED, "")
    try:
        count = approvals.decide_entries(
            context.session(),
            round_,
            dict.fromkeys(chosen, approve),
            context.actor().account_id,
            context.now(),
        )
    except ConflictError as error:
        return _page(round_, str(error)), 409
    except ServiceError as error:
        return _page(round_, str(error)), 400
    flash(_("已通过 %(n)s 条填报。", n=count), "success")
    return redirect(
        url_for(
            "approvals.index", quarter=quarter, unit=request.args.get("unit"), item=request.args.get("item")
        ),
        303,
    )


@blueprint.route("/<int:entry_id>/return", methods=["GET", "POST"])
@allow(Role.OFFICE, Role.COMMISSION)
def send_back(quarter: str, entry_id: int) -> str | Response | tuple[str, int]:
    """Return one entry to who made it, with what to mend."""
    round_ = round_named(quarter)
    who, error = context.actor(), None
    if request.method == "POST":
        decision: Decision = (Approval.RETURNED, request.form.get("reason", ""))
        try:
            approvals.decide_entries(
                context.session(), round_, {entry_id: decision}, who.account_id, context.now()
            )
        except ConflictError:
            raise
        except ServiceError as fault:
            error = fault
        else:
            flash(_("已退回，填报人会看到原因。"), "success")
            return redirect(url_for("approvals.index", quarter=quarter), 303)
    waiting = approvals.find_waiting(context.session(), round_, entry_id, who.role)
    page = render_template(
        "approvals/return.html",
        round=round_,
        waiting=waiting,
        describe=items.describe_entry,
        own=not waiting.decidable_by(who.account_id),
        error=error,
        typed=request.form,
        crumbs=crumbs(round_, (_("待审核"), url_for("approvals.index", quarter=quarter))),
    )
    return (page, 400) if error else page


def _page(round_: Round, error: str | None = None) -> str:
    who = context.actor()
    own_items = items.items_of(load_scheme(round_.scheme_key), who.role)
    waiting = approvals.waiting_entries(context.session(), round_, who.role)
    unit, item = request.args.get("unit", type=row_id), request.args.get("item")
    shown = [
        each
        for each in waiting
        if (unit is None or each.unit.id == unit) and (not item or each.item.id == item)
    ]
    return render_template(
        "approvals/index.html",
        round=round_,
        waiting=waiting,
        shown=shown,
        decidable=[each for each in shown if each.decidable_by(who.account_id)],
        chosen=request.form.getlist("entry", type=row_id),
        describe=items.describe_entry,
        unit=unit,
        item=item,
        unit_options=[
            ("", _("全部单位")),
            *((each.id, each.name) for each in active_units(context.session())),
        ],
        item_options=[("", _("全部评分项")), *((each.id, say(each.title)) for each in own_items)],
        frozen=round_locks.is_frozen(round_),
        error=error,
        now=context.now(),
        crumbs=crumbs(round_),
        tabs=tabs(round_),
    )
