"""For which report, account, shop and slice some work is: the same fields on spans, log lines and tags.

Airflow's own settings switch it on: spans by ``[traces] otel_on``, tags by ``[sentry] sentry_on``;
log lines always carry them. What is not installed or not switched on is left out.
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

# Of our attributes and tags among those of others; log lines carry the bare names.
PREFIX = "sellerops."
_fields: ContextVar[Mapping[str, str] | None] = ContextVar("sellerops_fields", default=None)


def fields_of(slice_: Slice) -> dict[str, str]:
    """``report``, ``account_id``, ``marketplace`` (codes, parted by commas) and ``slice`` (its label)."""
    return {
        "report": slice_.report,
        "account_id": slice_.account_id,
        "marketplace": ",".join(slice_.marketplaces),
        "slice": slice_.label,
    }


def current_fields() -> dict[str, str]:
    """What the work at hand is for; empty outside ``observed``."""
    return dict(_fields.get() or {})


@contextmanager
def observed(
    step: str, fields: Mapping[str, str], *, quiet: tuple[type[BaseException], ...] = ()
) -> Iterator[None]:
    """A span ``sellerops.<step>`` around the block; it and its log lines carry ``fields`` and ``step``.

    Within another ``observed`` its fields are carried too. Unbound when the block ends. An exception marks
    the span as failed, without its text's credentials; SkipError and those of ``quiet`` are no failure.
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
    """Tag what Sentry catches from now on in its current scope; Airflow makes one for each task.

    Nothing where nobody has started Sentry: it is not ours to start, nor a requirement.
    """
    sentry = sys.modules.get("sentry_sdk")
    if sentry is None or not sentry.is_initialized():
        return
    scope = sentry.get_current_scope()
    for name, value in fields.items():
        scope.set_tag(f"{PREFIX}{name}", value)


def _bound(fields: Mapping[str, str]) -> AbstractContextManager[Any]:
    """Airflow's loggers, ours among them, put what is bound here into each line.

    Nothing where nobody has imported them: then nobody has set them up either.
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
        # Their texts may hold credentials; a skip is no error.
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
