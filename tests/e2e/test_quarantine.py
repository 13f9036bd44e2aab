"""A day whose figures fall to zero is quarantined and keeps its rows until a person decides in the UI."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from support.system import PATIENT, System

from sellerops_runtime.processes import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(2 * PATIENT)]

SALES = "report__amazon_sp__by_hand"
QUARANTINE = "sellerops__quarantine"
SALES_TYPE = "GET_SALES_AND_TRAFFIC_REPORT"


def test_zero_figures_are_quarantined_until_a_person_releases_them(system: System) -> None:
    system.airflow.wait_for_dags(SALES, QUARANTINE)
    day = (datetime.now(UTC) - timedelta(days=12)).date().isoformat()
    system.airflow.api.set_paused(SALES, False)
    assert system.airflow.api.wait_for_run(SALES, _run(system, day), PATIENT)["state"] == "success"
    before = _units(system, day)
    assert before > 0

    system.sandbox.faults("zero_data", report_type=SALES_TYPE, marketplace_id="ATVPDKIKX0DER", times=1)
    run_id = _run(system, day)
    assert system.airflow.api.wait_for_run(SALES, run_id, PATIENT)["state"] == "success"
    states = {ti["rendered_map_index"]: ti["state"] for ti in system.tasks(SALES, run_id, "load_postgres")}
    assert states == {f"US {day}": "skipped", f"CA {day}": "success", f"MX {day}": "success"}
    assert _units(system, day) == before
    wait_until(lambda: _notices(system, day), PATIENT, "the notice in Slack")

    # The run that finds it first asks: this one, or the scheduled one that starts once the DAG is unpaused.
    system.airflow.api.set_paused(QUARANTINE, False)
    system.airflow.api.trigger(QUARANTINE)
    wait_until(lambda: _questions(system, day), PATIENT, "the questions")
    for question in _questions(system, day):
        _answer(system, question, "Release")
    wait_until(lambda: _states(system, day) == {"RELEASED"}, PATIENT, "the release")
    # The decision is recorded first, then the document is loaded.
    wait_until(lambda: _units(system, day) == 0, PATIENT, "the rows of the released document")
    decided = system.select("SELECT decided_by, note FROM sellerops.quarantine WHERE last_day = %s", day)
    assert all("admin" in str(row) and "checked in Seller Central" in str(row) for row in decided)
    assert len(_notices(system, day)) == 1


def _run(system: System, day: str) -> str:
    return system.airflow.api.trigger(SALES, {"from_day": day, "to_day": day})


def _units(system: System, day: str) -> int:
    statement = """
        SELECT coalesce(sum(units_ordered), 0)::int FROM amazon_sp.by_hand_sales_daily_totals
        WHERE date = %s AND marketplace_id = 'ATVPDKIKX0DER'"""
    return int(system.select(statement, day)[0][0])


def _questions(system: System, day: str) -> list[dict[str, Any]]:
    """The open decisions about a day, once they have been open for a while.

    Airflow 3.3.2 fails a task that is resumed within about 3 s of deferring (apache/airflow #71580).
    """
    path = f"/dags/{QUARANTINE}/dagRuns/~/hitlDetails"
    asked = system.airflow.api.request("GET", path, params={"response_received": False})["hitl_details"]
    found = [each for each in asked if day in each["task_instance"]["rendered_map_index"]]
    began = max((datetime.fromisoformat(each["created_at"]) for each in found), default=None)
    return found if began and datetime.now(UTC) - began > timedelta(seconds=8) else []


def _answer(system: System, question: dict[str, Any], choice: str) -> None:
    task = question["task_instance"]
    path = f"/dags/{QUARANTINE}/dagRuns/{task['dag_run_id']}/taskInstances/{task['task_id']}"
    body = {"chosen_options": [choice], "params_input": {"note": "checked in Seller Central"}}
    system.airflow.api.request("PATCH", f"{path}/{task['map_index']}/hitlDetails", json=body)


def _states(system: System, day: str) -> set[str]:
    rows = system.select("SELECT DISTINCT state FROM sellerops.quarantine WHERE last_day = %s", day)
    return {str(row[0]) for row in rows}


def _notices(system: System, day: str) -> list[dict[str, Any]]:
    return [message for message in system.sandbox.slack_messages() if day in str(message)]
