"""Which role asks with which questionnaire: the one place that says so, from what the scheme says of its items."""

from survey_app.domain.roles import Role
from survey_app.domain.scheme import Answered, Scheme, ScoreItem


def asked_by(item: ScoreItem) -> Role | None:
    """Return the role that collects an item's answers, None for an item that isn't decided by answers.

    Answers from the units' libraries alone are the office's survey; those that the commission may hand in as
    totals instead are its own.
    """
    if not isinstance(item.settings, Answered):
        return None
    return Role.OFFICE if item.settings.from_library else Role.COMMISSION


def surveys_of(scheme: Scheme) -> list[tuple[str, Role]]:
    """Return each questionnaire that a scheme's items are decided by, with who asks with it, as on the sheet."""
    return [(item.id, role) for item in scheme.items if (role := asked_by(item))]


def owner_of(scheme: Scheme, instrument: str) -> Role | None:
    """Return the role that asks with a questionnaire; its key is that of the item that it decides."""
    return dict(surveys_of(scheme)).get(instrument)


def instrument_of(scheme: Scheme, role: Role) -> str | None:
    """Return the key of the questionnaire that a role asks with, None where the scheme has none for it."""
    return next((instrument for instrument, owner in surveys_of(scheme) if owner is role), None)
