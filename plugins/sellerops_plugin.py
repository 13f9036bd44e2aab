"""Registers what Airflow finds only through a plugin: timetable and promised times of report DAGs, the links
of their tasks, the pages these lead to, and a fix of the button Test.
"""

from __future__ import annotations

import sys
from typing import Any

from airflow.plugins_manager import AirflowPlugin

from sellerops_airflow.hooks.port_zero import PortZeroMiddleware
from sellerops_airflow.promised_time import PromisedTime
from sellerops_airflow.task_imports import import_for_dag_files, import_for_tasks
from sellerops_airflow.timetables import ReportTimetable

# Tasks are forked from the scheduler (LocalExecutor) or the Celery worker. What these have imported, no task
# imports again: docs/decisions/preload-imports-before-fork.md.
if {"scheduler", "celery", "standalone"} & set(sys.argv):
    import_for_tasks()
elif "dag-processor" in sys.argv:
    import_for_dag_files()


class SellerOpsPlugin(AirflowPlugin):
    """No listener, here or elsewhere in this project: one would change how deferred tasks may end."""

    name = "sellerops"
    timetables = [ReportTimetable]  # noqa: RUF012 - the type Airflow declares
    fastapi_root_middlewares = [  # noqa: RUF012 - the type Airflow declares
        {"name": "sellerops test button", "middleware": PortZeroMiddleware}
    ]
    deadline_references = [PromisedTime]  # noqa: RUF012 - the type Airflow declares

    # Properties: only the api-server asks, so only it imports a web framework.

    @property
    def operator_extra_links(self) -> list[Any]:
        from sellerops_airflow.pages.links import LINKS

        return [link() for link in LINKS]

    @property
    def fastapi_apps(self) -> list[dict[str, Any]]:
        from sellerops_airflow.pages.app import create_app
        from sellerops_airflow.pages.links import PREFIX

        return [{"app": create_app(), "url_prefix": PREFIX, "name": "sellerops"}]
