"""A real Airflow for end-to-end tests: its components on the tests' Postgres.

    with running_airflow(postgres_server, dags=folder) as airflow:
        airflow.wait_for_dags("report__amazon_sp__settlements")
        run_id = airflow.run("report__amazon_sp__settlements", {"from_day": "2026-11-01"})
        airflow.api.wait_for_run("report__amazon_sp__settlements", run_id, seconds=60)

It takes about 20 seconds to become healthy. Tests can kill components, as a crash would, and restart them.
With ``SELLEROPS_TEST_EXECUTOR=celery`` tasks run on two Celery workers, and there are two schedulers and two
triggerers (`make test-celery`).
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from support.postgres import PostgresServer

from sellerops_runtime.airflow import AirflowStack
from sellerops_runtime.celery import Celery
from sellerops_runtime.home import PROJECT_ROOT
from sellerops_runtime.processes import tail, wait_until
from sellerops_runtime.rest import AirflowApi


@dataclass
class RunningAirflow:
    """``stack`` has the components by name (``scheduler``, ...), ``api`` calls the api-server."""

    stack: AirflowStack
    api: AirflowApi

    def wait_for_dags(self, *dag_ids: str, seconds: float = 900.0) -> None:
        """Wait until Airflow knows these DAGs."""
        watch = list(self.stack.components.values())
        wait_until(lambda: set(dag_ids) <= set(self.api.dags()), seconds, ", ".join(dag_ids), watch=watch)

    def run(self, dag_id: str, conf: dict[str, Any] | None = None) -> str:
        """Unpause the DAG and start a run; return its id."""
        self.api.set_paused(dag_id, False)
        return self.api.trigger(dag_id, conf)

    def kill(self, component: str) -> None:
        """Kill a component and everything it started at once, as a crash would."""
        self.stack.components.pop(component).kill()

    def start(self, component: str) -> None:
        """Start a killed component again."""
        self.stack.start_component(component)

    def crash(self, *components: str) -> None:
        """Kill components, all before the first of them is started again."""
        for component in components:
            self.kill(component)
        for component in components:
            self.start(component)

    @property
    def runners(self) -> tuple[str, ...]:
        """The components that start and run tasks."""
        return tuple(dict.fromkeys([*self.stack.schedulers, *self.stack.workers]))

    def apply_settings(self, variables: Mapping[str, str]) -> None:
        """Load airflow_settings.yaml with ``variables``; incomplete entries are skipped."""
        command = [sys.executable, "-m", "sellerops_runtime", "settings"]
        self.stack.run_once("settings", command, extra_env=variables)

    def logs(self, lines: int = 40) -> str:
        """The end of every component's log, for a failing test's message."""
        return "\n".join(
            f"--- {path.name}\n{tail(path, lines)}" for path in sorted(self.stack.logs.glob("*.log"))
        )


@contextmanager
def running_airflow(
    server: PostgresServer,
    *,
    dags: Path = PROJECT_ROOT / "dags",
    plugins: Path = PROJECT_ROOT / "plugins",
    config: Path | None = None,
    environment: Mapping[str, str] | None = None,
    schedules: bool = False,
    parallelism: int = 4,
    celery: Celery | None = None,
) -> Iterator[RunningAirflow]:
    """A healthy Airflow with its own metadata, stopped and removed at the end.

    :param config: folder of configuration instead of ``include/config``.
    :param environment: set for every component (``AIRFLOW_CONN_...``, ``AIRFLOW__SECTION__KEY``, ...).
    :param schedules: let the scheduler start runs; otherwise only tests start runs.
    :param celery: runs the tasks, instead of the scheduler.
    """
    root = Path(tempfile.mkdtemp(prefix="sellerops-airflow-"))
    metadata = server.create_empty()
    stack = AirflowStack(
        root / "airflow",
        urlunsplit(urlsplit(metadata)._replace(scheme="postgresql+psycopg")),
        root / "run",
        root / "logs",
        dags_folder=dags,
        plugins_folder=plugins,
        parallelism=parallelism,
        celery=celery,
        environment={
            "AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE": str(schedules),
            # As in the demo: docs/decisions/demo-scheduler-yields.md. Not its short sleep between two loops:
            # other tests have the processor meanwhile.
            "AIRFLOW__SCHEDULER__MAX_DAGRUNS_PER_LOOP_TO_SCHEDULE": "5",
            **({"SELLEROPS_CONFIG_DIR": str(config)} if config else {}),
            **(environment or {}),
        },
    )
    try:
        stack.migrate()
        stack.start()
        stack.wait_healthy(seconds=900.0)
        with stack.api() as api:
            yield RunningAirflow(stack, api)
    finally:
        stack.stop()
        server.drop_database(metadata)
        shutil.rmtree(root, ignore_errors=True)
