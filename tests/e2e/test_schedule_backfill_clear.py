"""Schedule, backfill and clear, with a real scheduler and triggerer."""

from __future__ import annotations

import re
import sys
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from support.examples import IS_WHOLE_SUITE
from support.system import PATIENT, System

from sellerops.calendar.backfill import run_moments, window_key
from sellerops.calendar.slices import Slice, plan_slices
from sellerops.settings.accounts import load_accounts
from sellerops.settings.marketplaces import marketplace_by_id
from sellerops.settings.specs import ReportSpec, load_spec
from sellerops_runtime.processes import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(2 * PATIENT)]

SALES = "report__amazon_sp__by_hand"
SALES_TYPE = "GET_SALES_AND_TRAFFIC_REPORT"
# Of the backfill; a run takes Airflow 2.5 CPU seconds.
DAYS, AT_A_TIME = (60, 16) if IS_WHOLE_SUITE else (12, 4)


def test_the_schedule_makes_runs_by_itself(system: System) -> None:
    """The real scheduler follows a spec's cron, and each snapshot is stored separately."""
    dag_id = "report__amazon_sp__every_minute"
    system.airflow.wait_for_dags(dag_id)
    # By the report's name, through Airflow's own command.
    command = [sys.executable, "-m", "sellerops", "dags", "unpause", "every_minute"]
    assert f"Unpaused (1):\n  {dag_id}\n" in system.airflow.stack.run_once("unpause", command)
    wait_until(lambda: len(_ended(system, dag_id)) >= 2, PATIENT, "two scheduled runs")
    system.airflow.api.set_paused(dag_id, True)
    runs = _ended(system, dag_id)
    assert {run["state"] for run in runs} == {"success"}
    assert {run["run_type"] for run in runs} == {"scheduled"}
    assert all(re.match(r"scheduled__\d{4}-\d\d-\d\d__\d{4}-", run["dag_run_id"]) for run in runs)
    stored = system.select("SELECT DISTINCT snapshot_at FROM amazon_sp.every_minute_fba_manage_inventory")
    ends = {datetime.fromisoformat(run["data_interval_end"]) for run in runs}
    assert ends <= {row[0] for row in stored}


def test_catchup_makes_every_missed_run(system: System) -> None:
    """With catchup and a start date some days ago, each day since is collected, and requested only once."""
    dag_id, seller = "report__amazon_sp__caught_up", "northwind_eu"
    system.airflow.wait_for_dags(dag_id)
    spec = load_spec("caught_up", system.config / "reports")
    expected = _moments(spec, date.fromisoformat(spec.start_date), datetime.now(UTC).date())
    before = len(system.created_reports(SALES_TYPE, seller))
    system.airflow.api.set_paused(dag_id, False)
    wait_until(
        lambda: len(_ended(system, dag_id)) >= len(expected), PATIENT, f"{len(expected)} caught-up runs"
    )
    runs = _ended(system, dag_id)
    assert {run["state"] for run in runs} == {"success"}
    assert {datetime.fromisoformat(run["data_interval_end"]) for run in runs} == set(expected)
    days = system.select("SELECT DISTINCT date FROM amazon_sp.caught_up_sales_daily_totals ORDER BY 1")
    planned = [slice_.first_day for slice_ in _planned(spec, expected)]
    assert {row[0].isoformat() for row in days} == set(planned)
    assert len(planned) == 2 * len(expected) > len(set(planned))
    assert len(system.created_reports(SALES_TYPE, seller)) - before == len(set(planned))


def test_a_backfill_makes_the_scheduled_slices_and_asks_for_each_day_once(system: System) -> None:
    """A run, a slice and a report for each day; integration/collect/test_sixty_days.py always has 60 days."""
    dag_id, seller = "report__amazon_sp__backfilled", "northwind_eu"
    system.airflow.wait_for_dags(dag_id)
    spec = load_spec("backfilled", system.config / "reports")
    last = datetime.now(UTC).date() - timedelta(days=5)
    first = last - timedelta(days=DAYS - 1)
    moments = _moments(spec, first, last)
    before = len(system.created_reports(SALES_TYPE, seller))
    dry = system.airflow.api.request(
        "POST",
        "/backfills/dry_run",
        json={
            "dag_id": dag_id,
            "from_date": f"{first}T00:00:00Z",
            "to_date": f"{last + timedelta(days=1)}T00:00:00Z",
        },
    )
    system.airflow.stack.run_once(
        "backfill",
        _airflow(
            "backfill", "create", "--dag-id", dag_id, "--from-date", f"{first}",
            "--to-date", f"{last + timedelta(days=1)}", "--max-active-runs", f"{AT_A_TIME}",
        ),
    )  # fmt: skip
    # A paused DAG's backfill waits. Its next scheduled run is a day away and would collect other days.
    system.airflow.api.set_paused(dag_id, False)
    wait_until(lambda: len(_ended(system, dag_id, "backfill")) == DAYS, PATIENT, "all backfilled runs")
    runs = _ended(system, dag_id, "backfill")
    assert len(moments) == DAYS == len(dry["backfills"])
    assert Counter(run["state"] for run in runs) == {"success": DAYS}
    assert {datetime.fromisoformat(run["data_interval_end"]) for run in runs} == set(moments)

    planned = _planned(spec, moments)
    plans = [_planned_by_airflow(system, dag_id, run["dag_run_id"]) for run in runs]
    assert sorted((p for plan in plans for p in plan), key=str) == sorted(
        (slice_.to_dict() for slice_ in planned), key=str
    )
    windows = {window_key(slice_) for slice_ in planned}
    scheduled = _windows_of_scheduled_runs(system, dag_id)
    asked = len(system.created_reports(SALES_TYPE, seller)) - before
    assert len(windows) == DAYS
    assert asked == len(windows | scheduled)
    rows = system.select(
        "SELECT count(*), count(DISTINCT (date, child_asin)), count(DISTINCT date)"
        " FROM amazon_sp.backfilled_sales_daily WHERE date <= %s",
        last,
    )
    assert rows[0][0] == rows[0][1] > 0
    assert rows[0][2] == DAYS


