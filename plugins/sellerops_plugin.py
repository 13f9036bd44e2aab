"""Registers what Airflow finds only through a plugin: timetable, deadline reference, task links and pages."""

from __future__ import annotations

import sys
from typing import Any

from airflow.plugins_manager import AirflowPlugin

from sellerops_airflow.doctor.middleware import ProbeMiddleware
from sellerops_airflow.doctor.watchdog import WatchdogMiddleware, start_in_triggerer
from sellerops_airflow.hooks.port_zero import PortZeroMiddleware
from sellerops_airflow.metrics.emitter import MetricsMiddleware
from sellerops_airflow.promised_time import PromisedTime
from sellerops_airflow.task_imports import import_for_dag_files, import_for_tasks
from sellerops_airflow.timetables import ReportTimetable

# Tasks are forked from the scheduler (LocalExecutor) or the Celery worker and inherit the modules these have
# imported: docs/decisions/preload-imports-before-fork.md.
if {"scheduler", "celery", "standalone"} & set(sys.argv):
    import_for_tasks()
elif "dag-processor" in sys.argv:
    import_for_dag_files()
elif "triggerer" in sys.argv:
    start_in_triggerer()


class SellerOpsPlugin(AirflowPlugin):
    """The plugin has no listener on purpose: with one, Airflow ends deferred tasks differently."""

    name = "sellerops"
    timetables = [ReportTimetable]  # noqa: RUF012 - the type Airflow declares
    fastapi_root_middlewares = [  # noqa: RUF012 - the type Airflow declares
        {"name": "sellerops connection test", "middleware": PortZeroMiddleware},
        {"name": "sellerops watchdog", "middleware": WatchdogMiddleware},
        {"name": "sellerops probes", "middleware": ProbeMiddleware},
        {"name": "sellerops metrics", "middleware": MetricsMiddleware},
    ]
    deadline_references = [PromisedTime]  # noqa: RUF012 - the type Airflow declares

    # Properties, because only the api-server reads them and should be the only one to import a web framework.

    @property
    def operator_extra_links(self) -> list[Any]:
        """The links of fetch and load tasks."""
        from sellerops_airflow.pages.links import LINKS

        return [link() for link in LINKS]

    @property
    def fastapi_apps(self) -> list[dict[str, Any]]:
        """The pages behind these links, below ``/sellerops``, and the seller hub's API, below ``/hub``."""
        from sellerops_airflow.dashboard import app as hub
        from sellerops_airflow.pages.app import create_app
        from sellerops_airflow.pages.links import PREFIX

        return [
            {"app": create_app(), "url_prefix": PREFIX, "name": "sellerops"},
            {"app": hub.create_hub_app(), "url_prefix": hub.PREFIX, "name": "seller hub"},
        ]

    @property
    def react_apps(self) -> list[dict[str, Any]]:
        """The seller hub's entry in the navigation."""
        from sellerops_airflow.dashboard.app import react_app

        return [react_app()]
