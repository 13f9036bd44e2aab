"""One message a day says what each account collected, what is open, and how much of the quota it took."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from support.airflow_home import prepare_airflow

prepare_airflow()

from integration.inbound.following_parts import add_run, add_shipment  # noqa: E402
from support.fake_runtime import task_context  # noqa: E402
from support.loads import record_load  # noqa: E402

from sellerops.base.clock import Clock  # noqa: E402
from sellerops.base.errors import ConfigurationError, ReportFatal  # noqa: E402
from sellerops.calendar.slices import plan_slices  # noqa: E402
from sellerops.completeness.summary import summarize  # noqa: E402
from sellerops.ledger import ApiCall, Ledger, LoadRecord, RunRef, SliceState  # noqa: E402
from sellerops.ledger.notices import record_fault  # noqa: E402
from sellerops.notices import Event, Notice, load_routes  # noqa: E402
from sellerops.notices.summary import summary_notice  # noqa: E402
from sellerops.rate_limits import Bucket, QuotaLedger, load_rate_limits  # noqa: E402
from sellerops.settings.accounts import load_accounts  # noqa: E402
from sellerops.settings.specs import load_spec  # noqa: E402
from sellerops_airflow import notifiers  # noqa: E402
from sellerops_airflow.housekeeping import summary  # noqa: E402

NOW = datetime(2026, 11, 21, 14, 30, tzinfo=UTC)
SALES = load_spec("sales_and_traffic")
ACCOUNTS = load_accounts()


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Notice]:
    found: list[Notice] = []
    monkeypatch.setattr(notifiers, "send_notice", lambda ledger, notice: found.append(notice))
    return found


def at(ledger: Ledger, moment: datetime) -> None:
    ledger.set_clock(Clock(datetime.now(UTC), moment, 0.0))


def settle(ledger: Ledger, day: int, code: str, state: SliceState, run_id: str, **said: Any) -> None:
    run = RunRef(SALES.dag_id, run_id, "northwind_na.slice.load_postgres", 0, 1, SALES.name)
    days = {"from_day": date(2026, 11, day), "to_day": date(2026, 11, day)}
    for slice_ in plan_slices(SALES, ACCOUNTS["northwind_na"], run_at=NOW, now=NOW, **days):
        if code in slice_.marketplaces:
            ledger.set_slice_state(slice_, state, run=run, **said)


def load(ledger: Ledger, stored: int, rejected: int, destination: str) -> None:
    record_load(ledger,
        LoadRecord("sales_and_traffic", "northwind_na", "ATVPDKIKX0DER", "sales_daily", destination, NOW,
                   rows_in_file=stored + rejected, stored=stored, rejected=rejected,
                   inserted=stored, seconds=1.0,
                   damaged_texts=rejected and 2)
    )  # fmt: skip


def hold(ledger: Ledger, table: str) -> None:
    with ledger.connection() as connection:
        connection.execute(
            """
            INSERT INTO sellerops.quarantine (source, report, table_name, destination, account_id, place,
                first_day, last_day, reported_at, slice, figures, reason)
            VALUES ('amazon_sp', 'sales_and_traffic', %s, 'postgres', 'northwind_na', 'ATVPDKIKX0DER',
                '2026-11-18', '2026-11-18', '2026-11-19T12:00Z', '{}', '[]', 'fell to nothing')
            """,
            (table,),
        )


def a_day(ledger: Ledger) -> None:
    """What happened before the last 24 hours, and in them."""
    at(ledger, NOW - timedelta(hours=25))
    settle(ledger, 16, "US", SliceState.FAILED, "run_0", error=ReportFatal("Amazon aborted it."))
    load(ledger, 999, 0, "postgres")
    hold(ledger, "sales_daily")  # and waits still
    at(ledger, NOW - timedelta(hours=3))
    settle(ledger, 17, "US", SliceState.LOADED, "run_1")
    settle(ledger, 18, "US", SliceState.LOADED, "run_1")
    settle(ledger, 18, "CA", SliceState.CONFIRMED_EMPTY, "run_1")
    settle(ledger, 19, "US", SliceState.FAILED, "run_2", error=ReportFatal("Amazon aborted it."))
    settle(ledger, 19, "MX", SliceState.LATE, "run_2")
    load(ledger, 1200, 3, "postgres")
    load(ledger, 34, 0, "postgres")
    load(ledger, 1234, 0, "bigquery")
    hold(ledger, "sales_daily_totals")  # the same document: one question
    bucket, limits = (
        Bucket("default", "northwind_na", "createReport"),
        QuotaLedger(ledger, load_rate_limits()),
    )
    for status in (202, 202, 429):
        limits.try_acquire(bucket)
        ledger.log_call(ApiCall("northwind_na", "createReport", status))
    with ledger.connection() as connection:
        record_fault(connection, "run_failed|x", event="critical_failure", report=SALES.name,
                  headline="sales_and_traffic <failed>: 1 task failed, 3 loaded", thread="run|x")  # fmt: skip
    at(ledger, NOW)


def test_the_message_counts_days_rows_and_calls_of_24_hours_by_account_and_what_is_open_now(
    ledger: Ledger, sent: list[Notice]
) -> None:
    a_day(ledger)
    headline = summary.send_summary(ledger, context("scheduled__1"))
    (notice,) = sent
    (rate,) = rates(ledger)
    assert (
        headline
        == notice.headline
        == ("Collected until 2026-11-21 09:30 America/New_York: 1 failed, 1 open, 1 quarantined")
    )
    assert notice.event is Event.SUMMARY
    assert notice.text.splitlines()[1:-1] == [
        "*northwind_na*: 2 runs.",
        "Days: 2 loaded, 1 without data, 1 late at Amazon, 1 failed.",
        "Rows: 1,234 stored in bigquery, 1,234 stored in postgres, 3 rejected, "
        "2 texts damaged at the source (`damaged_texts`).",
        "1 document quarantined: decide in *Required Actions*.",
        f"Quota: createReport came closest to its limit, {3 / (rate * 86400):.0%} (3 calls); 1 call refused.",
        "*northwind_eu*: nothing was collected.",
        "*Open:*",
        "- sales_and_traffic &lt;failed&gt;: 1 task failed, 3 loaded (since 2026-11-21 06:30)",
    ]
    assert "Since 2026-11-20 09:30" in notice.text.splitlines()[-1]


def rates(ledger: Ledger) -> list[float]:
    with ledger.connection() as connection:
        rows = connection.execute("SELECT coalesce(learned_rate, rate) AS rate FROM sellerops.quota_bucket")
        return [row["rate"] for row in rows]


def context(run_id: str) -> Any:
    """Of the daily DAG's run; beside a standing clock its own times do not matter."""
    values = task_context(dag_id="sellerops__daily_summary", task_id="send_summary", map_index=-1)
    values["run_id"] = run_id
    values["dag_run"].dag_id = "sellerops__daily_summary"
    return values


