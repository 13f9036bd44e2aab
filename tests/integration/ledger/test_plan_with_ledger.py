"""`backfill plan` and `quota` with a ledger: existing documents, bucket levels, learned cooldowns."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from sellerops.base.clock import Clock
from sellerops.calendar.backfill import run_moments
from sellerops.calendar.slices import Slice, plan_slices
from sellerops.cli import main
from sellerops.collect.context import key_of
from sellerops.ledger import Ledger, RunRef, listings
from sellerops.ledger.listings import ListedReport
from sellerops.rate_limits import Bucket, Granted, QuotaLedger, load_rate_limits
from sellerops.settings.accounts import Account, load_accounts
from sellerops.settings.specs import load_spec
from sellerops.sources.amazon_sp.reports import query_of

NOW = datetime(2026, 11, 21, 14, tzinfo=UTC)
FIRST, LAST = date(2026, 11, 10), date(2026, 11, 12)
RUN = RunRef(
    "report__amazon_sp__sales_and_traffic", "manual", "slice.fetch_report", 0, 1, "sales_and_traffic"
)


@pytest.fixture
def account(ledger: Ledger, conninfo: str, monkeypatch: pytest.MonkeyPatch) -> Account:
    """An account whose command line finds the test's ledger, its clock at NOW."""
    ledger.set_clock(Clock(NOW, NOW, 0.0))
    monkeypatch.setenv("SELLEROPS_WAREHOUSE", conninfo)
    return load_accounts()["northwind_na"]


def plan(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    capsys.readouterr()
    days = ["--from", str(FIRST), "--to", str(LAST), "--account", "northwind_na", "--json"]
    assert main(["backfill", "plan", "--report", "sales_and_traffic", *days]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def last_pieces(account: Account) -> list[Slice]:
    spec = load_spec("sales_and_traffic")
    last_run = run_moments(spec, FIRST, LAST, NOW)[-1]
    return plan_slices(spec, account, run_at=last_run, now=NOW)


def test_archived_and_listed_reports_are_not_planned(
    account: Account, ledger: Ledger, capsys: pytest.CaptureFixture[str]
) -> None:
    """One document in the archive, one report that another application made; one of each that is too old."""
    before = plan(capsys)
    assert (before["requests"], before["accounts"][0]["reports"][0]["in_archive"]) == (5 * 3, 0)
    spec, slices = load_spec("sales_and_traffic"), last_pieces(account)
    young, old = NOW - timedelta(hours=1), datetime(2026, 11, 12, tzinfo=UTC)
    for slice_, made in ((slices[0], young), (slices[1], old)):
        request = ledger.find_or_open_request(key_of(spec, slice_), fresh_after=None, run=RUN)
        ledger.record_created(request.id, f"report {request.id}", reported_at=made)
        ledger.record_archived(request.id, uri="file:///x", nbytes=1, sha256="x", headers={})
    told = [
        ListedReport(
            str(number), spec.report_type, query.marketplace_ids, query.start, query.end, "DONE", made
        )
        for number, (query, made) in enumerate(
            ((query_of(spec, slices[3]), young), (query_of(spec, slices[4]), old))
        )
    ]
    ledger.database.run(
        lambda c: listings.begin_listing(c, account.id, spec.report_type, old, timedelta(minutes=10))
    )
    ledger.database.run(lambda c: listings.finish_listing(c, account.id, spec.report_type, old, told))
    (report,) = plan(capsys)["accounts"][0]["reports"]
    assert (report["in_archive"], report["in_amazons_list"]) == (1, 1)
    assert report["requests"] == 5 * 3 - 2


def test_an_empty_bucket_makes_the_plan_longer(
    account: Account, ledger: Ledger, capsys: pytest.CaptureFixture[str]
) -> None:
    limits = QuotaLedger(ledger, load_rate_limits())
    full = plan(capsys)["accounts"][0]["seconds"]
    bucket = Bucket(account.application, account.id, "createReport")
    while isinstance(limits.try_acquire(bucket), Granted):
        pass
    emptied = plan(capsys)["accounts"][0]["seconds"]
    assert emptied - full == pytest.approx(14 / (0.0167 * 0.99), rel=0.01)


def test_the_quota_command_shows_what_was_learned_and_saved(
    account: Account, ledger: Ledger, capsys: pytest.CaptureFixture[str]
) -> None:
    limits = QuotaLedger(ledger, load_rate_limits())
    limits.lengthen_cooldown(
        account, "GET_AFN_INVENTORY_DATA", refusal="1", reason="requested too frequently"
    )
    key = key_of(load_spec("sales_and_traffic"), last_pieces(account)[0])
    for run_id in ("one", "two"):
        run = RunRef(RUN.dag_id, run_id, RUN.task_id, 0, 1, RUN.report)
        ledger.find_or_open_request(key, fresh_after=None, run=run)
    assert main(["quota"]) == 0
    printed = capsys.readouterr().out
    assert "GET_AFN_INVENTORY_DATA  30 min" in printed
    assert "requested too frequently" in printed
    assert "northwind_na  sales_and_traffic  ledger" in printed


def test_one_listing_in_ten_minutes_unless_it_must_reach_back_further(ledger: Ledger) -> None:
    ledger.set_clock(Clock(NOW, NOW, 0.0))
    every = timedelta(minutes=10)

    def begin(since: datetime) -> bool:
        return ledger.database.run(lambda c: listings.begin_listing(c, "northwind_na", "TYPE", since, every))

    assert begin(NOW - timedelta(hours=6))
    assert not begin(NOW - timedelta(hours=6))
    assert begin(NOW - timedelta(days=30))
    assert not begin(NOW - timedelta(days=20))
    ledger.set_clock(Clock(NOW, NOW + timedelta(minutes=11), 0.0))
    assert begin(NOW - timedelta(hours=6))
