"""While Redis is away, tasks stay queued instead of failing their tries."""

from __future__ import annotations

from typing import Any

import pytest
from support.airflow_home import prepare_airflow

prepare_airflow()

from airflow.models.taskinstancekey import TaskInstanceKey  # noqa: E402
from airflow.providers.celery.executors.celery_executor import CeleryExecutor  # noqa: E402
from airflow.providers.celery.executors.celery_executor_utils import ExceptionWithTraceback  # noqa: E402
from airflow.sdk.exceptions import AirflowTaskTimeout  # noqa: E402

from sellerops_runtime.celery import Celery  # noqa: E402

KEY = TaskInstanceKey("report__amazon_sp__all_orders", "plan", "scheduled__1", 1, -1)


def test_a_task_that_cannot_be_sent_for_minutes_stays_queued(monkeypatch: pytest.MonkeyPatch) -> None:
    """By default it has failed at a refusal or after four seconds, and for good after as many minutes."""
    for name, value in Celery().settings().items():
        monkeypatch.setenv(f"AIRFLOW__{name}", str(value))
    executor = CeleryExecutor()
    # Celery tries until Airflow ends it after a second, and Airflow sends again only what it ended itself.
    assert executor.celery_app.conf.task_publish_retry_policy["max_retries"] is None
    silence = ExceptionWithTraceback(AirflowTaskTimeout("Timeout"), "")
    workload: Any = object()
    executor.queued_tasks[KEY] = workload
    monkeypatch.setattr(executor, "_send_workloads_to_celery", lambda sent: [(KEY, workload, silence)])
    for _ in range(300):
        executor._send_workloads([(KEY, workload, "default", None)])
    assert KEY in executor.queued_tasks
    assert not executor.event_buffer
