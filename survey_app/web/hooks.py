"""The address where the SMS provider reports what became of its messages."""

import logging

from flask import Blueprint, Response, abort, request

from survey_app.integrations.sms.gateway import CallbackGateway, CallbackRequest
from survey_app.services import message_reports, messages
from survey_app.services.errors import NotFoundError
from survey_app.web import context
from survey_app.web.access import public

blueprint = Blueprint("hooks", __name__)
log = logging.getLogger(__name__)


@blueprint.post("/hooks/sms/<tail>")
@public
def sms_status(tail: str) -> Response:
    """Record the reports of a call: 2xx, or 403 unless it is certain that the provider made it.

    404 for a gateway that has no callbacks, and where no report is about a message that there is.
    """
    built = context.collaborators()
    if not isinstance(built.gateway, CallbackGateway):
        abort(404)
    url = built.settings.link(messages.callback_path(tail))
    form = request.form.to_dict()
    call = CallbackRequest(tail, url, dict(request.headers), form, request.get_data())
    read = built.gateway.read_callback(call)
    if read is None:
        log.warning("a callback was not made by the provider")
        abort(403)
    unknown = 0
    for message_id, report in read.reports:
        try:
            message_reports.record_callback(context.session(), message_id, report, context.now())
        except NotFoundError:
            unknown += 1
            log.warning("the provider reports on a message that there is none of")
    if read.reports and unknown == len(read.reports):
        abort(404)
    if read.answer:
        return Response(read.answer, 200, mimetype="application/json")
    return Response(status=204)
