"""The demo asks Airflow little: what ended since it looked last, in one call for all runs."""

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

    def runs(self, dag_id: str = "~", **filters: Any) -> list[dict[str, Any]]:
        assert dag_id == "~"
        self.asked.append(filters)
        return [{"dag_id": dag, "dag_run_id": run, "state": state} for dag, run, state in self._runs]


def ended(api: Any) -> dict[str, str]:
    return demo._ended(api, {"report__a": "demo__1", "report__b": "demo__1"}, SINCE)


def test_all_runs_are_asked_for_at_once() -> None:
    api = Api(("report__a", "demo__1", "success"), ("report__b", "demo__1", "failed"))
    assert ended(api) == {"report__a": "success", "report__b": "failed"}
    assert api.asked == [{"state": ["success", "failed"], "end_date_gte": SINCE.isoformat()}]


def test_runs_of_others_are_not_ours() -> None:
    assert ended(Api(("report__a", "demo__0", "failed"), ("sellerops__notices", "demo__1", "success"))) == {}
