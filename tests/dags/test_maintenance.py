"""Housekeeping deletes only what nothing needs, finds stale slices, and sends unsent notices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from support.channels import Channels
from support.fake_runtime import DAG_ID, SLICE
from support.loads import record_load, record_rejects

from sellerops.base.clock import Clock
from sellerops.base.errors import CredentialsError, GiveUpError, ReportFatal
from sellerops.formats.rows import RejectReason, RowReject
from sellerops.ledger import Ledger, LoadRecord, RequestKey, RunRef, SliceState
from sellerops_airflow.hooks.login_with_amazon import LoginWithAmazonHook
from sellerops_airflow.housekeeping import maintenance

START = datetime(2026, 1, 1, tzinfo=UTC)
RUN = RunRef(DAG_ID, "scheduled__1", "northwind_na.slice.fetch_report", 0, 1, "sales_and_traffic")


@pytest.fixture
def at(ledger: Ledger) -> Callable[[float], None]:
    """Set the ledger's clock to so many days after START; it stays there."""

    def set_day(days: float) -> None:
        ledger.set_clock(Clock(datetime.now(UTC), START + timedelta(days=days), 0.0))

    set_day(0)
    return set_day


def archived(ledger: Ledger, day: int = 1, report_id: str = "1") -> int:
    start = START + timedelta(days=day)
    key = RequestKey("amazon_sp", "T", "northwind_na", ("ATVPDKIKX0DER",), start, start + timedelta(days=1))
    request = ledger.find_or_open_request(key, fresh_after=ledger.clock().now(), run=RUN)
    assert ledger.claim_create(request.id)
    ledger.record_created(request.id, report_id, reported_at=ledger.clock().now())
    ledger.record_archived(request.id, uri="mem://", nbytes=1, sha256="0", headers={})
    return request.id


def ids(ledger: Ledger) -> set[int]:
    with ledger.connection() as connection:
        return {row["id"] for row in connection.execute("SELECT id FROM sellerops.report_request")}


def test_only_what_a_newer_request_replaced_long_ago_is_forgotten(
    ledger: Ledger, at: Callable[[float], None]
) -> None:
    old = archived(ledger, report_id="1")
    at(10)
    newer = archived(ledger, report_id="2")
    only = archived(ledger, day=2, report_id="3")
    at(405)
    assert maintenance.purge(ledger, 400)["report_request"] == 1
    assert ids(ledger) == {newer, only}
    assert old not in ids(ledger)
    at(1000)
    assert maintenance.purge(ledger, 400)["report_request"] == 0


def test_old_rejects_and_notices_are_deleted_and_loads_stay(
    ledger: Ledger, at: Callable[[float], None]
) -> None:
    counts = {"rows_in_file": 1, "stored": 0, "rejected": 1, "inserted": 0, "updated": 0, "unchanged": 0}
    for _ in range(2):
        load_id = record_load(
            ledger,
            LoadRecord(
                report="r",
                account_id="a",
                marketplace_id="",
                table="t",
                destination="postgres",
                superseded=0,
                replaced=0,
                seconds=0.1,
                started_at=ledger.clock().now(),
                **counts,
            ),
        )
        record_rejects(ledger, load_id, [RowReject(2, RejectReason.UNREADABLE_VALUE)])
        ledger.claim_notice(f"notice {load_id}")
        at(399)
    at(401)
    deleted = maintenance.purge(ledger, 400)
    assert (deleted["rejected_row"], deleted["notice"]) == (1, 1)
    assert len(ledger.loads()) == 2


def test_slices_that_never_ended_are_named(ledger: Ledger, at: Callable[[float], None]) -> None:
    maintenance.check_stale_slices(ledger, 36)
    other = replace(SLICE, first_day="2026-11-18", last_day="2026-11-19")
    ledger.set_slice_state(SLICE, SliceState.LOADED, run=RUN)
    ledger.set_slice_state(other, SliceState.REQUESTED, run=RUN)
    at(1)
    maintenance.check_stale_slices(ledger, 36)
    at(2)
    with pytest.raises(
        GiveUpError, match=r"northwind_na 2026-11-18\.\.2026-11-19 \(run scheduled__1\)"
    ) as caught:
        maintenance.check_stale_slices(ledger, 36)
    assert "1 slices" in caught.value.cause
    assert "clear" in caught.value.remedy
    at(40)
    maintenance.check_stale_slices(ledger, 36)


