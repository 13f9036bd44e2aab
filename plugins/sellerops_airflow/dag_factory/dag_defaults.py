"""Defaults shared by the DAGs that are not reports: notices and retries."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sellerops.base.commands import commands_as_typed
from sellerops_airflow.notifiers.runs import ReportFailureNotifier, ReportSuccessNotifier
from sellerops_airflow.retry_policy import RetryByRemedy
from sellerops_airflow.runs.task_logs import log_known_errors_on_one_line


def docs_page(docstring: str | None) -> str:
    """A DAG file's docstring as Markdown for the UI, with commands as you type them in this installation."""
    return commands_as_typed(docstring or "")


def dag_defaults(retry_delay: timedelta) -> dict[str, Any]:
    """Arguments for ``DAG``: no catch-up, retries where they can help, failure and recovery notices."""
    return {
        "start_date": datetime(2024, 1, 1, tzinfo=UTC),
        "catchup": False,
        "default_args": {
            "owner": "sellerops",
            "retries": 2,
            "retry_delay": retry_delay,
            "retry_policy": RetryByRemedy(),
            "on_execute_callback": log_known_errors_on_one_line,
        },
        "on_failure_callback": [ReportFailureNotifier()],
        "on_success_callback": [ReportSuccessNotifier()],
    }
