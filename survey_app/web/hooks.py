"""The address where the SMS provider reports what became of a message."""

import logging
from uuid import UUID

from flask import Blueprint, abort, request

from survey_app.integrations.sms.gateway import CallbackGateway
from survey_app.services import message_reports, messages
from survey_app.services.errors import NotFoundError
from survey_app.web import context
from survey_app.web.access import public

blueprint = Blueprint("hooks", __name__)
log = logging.getLogger(__name__)


@blueprint.post("/hooks/sms/<uuid:message_id>")
@public
def sms_status(message_id: UUID) -> tuple[str, int]:
    """Record a status callback: 204, or 403 without the provider's signature over the public address.

    404 for a message that there is none of, or a gateway that has no callbacks.
    """
    built = context.collaborators()
    if not isinstance(built.gateway, CallbackGateway):
        abort(404)
    url = built.settings.link(messages.callback_path(str(message_id)))
    params = request.form.to_dict()
    if not built.gateway.verify_signature(url, params, request.headers.get("X-Twilio-Signature")):
        log.warning("a callback for message %s was not signed by the provider", message_id)
        abort(403)
    report = built.gateway.read_callback(params)
    if report is not None:
        try:
            message_reports.record_callback(context.session(), str(message_id), report, context.now())
        except NotFoundError:
            abort(404)
    return "", 204
