"""The web server's own log: what broke outside the application, without addresses that hold a personal token."""

import sys
from typing import Any

from gunicorn.glogging import Logger

from survey_app.web.fault_log import describe_fault


class ServerLog(Logger):  # type: ignore[misc]
    """gunicorn's log; of a request that failed it writes where the code broke, and not which address was asked."""

    def exception(self, msg: Any, *args: Any, **kwargs: Any) -> None:
        """Write an exception down; gunicorn's message about a request would quote its address."""
        error = sys.exc_info()[1]
        if error is not None and str(msg).startswith("Error handling request"):
            self.error("a request failed outside the application:\n%s", describe_fault(error))
        else:
            super().exception(msg, *args, **kwargs)
