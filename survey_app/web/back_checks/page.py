"""Putting the page of a call-back together: what the service knows, and what was typed."""

from dataclasses import dataclass, field

from flask import render_template
from flask_babel import gettext as _

from survey_app.domain.answer import FieldError
from survey_app.domain.back_check import CALLED_NAMES, OUTCOMES
from survey_app.domain.call_queue import MAX_NOTE
from survey_app.domain.disposition import RULES
from survey_app.domain.form_parser import Form, field_name
from survey_app.domain.instrument import DEALT, RATING
from survey_app.domain.phone_mask import mask_phone
from survey_app.models.back_check import BackCheck
from survey_app.services.check_sheet import CheckSheet, check_sheet
from survey_app.services.errors import ServiceError
from survey_app.services.surveys import contact_phone
from survey_app.web import context
from survey_app.web.language import locale, say

OUTCOME_NAMES = {code: rule.name for code, rule in RULES.items()}


@dataclass(frozen=True)
class SentCheck:
    """A form as it was sent, and what is wrong with it; `error` is about the outcome or the whole."""

    form: Form = field(default_factory=dict)
    errors: tuple[FieldError, ...] = ()
    error: ServiceError | None = None

    def first(self, name: str) -> str:
        """Return the first value of a field."""
        values = self.form.get(name, ())
        return values[0] if values else ""


@dataclass(frozen=True)
class AskedQuestion:
    """One question about one unit, as the page asks it: choices are (value, label)."""

    name: str
    legend: str
    choices: tuple[tuple[str, str], ...]


def render(check: BackCheck, sent: SentCheck | None = None) -> str:
    """Return the page of a call-back, with what was typed."""
    who, now = context.actor(), context.now()
    sheet = check_sheet(context.session(), check, who.account_id, now)
    sent = sent or SentCheck()
    faults = [(error.field, say(error.sentence)) for error in sent.errors]
    if sent.error:
        faults.insert(0, (sent.error.field or "", str(sent.error)))
    return render_template(
        "back_checks/check.html",
        sheet=sheet,
        held=check.held_by_id == who.account_id,
        script=_said(sheet),
        called_names=CALLED_NAMES,
        units=[(unit_id, name, _questions(sheet, unit_id, name)) for unit_id, name in sheet.units],
        sent=sent,
        outcomes=OUTCOMES,
        outcome_names=OUTCOME_NAMES,
        faults=faults,
        errors=dict(faults),
        max_note=MAX_NOTE,
        mask_phone=mask_phone,
    )


def _questions(sheet: CheckSheet, unit_id: int, unit: str) -> list[AskedQuestion]:
    first, last = sheet.quarter.months
    months = _("%(first)s月—%(last)s月", first=first, last=last)
    return [
        AskedQuestion(
            field_name(unit_id, key),
            say(question.text).format(unit=unit, months=months),
            tuple((option.value, say(option.text)) for option in question.options),
        )
        for key in (DEALT, RATING)
        for question in [sheet.questions.question(key)]
    ]


def _said(sheet: CheckSheet) -> dict[str, str]:
    """Return the script's sentences with their open places filled, in the language of the page."""
    check = sheet.check
    places = {
        "interviewer": context.actor().username,
        "units": _("、").join(name for _id, name in sheet.units),
        "quarter": say(sheet.quarter.title),
        "phone": contact_phone(context.collaborators().settings, check.round.scheme_key, check.instrument)
        or _("（见%(who)s的公告）", who=say(sheet.asker)),
    }
    return {
        key: getattr(sheet.script, key).in_language(locale()).format(**places)
        for key in ("opening", "called", "refusal", "closing")
    }
