"""A demo's runs start as soon as their input is loaded; one call gets the states of all."""

from __future__ import annotations

from datetime import date
from typing import Any

from support.specs import enabled_shipped_specs

from sellerops.settings.specs import ReportSpec
from sellerops_runtime.report_selection import LISTINGS, rounds
from sellerops_runtime.runs import Runs, end_old_runs

SPECS = enabled_shipped_specs()
PARTS = rounds(SPECS, full=True)
DAYS = date(2026, 11, 10), date(2026, 11, 16)


class Api:
    """A fake Airflow; ``end`` ends a run."""

    def __init__(self) -> None:
        self.triggered: dict[str, str] = {}
        self.unpaused: list[str] = []
        self.asked: list[dict[str, Any]] = []
        self.found: list[dict[str, str]] = []
        self.set: list[tuple[str, str, str]] = []

    def trigger(self, dag_id: str, conf: dict[str, Any], run_id: str) -> str:
        self.triggered[dag_id] = run_id
        return run_id

    def set_paused(self, dag_id: str, paused: bool) -> None:
        assert not paused
        self.unpaused.append(dag_id)

    def runs(self, dag_id: str = "~", **filters: Any) -> list[dict[str, str]]:
        assert dag_id == "~"
        self.asked.append(filters)
        return self.found

    def set_run_state(self, dag_id: str, run_id: str, state: str) -> None:
        self.set.append((dag_id, run_id, state))

    def end(self, *specs: ReportSpec, state: str = "success", run_id: str = "") -> None:
        for spec in specs:
            run = run_id or self.triggered[spec.dag_id]
            self.found.append({"dag_id": spec.dag_id, "dag_run_id": run, "state": state})


def runs_of(api: Any, parts: Any = PARTS) -> Runs:
    return Runs(api, parts, *DAYS, LISTINGS)


def listings() -> ReportSpec:
    return next(spec for spec in SPECS if spec.name == LISTINGS)


def test_reports_of_asins_begin_when_the_listings_have_ended() -> None:
    api = Api()
    runs = runs_of(api)
    assert not runs.advance()
    assert list(api.triggered) == [spec.dag_id for spec in PARTS[0]]
    assert next(iter(api.triggered)) == listings().dag_id
    api.end(listings())
    assert not runs.advance()
    assert list(api.triggered) == api.unpaused == [spec.dag_id for part in PARTS for spec in part]
    assert runs.by_dag == api.triggered


def test_they_begin_when_all_others_have_ended_however_the_listings_did() -> None:
    api = Api()
    others = [[spec for spec in PARTS[0] if spec.name != LISTINGS], PARTS[1]]
    runs = runs_of(api, others)
    assert not runs.advance()
    api.end(*others[0][:-1])
    assert not runs.advance()
    assert len(api.triggered) == len(others[0])
    api.end(others[0][-1], state="failed")
    assert not runs.advance()
    assert len(api.triggered) == len(SPECS) - 1


def test_all_is_over_when_every_run_has_ended_and_one_call_gets_all_states() -> None:
    api = Api()
    runs = runs_of(api, [PARTS[0]])
    assert not runs.advance()
    api.end(*PARTS[0][1:])
    api.end(PARTS[0][0], run_id="somebody's")
    assert not runs.advance()
    api.end(PARTS[0][0], state="failed")
    before = len(api.asked)
    assert runs.advance()
    assert len(api.asked) == before + 1
    assert set(api.asked[-1]) == {"state", "end_date_gte"}
    assert runs.states[PARTS[0][0].dag_id] == "failed"
    assert len(runs.states) == len(PARTS[0])


def test_what_an_interrupted_demo_left_is_ended_and_nothing_else() -> None:
    api: Any = Api()
    api.end(listings(), state="running", run_id="demo__0")
    api.found.append({"dag_id": "sellerops__notices", "dag_run_id": "scheduled__1", "state": "queued"})
    assert end_old_runs(api) == {"sellerops__notices": 1}
    assert api.set == [(listings().dag_id, "demo__0", "failed")]
    assert api.asked == [{"state": ["queued", "running"]}]


def test_runs_of_a_backfill_that_an_earlier_start_left_go_on_whatever_their_report() -> None:
    """Also runs of a report that the demo itself collects; each is reported."""
    api: Any = Api()
    for number in range(3):
        api.end(listings(), state="queued", run_id=f"backfill__2026-11-0{number + 1}T07:00:00+00:00")
    api.end(PARTS[0][1], state="running", run_id="manual__2026-11-10T12:00:00+00:00")
    assert end_old_runs(api) == {listings().dag_id: 3, PARTS[0][1].dag_id: 1}
    assert api.set == []
