"""A unit's own rectification tasks: what it is to put right, by when, and its replies."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey_app.domain.rectification import LONGEST_REPLY, UNITS_TURN
from survey_app.domain.roles import Role
from survey_app.services import rectification_pages, rectifications
from survey_app.services.errors import ConflictError, NotFoundError, ServiceError
from survey_app.services.rectification_pages import Standing
from survey_app.services.rectifications import FieldFault, RectificationRefusedError
from survey_app.web import context
from survey_app.web.access import allow
from survey_app.web.parameters import row_id
from survey_app.web.rectification_tags import names

blueprint = Blueprint("my_rectifications", __name__, url_prefix="/rectifications")


@blueprint.get("")
@allow(Role.UNIT)
def index() -> str:
    """List the unit's own tasks."""
    rows = rectification_pages.own_tasks(context.session(), context.actor().unit_id, context.now())
    return render_template(
        "my_rectifications/index.html",
        rows=rows,
        number={standing: sum(row.standing is standing for row in rows) for standing in Standing},
        standing=Standing,
        caution=rectification_pages.caution(rows),
        as_of=context.now(),
        **names(),
    )


@blueprint.get("/<int:task_id>")
@allow(Role.UNIT)
def show(task_id: int) -> str:
    """Show one of the unit's tasks, with the form for a reply when one is owed."""
    return _page(task_id, [])


@blueprint.post("/<int:task_id>/reply")
@allow(Role.UNIT)
def reply(task_id: int) -> Response | tuple[str, int]:
    """Store the unit's reply."""
    form = request.form
    try:
        rectifications.reply(
            context.session(),
            task_id,
            form.get("text", ""),
            form.get("seen", 0, type=row_id),
            context.actor().account_id,
            context.now(),
        )
    except RectificationRefusedError as error:
        return _page(task_id, error.faults), 400
    except NotFoundError:
        raise
    except ServiceError as error:
        return _page(task_id, [("", str(error))]), 409 if isinstance(error, ConflictError) else 400
    flash(_("已回复，营商办核实后办结或退回。"), "success")
    return redirect(url_for("my_rectifications.show", task_id=task_id), 303)


def _page(task_id: int, faults: list[FieldFault]) -> str:
    task = rectifications.own_task(context.session(), context.actor().unit_id, task_id)
    row = rectification_pages.task_row(task, context.now())
    return render_template(
        "my_rectifications/show.html",
        task=task,
        row=row,
        history=rectification_pages.history(task, own_view=True),
        owed=row.course.state in UNITS_TURN,
        longest=LONGEST_REPLY,
        caution=rectification_pages.caution((row,)),
        faults=faults,
        errors=dict(faults),
        typed=request.form,
        crumbs=[(_("整改任务"), url_for("my_rectifications.index"))],
        **names(),
    )
