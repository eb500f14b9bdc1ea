"""Putting the call page together: what the service knows of the case, and what was typed."""

from dataclasses import dataclass, field

from flask import render_template
from flask_babel import gettext as _

from survey_app.config import COUNTY_ZONE
from survey_app.domain.answer import FieldError
from survey_app.domain.appointment_picks import appointment_picks
from survey_app.domain.call_queue import MAX_NOTE
from survey_app.domain.disposition import CALL_OUTCOMES, RULES
from survey_app.domain.form_parser import Form
from survey_app.domain.phone_mask import mask_phone
from survey_app.models.case import Case
from survey_app.services import bridge_calls
from survey_app.services.call_sheet import CallSheet, call_sheet
from survey_app.services.surveys import contact_phone
from survey_app.web import context
from survey_app.web.form_builder import build_form
from survey_app.web.interviewer.bridge_texts import BRIDGE_TEXTS
from survey_app.web.interviewer.outcome_form import OutcomeForm
from survey_app.web.language import locale, say

# One key for each outcome, along a keyboard's top row and on; none is a key of the page as a whole.
OUTCOME_KEYS = tuple("1234567890qw")
OUTCOME_NAMES = {code: rule.name for code, rule in RULES.items()}


@dataclass(frozen=True)
class SentAnswers:
    """A questionnaire as it was sent: the choice at the opening, the fields, and what is wrong with them."""

    consent: str = ""
    form: Form = field(default_factory=dict)
    errors: tuple[FieldError, ...] = ()


def render(
    case: Case,
    outcome_form: OutcomeForm | None = None,
    sent: SentAnswers | None = None,
    sentence: str | None = None,
    own_phone: str | None = None,
) -> str:
    """Return the call page of a case, with what was typed and what is wrong with it.

    `sentence` says what is wrong with the request as a whole; `own_phone` is where the interviewer takes a
    bridge's calls, as they typed it.
    """
    who, now = context.actor(), context.now()
    sheet = call_sheet(context.session(), case, who.account_id, now)
    outcome_form, sent = outcome_form or OutcomeForm(), sent or _kept(sheet)
    questionnaire = build_form(
        case.round.scheme_key, case.instrument, case.round.quarter, units_of(sheet), sent.form, sent.errors
    )
    faults = [(name, say(text)) for name, text in outcome_form.faults.items()]
    faults.extend((error.field, say(error.sentence)) for error in sent.errors)
    bridged = context.collaborators().bridge is not None
    if bridged and own_phone is None:
        own_phone = bridge_calls.last_own_phone(context.session(), who.account_id)
    if sentence:
        faults.insert(0, ("", sentence))
    return render_template(
        "interviewer/call.html",
        sheet=sheet,
        held=case.held_by_id == who.account_id,
        script=_said(sheet),
        bridged=bridged,
        bridge=bridge_calls.bridge_view(context.session(), sheet.current, now) if bridged else None,
        bridge_texts=BRIDGE_TEXTS,
        own_phone=own_phone,
        questionnaire=questionnaire,
        matters={unit.unit_id: unit.matter for unit in sheet.units},
        sent=sent,
        outcome_form=outcome_form,
        outcomes=tuple(zip(CALL_OUTCOMES, OUTCOME_KEYS, strict=True)),
        note_required={code for code in CALL_OUTCOMES if RULES[code].note_required},
        picks=appointment_picks(now.astimezone(COUNTY_ZONE), sheet.hours, case.round.closes_at),
        now=now,
        outcome_names=OUTCOME_NAMES,
        faults=faults,
        errors={error.field: say(error.sentence) for error in sent.errors},
        max_attempts=sheet.rules.max_attempts,
        max_note=MAX_NOTE,
        mask_phone=mask_phone,
        hours=say(sheet.hours.as_text()),
        calling_time=sheet.hours.allow(now.astimezone(COUNTY_ZONE)),
        lease_over=case.held_until is not None and case.held_until < now,
    )


def _kept(sheet: CallSheet) -> SentAnswers:
    """Return what this interviewer took down before; consent is that of the call that is going on."""
    return SentAnswers(
        consent=(sheet.current.consent or "") if sheet.current else "",
        form=sheet.draft.fields if sheet.draft and not sheet.answered else {},
    )


def units_of(sheet: CallSheet) -> list[tuple[int, str]]:
    """Return the units that the enterprise is asked about, as (id, name)."""
    return [(unit.unit_id, unit.name) for unit in sheet.units]


def _said(sheet: CallSheet) -> dict[str, str]:
    """Return the script's sentences with their open places filled, in the language of the page."""
    language = locale()
    places = {
        "interviewer": context.actor().username,
        "units": _("、").join(unit.name for unit in sheet.units),
        "quarter": say(sheet.quarter.title),
        "phone": contact_phone(
            context.collaborators().settings, sheet.case.round.scheme_key, sheet.case.instrument
        )
        or _("（见%(who)s的公告）", who=say(sheet.asker)),
    }
    sentences = ("opening", "appointment", "refusal", "closing")
    return {key: getattr(sheet.script, key).in_language(language).format(**places) for key in sentences}
