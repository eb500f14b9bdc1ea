"""Signing in and out, the start page of each role, and the language of the pages."""

from urllib.parse import urlsplit

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired

from survey_app.domain.roles import Role
from survey_app.services import accounts
from survey_app.services.errors import ServiceError
from survey_app.web import context
from survey_app.web.access import SESSION_KEY, allow, public

blueprint = Blueprint("account", __name__)

# The page on which each role's work begins.
HOME = {
    Role.ADMIN: "admin.accounts",
    Role.OFFICE: "rounds.index",
    Role.COMMISSION: "rounds.index",
    Role.INTERVIEWER: "interviewer.desk",
    Role.SUPERVISOR: "marks.index",
    Role.UNIT: "result.index",
}


class SignInForm(FlaskForm):  # type: ignore[misc]
    """User name and password."""

    username = StringField(validators=[InputRequired()])
    password = PasswordField(validators=[InputRequired()])


@blueprint.get("/")
@allow(*Role)
def home() -> Response:
    """Lead to the start page of the role."""
    return redirect(url_for(HOME[context.actor().role]))


@blueprint.route("/sign-in", methods=["GET", "POST"])
@public
def sign_in() -> str | Response | tuple[str, int]:
    """Sign in; a wrong try says so without saying what was wrong."""
    form = SignInForm()
    error = None
    if request.method == "POST":
        if form.validate_on_submit():
            try:
                token = accounts.sign_in(
                    context.session(),
                    context.collaborators().keys.throttle,
                    form.username.data or "",
                    form.password.data or "",
                    request.remote_addr or "",
                    context.now(),
                )
            except ServiceError as fault:
                error = str(fault)
            else:
                language = session.get("language")
                session.clear()  # a new session for a new person
                session[SESSION_KEY] = token
                if language:
                    session["language"] = language
                return redirect(_local(request.args.get("next")) or url_for("account.home"))
        else:
            error = _("请填写用户名和密码")
        return render_template("account/sign_in.html", form=form, error=error), 400
    if context.signed_in():
        return redirect(url_for("account.home"))
    return render_template("account/sign_in.html", form=form, error=None)


@blueprint.post("/sign-out")
@allow(*Role)
def sign_out() -> Response:
    """End the session here and in the database."""
    accounts.sign_out(context.session(), context.actor(), context.now())
    session.clear()
    response = redirect(url_for("account.sign_in"))
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@blueprint.post("/language")
@public
def language() -> Response:
    """Switch the language of the pages for this browser."""
    chosen = request.form.get("language")
    if chosen in ("zh_Hans_CN", "en"):
        session["language"] = chosen
    return redirect(_local(request.form.get("next")) or url_for("account.home"))


def _local(target: str | None) -> str | None:
    """Return `target` if it is a path of this site, so that nobody is led elsewhere."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return None
    parts = urlsplit(target)
    return None if parts.scheme or parts.netloc else target
