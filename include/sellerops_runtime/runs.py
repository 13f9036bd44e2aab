"""Triggers a demo's runs as soon as their input is loaded, and follows them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime

from sellerops.settings.specs import ReportSpec
from sellerops_runtime.report_selection import run_days
from sellerops_runtime.rest import AirflowApi

_ENDED = ("success", "failed")
# Run ids of the demo's own runs; all others were started by its users.
PREFIX = "demo__"


class Runs:
    """Runs of ``parts`` for the days ``first`` to ``last``. Later parts read what report ``source`` loads.

    ``by_dag``: ids of triggered runs, by DAG id. ``states``: states of ended runs, by DAG id. ``number``: the
    number of all runs, triggered or not.
    """

    def __init__(
        self,
        api: AirflowApi,
        parts: Sequence[Sequence[ReportSpec]],
        first: date,
        last: date,
        source: str,
        *,
        marts: bool = False,
    ) -> None:
        self._marts = marts
        self._api, self._waiting, self._source = api, list(parts), source
        self._first, self._last = first, last
        self._began = datetime.now(UTC)
        self.number = sum(map(len, parts))
        self.by_dag: dict[str, str] = {}
        self.states: dict[str, str] = {}

    def advance(self) -> bool:
        """Update the states and trigger the runs that can start; return whether all have ended."""
        self._update_states()
        while self._waiting and self._can_start():
            self._trigger(self._waiting.pop(0))
        return len(self.states) == self.number

    def _update_states(self) -> None:
        """Make one call for all runs, because the api-server shares the machine with the tasks."""
        found = self._api.runs(state=list(_ENDED), end_date_gte=self._began.isoformat())
        self.states = {
            run["dag_id"]: run["state"]
            for run in found
            if self.by_dag.get(run["dag_id"]) == run["dag_run_id"]
        }

    def _can_start(self) -> bool:
        is_landed = any(dag_id.endswith(f"__{self._source}") for dag_id in self.states)
        return is_landed or len(self.states) == len(self.by_dag)

    def _trigger(self, specs: Sequence[ReportSpec]) -> None:
        name = f"{PREFIX}{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}"
        for spec in specs:
            days = run_days(spec, self._first, self._last, marts=self._marts)
            self.by_dag[spec.dag_id] = self._api.trigger(spec.dag_id, days, f"{name}__{spec.name}")
            self._api.set_paused(spec.dag_id, False)


def end_old_runs(api: AirflowApi) -> dict[str, int]:
    """Fail the runs that an interrupted demo left: this demo collects the same days with its own runs.

    Other runs continue; returns the number of those that have not ended, by DAG id.
    """
    kept: Counter[str] = Counter()
    for run in api.runs(state=["queued", "running"]):
        if run["dag_run_id"].startswith(PREFIX):
            api.set_run_state(run["dag_id"], run["dag_run_id"], "failed")
        else:
            kept[run["dag_id"]] += 1
    return dict(kept)
