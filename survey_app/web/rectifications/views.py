"""Rectification tasks for staff: the round's list and rates, issuing them, and deciding on the units' replies."""

from enum import StrEnum
from typing import TypeVar

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey_app.domain.quarter import parse_quarter
from survey_app.domain.rectification import CALL_BACK_NAMES, CallBack, Move, TaskState
from survey_app.domain.roles import Role
from survey_app.schemes.calendar import load_calendar
from survey_app.schemes.rectification import load_terms
from survey_app.services import rectification_pages, rectification_proposals, rectifications
from survey_app.services.errors import ConflictError, NotFoundError, ServiceError
from survey_app.services.rectification_pages import STANDING_NAMES, Standing
from survey_app.services.rectification_proposals import Proposal
from survey_app.services.rectification_workbooks import rectification_workbook
from survey_app.services.rectifications import FieldFault, RectificationRefusedError
from survey_app.web import context
from survey_app.web.access import allow
from survey_app.web.downloads import download
from survey_app.web.parameters import row_id
from survey_app.web.rectification_tags import names
from survey_app.web.round_pages import crumbs, round_named, tabs

blueprint = Blueprint("rectifications", __name__, url_prefix="/rounds/<quarter>/rectifications")
READERS = (Role.OFFICE, Role.COMMISSION)
Choice = TypeVar("Choice", bound=StrEnum)


def hold_field(each: Proposal) -> str:
    """Return the name of the form's box by which a task is held back."""
    return f"hold-{each.unit.id}-{each.reason.value}"


@blueprint.get("")
@allow(*READERS)
def index(quarter: str) -> str:
    """List a round's tasks, narrowed by standing and unit, with the rates of the closed loop."""
    round_ = round_named(quarter)
    found = rectification_pages.overview(context.session(), round_, context.now())
    standing = _one_of(Standing, request.args.get("state", ""))
    unit_id = request.args.get("unit", type=row_id)
    return render_template(
        "rectifications/index.html",
        round=round_,
        found=found,
        rows=found.narrowed(standing, unit_id),
        kept={"state": standing, "unit": unit_id},
        narrowed=standing is not None or unit_id is not None,
        state_options=[("", _("全部")), *((each.value, _(name)) for each, name in STANDING_NAMES.items())],
        unit_options=[("", _("全部")), *((unit.id, unit.name) for unit, _loop in found.by_unit)],
        why_not=rectifications.why_not_issue(context.session(), round_),
        may_issue=context.actor().role is Role.OFFICE,
        percent=rectification_pages.percent,
        as_of=context.now(),
        crumbs=crumbs(round_),
        tabs=tabs(round_),
        **names(),
    )


@blueprint.get(".xlsx")
@allow(*READERS)
def workbook(quarter: str) -> Response:
    """Hand out the tasks and the rates as a workbook."""
    round_ = round_named(quarter)
    found = rectification_pages.overview(context.session(), round_, context.now())
    name = f"{parse_quarter(quarter).title}整改任务"
    return download(rectification_workbook(round_, found, context.now()), f"{name}.xlsx")


@blueprint.route("/issue", methods=["GET", "POST"])
@allow(Role.OFFICE)
def issue(quarter: str) -> str | Response | tuple[str, int]:
    """Say which tasks would be issued to whom and by when, then issue them all."""
    round_ = round_named(quarter)
    offered = rectification_proposals.proposals(context.session(), round_)
    typed = request.form
    held_back = {each.place for each in offered if hold_field(each) in typed}
    faults: list[FieldFault] = []
    status = 200
    if request.method == "POST":
        try:
            number = rectifications.issue(
                context.session(),
                round_,
                {each.place: typed.get(rectifications.guidance_field(each.place), "") for each in offered},
                held_back,
                context.actor().account_id,
                context.now(),
            )
        except RectificationRefusedError as error:
            faults, status = error.faults, 400
        except ServiceError as error:
            faults, status = [("", str(error))], 409 if isinstance(error, ConflictError) else 400
        else:
            flash(_("已下达 %(n)s 项整改任务，责任单位登录后可以看到。", n=number), "success")
            return redirect(url_for("rectifications.index", quarter=quarter), 303)
    due_on = rectifications.due_from(round_, context.now())
    page = render_template(
        "rectifications/issue.html",
        round=round_,
        offered=offered,
        units=len({each.unit.id for each in offered}),
        field=rectifications.guidance_field,
        hold=hold_field,
        held_back=held_back,
        typed=typed,
        faults=faults,
        errors=dict(faults),
        why_not=rectifications.why_not_issue(context.session(), round_),
        due_on=due_on,
        days=load_terms(round_.scheme_key).days,
        caution=load_calendar().caution(rectifications.county_day(context.now()), due_on),
        crumbs=crumbs(round_, (_("整改任务"), url_for("rectifications.index", quarter=quarter))),
    )
    return (page, status) if faults else page


@blueprint.get("/<int:task_id>")
@allow(*READERS)
def show(quarter: str, task_id: int) -> str:
    """Show a task with its history, and to the office the form to decide on a reply."""
    return _page(quarter, task_id, [])


@blueprint.post("/<int:task_id>/decide")
@allow(Role.OFFICE)
def decide(quarter: str, task_id: int) -> Response | tuple[str, int]:
    """Close a task or send it back, with the result of the call-back."""
    form = request.form
    try:
        task = rectifications.decide(
            context.session(),
            round_named(quarter),
            task_id,
            _one_of(Move, form.get("move", "")),
            _one_of(CallBack, form.get("call_back", "")),
            form.get("reason", ""),
            form.get("note", ""),
            form.get("seen", 0, type=row_id),
            context.actor().account_id,
            context.now(),
        )
    except RectificationRefusedError as error:
        return _page(quarter, task_id, error.faults), 400
    except NotFoundError:
        raise
    except ServiceError as error:
        return _page(quarter, task_id, [("", str(error))]), 409 if isinstance(error, ConflictError) else 400
    closed = task.state is TaskState.CLOSED
    flash(
        _("已核实办结。") if closed else _("已退回重办，期限 %(day)s。", day=task.due_on),
        "success",
    )
    return redirect(url_for("rectifications.show", quarter=quarter, task_id=task_id), 303)


def _page(quarter: str, task_id: int, faults: list[FieldFault]) -> str:
    round_ = round_named(quarter)
    task = rectifications.find_task(context.session(), round_, task_id)
    return render_template(
        "rectifications/show.html",
        round=round_,
        task=task,
        row=rectification_pages.task_row(task, context.now()),
        answers=rectification_proposals.reason_counts(context.session(), round_).get(
            (task.unit_id, task.reason), 0
        ),
        history=rectification_pages.history(task, own_view=False),
        may_decide=context.actor().role is Role.OFFICE and task.state is TaskState.REPLIED,
        move_options=[(Move.CONFIRM.value, _("办结")), (Move.RETURN.value, _("退回重办"))],
        call_back_options=[("", _("请选择")), *((each.value, _(CALL_BACK_NAMES[each])) for each in CallBack)],
        redo_days=load_terms(round_.scheme_key).redo_days,
        caution=rectification_pages.caution((rectification_pages.task_row(task, context.now()),)),
        faults=faults,
        errors=dict(faults),
        typed=request.form,
        crumbs=crumbs(round_, (_("整改任务"), url_for("rectifications.index", quarter=quarter))),
        **names(),
    )


def _one_of(kind: type[Choice], value: str) -> Choice | None:
    return kind(value) if value in list(kind) else None
