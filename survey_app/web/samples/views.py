"""Samples: the draw for the survey of whoever looks, what each unit's gave, and the reserves that step in."""

import json
from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey_app.domain.disposition import RULES
from survey_app.domain.quarter import parse_quarter
from survey_app.domain.round_state import RoundState
from survey_app.domain.sampling import USUAL_SIZE
from survey_app.domain.unit_draws import PASSED_OVER_NAMES
from survey_app.services import (
    draw_announcements,
    draw_files,
    entry_pages,
    frames,
    library_deadlines,
    reserves,
    samples,
    surveys,
)
from survey_app.services.errors import ConflictError, ServiceError
from survey_app.services.waiting_cases import round_takes_calls
from survey_app.web import context
from survey_app.web.access import allow
from survey_app.web.downloads import download
from survey_app.web.language import say
from survey_app.web.round_pages import ASKERS, crumbs, own_survey, own_title, round_named, tabs

blueprint = Blueprint("samples", __name__, url_prefix="/rounds/<quarter>/samples")
# A draw this soon after its announcement gave nobody the time to look at it.
AT_ONCE = timedelta(minutes=1)
DISPOSITION_NAMES = {code: rule.name for code, rule in RULES.items()}


@blueprint.get("")
@allow(*ASKERS)
def index(quarter: str) -> str:
    """Show the draws of a round, and the form for those still to be made."""
    return _index_page(quarter)


@blueprint.post("/announcement")
@allow(*ASKERS)
def announce(quarter: str) -> str | Response | tuple[str, int]:
    """Say what an announcement will publish and, once that is confirmed, publish it."""
    session, round_ = context.session(), round_named(quarter)
    who, survey = context.actor().account_id, own_survey(round_)
    try:
        terms = _terms()
        if "confirmed" not in request.form:
            planned = draw_announcements.plan(session, round_, survey, terms, context.now(), who)
            return render_template(
                "samples/announce.html",
                round=round_,
                survey=own_title(round_),
                plan=planned,
                role=context.actor().role,
                crumbs=crumbs(round_, (_("抽样和备选"), url_for("samples.index", quarter=quarter))),
            )
        made = draw_announcements.announce(session, round_, survey, terms, context.now(), who)
    except ConflictError:
        raise
    except ServiceError as error:
        return _index_page(quarter, error), 400
    flash(
        _(
            "已作第 %(number)s 号抽样公告：%(units)s 个单位。",
            number=made.number,
            units=len(made.libraries),
        ),
        "success",
    )
    return redirect(url_for("samples.index", quarter=quarter), 303)


@blueprint.get("/draw")
@allow(*ASKERS)
def confirm(quarter: str) -> str:
    """Say what drawing as announced will do."""
    session, round_ = context.session(), round_named(quarter)
    waiting = draw_announcements.waiting_announcement(session, round_.id, own_survey(round_))
    return render_template(
        "samples/draw.html",
        round=round_,
        survey=own_title(round_),
        waiting=waiting,
        changed=samples.changed_since(session, waiting) if waiting else [],
        at_once=waiting is not None and context.now() - waiting.announced_at < AT_ONCE,
        open_until=library_deadlines.open_until(session, round_.id, context.now()),
        may_draw=not draw_announcements.is_revealed(round_),
        crumbs=crumbs(round_, (_("抽样和备选"), url_for("samples.index", quarter=quarter))),
    )


@blueprint.post("/draw")
@allow(*ASKERS)
def draw(quarter: str) -> Response:
    """Draw what was announced."""
    round_ = round_named(quarter)
    result = samples.draw_announced(
        context.session(),
        context.collaborators().keys,
        round_,
        request.form.get("number", type=int, default=0),
        context.now(),
        instrument=own_survey(round_),
        account_id=context.actor().account_id,
    )
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
                _("%(unit)s：%(why)s。", unit=sample.unit, why=say(sample.explanation)),
                "warning",
            )
    return redirect(url_for("samples.index", quarter=quarter), 303)


@blueprint.post("/file")
@allow(*ASKERS)
def file(quarter: str) -> Response:
    """Hand out the file from which anybody replays the draws; it says who was drawn, so that it is recorded."""
    round_ = round_named(quarter)
    content = draw_files.export_draws(
        context.session(), round_, own_survey(round_), context.now(), context.actor().account_id
    )
    text = json.dumps(content, ensure_ascii=False, indent=1)
    return download(text.encode(), f"{parse_quarter(quarter).title}{own_title(round_)}抽样文件.json")


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
        passed_over=reserves.passed_over(context.session(), sample),
        passed_over_names=PASSED_OVER_NAMES,
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
    announced = draw_announcements.announcements(session, round_.id, own_survey(round_))
    usual = draw_announcements.usual_settings(round_, USUAL_SIZE)
    done = {summary.unit.id for summary in drawn}
    waiting = [library for library in frames.libraries(session) if library.unit.id not in done]
    return render_template(
        "samples/index.html",
        round=round_,
        survey=own_title(round_),
        drawn=drawn,
        ready=[library for library in waiting if library.size],
        without=[library for library in waiting if not library.size],
        typed={
            "size": request.form.get("size", str(USUAL_SIZE)),
            "seed": request.form.get("seed", ""),
            "rest_quarters": request.form.get("rest_quarters", usual.rest_quarters),
            "units_cap": request.form.get("units_cap", usual.units_cap),
            "sealed": "sealed" in request.form if request.form else True,
        },
        announced=announced,
        waiting=announced[-1] if announced and announced[-1].drawn_at is None else None,
        may_draw=not draw_announcements.is_revealed(round_),
        may_replace=round_takes_calls(round_, context.now()),
        one_of_several=surveys.is_one_of_several(round_),
        role=context.actor().role,
        errors={error.field or "": str(error)} if error else {},
        crumbs=crumbs(round_),
        tabs=tabs(round_),
    )


def _terms() -> draw_announcements.Terms:
    form = request.form
    return draw_announcements.Terms(
        _number(form.get("size", ""), "size", _("每个单位的抽样数应为整数，例如 10")),
        form.get("seed", ""),
        "sealed" in form,
        _number(form.get("rest_quarters", ""), "rest_quarters", _("间隔的季度数应为整数，0 为不限")),
        _number(form.get("units_cap", ""), "units_cap", _("一户企业最多被问的单位数应为整数，0 为不限")),
    )


def _number(text: str, field: str, sentence: str) -> int:
    try:
        return int(text.strip())
    except ValueError as error:
        raise ServiceError(sentence, field) from error
