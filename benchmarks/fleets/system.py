"""A whole system for generated sellers: Postgres, the local Amazon, and Airflow with Celery workers."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from fleets.sellers import Fleet, write_config
from sellerops.base.clock import Clock
from sellerops.ledger import Ledger
from sellerops.ledger.database import migrate
from sellerops_runtime.airflow import AirflowStack
from sellerops_runtime.celery import REDIS, Celery, worker_environment
from sellerops_runtime.databases import COLLECTOR, OWNER, READER
from sellerops_runtime.local_amazon import LocalAmazon, control, sandbox_environment
from sellerops_runtime.ports import LOOPBACK
from sellerops_runtime.postgres import EmbeddedPostgres
from sellerops_runtime.processes import Component, stop_leftovers
from sellerops_runtime.settings import SETTINGS_FILE

METADATA, WAREHOUSE = "airflow", "warehouse"
METADATA_OWNER = "airflow"
_STOP_SECONDS = 8.0
# The default. With only as many as there are slots, the slots would wait for the next loop of the scheduler.
_PARALLELISM = 32
_METRICS = "scheduler,dag_processing,trigger,executor"


@dataclass(frozen=True)
class Size:
    """How much of Airflow runs. ``slots``: tasks per worker at a time; ``settings``: Airflow variables."""

    workers: int
    slots: int
    schedulers: int
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass
class System:
    """The running components, and the addresses of both databases for the server's administrator."""

    airflow: AirflowStack
    amazon: LocalAmazon
    ledger: Ledger
    postgres: EmbeddedPostgres

    @property
    def metadata(self) -> str:
        return self.postgres.url(METADATA)

    @property
    def warehouse(self) -> str:
        return self.postgres.url(WAREHOUSE)

    def set_clock(self, *, speed: float, moment: datetime | None = None) -> None:
        """Let the clocks of ledger and local Amazon run at ``speed``, from ``moment`` on if one is given."""
        change: dict[str, Any] = {"speed": speed} | ({"set": moment.isoformat()} if moment else {})
        told = control(self.amazon.url, "POST", "clock", change)
        anchors = (datetime.fromisoformat(told[name]) for name in ("real_anchor", "virtual_anchor"))
        self.ledger.set_clock(Clock(*anchors, told["speed"]))

    def check_alive(self) -> None:
        """Raise StartError naming a component that exited."""
        for component in (self.amazon.component, *self.airflow.components.values()):
            component.check_alive()


@contextmanager
def running_system(
    folder: Path, fleet: Fleet, size: Size, *, reports: tuple[str, ...], moment: datetime, statsd: int
) -> Iterator[System]:
    """A healthy system in the new ``folder``, whose clocks stand still at ``moment``; stopped at the end.

    ``statsd``: the port on loopback to which Airflow's components send metrics.
    """
    folder.mkdir(parents=True)
    folder.chmod(0o711)  # Postgres may run as another user
    logs, run_dir = folder / "logs", folder / "run"
    write_config(folder / "config", fleet, reports)
    postgres = EmbeddedPostgres(folder / "postgres")
    postgres.start()
    try:
        login = postgres.login(METADATA_OWNER)
        postgres.create_database(METADATA, login)
        postgres.create_warehouse(WAREHOUSE)
        airflow = AirflowStack(
            folder / "airflow",
            postgres.url_of(login, METADATA, "psycopg"),
            run_dir,
            logs,
            parallelism=max(_PARALLELISM, 2 * size.workers * size.slots),
            environment={**_environment(folder, statsd), **size.settings},
            celery=Celery(size.slots),
        )
        amazon = _amazon(folder, fleet, airflow)
        with ThreadPoolExecutor() as pool:
            owner = postgres.url_of(postgres.login(OWNER), WAREHOUSE)
            for done in (
                pool.submit(airflow.migrate),
                pool.submit(amazon.start),
                pool.submit(migrate, owner),
            ):
                done.result()
        system = System(
            airflow, amazon, Ledger(postgres.url_of(postgres.login(COLLECTOR), WAREHOUSE)), postgres
        )
        system.set_clock(speed=0.0, moment=moment)
        _apply_settings(system, folder, fleet)
        _start(airflow, size)
        airflow.wait_healthy()
        yield system
        system.ledger.close()
    finally:
        stop_leftovers(run_dir, _STOP_SECONDS)
        postgres.stop()


