"""Makes a Celery worker import what tasks need before it forks them: it loads no plugins that would do so.

Airflow imports this module in every process, as it does cluster policies (entry point ``airflow.policy``).
"""

from __future__ import annotations

import sys
from typing import Any

if {"celery", "worker"} <= set(sys.argv):
    from celery.signals import worker_init  # type: ignore[import-untyped]

    @worker_init.connect  # type: ignore[untyped-decorator]
    def _import_before_forking(**_: Any) -> None:
        from sellerops_airflow.task_imports import import_for_tasks

        import_for_tasks()
