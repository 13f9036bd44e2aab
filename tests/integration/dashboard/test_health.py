"""Data health: each count is the number of rows it opens, and gaps are filled by runs that are noted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from fastapi import HTTPException
from support.hub import ACCOUNT, US, Hub, HubServer

from sellerops.completeness import DayState, read_calendars
from sellerops.settings.accounts import load_accounts
from sellerops.settings.specs import load_spec
from sellerops_airflow.dashboard import airflow_links, runs
from sellerops_airflow.dashboard.routes import health
from sellerops_airflow.dashboard.runs import StartedRun
from sellerops_airflow.dashboard.schedules import Reports
from sellerops_airflow.runtime import get_runtime

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
SALES = load_spec("sales_and_traffic")
RUN = "scheduled__2026-11-19T07:00:00+00:00"
CALENDAR = "/hub/api/health/calendar"
GAP = [date(2026, 11, 10), date(2026, 11, 12)]


@pytest.fixture(scope="module")
def hub(hub_server: HubServer) -> Iterator[Hub]:
    with hub_server.database() as hub:
        _fill(hub)
        yield hub


def test_each_tile_is_the_number_of_rows_it_opens(hub: Hub) -> None:
    tiles = _get(hub, "health/tiles")
    assert tiles["quarantined"] == _get(hub, "health/quarantine")["row_count"] == 1
    assert tiles["schema_changes"] == _get(hub, "health/drift")["row_count"] == 1
    rejects = _get(hub, "health/rejects", limit=500)
    assert tiles["rejecting_loads"] == rejects["row_count"] == 2
    assert tiles["rejected_rows"] == sum(row["rejected"] for row in rejects["rows"]) == 5
    assert tiles["checks_off"] == _get(hub, "health/checks/figures", verdict="off")["row_count"] == 2
    behind = _get(hub, "health/freshness", behind=True)
    assert tiles["behind"] == behind["row_count"] == 1
    assert behind["rows"][0]["marketplace"] == "CA"


def test_each_count_of_a_check_is_the_number_of_its_figures(hub: Hub) -> None:
    (check,) = _get(hub, "health/checks")
    for verdict in ("ok", "off", "not_yet", "too_young"):
        found = _get(hub, "health/checks/figures", check="orders", verdict=verdict)
        assert found["row_count"] == check[verdict] == {"off": 2, "ok": 1}.get(verdict, 0)


def test_totals_of_the_calendar_are_its_cells(hub: Hub) -> None:
    whole = _get(hub, "health/calendar", limit=500)
    letters = whole["letters"]
    cells = Counter(letters[cell] for row in whole["rows"] for cell in row["cells"])
    assert whole["totals"] == {state: cells[state] for state in letters.values()}
    assert all(whole["totals"][state] for state in ("missing", "failed", "loaded", "restating"))
    for state, count in whole["totals"].items():
        rows = _get(hub, "health/calendar", state=state, limit=500)["rows"]
        assert sum(letters[cell] == state for row in rows for cell in row["cells"]) == count
        assert all(state in map(letters.get, row["cells"]) for row in rows)
    longest = _get(hub, "health/calendar", start="2026-01-01", limit=1)["days"]
    assert (len(longest), longest[-1]) == (100, whole["days"][-1])
    # A page is a part of the same rows.
    page = _get(hub, "health/calendar", limit=1, offset=1)
    assert (page["row_count"], page["rows"]) == (whole["row_count"], whole["rows"][1:2])


def test_the_calendar_agrees_with_the_ledgers_own(hub: Hub) -> None:
    shown = _get(hub, "health/calendar", q="sales_and_traffic", limit=500)
    rows = {row["marketplace_id"]: row["cells"] for row in shown["rows"] if row["account_id"] == ACCOUNT}
    account = load_accounts()[ACCOUNT]
    first, last = date.fromisoformat(shown["days"][0]), date.fromisoformat(shown["days"][-1])
    words = {
        DayState.LOADED: {"loaded", "restating"}, DayState.MISSING: {"missing"},
        DayState.FAILED: {"failed"}, DayState.QUARANTINED: {"quarantined"},
    }  # fmt: skip
    compared = 0
    for calendar in read_calendars(get_runtime().ledger, SALES, [account], last_day=last):
        for day in calendar.days:
            if first <= day.day <= last:
                letter = rows[calendar.marketplace_id][(day.day - first).days]
                assert shown["letters"][letter] in words[day.state], day
                compared += 1
    assert compared > 30


def test_a_paused_report_misses_nothing(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    from sellerops_airflow.dashboard.routes import health_calendar

    monkeypatch.setattr(health_calendar, "paused_dags", lambda: frozenset({SALES.dag_id}))
    found = _get(hub, "health/calendar", limit=500)
    assert found["totals"]["missing"] == 0
    assert {row["state"] for row in found["rows"]} == {"paused"}
    assert _cell(hub, GAP[0])["gap"] is None


def test_a_cell_leads_to_its_run_and_ledger_entry(hub: Hub) -> None:
    cell = _cell(hub, date(2026, 11, 19))
    (entry,) = cell["entries"]
    run = "dags/report__amazon_sp__sales_and_traffic/runs/scheduled__2026-11-19T07%3A00%3A00%2B00%3A00"
    assert entry["run_path"] == run
    assert entry["ledger_path"] == f"sellerops/{run}/tasks/{ACCOUNT}.slice.load_postgres/0/slice"
    assert (cell["state"], entry["state"], cell["gap"]) == ("restating", "LOADED", None)
    assert hub.owner.get(f"{CALENDAR}/cell?report=x&account_id=y&day=2026-11-19").status_code == 404


def test_a_gap_is_planned_and_filled_by_one_run(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    cell = _cell(hub, date(2026, 11, 11))
    gap = cell["gap"]
    assert (cell["state"], gap["first_day"], gap["last_day"]) == ("missing", "2026-11-10", "2026-11-12")
    assert gap["requests"] == len(gap["labels"]) == 3
    assert "--from-date 2026-11-10 --to-date 2026-11-13" in gap["command"]
    wanted = {key: gap[key] for key in ("report", "account_id", "marketplace_id", "first_day", "last_day")}

    started: list[tuple[Any, ...]] = []

    def refuse(*given: Any) -> StartedRun:
        raise HTTPException(400, "its file has errors")

    def start(_: Any, __: Any, dag_id: str, run_id: str, conf: dict[str, Any]) -> StartedRun:
        started.append((dag_id, run_id, conf))
        return StartedRun(dag_id=dag_id, run_id=run_id, is_paused=False, path="")

    assert hub.partner.post(f"{CALENDAR}/fill", json=wanted).status_code == 403
    monkeypatch.setattr(runs, "_trigger", refuse)
    assert hub.owner.post(f"{CALENDAR}/fill", json=wanted).status_code == 400
    assert hub.rows("SELECT * FROM sellerops.gap_fill WHERE released_at IS NULL") == []
    tried = hub.rows("SELECT action, after FROM sellerops.audit_entry ORDER BY id")
    assert [entry["action"] for entry in tried] == ["gap.fill", "gap.fill.refused"]
    assert tried[1]["after"] == {"reason": "its file has errors"}

    monkeypatch.setattr(runs, "_trigger", start)
    told = hub.owner.post(f"{CALENDAR}/fill", json=wanted).json()
    ((dag_id, run_id, conf),) = started
    assert [run["run_id"] for run in told["runs"]] == [run_id]
    assert dag_id == SALES.dag_id
    assert conf == {
        "from_day": "2026-11-10", "to_day": "2026-11-12", "accounts": [ACCOUNT], "marketplaces": ["US"],
        "priority": "backfill",
    }  # fmt: skip
    (claim,) = hub.rows("SELECT run_id FROM sellerops.gap_fill WHERE released_at IS NULL")
    (_, entry) = hub.rows("SELECT * FROM sellerops.audit_entry WHERE action = 'gap.fill' ORDER BY id")
    assert claim["run_id"] == run_id
    assert (entry["user_name"], entry["account_id"]) == ("owner", ACCOUNT)
    assert (entry["before"], entry["after"]) == (None, {"conf": conf})

    again = hub.owner.post(f"{CALENDAR}/fill", json=wanted).json()
    assert (again["runs"], len(started)) == ([], 1), "a run for these days is in progress"
    assert "in progress" in again["reason"]


def test_runs_that_were_not_started_leave_no_claim(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []

    def start(_: Any, __: Any, dag_id: str, run_id: str, ___: Any) -> StartedRun:
        if started:
            raise OSError("Airflow's database does not answer")
        assert hub.rows("SELECT id FROM sellerops.audit_entry WHERE subject = %s", f"{dag_id}/{run_id}")
        started.append(run_id)
        return StartedRun(dag_id=dag_id, run_id=run_id, is_paused=False, path="")

    hub.rows("DELETE FROM sellerops.gap_fill")
    (newest,) = hub.rows("SELECT coalesce(max(id), 0) AS id FROM sellerops.audit_entry")
    monkeypatch.setattr(runs, "_trigger", start)
    wanted = {"report": SALES.name, "account_id": ACCOUNT, "marketplace_id": US}
    days = {"first_day": "2026-11-01", "last_day": "2026-11-20"}
    answer = hub.owner.post(f"{CALENDAR}/fill", json={**wanted, **days})
    assert answer.status_code == 500
    claims = hub.rows("SELECT run_id, released_at IS NULL AS is_held FROM sellerops.gap_fill ORDER BY id")
    assert len(claims) >= 2
    assert [claim["run_id"] for claim in claims if claim["is_held"]] == started != []
    # What was tried second may have begun, so its entry stays.
    entries = hub.rows("SELECT subject FROM sellerops.audit_entry WHERE id > %s ORDER BY id", newest["id"])
    assert [entry["subject"] for entry in entries] == [
        f"{SALES.dag_id}/{claim['run_id']}" for claim in claims[:2]
    ]


def test_a_quarantined_document_leads_to_its_question(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    (row,) = _get(hub, "health/quarantine")["rows"]
    assert row["question_path"] is None
    subject = f"sales_and_traffic: {ACCOUNT} sales_daily US 2026-11-18"
    asked = airflow_links.Question("sellerops__quarantine", "r1", "document.ask", 2, subject)
    monkeypatch.setattr(health, "open_questions", lambda _: [asked])
    (row,) = _get(hub, "health/quarantine")["rows"]
    assert row["question_path"] == (
        "dags/sellerops__quarantine/runs/r1/tasks/document.ask/mapped/2/required_actions"
    )
    assert row["figures"][0]["median"] == "4211.3"


def test_open_questions_and_paused_dags_are_airflows(hub: Hub) -> None:
    assert airflow_links.open_questions(["sellerops__quarantine"]) == []
    assert airflow_links.paused_dags() == frozenset()


def test_the_next_slot_of_an_empty_bucket_is_when_a_token_is_back(hub: Hub) -> None:
    empty, full = _get(hub, "health/quota", sort="left", direction="asc")["rows"]
    assert (empty["operation"], empty["left"], empty["per_minute"]) == ("createReport", 0, 1)
    assert datetime.fromisoformat(empty["free_at"]) == NOW + timedelta(seconds=60)
    assert (full["left"], datetime.fromisoformat(full["free_at"])) == (10, NOW)


def test_settling_curves_come_with_the_lookback(hub: Hub) -> None:
    assert "sales_and_traffic" in _get(hub, "health/settling/reports")
    curves = _get(hub, "health/settling", report="sales_and_traffic")
    assert {curve["lookback"] for curve in curves} == {SALES.period.lookback.days}
    for curve in curves:
        assert (curve["measured_at"], curve["settled_after"], curve["points"]) == (None, None, [])
        assert curve["dag_path"] == "dags/sellerops__maintenance"
    assert hub.owner.get("/hub/api/health/settling?report=nothing").status_code == 404


def test_settling_curves_are_those_stored(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    table, at = "amazon_sp.sales_daily", NOW - timedelta(hours=4)
    hub.add_to("sellerops.settling_measurement", {"table_name": table, "measured_at": at})
    figure = {"table_name": table, "days": 30, "cells": 10_000}
    hub.add_to(
        "sellerops.settling_figure",
        *({**figure, "account_id": "", "age_days": age, "moved": 500 // age**2} for age in (3, 2, 1)),
        {**figure, "account_id": ACCOUNT, "age_days": 1, "moved": 9},
    )
    both = _settling(hub)
    assert datetime.fromisoformat(both["measured_at"]) == at
    assert [(point["age"], round(point["percent"], 2)) for point in both["points"]] == [
        (1, 95),
        (2, 98.75),
        (3, 99.45),
    ]
    assert (both["settled_after"], both["lookback"]) == (3, SALES.period.lookback.days)
    one = _settling(hub, account=ACCOUNT)
    assert (one["settled_after"], len(one["points"])) == (1, 1)
    period = SALES.period.model_copy(update={"lookback_auto": True})
    tables = {"sales_daily": SALES.tables["sales_daily"]}
    auto = SALES.model_copy(update={"period": period, "tables": tables})
    monkeypatch.setattr(health, "known_reports", lambda: Reports({auto.name: auto}, {}))
    assert (_settling(hub)["lookback"], _settling(hub, account=ACCOUNT)["lookback"]) == (3, 2)
    other = _settling(hub, account="northwind_eu")
    assert (other["measured_at"], other["settled_after"], other["points"]) == (both["measured_at"], None, [])


def _settling(hub: Hub, **query: Any) -> Any:
    curves = _get(hub, "health/settling", report="sales_and_traffic", **query)
    return next(curve for curve in curves if curve["table"] == "amazon_sp.sales_daily")


def _get(hub: Hub, path: str, **query: Any) -> Any:
    answer = hub.owner.get(f"/hub/api/{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def _cell(hub: Hub, day: date) -> Any:
    query = {"report": SALES.name, "account_id": ACCOUNT, "marketplace_id": US, "day": day.isoformat()}
    return _get(hub, "health/calendar/cell", **query)


def _fill(hub: Hub) -> None:
    ca = "A2EUQ1WTGCTBG2"
    every = [date(2026, 10, 20) + timedelta(days=n) for n in range(32)]
    us = {
        day: "LOADED" for day in every if (not GAP[0] <= day <= GAP[1] and day.day != 20) or day.month == 10
    }
    us |= {date(2026, 11, 16): "FAILED", date(2026, 11, 18): "QUARANTINED", date(2026, 11, 20): "LOADED"}
    # Nothing newer than five days, though its schedule is daily.
    canada = {day: "LOADED" for day in every if day < date(2026, 11, 16)}
    hub.add_to(
        "sellerops.slice_state",
        *(
            {"report": SALES.name, "account_id": ACCOUNT, "marketplace_id": place, "day": day, "state": state,
             "dag_id": SALES.dag_id, "run_id": RUN, "task_id": f"{ACCOUNT}.slice.load_postgres",
             "map_index": 0, "updated_at": NOW - timedelta(days=3)}
            for place, states in ((US, us), (ca, canada))
            for day, state in states.items()
        ),
    )  # fmt: skip
    load = {
        "report": SALES.name, "account_id": ACCOUNT, "marketplace_id": US, "destination": "postgres",
        "table_name": "amazon_sp.sales_daily", "stored": 0, "seconds": 1, "started_at": NOW,
        "recorded_at": NOW - timedelta(days=2),
        **dict.fromkeys(("inserted", "updated", "unchanged", "superseded", "replaced"), 0),
    }  # fmt: skip
    hub.add_to(
        "sellerops.load",
        *({**load, "rejected": rows, "rows_in_file": rows} for rows in (2, 3)),
        {**load, "rejected": 0, "rows_in_file": 1, "stored": 1, "inserted": 1},
        {**load, "rejected": 9, "rows_in_file": 9, "recorded_at": NOW - timedelta(days=60)},
    )
    hub.add_to(
        "sellerops.schema_change",
        {"report": SALES.name, "table_name": "amazon_sp.sales_daily", "column_name": "new", "kind": "added",
         "seen_at": NOW - timedelta(days=2)},
    )  # fmt: skip
    hub.add_to(
        "sellerops.quarantine",
        {"source": "amazon_sp", "report": SALES.name, "table_name": "amazon_sp.sales_daily",
         "destination": "postgres", "account_id": ACCOUNT, "place": US, "first_day": date(2026, 11, 18),
         "last_day": date(2026, 11, 18), "reported_at": NOW, "slice": '{"label": "US 2026-11-18"}',
         "figures": '[{"day": "2026-11-18", "new": 0, "stored": 4180.2, "median": 4211.3, "new_rows": 12}]',
         "reason": "no sales"},
    )  # fmt: skip
    figure = {"check_name": "orders", "account_id": ACCOUNT, "marketplace_id": US, "subject": "units"}
    hub.add_to(
        "sellerops.check_result",
        *(
            {**figure, "day": date(2026, 11, day), "verdict": verdict}
            for day, verdict in ((17, "off"), (18, "ok"), (19, "off"))
        ),
        {**figure, "day": date(2026, 1, 1), "verdict": "off"},
    )
    bucket = {"application": "app", "account_id": ACCOUNT, "updated_at": NOW}
    hub.add_to(
        "sellerops.quota_bucket",
        {**bucket, "operation": "createReport", "rate": 1 / 60, "interval_s": 60, "burst": 15,
         "tat": NOW + timedelta(seconds=900)},
        {**bucket, "operation": "getReport", "rate": 2, "interval_s": 0.5, "burst": 10, "tat": NOW},
    )  # fmt: skip