def _environment(folder: Path, statsd: int) -> dict[str, str]:
    """Airflow's settings: those of the demo, except those for an otherwise idle machine."""
    return {
        "SELLEROPS_CONFIG_DIR": str(folder / "config"),
        "AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE": "False",
        "AIRFLOW__SCHEDULER__MAX_DAGRUNS_PER_LOOP_TO_SCHEDULE": "5",
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "600",
        "AIRFLOW__LOGGING__NAMESPACE_LEVELS": "http.access=WARNING",
        "AIRFLOW__METRICS__STATSD_ON": "True",
        "AIRFLOW__METRICS__STATSD_HOST": LOOPBACK,
        "AIRFLOW__METRICS__STATSD_PORT": str(statsd),
        "AIRFLOW__METRICS__METRICS_ALLOW_LIST": _METRICS,
    }


def _amazon(folder: Path, fleet: Fleet, airflow: AirflowStack) -> LocalAmazon:
    """The local Amazon with the fleet's sellers instead of those of a scenario."""
    path = folder / "fleet.json"
    path.write_text(json.dumps(fleet), encoding="utf-8")
    amazon = LocalAmazon(env=airflow.env(), logs=airflow.logs, run_dir=airflow.run_dir)
    program = Path(__file__).with_name("amazon.py")
    options = ["--host", LOOPBACK, "--port", str(amazon.port)]
    amazon.component.argv[:] = [sys.executable, str(program), str(path), *options]
    return amazon


def _apply_settings(system: System, folder: Path, fleet: Fleet) -> None:
    """Create connections for all accounts, and what the shipped file contains besides such connections."""
    settings = yaml.safe_load(SETTINGS_FILE.read_text(encoding="utf-8"))
    own = settings["airflow"]["connections"]
    patterns = {
        source: next(each for each in own if each["conn_id"] == f"{source}_northwind_na")
        for source in ("amazon_sp", "amazon_ads")
    }
    others = [each for each in own if not str(each["conn_id"]).startswith(tuple(patterns))]
    settings["airflow"]["connections"] = others + [
        json.loads(json.dumps(pattern).replace("northwind_na", name).replace("NORTHWIND_NA", name.upper()))
        for name in fleet
        for pattern in patterns.values()
    ]
    path = folder / "airflow_settings.yaml"
    path.write_text(json.dumps(settings), encoding="utf-8")
    postgres = system.postgres
    system.airflow.run_once(
        "settings",
        [sys.executable, "-m", "sellerops_runtime", "settings", str(path)],
        extra_env={
            **sandbox_environment(system.amazon.url),
            "SELLEROPS_METADATA_HOST": "",
            "SELLEROPS_WAREHOUSE_HOST": LOOPBACK,
            "SELLEROPS_WAREHOUSE_PORT": str(postgres.port),
            "SELLEROPS_WAREHOUSE_DATABASE": WAREHOUSE,
            "SELLEROPS_WAREHOUSE_USER": COLLECTOR,
            "SELLEROPS_WAREHOUSE_PASSWORD": postgres.login(COLLECTOR).password,
            "SELLEROPS_READER_PASSWORD": postgres.login(READER).password,
            "SELLEROPS_ARCHIVE_URI": (folder / "archive").as_uri(),
        },
    )


def _start(airflow: AirflowStack, size: Size) -> None:
    """Start as many schedulers and workers as ``size`` says, and one of each other component."""
    for name in (REDIS, "api-server", "dag-processor", *airflow.schedulers[: size.schedulers], "triggerer"):
        airflow.start_component(name)
    assert airflow.celery
    for number in range(1, size.workers + 1):
        name = f"worker-{number}"
        worker = Component(
            f"airflow-{name}",
            [sys.executable, "-m", "airflow", *airflow.celery.worker_command(name)],
            env=worker_environment(airflow.env()),
            log=airflow.logs / f"airflow-{name}.log",
            run_dir=airflow.run_dir,
            cwd=airflow.home,
        )
        worker.start()
        airflow.components[name] = worker


def load_average() -> list[float]:
    """The load averages of the last one, five and fifteen minutes."""
    return [round(each, 1) for each in os.getloadavg()]
