"""补充号码: the cases whose numbers were all wrong, for whoever asks them, and the form for another number."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey_app.domain.round_state import RoundState
from survey_app.services import added_phones
from survey_app.services.added_phones import PHONE_SOURCE_NAMES
from survey_app.services.errors import ConflictError, NotFoundError, ServiceError
from survey_app.web import context
from survey_app.web.access import allow
from survey_app.web.round_pages import ASKERS, crumbs, own_title, round_named, tabs

blueprint = Blueprint("added_phones", __name__, url_prefix="/rounds/<quarter>/numbers")


@blueprint.get("")
@allow(*ASKERS)
def index(quarter: str) -> str:
    """List the cases that wait for another number."""
    return _page(quarter)


@blueprint.post("")
@allow(*ASKERS)
def add(quarter: str) -> Response | tuple[str, int]:
    """Give a case another number; on an error what was typed stays at its case."""
    form, who = request.form, context.actor()
    try:
        added_phones.add_phone(
            context.session(),
            form.get("case", ""),
            form.get("number", ""),
            form.get("contact", ""),
            form.get("source", ""),
            context.now(),
            who.account_id,
            who.role,
        )
    except NotFoundError:
        raise
    except ConflictError as error:
        context.session().rollback()
        flash(str(error), "error")
        return redirect(url_for("added_phones.index", quarter=quarter), 303)
    except ServiceError as error:
        context.session().rollback()
        return _page(quarter, error), 400
    flash(_("号码已补充，这一户回到电话回访的队列。"), "success")
    return redirect(url_for("added_phones.index", quarter=quarter), 303)


def _page(quarter: str, error: ServiceError | None = None) -> str:
    round_ = round_named(quarter)
    return render_template(
        "added_phones/index.html",
        round=round_,
        open=round_.state is RoundState.OPEN,
        survey=own_title(round_),
        waiting=added_phones.without_number(context.session(), round_, context.actor().role),
        sources=[("", _("请选择")), *((code.value, _(name)) for code, name in PHONE_SOURCE_NAMES.items())],
        typed=request.form,
        error=error,
        crumbs=crumbs(round_),
        tabs=tabs(round_),
    )
