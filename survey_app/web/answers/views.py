"""The answers behind a unit's points, and what two persons decide about one that proved false."""

from collections.abc import Mapping, Sequence

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey_app.domain.answer_review import REVIEW_KIND_NAMES, ReviewKind, why_not_review
from survey_app.domain.approval import APPROVAL_NAMES, Approval
from survey_app.domain.disposition import RULES
from survey_app.domain.instrument_owner import asked_by
from survey_app.domain.mode import MODE_NAMES
from survey_app.domain.roles import Role
from survey_app.domain.scheme import Answered
from survey_app.models.round import Round
from survey_app.schemes.instruments import load_instrument
from survey_app.services import answer_reviews, entry_pages, round_locks
from survey_app.services import answers as answers_
from survey_app.services.errors import ConflictError, ServiceError
from survey_app.services.outbox import MESSAGE_STATE_NAMES
from survey_app.services.unit_remarks import staff_remarks
from survey_app.web import context
from survey_app.web.access import allow
from survey_app.web.answers.reasons import reasons_of
from survey_app.web.message_tags import MESSAGE_TONES, message_name
from survey_app.web.parameters import row_id
from survey_app.web.rating_tones import rating_tones
from survey_app.web.round_pages import Crumb, crumbs, round_named, tabs

blueprint = Blueprint("answers", __name__, url_prefix="/rounds/<quarter>")
READERS = (Role.OFFICE, Role.COMMISSION)
TONES = {Approval.WAITING: "wait", Approval.APPROVED: "good", Approval.RETURNED: "bad"}


@blueprint.get("/scores/<int:unit_id>/answers/<instrument>")
@allow(*READERS)
def index(quarter: str, unit_id: int, instrument: str) -> str:
    """Show the answers behind a unit's points, without the enterprises that gave them."""
    round_ = round_named(quarter)
    rated = entry_pages.unit_of(context.session(), unit_id)
    answers = answers_.anonymous_answers(context.session(), round_, rated.id, instrument)
    return render_template(
        "answers/index.html",
        unit=rated,
        answers=answers,
        remarks=_remarks(round_, rated.id, instrument, answers),
        as_of=context.now(),
        crumbs=crumbs(round_, *_way(quarter, unit_id, rated.name)),
        **_about(round_, instrument),
    )


@blueprint.get("/answers/<int:answer_id>")
@allow(*READERS)
def show(quarter: str, answer_id: int) -> str:
    """Show one answer and how it came about, without its enterprise."""
    return _show(round_named(quarter), answer_id)


@blueprint.post("/answers/<int:answer_id>")
@allow(*READERS)
def ask(quarter: str, answer_id: int) -> Response | tuple[str, int]:
    """Ask to have an answer voided or replaced."""
    round_ = round_named(quarter)
    later = request.form.get("later", type=row_id)
    kind = ReviewKind.REPLACE if later else ReviewKind.VOID
    try:
        answer_reviews.ask_review(
            context.session(),
            round_,
            answer_id,
            kind,
            request.form.get("reason", ""),
            context.actor().account_id,
            context.now(),
            later,
        )
    except ServiceError as error:
        if error.field is None and not isinstance(error, ConflictError):
            raise
        return _show(round_, answer_id, error), 409 if isinstance(error, ConflictError) else 400
    flash(_("已提交，由另一人复核后生效。"), "success")
    return redirect(url_for("answers.show", quarter=quarter, answer_id=answer_id), 303)


@blueprint.get("/answer-reviews")
@allow(*READERS)
def reviews(quarter: str) -> str:
    """Show what was asked and decided about the round's answers."""
    return _reviews(round_named(quarter))


