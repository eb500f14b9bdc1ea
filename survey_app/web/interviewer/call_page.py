"""Putting the call page together: what the service knows of the case, and what was typed."""

from datetime import datetime

from flask import render_template
from flask_babel import gettext as _

from survey_app.config import COUNTY_ZONE
from survey_app.domain.call_queue import MAX_NOTE
from survey_app.domain.calling_hours import CALLING_HOURS
from survey_app.domain.disposition import CALL_OUTCOMES, MAX_ATTEMPTS, RULES
from survey_app.domain.phone_mask import mask_phone
from survey_app.models.case import Case
from survey_app.services.call_sheet import CallSheet, call_sheet
from survey_app.web import context
from survey_app.web.interviewer.outcome_form import OutcomeForm
from survey_app.web.language import locale, say

OUTCOME_NAMES = {code: rule.name for code, rule in RULES.items()}


def is_calling_time(now: datetime) -> bool:
    """Whether firms may well be called at this moment."""
    return CALLING_HOURS.allow(now.astimezone(COUNTY_ZONE))


def render(
    case: Case,
    outcome_form: OutcomeForm | None = None,
    sentence: str | None = None,
) -> str:
    """Return the call page of a case, with what was typed and what is wrong with it.

    `sentence` says what is wrong with the request as a whole.
    """
    who, now = context.actor(), context.now()
    sheet = call_sheet(context.session(), case, who.account_id, now)
    outcome_form = outcome_form or OutcomeForm()
    faults = [(field, say(text)) for field, text in outcome_form.faults.items()]
    if sentence:
        faults.insert(0, ("", sentence))
    return render_template(
        "interviewer/call.html",
        sheet=sheet,
        held=case.held_by_id == who.account_id,
        script=_said(sheet),
        outcome_form=outcome_form,
        outcomes=CALL_OUTCOMES,
        outcome_names=OUTCOME_NAMES,
        faults=faults,
        max_attempts=MAX_ATTEMPTS,
        max_note=MAX_NOTE,
        mask_phone=mask_phone,
        hours=str(CALLING_HOURS),
        calling_time=is_calling_time(now),
    )


def _said(sheet: CallSheet) -> dict[str, str]:
    """Return the script's sentences with their open places filled, in the language of the page."""
    language = locale()
    places = {
        "interviewer": context.actor().username,
        "units": _("、").join(unit.name for unit in sheet.units),
        "quarter": sheet.quarter.title,
        "office_phone": context.collaborators().settings.office_phone or _("（见营商办公告）"),
    }
    sentences = ("opening", "appointment", "refusal", "closing")
    return {key: getattr(sheet.script, key).in_language(language).format(**places) for key in sentences}
