"""Samples what a running system uses and how late it is: processor time, metrics, waiting tasks, rows."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import psycopg
from full_demo import spent

from fleets.system import System, load_average

_EXECUTION = re.compile(r"Task .+ succeeded in")
_LEDGER = "sellerops"
_WAITING = """
    SELECT count(*) FILTER (WHERE state = 'scheduled'), count(*) FILTER (WHERE state = 'queued'),
        count(*) FILTER (WHERE state = 'running'), count(*) FILTER (WHERE state = 'deferred'),
        count(*) FILTER (WHERE state = 'up_for_retry')
    FROM task_instance WHERE state IN ('scheduled', 'queued', 'running', 'deferred', 'up_for_retry')
"""
_TRIGGERS = """
    SELECT count(*), coalesce(extract(epoch FROM max(now() - created_date) FILTER (WHERE triggerer_id IS
    NULL)), 0) FROM trigger
"""
_HEARTBEAT = """
    SELECT job_type, extract(epoch FROM max(now() - latest_heartbeat)) FROM job
    WHERE state = 'running' GROUP BY job_type
"""


@dataclass
class Sample:
    """One moment. ``tasks``: by state; ``seconds``: since the day began; ``late``: seconds late, by what."""

    seconds: float
    tasks: dict[str, int]
    triggers: int
    late: dict[str, float]
    load: float


@dataclass
class Sampler:
    """Takes samples of a system when called, and keeps them."""

    system: System
    samples: list[Sample] = field(default_factory=list)
    _began: float = field(default_factory=time.monotonic)

    def look(self) -> Sample:
        with psycopg.connect(self.system.metadata, autocommit=True) as connection:
            waiting = connection.execute(_WAITING).fetchone() or (0, 0, 0, 0, 0)
            triggers, unassigned = connection.execute(_TRIGGERS).fetchone() or (0, 0.0)
            beats = {f"heartbeat of {name}": float(age) for name, age in connection.execute(_HEARTBEAT)}
        names = ("scheduled", "queued", "running", "deferred", "up_for_retry")
        sample = Sample(
            time.monotonic() - self._began,
            dict(zip(names, waiting, strict=True)),
            int(triggers),
            {"trigger without a triggerer": float(unassigned), **beats},
            load_average()[0],
        )
        self.samples.append(sample)
        return sample

    def figures(self) -> dict[str, Any]:
        """The maximum of each figure over all samples, and the median number of tasks in each state."""
        states = self.samples[0].tasks
        return {
            "samples": len(self.samples),
            "tasks": {
                name: {
                    "median": percentile([each.tasks[name] for each in self.samples], 0.5),
                    "most": max(each.tasks[name] for each in self.samples),
                }
                for name in states
            },
            "every_five_minutes": self._course(),
            "most_triggers": max(each.triggers for each in self.samples),
            "most_seconds_late": {
                name: round(max(each.late.get(name, 0.0) for each in self.samples), 1)
                for name in sorted({name for each in self.samples for name in each.late})
            },
            "load_average": {
                "median": percentile([each.load for each in self.samples], 0.5),
                "most": max(each.load for each in self.samples),
            },
        }

    def _course(self) -> list[dict[str, int]]:
        """The number of tasks in each state, every five minutes."""
        first = {int(each.seconds // 300): each for each in reversed(self.samples)}
        return [{"minute": 5 * part, **first[part].tasks} for part in sorted(first)]


class Metrics:
    """Receives the metrics of Airflow's components (StatsD over UDP) in a thread of its own.

    ``port``: where to send them. Closed with ``close``.
    """

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_000_000)
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.values: defaultdict[str, list[float]] = defaultdict(list)
        threading.Thread(target=self._receive, daemon=True).start()

    def _receive(self) -> None:
        with suppress(OSError):  # closed
            while True:
                for line in self._socket.recv(65_535).decode("utf-8", "replace").splitlines():
                    name, _, rest = line.partition(":")
                    value = rest.partition("|")[0]
                    with suppress(ValueError):
                        self.values[name.removeprefix("airflow.")].append(float(value))

    def forget(self) -> None:
        """Discard what has arrived so far."""
        self.values.clear()

    def timings(self, *prefixes: str) -> dict[str, dict[str, float]]:
        """Number, median, 95th percentile, maximum and sum of the metrics with one of ``prefixes``."""
        return {
            name: {
                "times": len(values),
                "median": percentile(values, 0.5),
                "p95": percentile(values, 0.95),
                "most": round(max(values), 1),
                "sum": round(sum(values), 1),
            }
            for name, values in sorted(self.values.items())
            if name.startswith(prefixes)
        }

    def close(self) -> None:
        self._socket.close()


def cpu_by_part(system: System) -> dict[str, float]:
    """CPU seconds so far of each part of the system."""
    seconds: dict[str, float] = defaultdict(float)
    for name, component in system.airflow.components.items():
        with suppress(psutil.NoSuchProcess):
            used = spent(component.pid)
            if name.startswith("worker"):
                seconds["workers"] += used.itself
                seconds["tasks"] += used.others
            else:
                seconds[name.removesuffix("-2")] += used.total
    seconds["local Amazon"] = spent(system.amazon.component.pid).total
    seconds["Postgres"] = spent(_postmaster(system.postgres.data)).total
    return dict(seconds)


def _postmaster(data: Path) -> int:
    return int((data / "postmaster.pid").read_text(encoding="ascii").split()[0])


def executions(system: System) -> int:
    """How often workers have run tasks: a task that waits in the triggerer is run twice."""
    return sum(
        len(_EXECUTION.findall(path.read_text(encoding="utf-8", errors="replace")))
        for path in system.airflow.logs.glob("airflow-worker-*.log")
    )


def transactions(system: System) -> dict[str, int]:
    """Transactions so far, by database. With few exceptions, a transaction of the ledger is one statement."""
    with psycopg.connect(system.warehouse, autocommit=True) as connection:
        rows = connection.execute(
            "SELECT datname, xact_commit + xact_rollback FROM pg_stat_database WHERE datname IS NOT NULL"
        )
        return {str(name): int(number) for name, number in rows}


def rows_written(conninfo: str, schemas: Sequence[str] = (_LEDGER,)) -> dict[str, int]:
    """Rows inserted, updated or deleted so far, by table."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        rows = connection.execute(
            "SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_user_tables "
            "WHERE schemaname = ANY(%s)",
            (list(schemas),),
        )
        return {str(name): int(number) for name, number in rows}


def difference(after: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """The increase of each value, largest first, without those that have not grown."""
    grown = {name: round(value - before.get(name, 0), 1) for name, value in after.items()}
    return {name: value for name, value in sorted(grown.items(), key=lambda each: -each[1]) if value > 0}


def percentile(values: Iterable[float], share: float) -> float:
    """The value that this share of the values does not exceed; 0 if there are no values."""
    ordered = sorted(values)
    return round(float(ordered[min(len(ordered) - 1, int(len(ordered) * share))]), 2) if ordered else 0.0
