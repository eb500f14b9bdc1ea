"""One objection for staff: what the unit wrote, every answer, the form to answer it and the one to approve."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey_app.domain.approval import APPROVAL_NAMES, Approval, why_not_decide
from survey_app.domain.objection import OBJECTION_STATE_NAMES, ObjectionState
from survey_app.domain.roles import Role
from survey_app.schemes.loader import load_scheme
from survey_app.services import objections
from survey_app.services.errors import ConflictError, ServiceError
from survey_app.services.written_reasons import LONGEST_REASON
from survey_app.web import context
from survey_app.web.access import allow
from survey_app.web.round_pages import crumbs, round_named
from survey_app.web.versions.views import TONES

blueprint = Blueprint("objections", __name__, url_prefix="/rounds/<quarter>/objections")
READERS = (Role.OFFICE, Role.COMMISSION)
UPHELD = {"yes": True, "no": False}


@blueprint.get("/<int:objection_id>")
@allow(*READERS)
def show(quarter: str, objection_id: int) -> str:
    """Show an objection and how it was answered."""
    return _page(quarter, objection_id)


@blueprint.post("/<int:objection_id>/answers")
@allow(Role.OFFICE)
def answer(quarter: str, objection_id: int) -> Response | tuple[str, int]:
    """Propose the answer, which another person approves."""
    try:
        objections.answer_objection(
            context.session(),
            round_named(quarter),
            objection_id,
            UPHELD.get(request.form.get("upheld", "")),
            request.form.get("text", ""),
            context.actor().account_id,
            context.now(),
        )
    except ServiceError as error:
        return _page(quarter, objection_id, error), _status(error)
    flash(_("答复已提交，另一位营商办人员审核以后单位才能看到。"), "success")
    return redirect(url_for("objections.show", quarter=quarter, objection_id=objection_id), 303)


@blueprint.post("/<int:objection_id>/answers/<int:answer_id>")
@allow(Role.OFFICE)
def decide(quarter: str, objection_id: int, answer_id: int) -> Response | tuple[str, int]:
    """Approve an answer as a second person, or return it with a reason."""
    approve = request.form.get("decision") == "approve"
    try:
        objections.decide_on_answer(
            context.session(),
            round_named(quarter),
            objection_id,
            answer_id,
            approve,
            request.form.get("reason", ""),
            context.actor().account_id,
            context.now(),
        )
    except ServiceError as error:
        return _page(quarter, objection_id, error), _status(error)
    flash(_("答复已审核，单位可以看到。") if approve else _("答复已退回，请重新答复。"), "success")
    return redirect(url_for("objections.show", quarter=quarter, objection_id=objection_id), 303)


def _page(quarter: str, objection_id: int, fault: ServiceError | None = None) -> str:
    round_ = round_named(quarter)
    objection = objections.find_objection(context.session(), round_, objection_id)
    last = objection.answers[-1] if objection.answers else None
    return render_template(
        "objections/show.html",
        round=round_,
        objection=objection,
        title=objections.item_titles(load_scheme(round_.scheme_key))[objection.item],
        state=objections.state_of(objection),
        states=ObjectionState,
        state_names=OBJECTION_STATE_NAMES,
        tones=TONES,
        approval=Approval,
        approval_names=APPROVAL_NAMES,
        last=last,
        refused=why_not_decide(last.approval, last.entered_by_id, context.actor().account_id)
        if last
        else None,
        upheld_options=[
            ("", _("请选择")),
            ("yes", _("异议成立，需要更正")),
            ("no", _("异议不成立，维持原得分")),
        ],
        faults=[(fault.field, str(fault))] if fault else [],
        errors={fault.field: str(fault)} if fault else {},
        typed=request.form,
        longest=LONGEST_REASON,
        may_answer=context.actor().role is Role.OFFICE,
        crumbs=crumbs(round_, (_("版本与异议"), url_for("versions.index", quarter=quarter))),
    )


def _status(error: ServiceError) -> int:
    return 409 if isinstance(error, ConflictError) else 400
