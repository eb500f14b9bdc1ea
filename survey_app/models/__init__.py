"""Every model, imported so that the metadata is whole wherever one of them is."""

from survey_app.models import (
    account,
    answer_review,
    audit_event,
    case,
    contact_attempt,
    enterprise,
    item_entry,
    message,
    rater_conflict,
    rectification,
    response,
    round,
    service_promise,
    unit,
    unit_score,
)

__all__ = [
    "account",
    "answer_review",
    "audit_event",
    "case",
    "contact_attempt",
    "enterprise",
    "item_entry",
    "message",
    "rater_conflict",
    "rectification",
    "response",
    "round",
    "service_promise",
    "unit",
    "unit_score",
]
