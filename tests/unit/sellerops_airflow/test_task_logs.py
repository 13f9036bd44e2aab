"""A task's log shows our own errors on one line, and any other with its traceback."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any, cast

import pytest
import structlog

from sellerops.base.errors import ReportFatal, SellerOpsError
from sellerops_airflow.runs.task_logs import log_known_errors_on_one_line

ERROR = ReportFatal("Amazon aborted the report.", where="SALES, US 2026-11-20", remedy="Clear the task.")
LINE = "ReportFatal: SALES, US 2026-11-20: Amazon aborted the report. Next: Clear the task."


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """The log as JSON lines with tracebacks, as a task's process writes it."""
    before, out = structlog.get_config(), io.StringIO()
    structlog.configure(
        processors=[structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(out),
        cache_logger_on_first_use=True,
    )
    yield out
    structlog.configure(**before)


def fail(log: Any, error: Exception) -> None:
    """As Airflow's task runner logs a task's exception."""
    try:
        raise error
    except Exception:
        log.exception("Task failed with exception")


def lines(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_our_own_error_is_one_line_even_for_a_logger_that_exists_already(written: io.StringIO) -> None:
    log = structlog.get_logger("task")
    log.info("before")
    log_known_errors_on_one_line(cast("Any", {}))
    log_known_errors_on_one_line(cast("Any", {}))
    fail(log, ERROR)
    assert lines(written)[1] == {"event": LINE}


@pytest.mark.parametrize("error", [ValueError("no idea"), KeyError("x")])
def test_any_other_error_keeps_its_traceback(written: io.StringIO, error: Exception) -> None:
    log_known_errors_on_one_line(cast("Any", {}))
    fail(structlog.get_logger("task"), error)
    (line,) = lines(written)
    assert line["event"] == "Task failed with exception"
    assert line["exception"][0]["frames"]


def test_at_debug_our_own_keeps_it_too(written: io.StringIO, caplog: pytest.LogCaptureFixture) -> None:
    log_known_errors_on_one_line(cast("Any", {}))
    with caplog.at_level(logging.DEBUG, logger="sellerops_airflow.runs.task_logs"):
        fail(structlog.get_logger("task"), ERROR)
    assert lines(written)[0]["exception"][0]["exc_type"] == "ReportFatal"


@pytest.mark.parametrize("given", [ERROR, (type(ERROR), ERROR, None)])
def test_an_error_passed_to_a_logger_is_shown_alike(
    written: io.StringIO, given: SellerOpsError | tuple[Any, ...]
) -> None:
    log_known_errors_on_one_line(cast("Any", {}))
    structlog.get_logger("task").error("went wrong", exc_info=given)
    assert lines(written) == [{"event": LINE}]
