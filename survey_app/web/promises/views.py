"""承诺时限: what the units have promised for their matters, kept by the office, read by the commission too."""

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey_app.domain.promise import LONGEST_SOURCE, PROMISE_KINDS
from survey_app.domain.roles import Role
from survey_app.services import promises
from survey_app.services.errors import ConflictError
from survey_app.services.promises import PromiseRefusedError, Typed, field_name
from survey_app.web import context
from survey_app.web.access import allow
from survey_app.web.parameters import row_id

blueprint = Blueprint("promises", __name__, url_prefix="/promises")
READERS = (Role.OFFICE, Role.COMMISSION)
_KEYS = (*(kind.key for kind in PROMISE_KINDS), "source")


@blueprint.get("")
@allow(*READERS)
def index() -> str:
    """List the units with how many of their matters have a promise."""
    return render_template(
        "promises/index.html",
        units=promises.list_promises(context.session()),
        matters=promises.matters(),
        may_enter=context.actor().role is Role.OFFICE,
    )


@blueprint.get("/<int:unit_id>")
@allow(*READERS)
def unit(unit_id: int) -> str:
    """Show a unit's promises matter by matter, to the office as the form to change them."""
    return _page(unit_id)


@blueprint.post("/<int:unit_id>")
@allow(Role.OFFICE)
def save(unit_id: int) -> Response | tuple[str, int]:
    """Store a unit's promises."""
    form = request.form
    typed = {
        matter: Typed(
            {key: form.get(field_name(matter, key), "") for key in _KEYS},
            form.get(field_name(matter, "version"), 0, type=row_id),
        )
        for matter in promises.matters()
    }
    try:
        changed = promises.save_promises(
            context.session(), unit_id, typed, context.actor().account_id, context.now()
        )
    except PromiseRefusedError as error:
        return _page(unit_id, form, error.faults), 400
    except ConflictError as error:
        return _page(unit_id, form, [("", str(error))]), 409
    if changed:
        flash(_("已保存 %(n)s 个事项的承诺。", n=changed), "success")
    else:
        flash(_("没有改动。"), "info")
    return redirect(url_for("promises.unit", unit_id=unit_id), 303)


def _page(
    unit_id: int, form: Mapping[str, str] | None = None, faults: list[tuple[str, str]] | None = None
) -> str:
    found = promises.find_unit(context.session(), unit_id)
    rows = promises.promises_of(context.session(), unit_id)
    typed = {
        field_name(matter, key): text
        for matter in promises.matters()
        for key, text in promises.as_typed(rows.get(matter)).items()
    }
    versions = {field_name(matter, "version"): str(row.version) for matter, row in rows.items()}
    return render_template(
        "promises/unit.html",
        unit=found,
        rows=rows,
        matters=promises.matters(),
        kinds=PROMISE_KINDS,
        longest=LONGEST_SOURCE,
        field=field_name,
        typed=typed | versions | dict(form or {}),
        faults=faults or [],
        errors=dict(faults or []),
        may_enter=context.actor().role is Role.OFFICE,
        crumbs=[(_("承诺时限"), url_for("promises.index"))],
    )
