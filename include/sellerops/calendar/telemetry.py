"""Report, account, marketplace and slice as fields of spans, log lines and Sentry tags.

Airflow's settings switch spans (``[traces] otel_on``) and tags (``[sentry] sentry_on``) on; log lines always
carry the fields. What is not installed or not enabled is skipped.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import Any

from sellerops.base.errors import SkipError
from sellerops.base.redaction import redact
from sellerops.calendar.slices import Slice

# Prefix of our span attributes and tags; log lines carry the bare names.
PREFIX = "sellerops."
_fields: ContextVar[Mapping[str, str] | None] = ContextVar("sellerops_fields", default=None)


def fields_of(slice_: Slice) -> dict[str, str]:
    """``report``, ``account_id``, ``marketplace`` (comma-separated codes) and ``slice`` (its label)."""
    return {
        "report": slice_.report,
        "account_id": slice_.account_id,
        "marketplace": ",".join(slice_.marketplaces),
        "slice": slice_.label,
    }


def current_fields() -> dict[str, str]:
    """The fields of the current work; empty outside ``observed``."""
    return dict(_fields.get() or {})


@contextmanager
def observed(
    step: str, fields: Mapping[str, str], *, quiet: tuple[type[BaseException], ...] = ()
) -> Iterator[None]:
    """Run the block in a span ``sellerops.<step>``; the span and its log lines carry ``fields`` and ``step``.

    Nested blocks inherit the fields. An exception marks the span as failed, with redacted text; SkipError and
    the types in ``quiet`` do not.
    """
    token = _fields.set({**current_fields(), **fields, "step": step})
    try:
        with _bound(current_fields()), _span(step, current_fields()) as span:
            try:
                yield
            except BaseException as error:
                is_failure = not isinstance(error, (SkipError, *quiet))
                _note(span, error, is_failure)
                raise
    finally:
        _fields.reset(token)


def tag_errors(fields: Mapping[str, str]) -> None:
    """Tag what Sentry catches in its current scope; Airflow creates one for each task.

    Does nothing unless Airflow has started Sentry, which is optional.
    """
    sentry = sys.modules.get("sentry_sdk")
    if sentry is None or not sentry.is_initialized():
        return
    scope = sentry.get_current_scope()
    for name, value in fields.items():
        scope.set_tag(f"{PREFIX}{name}", value)


def _bound(fields: Mapping[str, str]) -> AbstractContextManager[Any]:
    """Bind the fields for Airflow's loggers, ours included, which add them to each line.

    Does nothing if structlog was never imported: then no logger uses it either.
    """
    if "structlog" not in sys.modules:
        return nullcontext()
    from structlog.contextvars import bound_contextvars

    return bound_contextvars(**fields)


def _span(step: str, fields: Mapping[str, str]) -> AbstractContextManager[Any]:
    if "opentelemetry" not in sys.modules:
        return nullcontext()
    from opentelemetry import trace

    return trace.get_tracer("sellerops").start_as_current_span(
        f"{PREFIX}{step}",
        attributes={f"{PREFIX}{name}": value for name, value in fields.items()},
        # Exception texts may contain credentials, and a skip is not an error.
        record_exception=False,
        set_status_on_exception=False,
    )


def _note(span: Any, error: BaseException, is_failure: bool) -> None:
    if span is None:
        return
    name, outcome = type(error).__name__, "failed" if is_failure else "skipped"
    span.set_attributes({f"{PREFIX}outcome": outcome, f"{PREFIX}error_type": name})
    if is_failure:
        from opentelemetry.trace import Status, StatusCode

        span.set_status(Status(StatusCode.ERROR, f"{name}: {redact(str(error))}"))
