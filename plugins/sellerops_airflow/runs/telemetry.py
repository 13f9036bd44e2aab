"""Tags spans, log lines and Sentry events with what a task works on (``sellerops.calendar.telemetry``)."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from airflow.sdk import Context
from airflow.sdk.exceptions import (
    AirflowSkipException,
    DownstreamTasksSkipped,
    TaskAwaitingInput,
    TaskDeferred,
)

from sellerops.calendar.slices import Slice
from sellerops.calendar.telemetry import fields_of, observed, tag_errors

# None is a failure: the task waits, has nothing to do, or skips others.
_QUIET = (TaskDeferred, TaskAwaitingInput, AirflowSkipException, DownstreamTasksSkipped)
_REPORT = "report__"


def observed_slice(context: Context, slice_: Slice) -> AbstractContextManager[None]:
    """Context manager that tags its block with the fields of ``slice_`` and the task's step."""
    fields = fields_of(slice_)
    step = _step(context)
    tag_errors({**fields, "step": step})
    return observed(step, fields, quiet=_QUIET)


def observed_task(context: Context) -> AbstractContextManager[None]:
    """Like observed_slice, for a task without a slice: tags report and account where the task has them."""
    ti: Any = context["ti"]
    fields: dict[str, str] = {}
    if ti.dag_id.startswith(_REPORT):
        fields["report"] = ti.dag_id.split("__")[-1]
        fields |= {"account_id": ti.task_id.split(".")[0]} if "." in ti.task_id else {}
    step = _step(context)
    tag_errors({**fields, "step": step})
    return observed(step, fields, quiet=_QUIET)


def _step(context: Context) -> str:
    """The last part of the task id: ``fetch_report`` for ``northwind_na.slice.fetch_report``."""
    ti: Any = context["ti"]
    return str(ti.task_id).rpartition(".")[2]
