"""报送样本库 for a unit: a file's way in, what is wrong with it, the worst first, and the receipt."""

from collections.abc import Iterator
from pathlib import Path

from flask import (
    Blueprint,
    current_app,
    flash,
    get_flashed_messages,
    redirect,
    render_template,
    stream_template,
    url_for,
)
from flask_babel import gettext as _
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response

from survey_app.config import MAX_UPLOAD_BYTES
from survey_app.db import reading as reading_only
from survey_app.domain.phone_mask import mask_phone
from survey_app.domain.roles import Role
from survey_app.domain.sheet import UnusableFileError
from survey_app.services import frame_uploads, frames, submissions
from survey_app.services.errors import ServiceError
from survey_app.services.frame_uploads import Upload
from survey_app.services.library_reading import LibraryReading
from survey_app.services.submissions import LibraryState
from survey_app.web import context
from survey_app.web.access import allow
from survey_app.web.downloads import stored_file
from survey_app.web.fault_log import describe_fault
from survey_app.web.library.check import Check, check_of
from survey_app.web.security import confine
from survey_app.web.uploads import sent_file

blueprint = Blueprint("library", __name__, url_prefix="/library")
_ANY_FILE = "application/octet-stream"


@blueprint.get("")
@allow(Role.UNIT)
def index() -> str:
    """Say whether libraries are taken and until when, with the form for a file and what was handed in."""
    return _index_page()


@blueprint.post("")
@allow(Role.UNIT)
def send() -> Response | tuple[str, int]:
    """Keep a file for an hour, and go on to what comes of it; nothing is handed in by this."""
    session, now = context.session(), context.now()
    if submissions.standing_of(session, context.actor().unit_id, now).state is not LibraryState.OPEN:
        return _index_page(submissions.CLOSED), 409
    name, data = sent_file()
    if not name:
        return _index_page(_("还没有选择文件：请选择本单位的样本库文件")), 400
    try:
        kept = Upload(name, _own_unit(), data)
        token = frame_uploads.keep(_instance(), context.actor().account_id, kept, now)
    except ServiceError as error:
        return _index_page(str(error)), 503
    return redirect(url_for("library.check", token=token), 303)


@blueprint.get("/check/<token>")
@allow(Role.UNIT)
def check(token: str) -> Response:
    """Read a kept file while the page says how far it is, and show what is wrong with it, the worst first."""
    upload = frame_uploads.fetch(_instance(), token, context.actor().account_id, context.now())
    session, unit_id = context.session(), context.actor().unit_id
    standing = submissions.standing_of(session, unit_id, context.now())
    reading = LibraryReading(upload, frames.unit_names(session))
    found = Check()

    def steps() -> Iterator[object]:
        session.rollback()  # no transaction stays open while a file is read
        try:
            yield from reading.steps()
            with reading_only():
                check_of(found, session, unit_id, upload.unit, reading)
        except Exception as error:  # the page has begun: what fails now can only be said on it
            current_app.logger.error("reading a library:\n%s", describe_fault(error))
            found.fault = _("系统出现故障，文件没有读完，什么都没有保存：请稍后再试")
        finally:
            session.rollback()

    # Both change the session, whose cookie goes out before the page is made.
    generate_csrf()
    get_flashed_messages()
    page = stream_template(
        "library/check.html",
        steps=steps(),
        check=found,
        filename=upload.filename,
        token=token,
        mask=mask_phone,
        standing=standing,
        state=LibraryState,
        crumbs=[(_("报送样本库"), url_for("library.index"))],
    )
    return Response(page, mimetype="text/html", headers={"X-Accel-Buffering": "no"})


@blueprint.post("/check/<token>/submit")
@allow(Role.UNIT)
def submit(token: str) -> Response | tuple[str, int]:
    """Hand in the file that was looked at."""
    who, session = context.actor(), context.session()
    upload = frame_uploads.fetch(_instance(), token, who.account_id, context.now())
    # A long file is read with no writing transaction open: SQLite has one writer.
    session.rollback()
    with reading_only():
        known = frames.unit_names(session)
        session.rollback()
    try:
        reading = LibraryReading(upload, known).run()
        made = submissions.submit(session, who.unit_id, upload, reading, context.now(), who.account_id)
    except (ServiceError, UnusableFileError) as error:
        return _index_page(str(error)), 409
    frame_uploads.drop(_instance(), token, who.account_id, context.now())
    flash(_("已报送。请保存或打印这张回执。"), "success")
    return redirect(url_for("library.receipt", submission_id=made.id), 303)


@blueprint.post("/check/<token>/cancel")
@allow(Role.UNIT)
def cancel(token: str) -> Response:
    """Delete a kept file; what was handed in before stays as it is."""
    frame_uploads.drop(_instance(), token, context.actor().account_id, context.now())
    flash(_("这份文件没有报送，什么都没有保存。"), "info")
    return redirect(url_for("library.index"), 303)


@blueprint.get("/receipts/<int:submission_id>")
@allow(Role.UNIT)
def receipt(submission_id: int) -> str:
    """Show the receipt of one of the unit's own submissions."""
    found = submissions.own_submission(context.session(), context.actor().unit_id, submission_id)
    return render_template(
        "library/receipt.html",
        submission=found,
        crumbs=[(_("报送样本库"), url_for("library.index"))],
    )


@blueprint.get("/receipts/<int:submission_id>/file")
@allow(Role.UNIT)
def own_file(submission_id: int) -> Response:
    """Hand back the very file that the unit handed in."""
    session = context.session()
    found = submissions.own_submission(session, context.actor().unit_id, submission_id)
    confine()
    return stored_file(submissions.content_of(session, found), found.filename, _ANY_FILE)


def _index_page(error: str | None = None) -> str:
    session, unit_id = context.session(), context.actor().unit_id
    session.rollback()
    with reading_only():
        return render_template(
            "library/index.html",
            standing=submissions.standing_of(session, unit_id, context.now()),
            state=LibraryState,
            submissions=submissions.own_submissions(session, unit_id),
            now=context.now(),
            error=error,
            most_megabytes=MAX_UPLOAD_BYTES // 1024 // 1024,
        )


def _own_unit() -> str:
    return submissions.unit_name(context.session(), context.actor().unit_id)


def _instance() -> Path:
    return context.collaborators().settings.instance
