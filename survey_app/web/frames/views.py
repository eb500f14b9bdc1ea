"""样本库 for the office: what each library holds, and a file's way in, looked at before it is stored."""

import hashlib
from pathlib import Path

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey_app.db import reading as reading_only
from survey_app.domain.frame import FrameReading
from survey_app.domain.phone_mask import mask_phone
from survey_app.domain.roles import Role
from survey_app.domain.sheet import UnusableFileError
from survey_app.integrations.limits import MAX_FILE_BYTES
from survey_app.services import frame_uploads, frames
from survey_app.services.errors import ServiceError
from survey_app.services.frame_uploads import Upload
from survey_app.web import context
from survey_app.web.access import allow
from survey_app.web.frames.preview import read_preview
from survey_app.web.uploads import sent_file

blueprint = Blueprint("frames", __name__, url_prefix="/frames")


@blueprint.get("")
@allow(Role.OFFICE)
def index() -> str:
    """Show every unit's library: how large, from which file, as of when."""
    session = context.session()
    return render_template(
        "frames/index.html",
        libraries=frames.libraries(session),
        enterprises=frames.count_enterprises(session),
        now=context.now(),
    )


@blueprint.route("/import", methods=["GET", "POST"])
@allow(Role.OFFICE)
def import_file() -> str | tuple[str, int]:
    """Ask for a file, and show what would come of it; only its bytes are kept, for an hour."""
    if request.method != "POST":
        return _upload_page()
    upload = _sent()
    if not upload.filename:
        return _upload_page(_("还没有选择文件：请选择责任单位报送的样本库文件"), upload), 400
    if len(upload.unit) > frames.LONGEST_UNIT_NAME:
        sentence = _("责任单位的名称最多 %(n)s 个字：请改短后重新选择文件", n=frames.LONGEST_UNIT_NAME)
        return _upload_page(sentence, upload), 400
    try:
        reading = _read(upload)
    except UnusableFileError as error:
        return _upload_page(str(error), upload), 400
    with reading_only():
        preview = read_preview(context.session(), reading)
    try:
        token = frame_uploads.keep(_instance(), context.actor().account_id, upload, context.now())
    except ServiceError as error:
        return _upload_page(str(error), upload), 503
    return render_template(
        "frames/preview.html", preview=preview, filename=upload.filename, token=token, mask=mask_phone
    )


@blueprint.post("/import/commit")
@allow(Role.OFFICE)
def commit() -> Response:
    """Store the previewed file and delete the kept upload."""
    who, token = context.actor().account_id, request.form.get("token", "")
    try:
        upload = frame_uploads.fetch(_instance(), token, who, context.now())
        reading = _read(upload)
        digest = hashlib.sha256(upload.data).hexdigest()
        # What was read is over, so that this transaction begins as one that writes.
        context.session().rollback()
        stored = frames.store_reading(context.session(), reading, upload.filename, digest, context.now(), who)
    except (ServiceError, UnusableFileError) as error:
        flash(str(error), "error")
        return redirect(url_for("frames.import_file"), 303)
    frame_uploads.drop(_instance(), token, who, context.now())
    flash(
        _("已保存「%(file)s」：新增 %(added)s 家，更新 %(updated)s 家。",
          file=upload.filename, added=stored.added, updated=stored.updated),
        "success",
    )  # fmt: skip
    if stored.new_units:
        flash(_("新建了责任单位：%(units)s。", units=_("、").join(stored.new_units)), "info")
    return redirect(url_for("frames.index"), 303)


@blueprint.post("/import/cancel")
@allow(Role.OFFICE)
def cancel() -> Response:
    """Delete the kept upload; nothing was stored."""
    token = request.form.get("token", "")
    frame_uploads.drop(_instance(), token, context.actor().account_id, context.now())
    flash(_("已取消导入，什么都没有保存。"), "info")
    return redirect(url_for("frames.import_file"), 303)


def _sent() -> Upload:
    name, data = sent_file()
    return Upload(name, " ".join(request.form.get("unit", "").split()), data)


def _read(upload: Upload) -> FrameReading:
    """Read a file with no writing transaction open: it may take seconds, and SQLite has one writer."""
    context.session().rollback()
    with reading_only():
        return frames.read_library(context.session(), upload.data, upload.filename, upload.unit or None)


def _instance() -> Path:
    return context.collaborators().settings.instance


def _upload_page(error: str | None = None, upload: Upload | None = None) -> str:
    with reading_only():
        units = frames.unit_names(context.session())
    return render_template(
        "frames/upload.html",
        error=error,
        filename=upload.filename if upload else "",
        unit=upload.unit if upload else "",
        units=units,
        most_megabytes=MAX_FILE_BYTES // 1024 // 1024,
    )
