"""Samples: the draw for the survey of whoever looks, what each unit's gave, and the reserves that step in."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey_app.domain.disposition import RULES
from survey_app.domain.round_state import RoundState
from survey_app.domain.sampling import USUAL_SIZE
from survey_app.services import entry_pages, frames, reserves, samples, surveys
from survey_app.services.errors import ConflictError, ServiceError
from survey_app.services.waiting_cases import round_takes_calls
from survey_app.web import context
from survey_app.web.access import allow
from survey_app.web.round_pages import ASKERS, crumbs, own_survey, own_title, round_named, tabs

blueprint = Blueprint("samples", __name__, url_prefix="/rounds/<quarter>/samples")
DISPOSITION_NAMES = {code: rule.name for code, rule in RULES.items()}


@blueprint.get("")
@allow(*ASKERS)
def index(quarter: str) -> str:
    """Show the draws of a round, and the form for those still to be made."""
    return _index_page(quarter)


@blueprint.post("")
@allow(*ASKERS)
def draw(quarter: str) -> Response | tuple[str, int]:
    """Draw for every unit that has a library and no draw yet."""
    round_ = round_named(quarter)
    seed = request.form.get("seed", "").strip()
    try:
        result = samples.draw_samples(
            context.session(),
            context.collaborators().keys,
            round_,
            _size(request.form.get("size", "")),
            seed,
            context.now(),
            instrument=own_survey(round_),
            account_id=context.actor().account_id,
        )
    except ConflictError:
        raise
    except ServiceError as error:
        return _index_page(quarter, error), 400
    flash(
        _(
            "已为 %(units)s 个单位抽样，新增 %(cases)s 户企业。",
            units=len(result.samples),
            cases=result.new_cases,
        ),
        "success",
    )
    for sample in result.samples:
        if sample.shortfall:
            flash(
                _(
                    "%(unit)s的样本库只有 %(n)s 户，全部抽中，不足 %(short)s 户。",
                    unit=sample.unit,
                    n=sample.frame_size,
                    short=sample.shortfall,
                ),
                "warning",
            )
    return redirect(url_for("samples.index", quarter=quarter), 303)


@blueprint.get("/<int:unit_id>")
@allow(*ASKERS)
def unit(quarter: str, unit_id: int) -> str:
    """Show who is asked about a unit, in the order of the draw."""
    round_ = round_named(quarter)
    sample = reserves.sample_of(context.session(), round_, unit_id, context.actor().role)
    entries = reserves.asked_entries(context.session(), sample)
    return render_template(
        "samples/unit.html",
        round=round_,
        survey=own_title(round_),
        sample=sample,
        unit=entry_pages.unit_of(context.session(), unit_id),
        entries=entries,
        disposition_names=DISPOSITION_NAMES,
        state=RoundState,
        crumbs=crumbs(round_, (_("抽样和备选"), url_for("samples.index", quarter=quarter))),
    )


@blueprint.post("/<int:unit_id>/reserves")
@allow(*ASKERS)
def call_in(quarter: str, unit_id: int) -> Response:
    """Let the next reserve step in for the enterprise at a rank."""
    round_ = round_named(quarter)
    sample = reserves.sample_of(context.session(), round_, unit_id, context.actor().role)
    rank = request.form.get("rank", type=int, default=0)
    try:
        reserve, reason = reserves.call_in_reserve(
            context.session(),
            context.collaborators().keys,
            sample,
            rank,
            context.now(),
            context.actor().account_id,
        )
    except ServiceError as error:
        flash(str(error), "error")
    else:
        flash(
            _(
                "第 %(rank)s 位（%(reason)s）由备选第 %(reserve)s 位替换。",
                rank=rank,
                reason=_(reason),
                reserve=reserve,
            ),
            "success",
        )
    return redirect(url_for("samples.unit", quarter=quarter, unit_id=unit_id), 303)


@blueprint.post("/reserves")
@allow(*ASKERS)
def replace(quarter: str) -> Response:
    """Let reserves step in for all who may be replaced."""
    round_ = round_named(quarter)
    done = reserves.replace_all(
        context.session(),
        context.collaborators().keys,
        round_,
        context.now(),
        context.actor().account_id,
        own_survey(round_),
    )
    if done.called_in:
        flash(_("已启用 %(n)s 户备选。", n=done.called_in), "success")
    else:
        flash(_("没有启用备选：没有可以替换的，或备选已经用完。"), "info")
    if done.used_up:
        flash(_("备选不够的单位：%(units)s。", units=_("、").join(done.used_up)), "warning")
    return redirect(url_for("samples.index", quarter=quarter), 303)


def _index_page(quarter: str, error: ServiceError | None = None) -> str:
    session = context.session()
    round_ = round_named(quarter)
    drawn = reserves.summaries(session, round_, own_survey(round_))
    done = {summary.unit.id for summary in drawn}
    waiting = [library for library in frames.libraries(session) if library.unit.id not in done]
    return render_template(
        "samples/index.html",
        round=round_,
        survey=own_title(round_),
        drawn=drawn,
        ready=[library for library in waiting if library.size],
        without=[library for library in waiting if not library.size],
        size=request.form.get("size", str(USUAL_SIZE)),
        seed=request.form.get("seed", ""),
        may_draw=round_.state in (RoundState.PREPARING, RoundState.OPEN),
        may_replace=round_takes_calls(round_, context.now()),
        one_of_several=surveys.is_one_of_several(round_),
        role=context.actor().role,
        errors={error.field or "": str(error)} if error else {},
        crumbs=crumbs(round_),
        tabs=tabs(round_),
    )


def _size(text: str) -> int:
    try:
        return int(text.strip())
    except ValueError as error:
        raise ServiceError(_("每个单位的抽样数应为整数，例如 10"), "size") from error