def test_clearing_one_failed_slice_repeats_exactly_that_slice(system: System) -> None:
    """One marketplace fails and sends one notice, the others load; clearing requests it once more, and the
    recovery appears in the notice's thread.
    """
    system.airflow.wait_for_dags(SALES)
    day = (datetime.now(UTC) - timedelta(days=9)).date().isoformat()
    system.sandbox.faults("fatal", report_type=SALES_TYPE, marketplace_id="A2EUQ1WTGCTBG2", times=1)
    run_id = _run_by_hand(system, day)
    run = system.airflow.api.wait_for_run(SALES, run_id, PATIENT)
    assert run["state"] == "failed"

    fetched = system.tasks(SALES, run_id, "fetch_report")
    failed = [ti for ti in fetched if ti["state"] == "failed"]
    assert [ti["rendered_map_index"] for ti in failed] == [f"CA {day}"]
    assert Counter(ti["state"] for ti in fetched) == {"success": 2, "failed": 1}
    assert _marketplaces_loaded(system, day) == {"US", "MX"}

    wait_until(lambda: _notices(system, day), PATIENT, "the notice in Slack")
    (notice,) = _notices(system, day)
    for word in ("by_hand", "northwind_na", "CA", day, "ReportFatal", "fetch_report"):
        assert word in str(notice), word
    assert notice["channel"].lstrip("#") == "seller-reports"

    asked = len(system.created_reports(SALES_TYPE, "northwind_na"))
    loads = system.select("SELECT count(*) FROM sellerops.load")[0][0]
    index = failed[0]["map_index"]
    system.airflow.api.clear(SALES, run_id, [[failed[0]["task_id"], index]], include_downstream=True)
    wait_until(
        lambda: system.airflow.api.run(SALES, run_id)["state"] == "success", PATIENT, "the cleared slice"
    )
    assert len(system.created_reports(SALES_TYPE, "northwind_na")) == asked + 1
    assert system.select("SELECT count(*) FROM sellerops.load")[0][0] == loads + 2  # two tables of one slice
    assert _marketplaces_loaded(system, day) == {"US", "CA", "MX"}
    again = system.tasks(SALES, run_id, "fetch_report")
    assert {ti["rendered_map_index"] for ti in again if ti["start_date"] > run["end_date"]} == {f"CA {day}"}

    wait_until(lambda: _answers(system, notice), PATIENT, "the recovery in the notice's thread")
    (recovery,) = _answers(system, notice)
    assert "by_hand works again" in recovery["text"]
    assert [each for each in _notices(system, day) if "thread_ts" not in each] == [notice]


def _run_by_hand(system: System, day: str) -> str:
    run_id = system.airflow.api.trigger(SALES, {"from_day": day, "to_day": day})
    system.airflow.api.set_paused(SALES, False)
    return run_id


def _ended(system: System, dag_id: str, kind: str = "scheduled") -> list[dict[str, Any]]:
    runs = system.airflow.api.runs(dag_id)
    return [run for run in runs if run["run_type"] == kind and run["state"] in ("success", "failed")]


def _moments(spec: ReportSpec, first: date, last: date) -> list[datetime]:
    return run_moments(spec, first, last, datetime.now(UTC))


def _planned(spec: ReportSpec, moments: list[datetime]) -> list[Slice]:
    accounts = load_accounts()
    return [
        slice_
        for moment in moments
        for name in spec.accounts
        for slice_ in plan_slices(spec, accounts[name], run_at=moment, now=datetime.now(UTC))
    ]


def _planned_by_airflow(system: System, dag_id: str, run_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = system.airflow.api.xcom(dag_id, run_id, "northwind_eu.plan_slices")
    return found


def _windows_of_scheduled_runs(system: System, dag_id: str) -> set[Any]:
    runs = system.airflow.api.runs(dag_id)
    return {
        window_key(Slice.from_dict(slice_))
        for run in runs
        if run["run_type"] == "scheduled"
        for slice_ in _planned_by_airflow(system, dag_id, run["dag_run_id"])
    }


def _marketplaces_loaded(system: System, day: str) -> set[str]:
    rows = system.select(
        "SELECT DISTINCT marketplace_id FROM amazon_sp.by_hand_sales_daily_totals WHERE date = %s", day
    )
    return {marketplace_by_id(row[0]).code for row in rows}


def _notices(system: System, day: str) -> list[dict[str, Any]]:
    return [message for message in system.sandbox.slack_messages() if day in str(message)]


def _answers(system: System, notice: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for each in system.sandbox.slack_messages() if each.get("thread_ts") == notice["ts"]]


def _airflow(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "airflow", *arguments]
