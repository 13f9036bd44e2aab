"""What a task works on, on its spans, log lines and Sentry tags (``sellerops.calendar.telemetry``)."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowSkipException, TaskDeferred

from sellerops.calendar.slices import Slice
from sellerops.calendar.telemetry import fields_of, observed, tag_errors

# Neither is a failure: the task waits, or rightly has nothing to do.
_QUIET = (TaskDeferred, AirflowSkipException)
_REPORT = "report__"


def observed_slice(context: Context, slice_: Slice) -> AbstractContextManager[None]:
    """The block works on ``slice_``, as the step that its task is."""
    fields = fields_of(slice_)
    step = _step(context)
    tag_errors({**fields, "step": step})
    return observed(step, fields, quiet=_QUIET)


def observed_task(context: Context) -> AbstractContextManager[None]:
    """The block works on no single slice: of a report and account where the task belongs to some."""
    ti: Any = context["ti"]
    fields: dict[str, str] = {}
    if ti.dag_id.startswith(_REPORT):
        fields["report"] = ti.dag_id.split("__")[-1]
        fields |= {"account_id": ti.task_id.split(".")[0]} if "." in ti.task_id else {}
    step = _step(context)
    tag_errors({**fields, "step": step})
    return observed(step, fields, quiet=_QUIET)


def _step(context: Context) -> str:
    """``fetch_report`` of the task ``northwind_na.slice.fetch_report``."""
    ti: Any = context["ti"]
    return str(ti.task_id).rpartition(".")[2]
