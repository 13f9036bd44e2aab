"""The demo asks Airflow little: one call tells which of its runs have ended."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sellerops_runtime import demo

SINCE = datetime(2026, 11, 28, 12, tzinfo=UTC)


class Api:
    """Airflow's answer to the list of runs; remembers what it was asked."""

    def __init__(self, *runs: tuple[str, str, str]) -> None:
        self._runs = runs
        self.asked: list[dict[str, Any]] = []

        self.set: list[tuple[str, str, str]] = []

    def runs(self, dag_id: str = "~", **filters: Any) -> list[dict[str, Any]]:
        assert dag_id == "~"
        self.asked.append(filters)
        return [{"dag_id": dag, "dag_run_id": run, "state": state} for dag, run, state in self._runs]

    def set_run_state(self, dag_id: str, run_id: str, state: str) -> None:
        self.set.append((dag_id, run_id, state))


def ended(api: Any) -> dict[str, str]:
    return demo._ended(api, {"report__a": "demo__1", "report__b": "demo__1"}, SINCE)


def test_all_runs_are_asked_for_at_once() -> None:
    api = Api(("report__a", "demo__1", "success"), ("report__b", "demo__1", "failed"))
    assert ended(api) == {"report__a": "success", "report__b": "failed"}
    assert api.asked == [{"state": ["success", "failed"], "end_date_gte": SINCE.isoformat()}]


def test_runs_of_others_are_not_ours() -> None:
    assert ended(Api(("report__a", "demo__0", "failed"), ("sellerops__notices", "demo__1", "success"))) == {}


def test_what_an_interrupted_demo_left_is_ended_and_nothing_else() -> None:
    api: Any = Api(("report__a", "demo__0", "running"), ("sellerops__notices", "scheduled__1", "queued"))
    demo._end_old_runs(api, ["report__a", "report__b"])
    assert api.set == [("report__a", "demo__0", "failed")]
    assert api.asked == [{"state": ["queued", "running"]}]
