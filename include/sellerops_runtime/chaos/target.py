"""The system to break: finds its processes by name, and restarts them unless they are held back."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from sellerops_runtime.airflow import AirflowStack
from sellerops_runtime.chaos.network import Network
from sellerops_runtime.errors import StartError
from sellerops_runtime.postgres import EmbeddedPostgres

log = logging.getLogger(__name__)

_RESTART_SECONDS = 1.0
# Titles of the processes that run tasks.
_WORKER_TITLES = ("LocalExecutor:", "ForkPoolWorker", "celeryd:")


@dataclass
class Target:
    """One running system.

    :param amazon: the local Amazon's address and process id.
    :param archive: a folder on a small file system of its own, which may be filled up; None without one.
    :param network: can cut connections; None without the rights to do so.
    :param jump: moves the virtual clocks forward by a number of hours.
    """

    airflow: AirflowStack
    postgres: EmbeddedPostgres
    amazon: tuple[str, int]
    jump: Callable[[float], None]
    archive: Path | None = None
    network: Network | None = None
    held: set[str] = field(default_factory=set)

    @property
    def names(self) -> list[str]:
        """The components by Airflow's names for them; with Celery, also Redis."""
        return sorted(self.airflow.components)

    def processes_of(self, name: str) -> list[psutil.Process]:
        """A component's process and all its descendants."""
        return tree(self.airflow.components[name].pid)

    @property
    def postgres_pid(self) -> int:
        return int((self.postgres.data / "postmaster.pid").read_text(encoding="ascii").split()[0])

    def workers(self, *, busy: bool) -> list[psutil.Process]:
        """Worker processes that run a task (``busy``) or wait for one, ordered by process id."""
        found = [process for name in self.names for process in _workers(self.processes_of(name))]
        return sorted((each for each in found if bool(_children(each)) is busy), key=lambda each: each.pid)

    def tasks(self) -> list[psutil.Process]:
        """The processes of running tasks."""
        return [task for worker in self.workers(busy=True) for task in _children(worker)]


class Supervisor:
    """Restarts components that exit, as compose does with `restart: unless-stopped`."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)
        self.restarts: list[str] = []

    def __enter__(self) -> Supervisor:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def restart_workers(self) -> None:
        """Kill the components that run tasks, as a person would when tasks are stuck; they are restarted."""
        for name in self._target.airflow.workers:
            self._target.airflow.components[name].kill()

    def _run(self) -> None:
        while not self._ended.wait(_RESTART_SECONDS):
            for name, component in list(self._target.airflow.components.items()):
                if component.exit_code is not None and name not in self._target.held:
                    component.kill()  # whatever is left of its session, also after a failed start
                    try:
                        self._target.airflow.start_component(name)
                    except StartError as error:
                        log.warning("%s is started again: %s", name, error)
                        continue
                    self.restarts.append(name)


def tree(pid: int) -> list[psutil.Process]:
    """The process and its running descendants."""
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _workers(processes: list[psutil.Process]) -> Iterator[psutil.Process]:
    for process in processes:
        with suppress(psutil.Error):
            title = " ".join(process.cmdline())
            if any(each in title for each in _WORKER_TITLES) and "MainProcess" not in title:
                yield process


def _children(process: psutil.Process) -> list[psutil.Process]:
    with suppress(psutil.Error):
        return [each for each in process.children() if each.status() != psutil.STATUS_ZOMBIE]
    return []