@blueprint.post("/answer-reviews/<int:review_id>")
@allow(*READERS)
def decide(quarter: str, review_id: int) -> Response | tuple[str, int]:
    """Approve or return what another person asked."""
    round_ = round_named(quarter)
    decision = Approval.APPROVED if request.form.get("decision") == "approve" else Approval.RETURNED
    try:
        answer_reviews.decide_review(
            context.session(),
            round_,
            review_id,
            decision,
            request.form.get(f"reason-{review_id}", ""),
            context.actor().account_id,
            context.now(),
        )
    except ServiceError as error:
        if error.field is None and not isinstance(error, ConflictError):
            raise
        return _reviews(round_, error, review_id), 409 if isinstance(error, ConflictError) else 400
    flash(_("已记录复核结果。"), "success")
    return redirect(url_for("answers.reviews", quarter=quarter), 303)


def _show(round_: Round, answer_id: int, error: ServiceError | None = None) -> str:
    trail = answers_.answer_trail(context.session(), round_, answer_id)
    answer = trail.answer
    about = _about(round_, answer.instrument)
    waiting = any(review.approval is Approval.WAITING for review in answer.reviews)
    owner = asked_by(answers_.answered_item(round_, answer.instrument))
    rated = entry_pages.unit_of(context.session(), answer.unit_id)
    return render_template(
        "answers/show.html",
        unit=rated,
        trail=trail,
        answer=answer,
        remarks=_remarks(round_, rated.id, answer.instrument, [answer]),
        outcomes=RULES,
        message_name=message_name,
        message_names=MESSAGE_STATE_NAMES,
        message_tones=MESSAGE_TONES,
        refused=why_not_review(answer.counted, waiting),
        may_ask=context.actor().role is owner and not round_locks.is_frozen(round_),
        error=error,
        typed=request.form,
        crumbs=crumbs(
            round_,
            *_way(round_.quarter, rated.id, rated.name),
            (
                _("答卷"),
                url_for(
                    "answers.index", quarter=round_.quarter, unit_id=rated.id, instrument=answer.instrument
                ),
            ),
        ),
        **about,
        **_review_words(),
    )


def _remarks(
    round_: Round, unit_id: int, instrument: str, answers: Sequence[answers_.AnonymousAnswer]
) -> Mapping[int, Sequence[str]]:
    details = {answer.id: answer.details for answer in answers}
    return staff_remarks(context.session(), round_, unit_id, instrument, context.actor().role, details)


def _reviews(round_: Round, error: ServiceError | None = None, wrong: int | None = None) -> str:
    listed = answer_reviews.reviews(context.session(), round_.id)
    names = {
        (review.answer.instrument, level.key): level.name
        for review in listed
        if isinstance(settings := answers_.answered_item(round_, review.answer.instrument).settings, Answered)
        for level in settings.levels
    }
    owned = {
        review.id
        for review in listed
        if asked_by(answers_.answered_item(round_, review.answer.instrument)) is context.actor().role
    }
    return render_template(
        "answers/reviews.html",
        round=round_,
        reviews=listed,
        rating_names=names,
        items={
            review.id: answers_.answered_item(round_, review.answer.instrument).title for review in listed
        },
        owned=owned,
        me=context.actor().account_id,
        frozen=round_locks.is_frozen(round_),
        error=error,
        wrong=wrong,
        typed=request.form,
        crumbs=crumbs(round_),
        tabs=tabs(round_),
        **_review_words(),
    )


def _about(round_: Round, instrument: str) -> dict[str, object]:
    """What the pages of one item's answers share."""
    item = answers_.answered_item(round_, instrument)
    levels = item.settings.levels if isinstance(item.settings, Answered) else ()
    return {
        "round": round_,
        "item": item,
        "rating_names": {level.key: level.name for level in levels},
        "tones": rating_tones(levels),
        "questionnaire": load_instrument(round_.scheme_key, instrument),
        "reasons_of": reasons_of,
        "mode_names": MODE_NAMES,
    }


def _review_words() -> dict[str, object]:
    return {
        "kind_names": REVIEW_KIND_NAMES,
        "approval_names": APPROVAL_NAMES,
        "approval_tones": TONES,
        "approval": Approval,
    }


def _way(quarter: str, unit_id: int, unit: str) -> tuple[Crumb, Crumb]:
    return (
        (_("得分排名"), url_for("scores.index", quarter=quarter)),
        (unit, url_for("scores.sheet", quarter=quarter, unit_id=unit_id)),
    )
