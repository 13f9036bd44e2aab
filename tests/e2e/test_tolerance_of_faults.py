"""A short round of `make chaos` on the system of these tests, before test_traces.py adds everything up."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from support.postgres import PostgresServer
from support.system import PATIENT, System, follow_clock

from sellerops_runtime.chaos.faults import faults_for
from sellerops_runtime.chaos.plan import make_plan
from sellerops_runtime.chaos.running import break_things
from sellerops_runtime.chaos.target import Supervisor, Target
from sellerops_runtime.processes import wait_until
from sellerops_runtime.progress import Progress

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(2 * PATIENT)]

SALES = "report__amazon_sp__by_hand"
SALES_TYPE = "GET_SALES_AND_TRAFFIC_REPORT"
DAYS = 3
# What costs little processor time: no component but the triggerer has to start again. Not what crashes
# Postgres: that of the tests may forget what it was told in the last half second.
KINDS = ("kill a task", "suspend scheduler", "kill triggerer", "Amazon errs")
SEED, SECONDS, QUIET = 21, 45.0, (2.0, 5.0)


def test_a_round_of_faults_neither_loses_nor_doubles_anything(
    system: System, postgres_server: PostgresServer
) -> None:
    system.airflow.wait_for_dags(SALES)
    target = Target(
        system.airflow.stack,
        postgres_server.embedded,
        (system.sandbox.url, system.sandbox.pid),
        lambda _: None,
    )
    last = datetime.now(UTC).date() - timedelta(days=40)
    first = last - timedelta(days=DAYS - 1)
    before = len(system.created_reports(SALES_TYPE, "northwind_na"))
    faults = faults_for(target)
    plan = make_plan([faults[name].kind for name in KINDS], SEED, SECONDS, QUIET)
    assert {step.kind for step in plan} == set(KINDS)
    system.airflow.api.set_paused(SALES, False)
    with Supervisor(target) as supervisor:
        run_id = system.airflow.api.trigger(SALES, {"from_day": str(first), "to_day": str(last)})
        events = break_things(target, plan, Progress(StringIO()))
        assert not [each.what for each in events if each.what.startswith("could not be done")]
        assert "triggerer" in supervisor.restarts
        system.sandbox.clear_faults()
        system.sandbox.clock(jump_seconds=7200)
        follow_clock(system.ledger, system.sandbox)
        run = system.airflow.api.wait_for_run(SALES, run_id, PATIENT)
    assert run["state"] == "success"
    assert len(system.created_reports(SALES_TYPE, "northwind_na")) == before + 3 * DAYS
    reports = system.sandbox.control("GET", "/reports")["reports"]
    windows = Counter(
        (*each["marketplaceIds"], each["dataStartTime"])
        for each in reports
        if each["reportType"] == SALES_TYPE and str(first) <= each["dataStartTime"][:10] <= str(last)
    )
    assert set(windows.values()) == {1} and len(windows) >= 3 * (DAYS - 1)
    rows = system.select(
        "SELECT count(*), count(DISTINCT (marketplace_id, date, child_asin)),"
        " count(DISTINCT (marketplace_id, date))"
        " FROM amazon_sp.by_hand_sales_daily WHERE date BETWEEN %s AND %s",
        first,
        last,
    )
    assert rows[0][0] == rows[0][1] > 0
    assert rows[0][2] == 3 * DAYS
    wait_until(lambda: not target.tasks(), PATIENT, "the end of all tasks")
