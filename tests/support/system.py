"""One whole system for end-to-end tests: embedded Postgres, the local Amazon, a real Airflow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import tuple_row
from support.airflow_stack import RunningAirflow
from support.sandbox import SandboxServer

from sellerops.base.clock import Clock
from sellerops.ledger import Ledger
from sellerops_runtime.celery import Celery
from sellerops_runtime.config_watcher import ConfigWatcher
from sellerops_runtime.processes import wait_until

# Seconds that nothing takes even on a busy machine; components that exit are noticed at once.
PATIENT = 900.0


@dataclass
class System:
    """All components, and queries that tests make."""

    airflow: RunningAirflow
    sandbox: SandboxServer
    ledger: Ledger
    warehouse: str
    metadata: str
    config: Path
    watcher: ConfigWatcher
    # Whose workers a test may start: with the LocalExecutor only for DAGs that name it; None without a Redis.
    celery: Celery | None = None
    credentials: list[str] = field(default_factory=list)

    def parse_again(self, is_parsed: Callable[[], bool], what: str) -> None:
        """Have Airflow parse its DAG files after a change of the configuration, as the demo does."""

        def look() -> bool:
            self.watcher.look()
            return is_parsed()

        assert self.watcher.look(), "the configuration has not changed"
        wait_until(look, PATIENT, what)

    def select(self, statement: str, *parameters: Any, database: str = "") -> list[tuple[Any, ...]]:
        """Rows of the warehouse (or of another database)."""
        connect = psycopg.connect(database or self.warehouse, row_factory=tuple_row)
        with connect as connection:
            return connection.execute(statement, parameters).fetchall()

    def created_reports(self, report_type: str, seller: str) -> list[dict[str, Any]]:
        """Reports of a type the local Amazon was asked to create for an account, and did."""
        seller_id = self.sandbox.account(seller)["seller_id"]
        calls = self.sandbox.calls(operation="createReport", seller_id=seller_id)
        return [call for call in calls if call["status"] == 202 and call["report_type"] == report_type]

    def tasks(self, dag_id: str, run_id: str, task: str) -> list[dict[str, Any]]:
        """The task instances whose id ends in ``task``."""
        return [ti for ti in self.airflow.api.task_instances(dag_id, run_id) if ti["task_id"].endswith(task)]


def follow_clock(ledger: Ledger, sandbox: SandboxServer) -> None:
    """Let the ledger's time be the local Amazon's."""
    told = sandbox.clock()
    ledger.set_clock(
        Clock(
            datetime.fromisoformat(told["real_anchor"]),
            datetime.fromisoformat(told["virtual_anchor"]),
            float(told["speed"]),
        )
    )
