"""The pages for what went wrong: one sentence, and what to do next."""

from flask import Flask, render_template, request
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError, InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from survey_app.config import SettingsError
from survey_app.db import end_transaction
from survey_app.services.errors import ConflictError, NotFoundError, ServiceError
from survey_app.web.fault_log import describe_fault

TITLES = {
    400: (_l("请求无法处理"), _l("请返回上一页，检查后再试。")),
    403: (_l("没有权限打开这一页"), _l("您的账号不能使用这项功能；如果工作需要，请联系营商办。")),
    404: (_l("没有找到这一页"), _l("请检查网址，或从首页重新进入。")),
    405: (_l("请求方式不对"), _l("请返回上一页，用页面上的按钮操作。")),
    409: (_l("内容已被他人更新"), _l("请返回上一页，刷新后再提交。")),
    413: (_l("文件太大"), _l("请上传不超过 10 MB 的文件。")),
    429: (_l("操作过于频繁"), _l("请稍等几分钟再试。")),
    500: (_l("系统出现故障"), _l("内容没有保存。请稍后再试；如果仍不行，请联系营商办。")),
    503: (_l("系统正忙"), _l("内容没有保存。请等一分钟，再提交一次。")),
}


def install(app: Flask) -> None:
    """Answer every error with a page."""

    def page(status: int, sentence: str | None = None) -> tuple[str, int, dict[str, str]]:
        title, advice = TITLES.get(status, TITLES[500 if status >= 500 else 400])
        headers = {"Retry-After": "60"} if status in (429, 503) else {}
        return render_template("layout/error.html", title=title, sentence=sentence or advice), status, headers

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> tuple[str, int, dict[str, str]]:
        body, status, headers = page(error.code or 500)
        if isinstance(error, MethodNotAllowed) and error.valid_methods:
            headers["Allow"] = ", ".join(sorted(error.valid_methods))
        return body, status, headers

    @app.errorhandler(CSRFError)
    def csrf_error(_error: CSRFError) -> tuple[str, int, dict[str, str]]:
        return page(400, str(_l("页面已过期，内容没有保存：请返回上一页，刷新后再提交。")))

    @app.errorhandler(NotFoundError)
    def not_found(error: NotFoundError) -> tuple[str, int, dict[str, str]]:
        return page(404, str(error))

    @app.errorhandler(ConflictError)
    def conflict(error: ConflictError) -> tuple[str, int, dict[str, str]]:
        return page(409, str(error))

    @app.errorhandler(ServiceError)
    def service_error(error: ServiceError) -> tuple[str, int, dict[str, str]]:
        return page(400, str(error))

    @app.errorhandler(SettingsError)
    def settings_error(error: SettingsError) -> tuple[str, int, dict[str, str]]:
        return page(503, str(error))

    @app.errorhandler(OperationalError)
    @app.errorhandler(InterfaceError)
    @app.errorhandler(InternalError)
    @app.errorhandler(PoolTimeoutError)
    def database_error(error: DBAPIError | PoolTimeoutError) -> tuple[str, int, dict[str, str]]:
        # Busy, full or away: all are answered alike, since whoever waits can only try again.
        app.logger.error("database: %s", type(getattr(error, "orig", error)).__name__)
        end_transaction()
        return page(503)

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> tuple[str, int, dict[str, str]]:
        app.logger.error("unexpected in %s:\n%s", request.endpoint, describe_fault(error))
        end_transaction()
        return page(500)
