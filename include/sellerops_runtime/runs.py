"""The runs of a demo: triggered as soon as what they read is there, followed together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime

from sellerops.settings.specs import ReportSpec
from sellerops_runtime.report_selection import run_days
from sellerops_runtime.rest import AirflowApi

_ENDED = ("success", "failed")
# Runs of the demo's own begin so; all others are of somebody who uses it.
PREFIX = "demo__"


class Runs:
    """Runs of ``parts`` for the days ``first`` to ``last``; those of a later part read what ``source`` lands.

    ``by_dag``: run id by DAG id of what was triggered. ``states``: by DAG id, of what has ended. ``number``:
    of all runs, whether triggered yet or not.
    """

    def __init__(
        self, api: AirflowApi, parts: Sequence[Sequence[ReportSpec]], first: date, last: date, source: str
    ) -> None:
        self._api, self._waiting, self._source = api, list(parts), source
        self._first, self._last = first, last
        self._began = datetime.now(UTC)
        self.number = sum(map(len, parts))
        self.by_dag: dict[str, str] = {}
        self.states: dict[str, str] = {}

    def advance(self) -> bool:
        """Trigger what may begin, learn what has ended; whether all has."""
        self._learn()
        while self._waiting and self._may_begin():
            self._trigger(self._waiting.pop(0))
        return len(self.states) == self.number

    def _learn(self) -> None:
        """One call for all: the api-server shares the machine with the tasks it tells about."""
        found = self._api.runs(state=list(_ENDED), end_date_gte=self._began.isoformat())
        self.states = {
            run["dag_id"]: run["state"]
            for run in found
            if self.by_dag.get(run["dag_id"]) == run["dag_run_id"]
        }

    def _may_begin(self) -> bool:
        is_landed = any(dag_id.endswith(f"__{self._source}") for dag_id in self.states)
        return is_landed or len(self.states) == len(self.by_dag)

    def _trigger(self, specs: Sequence[ReportSpec]) -> None:
        name = f"{PREFIX}{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}"
        for spec in specs:
            days = run_days(spec, self._first, self._last)
            self.by_dag[spec.dag_id] = self._api.trigger(spec.dag_id, days, f"{name}__{spec.name}")
            self._api.set_paused(spec.dag_id, False)


def end_old_runs(api: AirflowApi) -> dict[str, int]:
    """End the runs that an interrupted demo left: this one collects the same days with runs of its own.

    Everybody else's go on. How many of those have not ended, by DAG id.
    """
    kept: Counter[str] = Counter()
    for run in api.runs(state=["queued", "running"]):
        if run["dag_run_id"].startswith(PREFIX):
            api.set_run_state(run["dag_id"], run["dag_run_id"], "failed")
        else:
            kept[run["dag_id"]] += 1
    return dict(kept)
