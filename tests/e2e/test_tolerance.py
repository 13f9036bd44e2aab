"""Faults stay contained: invalid YAML, killed triggerer and workers. Moves the clock, so it runs late."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from support.system import PATIENT, System, follow_clock

from sellerops_runtime.processes import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(2 * PATIENT)]

SALES = "report__amazon_sp__by_hand"
ALL_ACCOUNTS = "report__amazon_sp__sales_and_traffic"
SALES_TYPE = "GET_SALES_AND_TRAFFIC_REPORT"


def test_a_misspelt_yaml_shows_as_an_import_error_and_disables_only_itself(system: System) -> None:
    reports = system.config / "reports" / "amazon_sp"
    healthy = set(system.airflow.api.dags("report__%"))
    broken = reports / "broken.yaml"
    broken.write_text(
        (reports / "all_orders.yaml").read_text(encoding="utf-8").replace("lookback:", "loockback:"), "utf-8"
    )
    try:
        system.parse_again(lambda: "loockback" in str(system.airflow.api.import_errors()), "the import error")
        (error,) = system.airflow.api.import_errors()
        for word in ("broken.yaml", "period.loockback", "Did you mean 'lookback'"):
            assert word in error["stack_trace"], word
        assert set(system.airflow.api.dags("report__%")) == healthy
    finally:
        broken.unlink()
        system.parse_again(lambda: not system.airflow.api.import_errors(), "the end of the import error")


def test_a_typing_error_in_accounts_keeps_every_dag_and_a_new_account_gets_its_pool(system: System) -> None:
    api, accounts = system.airflow.api, system.config / "accounts.yaml"
    sound, healthy = accounts.read_text(encoding="utf-8"), set(system.airflow.api.dags("report__%"))

    def pools() -> set[str]:
        return {pool["name"] for pool in api.request("GET", "/pools")["pools"]}

    def tasks() -> str:
        return str(api.request("GET", f"/dags/{ALL_ACCOUNTS}/tasks"))

    try:
        accounts.write_text("accounts:\n  northwind_na: {region: NA\n", encoding="utf-8")
        system.parse_again(lambda: "accounts.yaml:3" in str(api.import_errors()), "the import error")
        assert set(api.dags("report__%")) == healthy
        accounts.write_text(
            f"{sound.rstrip()}\n  southwind_na: {{region: NA, marketplaces: [US]}}\n", "utf-8"
        )
        system.parse_again(
            lambda: not api.import_errors() and "southwind_na" in tasks(), "the new account's tasks"
        )
        assert "amazon_sp_southwind_na" not in pools()
        run_id = api.trigger(ALL_ACCOUNTS, {"accounts": ["northwind_na"], "period": 1})
        wait_until(lambda: "amazon_sp_southwind_na" in pools(), PATIENT, "its pool")
        api.set_run_state(ALL_ACCOUNTS, run_id, "failed")
    finally:
        accounts.write_text(sound, encoding="utf-8")
        system.parse_again(lambda: "southwind_na" not in tasks(), "the end of its tasks")


def test_waiting_holds_no_worker_and_killed_parts_never_ask_twice(system: System) -> None:
    """Slices wait in the triggerer only; killing it, then scheduler and workers, changes nothing."""
    system.airflow.wait_for_dags(SALES)
    day = (datetime.now(UTC) - timedelta(days=12)).date().isoformat()
    before = len(system.created_reports(SALES_TYPE, "northwind_na"))
    system.sandbox.jobs(queue_seconds=7200, progress_seconds=7200)
    run_id = system.airflow.api.trigger(SALES, {"from_day": day, "to_day": day})
    system.airflow.api.set_paused(SALES, False)

    def waiting() -> bool:
        states = Counter(ti["state"] for ti in system.tasks(SALES, run_id, "fetch_report"))
        return states == {"deferred": 3}

    wait_until(waiting, PATIENT, "three waiting slices")
    pools = {pool["name"]: pool for pool in system.airflow.api.request("GET", "/pools")["pools"]}
    assert pools["amazon_sp_northwind_na"]["running_slots"] == 0

    system.airflow.crash(*system.airflow.stack.triggerers)
    system.sandbox.jobs(queue_seconds=30, progress_seconds=60)
    system.airflow.crash(*system.airflow.runners)
    system.sandbox.clock(jump_seconds=18000)
    follow_clock(system.ledger, system.sandbox)
    run = system.airflow.api.wait_for_run(SALES, run_id, PATIENT)
    assert run["state"] == "success"
    assert len(system.created_reports(SALES_TYPE, "northwind_na")) == before + 3
    rows = system.select(
        "SELECT count(*), count(DISTINCT (marketplace_id, child_asin)) FROM amazon_sp.by_hand_sales_daily"
        " WHERE date = %s",
        day,
    )
    assert rows[0][0] == rows[0][1] > 0