def test_a_day_without_anything_says_so_and_a_good_one_that_all_is_well(ledger: Ledger) -> None:
    at(ledger, NOW)
    idle = summarize(ledger, ["northwind_na"], NOW - timedelta(days=1), NOW)
    assert summary_notice(idle, "UTC", "run", "http://x").headline.endswith(": nothing was collected")
    settle(ledger, 19, "US", SliceState.LOADED, "run_1")
    good = summarize(ledger, ["northwind_na"], NOW - timedelta(days=1), NOW + timedelta(seconds=1))
    notice = summary_notice(good, "UTC", "run", "http://x")
    assert notice.headline == "Collected until 2026-11-21 14:30 UTC: all is well"
    assert "Rows: none stored." in notice.text
    assert "No open faults." in notice.text


def test_open_inbound_runs_are_counted_with_what_waits_for_a_person(ledger: Ledger) -> None:
    at(ledger, NOW)
    add_run(ledger, "Asked", state="awaiting_approval")
    add_run(ledger, "Broken", state="failed")
    add_run(ledger, "Gone", state="closed")
    short = add_run(ledger, "Short", state="shipped")
    add_shipment(ledger, short, "a", {"S": 4}, status="CLOSED", closed_at=NOW)
    today = summarize(ledger, ["northwind_na", "northwind_eu"], NOW - timedelta(days=1), NOW)
    lines = summary_notice(today, "UTC", "run", "http://x").text.splitlines()
    assert [line for line in lines if line.startswith("FBA")] == [
        "FBA inbound: 3 runs open, 1 to approve in *Required Actions*, 1 failed, "
        "1 with units missing or too many."
    ]


def test_a_retry_sends_no_notice_twice_but_each_run_has_its_own(ledger: Ledger, sent: list[Notice]) -> None:
    at(ledger, NOW)
    for run_id in ("scheduled__1", "scheduled__1", "manual__2"):
        summary.send_summary(ledger, context(run_id))
    assert [notice.key for notice in sent] == [
        "summary|scheduled__1",
        "summary|scheduled__1",
        "summary|manual__2",
    ]


def test_time_and_channel_stand_in_the_configuration(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    timetable = summary.summary_schedule("sellerops__daily_summary")
    assert timetable is not None
    assert timetable.summary == "30 9 * * * America/New_York"
    assert [target.to for target in load_routes().targets(Event.SUMMARY)] == ["#seller-reports"]
    text = load_text().replace('summary: {at: "09:30", timezone: America/New_York}', "{summary}")
    path = tmp_path / "notices.yaml"
    monkeypatch.setenv("SELLEROPS_CONFIG_DIR", str(tmp_path))
    path.write_text(text.replace("{summary}", ""))
    assert summary.summary_schedule("sellerops__daily_summary") is None
    for wrong, words in (("at: 9, timezone: UTC", 'at: "08:30"'), ('at: "09:30", timezone: Mars', "Mars")):
        path.write_text(text.replace("{summary}", f"summary: {{{wrong}}}"))
        with pytest.raises(ConfigurationError, match="summary") as refused:
            load_routes(path)
        assert words in str(refused.value)


def load_text() -> str:
    from sellerops.settings.config_files import config_dir

    return (config_dir() / "notices.yaml").read_text()
