"""The work that the system does meanwhile: manual and scheduled reports, a backfill, and a shipment."""

from __future__ import annotations

import logging
import re
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sellerops_runtime.chaos.system import BACKFILLED, ORDERS, SALES, SNAPSHOTS, dag_id
from sellerops_runtime.errors import StartError
from sellerops_runtime.rest import AirflowApi

log = logging.getLogger(__name__)

INBOUND, APPROVAL = "fba_inbound", "fba_inbound_approval"
OURS = (*map(dag_id, (SALES, ORDERS, BACKFILLED, SNAPSHOTS)), INBOUND, APPROVAL)
_LOOK_SECONDS = 4.0
_STUCK = re.compile(r"Tasks (of queue \S+ )?are queued")
# A task that continues within about 3 s of waiting may fail (apache/airflow #71580).
_LEFT_OPEN = timedelta(seconds=10)
_CLEARED_AT_MOST = 4
# A scheduled run takes seconds, plus a minute for each retry of a task.
_LONGEST_SNAPSHOT = timedelta(minutes=5)


@dataclass(frozen=True)
class Work:
    """The same work for both systems: ``rounds`` of one day each, starting with ``first``."""

    first: date
    rounds: int
    backfilled_days: int
    ready: date

    def runs(self) -> list[tuple[str, str, dict[str, Any]]]:
        """(DAG id, run id, conf) of the manual runs, in order."""
        found = []
        for number in range(self.rounds):
            day = (self.first + timedelta(days=number)).isoformat()
            days = {"from_day": day, "to_day": day}
            found += [
                (dag_id(SALES), f"chaos__sales_{number}", days),
                (dag_id(ORDERS), f"chaos__orders_{number}", days),
            ]
        found.insert(len(found) // 4, (INBOUND, "chaos__shipment", self._shipment()))
        return found

    def _shipment(self) -> dict[str, Any]:
        return {
            "account": "northwind_na",
            "marketplace": "US",
            "source_address": "dallas",
            "name": "Chaos",
            "ready": self.ready.isoformat(),
            "packing_list_file": "us_parcels.csv",
            "carrier": "partnered",
        }


@dataclass
class Driver:
    """Starts the work and does what the docs ask of people: answers, restarts workers, clears tasks.

    :param messages: Slack's messages so far.
    :param restart_workers: restarts the components that run tasks.
    """

    api: AirflowApi
    work: Work
    messages: Callable[[], list[dict[str, Any]]]
    restart_workers: Callable[[], None]
    cleared: Counter[tuple[str, str]] = field(default_factory=Counter)
    restarted: int = 0
    answered: int = 0
    _ended: threading.Event = field(default_factory=threading.Event)
    _started: int = 0
    _obeyed: set[str] = field(default_factory=set)

    def begin(self) -> None:
        """Start the schedule and the backfill."""
        for each in OURS:
            self.api.set_paused(each, False)
        last = self.work.first - timedelta(days=1)
        first = last - timedelta(days=self.work.backfilled_days - 1)
        body = {
            "dag_id": dag_id(BACKFILLED),
            "from_date": f"{first}T00:00:00Z",
            "to_date": f"{last + timedelta(days=1)}T00:00:00Z",
            "max_active_runs": 4,
            "run_on_latest_version": True,
        }
        try:
            self.api.request("POST", "/backfills", json=body)
        except StartError as error:
            if error.details.get("status") != 409:  # created by an earlier call whose answer came too late
                raise

    def follow(self, seconds: float) -> None:
        """Start the runs, spread evenly over ``seconds``, and act like a person until ``end`` is called.

        Blocks, so call it in a thread. Failed calls are repeated, because the api-server may be down.
        """
        runs, began = self.work.runs(), datetime.now(UTC)
        pause = seconds / len(runs)
        while not self._ended.wait(_LOOK_SECONDS):
            due = (datetime.now(UTC) - began).total_seconds() / pause if pause else len(runs)
            try:
                while self._started < min(due, len(runs)):
                    chosen, run_id, conf = runs[self._started]
                    self.api.trigger(chosen, conf, run_id)
                    self._started += 1
                self._answer()
                self._obey()
            except StartError as error:
                log.info("tries again: %s", error)

    def end(self) -> None:
        self._ended.set()

    @property
    def has_started_all(self) -> bool:
        return not self.never_started()

    def never_started(self) -> list[str]:
        """A line with how many of the manual runs were never started, if any."""
        runs = len(self.work.runs())
        return [f"{runs - self._started} of {runs} runs were never started"] if self._started < runs else []

    def unfinished(self) -> list[str]:
        """Our runs that have not ended. The schedule never stops, so its runs count only if they take too
        long.

        Its DAG is not paused to stop it, because Airflow starts no further tasks in a running run of a paused
        DAG.
        """
        runs = self.api.runs(state=["queued", "running"])
        return [
            f"{run['dag_id']} {run['dag_run_id']} is {run['state']}"
            for run in runs
            if run["dag_id"] in OURS and (run["dag_id"] != dag_id(SNAPSHOTS) or _is_old(run))
        ]

    def clear_failed(self) -> list[tuple[str, str]]:
        """Clear the failed tasks of failed runs, as their notices ask. Returns all failed runs."""
        failed = [
            (run["dag_id"], run["dag_run_id"])
            for run in self.api.runs(state=["failed"])
            if run["dag_id"] in OURS
        ]
        for key in failed:
            tasks = [
                each["task_id"] if each["map_index"] < 0 else [each["task_id"], each["map_index"]]
                for each in self.api.task_instances(*key)
                if each["state"] == "failed"
            ]
            if self.cleared[key] < _CLEARED_AT_MOST:
                self.cleared[key] += 1
                if tasks:
                    self.api.clear(*key, tasks, include_downstream=True)
        return failed

    def given_up(self, failed: list[tuple[str, str]]) -> list[str]:
        """The failed runs that have been cleared as often as allowed, without success."""
        return [" ".join(key) for key in failed if self.cleared[key] >= _CLEARED_AT_MOST]

    def _answer(self) -> None:
        """Answer each question of the shipment with its first option, which approves it."""
        path = "/dags/~/dagRuns/~/hitlDetails"
        for asked in self.api.request("GET", path, params={"response_received": False})["hitl_details"]:
            task = asked["task_instance"]
            if datetime.now(UTC) - datetime.fromisoformat(asked["created_at"]) < _LEFT_OPEN:
                continue
            answer = {"chosen_options": [asked["options"][0]], "params_input": {"note": "chaos"}}
            place = f"/dags/{task['dag_id']}/dagRuns/{task['dag_run_id']}/taskInstances/{task['task_id']}"
            self.api.request("PATCH", f"{place}/{task['map_index']}/hitlDetails", json=answer)
            self.answered += 1

    def _obey(self) -> None:
        """Restart the workers once for each notice that says that tasks are stuck."""
        for message in self.messages():
            is_new = "thread_ts" not in message and message["ts"] not in self._obeyed
            if is_new and _STUCK.match(message["text"]):
                self._obeyed.add(message["ts"])
                self.restarted += 1
                self.restart_workers()


def _is_old(run: dict[str, Any]) -> bool:
    return datetime.now(UTC) - datetime.fromisoformat(run["queued_at"]) > _LONGEST_SNAPSHOT
