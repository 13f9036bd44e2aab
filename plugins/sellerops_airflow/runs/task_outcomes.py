"""Records how a task ended: in the ledger for a slice, in XCom for a task that has no slice."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowSkipException, TaskDeferred

from sellerops.base.errors import SellerOpsError, SkipError
from sellerops_airflow.retry_policy import is_last_try
from sellerops_airflow.runs.slice_load import SliceLoad, record_slice_state
from sellerops_airflow.runs.telemetry import observed_slice, observed_task

if TYPE_CHECKING:
    from sellerops.calendar.slices import Slice
    from sellerops.ledger import Ledger, RunRef

log = logging.getLogger(__name__)

# XCom key of a failure that belongs to no slice. The run's notice reads it.
FAILURE_KEY = "failure"


@contextmanager
def slice_outcome(
    ledger: Ledger, context: Context, run: RunRef, slice_: Slice, slice_load: SliceLoad | None = None
) -> Iterator[None]:
    """Record the slice's state when the block fails on its last try or raises SkipError.

    With ``slice_load``, only that destination's state is recorded. SkipError becomes AirflowSkipException;
    every other error is raised again.
    """
    from sellerops.ledger import SliceState
    from sellerops.reprocess.quarantine import state_of

    try:
        with observed_slice(context, slice_):
            yield
    except (TaskDeferred, AirflowSkipException):
        raise
    except SkipError as error:
        state = state_of(error)
        # A rejected document is not this run's failure, because a person decided it: record no run.
        by = None if state is SliceState.FAILED else run
        record_slice_state(ledger, slice_, state, slice_load, run=by, error=error)
        raise AirflowSkipException(str(error)) from error
    except Exception as error:
        if _is_last(error, context):
            _write_failure(ledger, context, run, slice_, slice_load, error)
        raise


@contextmanager
def task_outcome(context: Context) -> Iterator[None]:
    """Like slice_outcome, for a task that has no slice: pushes the error of the last try to XCom."""
    try:
        with observed_task(context):
            yield
    except SkipError as error:
        raise AirflowSkipException(str(error)) from error
    except SellerOpsError as error:
        if _is_last(error, context):
            context["ti"].xcom_push(key=FAILURE_KEY, value=failure_values(error))
        raise


def failure_values(error: BaseException) -> dict[str, str]:
    """``error_type``, ``cause`` and ``remedy`` of an error, with credentials redacted."""
    from sellerops.base.redaction import error_fields

    error_type, cause, remedy = error_fields(error)
    return {"error_type": error_type or "", "cause": cause or "", "remedy": remedy or ""}


def _is_last(error: Exception, context: Context) -> bool:
    ti: Any = context["ti"]
    return is_last_try(error, ti.try_number, ti.max_tries)


def _write_failure(
    ledger: Ledger,
    context: Context,
    run: RunRef,
    slice_: Slice,
    slice_load: SliceLoad | None,
    error: Exception,
) -> None:
    """Write to the ledger or, when that is unavailable, to XCom; the run's notice reads both."""
    from sellerops.ledger import SliceState

    try:
        record_slice_state(ledger, slice_, SliceState.FAILED, slice_load, run=run, error=error)
    except SellerOpsError as away:
        log.warning("Cannot record the failure of %s in the ledger: %s", slice_.label, away)
        context["ti"].xcom_push(key=FAILURE_KEY, value=failure_values(error))


__all__ = ["FAILURE_KEY", "failure_values", "slice_outcome", "task_outcome"]
