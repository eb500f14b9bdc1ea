"""The address where the call bridge's provider reports how far its calls came."""

import logging

from flask import Blueprint, Response, abort, request

from survey_app.services import bridge_calls
from survey_app.web import context
from survey_app.web.access import public

blueprint = Blueprint("voice_hooks", __name__)
log = logging.getLogger(__name__)


@blueprint.post("/hooks/voice/<call_id>/<part>")
@public
def report(call_id: str, part: str) -> Response:
    """Record a report: 200, or 403 unless it is certain that the provider made it.

    404 without a bridge, and for a call that there is none of.
    """
    built = context.collaborators()
    if built.bridge is None:
        abort(404)
    form = request.form.to_dict()
    url = built.settings.link(f"{bridge_calls.report_path(call_id)}/{part}")
    if not built.bridge.is_genuine(url, dict(request.headers), form):
        log.warning("a report on a bridge call was not made by the provider")
        abort(403)
    read = built.bridge.read_report(part, form)
    if read is not None:
        bridge_calls.record_report(context.session(), call_id, read, context.now())
    text, media_type = built.bridge.answer
    return Response(text, 200, mimetype=media_type)
