"""Logs a task's failure as one line for our own errors, and with a traceback for any other."""

from __future__ import annotations

import logging
import sys
from typing import Any

from airflow.sdk import Context

from sellerops.base.errors import SellerOpsError

log = logging.getLogger(__name__)


def log_known_errors_on_one_line(context: Context) -> None:
    """``on_execute_callback`` that makes this process log a SellerOpsError on one line.

    Place, cause and remedy are what a person needs, and a traceback would push them out of sight; at level
    DEBUG it is logged too. Airflow (3.3) logs a task's exception itself, before it calls any failure
    callback.
    """
    import structlog

    # Change this list in place: existing loggers share it, and configure() would not reach them.
    processors: Any = structlog.get_config()["processors"]
    if render_known_error not in processors:
        processors.insert(0, render_known_error)


def render_known_error(_logger: Any, _method: str, event: Any) -> Any:
    """structlog processor that replaces the traceback of a SellerOpsError with the error as the message."""
    error = _exception(event.get("exc_info"))
    if isinstance(error, SellerOpsError) and not log.isEnabledFor(logging.DEBUG):
        del event["exc_info"]
        event["event"] = f"{type(error).__name__}: {error}"
    return event


def _exception(exc_info: Any) -> BaseException | None:
    """The exception in a logger's ``exc_info``: True, an exception, or the tuple of ``sys.exc_info``."""
    if isinstance(exc_info, BaseException):
        return exc_info
    found = sys.exc_info() if exc_info is True else exc_info
    return found[1] if isinstance(found, tuple) else None


__all__ = ["log_known_errors_on_one_line", "render_known_error"]
