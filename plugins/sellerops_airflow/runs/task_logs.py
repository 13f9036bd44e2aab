"""What a task's log says of a failure: of our own errors one line, of any other the traceback."""

from __future__ import annotations

import logging
import sys
from typing import Any

from airflow.sdk import Context

from sellerops.base.errors import SellerOpsError

log = logging.getLogger(__name__)


def log_known_errors_on_one_line(context: Context) -> None:
    """``on_execute_callback``: from here on this process logs a SellerOpsError as one line.

    Place, cause and remedy say what a person needs; a traceback would only push them out of sight. It stays
    at DEBUG. Airflow (3.3) logs a task's exception itself, before any callback for failures.
    """
    import structlog

    # Loggers that exist already share this very list; configure() would not reach them.
    processors: Any = structlog.get_config()["processors"]
    if render_known_error not in processors:
        processors.insert(0, render_known_error)


def render_known_error(_logger: Any, _method: str, event: Any) -> Any:
    """A processor of structlog: the error becomes the message, and its traceback is left out."""
    error = _exception(event.get("exc_info"))
    if isinstance(error, SellerOpsError) and not log.isEnabledFor(logging.DEBUG):
        del event["exc_info"]
        event["event"] = f"{type(error).__name__}: {error}"
    return event


def _exception(exc_info: Any) -> BaseException | None:
    """The exception of what a logger takes: True, an exception, or the three values of ``sys.exc_info``."""
    if isinstance(exc_info, BaseException):
        return exc_info
    found = sys.exc_info() if exc_info is True else exc_info
    return found[1] if isinstance(found, tuple) else None


__all__ = ["log_known_errors_on_one_line", "render_known_error"]
