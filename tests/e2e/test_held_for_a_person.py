"""A day whose figures fall to nothing waits for a person, who answers in the UI; until then it stays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from support.system import System

from sellerops_runtime.processes import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

SALES = "report__amazon_sp__by_hand"
QUARANTINE = "sellerops__quarantine"
SALES_TYPE = "GET_SALES_AND_TRAFFIC_REPORT"


def test_zero_figures_are_held_until_a_person_releases_them(system: System) -> None:
    system.airflow.wait_for_dags(SALES, QUARANTINE)
    day = (datetime.now(UTC) - timedelta(days=12)).date().isoformat()
    system.airflow.api.set_paused(SALES, False)
    assert system.airflow.api.wait_for_run(SALES, _run(system, day), 180)["state"] == "success"
    before = _units(system, day)
    assert before > 0

    system.sandbox.faults("zero_data", report_type=SALES_TYPE, marketplace_id="ATVPDKIKX0DER", times=1)
    held = _run(system, day)
    assert system.airflow.api.wait_for_run(SALES, held, 180)["state"] == "success"
    states = {ti["rendered_map_index"]: ti["state"] for ti in system.tasks(SALES, held, "load_postgres")}
    assert states == {f"US {day}": "skipped", f"CA {day}": "success", f"MX {day}": "success"}
    assert _units(system, day) == before
    wait_until(lambda: _notices(system, day), 60, "the notice in Slack")

    system.airflow.api.set_paused(QUARANTINE, False)
    run_id = system.airflow.api.trigger(QUARANTINE)
    wait_until(lambda: _questions(system, run_id), 90, "the questions")
    questions = _questions(system, run_id)
    assert {day in str(question) for question in questions} == {True}
    for question in questions:
        _answer(system, run_id, question, "Release")
    assert system.airflow.api.wait_for_run(QUARANTINE, run_id, 120)["state"] == "success"
    assert _units(system, day) == 0
    decided = system.select(
        "SELECT DISTINCT state, decided_by FROM sellerops.quarantine WHERE last_day = %s", day
    )
    assert [state for state, _ in decided] == ["RELEASED"]
    assert "admin" in str(decided[0][1])
    assert len(_notices(system, day)) == 1


def _run(system: System, day: str) -> str:
    return system.airflow.api.trigger(SALES, {"from_day": day, "to_day": day})


def _units(system: System, day: str) -> int:
    statement = """
        SELECT coalesce(sum(units_ordered), 0)::int FROM amazon_sp.by_hand_sales_daily_totals
        WHERE date = %s AND marketplace_id = 'ATVPDKIKX0DER'"""
    return int(system.select(statement, day)[0][0])


def _questions(system: System, run_id: str) -> list[dict[str, Any]]:
    """The open questions, once the tasks that ask have been waiting for a while.

    Airflow 3.3.2 fails a task that is resumed within about 3 s of deferring (apache/airflow #71580).
    """
    ready = [ti for ti in system.tasks(QUARANTINE, run_id, "ask") if ti["state"] == "awaiting_input"]
    now = datetime.now(UTC)
    if not ready or any(
        now - datetime.fromisoformat(ti["start_date"]) < timedelta(seconds=8) for ti in ready
    ):
        return []
    path = f"/dags/{QUARANTINE}/dagRuns/{run_id}/hitlDetails"
    found: list[dict[str, Any]] = system.airflow.api.request("GET", path)["hitl_details"]
    return found


def _answer(system: System, run_id: str, question: dict[str, Any], choice: str) -> None:
    task = question["task_instance"]
    place = f"taskInstances/{task['task_id']}/{task['map_index']}/hitlDetails"
    body = {"chosen_options": [choice], "params_input": {"note": "checked in Seller Central"}}
    system.airflow.api.request("PATCH", f"/dags/{QUARANTINE}/dagRuns/{run_id}/{place}", json=body)


def _notices(system: System, day: str) -> list[dict[str, Any]]:
    return [message for message in system.sandbox.slack_messages() if day in str(message)]