def test_a_notice_slack_did_not_take_is_sent_later_and_once(
    ledger: Ledger, at: Callable[[float], None], sent: Channels
) -> None:
    ledger.set_slice_state(SLICE, SliceState.FAILED, run=RUN, error=ReportFatal("Amazon aborted it."))
    notified = replace(RUN, run_id="scheduled__2")
    another = replace(SLICE, first_day="2026-11-19", last_day="2026-11-19")
    ledger.set_slice_state(another, SliceState.FAILED, run=notified, error=ReportFatal("notified"))
    ledger.claim_notice(f"run_failed|{DAG_ID}|scheduled__2|0")
    assert maintenance.send_missed_notices(ledger) == 0  # its own callback may still be at work
    at(0.5)
    sent.down = {"slack"}
    assert maintenance.send_missed_notices(ledger) == 1
    assert maintenance.send_missed_notices(ledger) == 0
    sent.down = set()
    assert maintenance.send_waiting_notices(ledger) == 0
    at(0.6)
    assert maintenance.send_waiting_notices(ledger) == 1
    assert maintenance.send_waiting_notices(ledger) == 0
    (message,) = sent.messages
    assert message.target == "#seller-reports-critical"
    assert "US 2026-11-20" in message.text
    assert "Amazon aborted it." in message.text


def test_a_run_whose_id_begins_like_a_notified_one_gets_its_notice(
    ledger: Ledger, at: Callable[[float], None], sent: Channels
) -> None:
    """Keys are compared up to the bar that ends the run's id."""
    for number, run_id in enumerate(("manual__2", "manual__20", "manual__2|x")):
        slice_ = replace(SLICE, first_day=f"2026-11-1{number}", last_day=f"2026-11-1{number}")
        ledger.set_slice_state(
            slice_, SliceState.FAILED, run=replace(RUN, run_id=run_id), error=ReportFatal("x")
        )
    ledger.claim_notice(f"run_failed|{DAG_ID}|manual__20|1")
    at(0.5)
    age, horizon = timedelta(hours=2), timedelta(days=3)
    assert maintenance.runs_without_notice(ledger, age, horizon) == [
        (DAG_ID, "manual__2"),
        (DAG_ID, "manual__2|x"),
    ]
    ledger.claim_notice(f"run_failed|{DAG_ID}|manual__2|0")
    assert maintenance.runs_without_notice(ledger, age, horizon) == [(DAG_ID, "manual__2|x")]


def test_a_table_that_cannot_be_measured_keeps_no_other_from_its_settling_curve(ledger: Ledger) -> None:
    def measured() -> set[str]:
        with ledger.connection() as connection:
            rows = connection.execute("SELECT table_name FROM sellerops.settling_measurement").fetchall()
        return {row["table_name"] for row in rows}

    broken = "amazon_sp.sales_daily"
    with ledger.connection() as connection:
        connection.execute("CREATE SCHEMA amazon_sp")
        connection.execute(f"CREATE TABLE {broken} (date date)".encode())
    with pytest.raises(
        GiveUpError, match=r"of 1 of \d+ tables was not measured: amazon_sp\.sales_daily: col"
    ):
        maintenance.measure_settling(ledger)
    others = measured()
    assert {"amazon_sp.sales_daily_totals", "amazon_sp.all_orders"} <= others
    with ledger.connection() as connection:
        connection.execute(f"DROP TABLE {broken}".encode())
    assert maintenance.measure_settling(ledger) == len(others) + 1
    assert measured() == others | {broken}


def test_an_account_without_a_token_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(self: LoginWithAmazonHook) -> tuple[bool, str]:
        asked.add(self.conn_id)
        fine = self.conn_id != "amazon_ads_northwind_eu"
        return fine, "" if fine else "invalid_grant."

    asked: set[str] = set()
    monkeypatch.setattr(LoginWithAmazonHook, "test_connection", answer)
    with pytest.raises(CredentialsError, match=r"northwind_eu at amazon_ads: invalid_grant") as caught:
        maintenance.check_credentials()
    assert "northwind_na" not in str(caught.value)
    assert "amazon_sp" not in str(caught.value)
    assert len(asked) == 4
