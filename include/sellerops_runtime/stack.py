"""Starts and stops the demo's components: Postgres, local Amazon, Airflow, optionally a local BigQuery."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from sellerops.archive import Archive
from sellerops.base.commands import VARIABLE as COMMAND
from sellerops.ledger import Ledger
from sellerops.ledger.database import migrate
from sellerops.ledger.deployment import adopt_archive
from sellerops.reference.published_rates import ADDRESS_VARIABLE as RATES_ADDRESS
from sellerops.settings.config_files import config_dir
from sellerops_runtime.airflow import AirflowStack
from sellerops_runtime.celery import Celery, redis_server
from sellerops_runtime.config_watcher import ConfigWatcher
from sellerops_runtime.databases import COLLECTOR, OWNER, READER
from sellerops_runtime.demo_environment import command_template, save_environment
from sellerops_runtime.errors import StartError
from sellerops_runtime.home import Home
from sellerops_runtime.local_amazon import LocalAmazon, sandbox_environment
from sellerops_runtime.local_bigquery import LocalBigQuery, bigquery_settings, configure
from sellerops_runtime.local_browsers import LocalBrowsers
from sellerops_runtime.lost_requests import fail_lost_requests
from sellerops_runtime.polling import Poller
from sellerops_runtime.ports import LOOPBACK, choose_port
from sellerops_runtime.postgres import EmbeddedPostgres
from sellerops_runtime.processes import stop_leftovers
from sellerops_runtime.progress import Progress
from sellerops_runtime.settings import SETTINGS_FILE
from sellerops_runtime.signals import ignore_interrupts

METADATA, WAREHOUSE = "airflow", "warehouse"
METADATA_OWNER = "airflow"
UI_PORT = 8080
# The scheduler waits for running tasks, which are safe to interrupt at any point.
STOP_SECONDS = 8.0
# Timeout for reading the local Amazon's clock; it can also be read later.
_CLOCK_SECONDS = 5.0
# Parsing the catalogue takes four seconds of CPU. Changes are still parsed at once (config_watcher).
_READ_DAGS_EVERY = 600
# More than the processors need, so that tasks remain to be run while the scheduler examines runs.
_WORKERS = 12
# Gives the scheduler a third of the weight of a task's process when both compete for a processor.
_SCHEDULER_NICENESS = 5


class Stack:
    """The components of one demo in ``home``. ``start`` raises StartError naming one that does not start.

    :param bigquery: also run a local BigQuery and load every report into it.
    :param portal: also run a browser per login, for web pages.
    :param celery: run tasks on two Celery workers, with a Redis, two schedulers and two triggerers.
    """

    def __init__(
        self,
        home: Home,
        progress: Progress,
        *,
        bigquery: bool = False,
        portal: bool = False,
        celery: bool = False,
    ) -> None:
        self.home = home
        self._progress = progress
        self.postgres = EmbeddedPostgres(home.postgres)
        self.airflow: AirflowStack
        self.amazon: LocalAmazon
        self.ledger: Ledger
        self.changes: ConfigWatcher
        self.bigquery: LocalBigQuery | None = None
        self._with_bigquery = bigquery
        self._with_celery = celery
        self.browsers = LocalBrowsers(home.path / "browsers", home.path / "config-portal")
        self.with_browsers = portal
        self._schedules = os.environ.get("DEMO_SCHEDULES", "False")

    def poller(self, seconds: float) -> Poller:
        """A poller that shows its progress and fails when a component exits."""
        return Poller(seconds, show=self._progress.show, watch=self.check_alive)

    @property
    def warehouse(self) -> str:
        """URL of the warehouse for the role that collects."""
        return self.postgres.url_of(self.postgres.login(COLLECTOR), WAREHOUSE)

    @property
    def owner(self) -> str:
        """URL of the warehouse for its owner, who migrates it."""
        return self.postgres.url_of(self.postgres.login(OWNER), WAREHOUSE)

    @property
    def reader(self) -> str:
        """URL of the warehouse for the read-only role."""
        return self.postgres.url_of(self.postgres.login(READER), WAREHOUSE)

    def command(self, command: str) -> str:
        """``command`` as you type it for this demo."""
        return command_template(os.environ).replace("{}", command)

    @property
    def has_schedules(self) -> bool:
        """Whether the scheduler starts runs by itself. DEMO_SCHEDULES is read like any boolean of Airflow."""
        return self._schedules.strip().lower() in ("1", "t", "true")

    def start(self) -> None:
        """Start everything; on return, Airflow is healthy, its connections are set and the ledger exists."""
        if self._with_celery:
            redis_server()  # fail at once rather than after minutes of starting
        self._stop_leftovers()
        configuration = config_dir()
        ui_port = choose_port("DEMO_UI_PORT", UI_PORT)
        amazon_port = choose_port("DEMO_SANDBOX_PORT")
        self.postgres.port = choose_port("DEMO_POSTGRES_PORT")
        if self._with_bigquery:
            self.bigquery = self._local_bigquery()
        self._progress.show("Starting Postgres")
        self.postgres.start()
        metadata = self.postgres.login(METADATA_OWNER)
        self.postgres.create_database(METADATA, metadata)
        self.postgres.create_warehouse(WAREHOUSE)
        self.airflow = AirflowStack(
            self.home.airflow,
            self.postgres.url_of(metadata, METADATA, "psycopg"),
            self.home.run,
            self.home.logs,
            port=ui_port,
            parallelism=_WORKERS,
            environment={**self._environment(), RATES_ADDRESS: _rates_address(amazon_port)},
            celery=Celery(_WORKERS // 2) if self._with_celery else None,
        )
        self.amazon = LocalAmazon(
            env=self.airflow.env(), logs=self.home.logs, run_dir=self.home.run, port=amazon_port
        )
        self.ledger = Ledger(self.warehouse)
        self.changes = ConfigWatcher(configuration, self.airflow.dags_folder)
        self._progress.show("Starting the local Amazon, preparing Airflow's metadata and the ledger")
        with self._threads() as pool:
            starting: list[Future[Any]] = [
                pool.submit(self.airflow.migrate),
                pool.submit(self.amazon.start),
                pool.submit(migrate, self.owner),
                *([pool.submit(self.bigquery.start)] if self.bigquery else []),
                *([pool.submit(self.browsers.start)] if self.with_browsers else []),
            ]
            for done in starting:
                done.result()
            if given_up := fail_lost_requests(self.ledger):
                self._progress.say(
                    f"Requesting {given_up} reports again that an earlier demo was waiting for"
                )
            # Synchronise both clocks before anything runs: an earlier start may have ended at any speed.
            self.set_speed(1.0)
            # In a demo, folder and database belong together even if one of them was kept or moved.
            adopt_archive(self.ledger, Archive(self.home.archive.as_uri()))
            self._progress.show(
                "Starting Airflow: api-server, dag-processor, "
                + (
                    "Redis, and two schedulers, triggerers and workers"
                    if self._with_celery
                    else "scheduler, triggerer"
                )
            )
            self.airflow.start()
            settings = pool.submit(self._apply_settings)
            self.airflow.wait_healthy()
            settings.result()
        save_environment(
            self.home,
            self.airflow.env(),
            owner=self.owner,
            warehouse=self.warehouse,
            reader=self.reader,
            archive=self.home.archive.as_uri(),
        )
        self.home.address_file.write_text(self.airflow.url, encoding="ascii")

    @contextmanager
    def _threads(self) -> Iterator[ThreadPoolExecutor]:
        """Threads to start components in parallel; an interruption stops them instead of waiting."""
        with ThreadPoolExecutor() as pool:
            try:
                yield pool
            except BaseException:
                self.airflow.abort()
                stop_leftovers(self.home.run, 0.0)
                raise

    def _stop_leftovers(self) -> None:
        """Stop what a killed demo left running: it occupies our ports and works on our database."""
        if any(self.home.run.glob("*.json")):
            self._progress.say("An earlier demo was killed; stopping what it left running")
            stop_leftovers(self.home.run, STOP_SECONDS)
        self.browsers.stop()
        self.postgres.stop()

    def stop(self) -> None:
        """Stop everything that was started."""
        self.home.address_file.unlink(missing_ok=True)
        if hasattr(self, "ledger"):
            self.ledger.close()
        stop_leftovers(self.home.run, STOP_SECONDS)
        self.browsers.stop()
        self.postgres.stop()

    def check_alive(self) -> None:
        """Raise StartError naming a component that exited. Also makes Airflow parse changed configuration."""
        self.changes.look()
        bigquery = [self.bigquery.component] if self.bigquery else []
        for component in [self.amazon.component, *bigquery, *self.airflow.components.values()]:
            component.check_alive()

    def prefer_tasks(self) -> None:
        """Lower the scheduler's priority below that of the tasks; call when its workers have started.

        While anything happens, the scheduler examines all runs again and again without a pause. The workers,
        forked earlier, keep their priority; when they have nothing to do, the scheduler gets the processors.
        """
        for name in self.airflow.schedulers:
            scheduler = self.airflow.components[name].pid
            with suppress(OSError):  # this only affects speed
                ours = os.getpriority(os.PRIO_PROCESS, scheduler)
                os.setpriority(os.PRIO_PROCESS, scheduler, ours + _SCHEDULER_NICENESS)

    def set_speed(self, speed: float) -> None:
        """Run the clocks of the local Amazon and the ledger at ``speed``; never set them back."""
        clock = self.amazon.set_clock(speed=speed, at_least=self._latest())
        self.ledger.set_clock(clock)
        self.remember_clock()

    def remember_clock(self) -> bool:
        """Save the local Amazon's time, since the next start must not be behind the ledger.

        Returns whether the local Amazon answered; it may be unresponsive for a while, as Amazon may.
        """
        try:
            now = self.amazon.clock(within=_CLOCK_SECONDS).now()
        except StartError:
            return False
        self._clock_file.write_text(json.dumps({"virtual": now.isoformat()}), encoding="ascii")
        return True

    def _latest(self) -> datetime | None:
        try:
            return datetime.fromisoformat(json.loads(self._clock_file.read_text(encoding="ascii"))["virtual"])
        except (OSError, ValueError, KeyError):
            return None

    @property
    def _clock_file(self) -> Path:
        return self.home.path / "clock.json"

    def _environment(self) -> dict[str, str]:
        """Variables for Airflow's components besides their settings; credentials are in connections."""
        return {
            "AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE": self._schedules,
            "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": str(_READ_DAGS_EVERY),
            # Workers get new tasks only between two loops. Examining 20 runs (the default) takes up to 2.6 s,
            # longer than 8 tasks, so workers would be idle meanwhile.
            "AIRFLOW__SCHEDULER__MAX_DAGRUNS_PER_LOOP_TO_SCHEDULE": "5",
            # After a loop that finds nothing to do; 1 s by default.
            "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.3",
            # Airflow would query each connection before it uses it; this Postgres restarts only with Airflow.
            "AIRFLOW__DATABASE__SQL_ALCHEMY_POOL_PRE_PING": "False",
            # It would log a line for each of 20,000 answered calls; failures have lines of their own.
            "AIRFLOW__LOGGING__NAMESPACE_LEVELS": "http.access=WARNING",
            "DEMO_HOME": str(self.home.path),
            COMMAND: command_template(os.environ),
            **self._configured(),
        }

    def _configured(self) -> dict[str, str]:
        """The variables that select the local BigQuery and the configurations of this demo."""
        variables: dict[str, str] = {}
        if self.bigquery:
            variables |= self.bigquery.environment() | self._configuration()
        if self.with_browsers:
            chosen = variables.get("SELLEROPS_CONFIG_DIR")
            variables |= self.browsers.configure(Path(chosen) if chosen else None)
            # This process reads specs as well, and which of them are on depends on the logins.
            os.environ.update(variables)
        return variables

    def _local_bigquery(self) -> LocalBigQuery:
        data = self.home.path / "bigquery"
        data.mkdir(exist_ok=True)
        return LocalBigQuery(
            env=os.environ,
            logs=self.home.logs,
            run_dir=self.home.run,
            data=data,
            port=choose_port("DEMO_BIGQUERY_PORT"),
        )

    def _configuration(self) -> dict[str, str]:
        return configure(self.home.path / "config")

    def metadata_settings(self) -> dict[str, str]:
        """Variables of connection ``sellerops_metadata``.

        With Celery workers the connection does not exist, because every task could use it.
        """
        if self._with_celery:
            return {"SELLEROPS_METADATA_HOST": ""}
        owner = self.postgres.login(METADATA_OWNER)
        return {
            "SELLEROPS_METADATA_HOST": LOOPBACK,
            "SELLEROPS_METADATA_PORT": str(self.postgres.port),
            "SELLEROPS_METADATA_DATABASE": METADATA,
            "SELLEROPS_METADATA_USER": owner.name,
            "SELLEROPS_METADATA_PASSWORD": owner.password,
        }

    def _apply_settings(self) -> None:
        variables = {
            **sandbox_environment(self.amazon.url),
            **(bigquery_settings() if self.bigquery else {}),
            "SELLEROPS_WAREHOUSE_HOST": LOOPBACK,
            "SELLEROPS_WAREHOUSE_PORT": str(self.postgres.port),
            "SELLEROPS_WAREHOUSE_DATABASE": WAREHOUSE,
            "SELLEROPS_WAREHOUSE_USER": COLLECTOR,
            "SELLEROPS_WAREHOUSE_PASSWORD": self.postgres.login(COLLECTOR).password,
            "SELLEROPS_READER_PASSWORD": self.postgres.login(READER).password,
            "SELLEROPS_ARCHIVE_URI": self.home.archive.as_uri(),
            **self.metadata_settings(),
        }
        self.airflow.run_once(
            "settings",
            [sys.executable, "-m", "sellerops_runtime", "settings", "--strict", str(SETTINGS_FILE)],
            extra_env=variables,
        )


@contextmanager
def running_stack(
    home: Home, progress: Progress, *, bigquery: bool = False, portal: bool = False, celery: bool = False
) -> Iterator[Stack]:
    """A started stack that is stopped however the block ends. Raises AlreadyRunning."""
    with home.locked():
        stack = Stack(home, progress, bigquery=bigquery, portal=portal, celery=celery)
        try:
            stack.start()
            yield stack
        finally:
            ignore_interrupts()
            progress.show("Stopping")
            stack.stop()
            progress.say("Stopped everything that was started")


def _rates_address(port: int) -> str:
    """URL of the file of exchange rates that the local Amazon on ``port`` serves."""
    return f"http://{LOOPBACK}:{port}/central-bank/eurofxref-hist.zip"
