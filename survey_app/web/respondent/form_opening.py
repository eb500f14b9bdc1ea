"""Opening a form: its stamp, under the notice on personal data that is in force now."""

from survey_app.schemes.notices import current_notice
from survey_app.services.respondent_cases import RespondentCase
from survey_app.web import context
from survey_app.web.respondent.form_stamp import make_stamp


def new_stamp(case: RespondentCase) -> tuple[str, str]:
    """Return the stamp of a form that is opened now, and the version of the notice that it shows."""
    version = current_notice(case.scheme_key, case.instrument).version
    key = context.collaborators().keys.forms
    return make_stamp(key, case.public_id, context.now(), version), version
