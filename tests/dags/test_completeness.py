"""The completeness DAG's steps: runs for gaps, of reports in use; schedules gone quiet."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from support.channels import Channels, sent
from support.fake_runtime import PIECE
from support.postgres import conninfo, ledger, postgres_server

from sellerops import deprecations
from sellerops.accounts import load_accounts
from sellerops.clock import Clock
from sellerops.deprecations import Deprecation, Kind
from sellerops.errors import GiveUpError
from sellerops.ledger import Ledger, RunRef, SliceState
from sellerops.slices import plan_slices
from sellerops.specs import load_spec
from sellerops_airflow import completeness

__all__ = ["conninfo", "ledger", "postgres_server", "sent"]

NOW = datetime(2026, 11, 21, 18, tzinfo=UTC)
SALES = load_spec("sales_and_traffic")
RUN = RunRef(SALES.dag_id, "run", "northwind_na.slice.load_postgres", 0, 1, SALES.name)


def test_gaps_of_reports_in_use_become_runs_once(ledger: Ledger) -> None:
    ledger.set_clock(Clock(datetime.now(UTC), NOW, 0.0))
    account = load_accounts()["northwind_na"]
    days = {"from_day": date(2026, 11, 1), "to_day": date(2026, 11, 21)}
    for piece in plan_slices(SALES, account, run_at=NOW, now=NOW, **days):
        if piece.days[0].day not in (7, 8) or piece.marketplaces != ("CA",):
            ledger.set_slice_state(piece, SliceState.LOADED, run=RUN)
    limits = {"most": 5, "tries": 3, "horizon_days": 730}
    assert completeness.find_fills(ledger, lambda _: True, **limits) == []  # paused
    (found,) = completeness.find_fills(ledger, lambda _: False, **limits)
    assert found["trigger_dag_id"] == SALES.dag_id
    assert found["conf"] == {"from_day": "2026-11-07", "to_day": "2026-11-08", "accounts": ["northwind_na"],
                             "marketplaces": ["CA"], "priority": "backfill"}  # fmt: skip
    assert completeness.find_fills(ledger, lambda _: False, **limits) == []


def test_a_removal_is_told_once_for_each_threshold(
    ledger: Ledger, sent: Channels, monkeypatch: pytest.MonkeyPatch
) -> None:
    removal = Deprecation(
        Kind.REPORT_TYPE, SALES.report_type, date(2027, 3, 1), False, "Data Kiosk", "Amazon"
    )
    monkeypatch.setattr(deprecations, "load_deprecations", lambda: [removal])
    for left in (91, 90, 89, 30, 7, 6, 0, -1):
        moment = datetime(2027, 3, 1, 6, tzinfo=UTC) - timedelta(days=left)
        ledger.set_clock(Clock(datetime.now(UTC), moment, 0.0))
        completeness.tell_deprecations(ledger)
    assert [text.splitlines()[0] for text in sent.texts] == [
        "Amazon removes GET_SALES_AND_TRAFFIC_REPORT in 90 days",
        "Amazon removes GET_SALES_AND_TRAFFIC_REPORT in 30 days",
        "Amazon removes GET_SALES_AND_TRAFFIC_REPORT in 7 days",
        "Amazon has removed GET_SALES_AND_TRAFFIC_REPORT",
    ]


def test_silence_is_told_but_of_paused_reports(ledger: Ledger) -> None:
    completeness.check_silence(ledger, lambda _: False, 6)
    ledger.set_slice_state(PIECE, SliceState.LOADED, run=RUN)
    with ledger.connection() as connection:
        connection.execute(
            "UPDATE sellerops.slice_state SET updated_at = updated_at - %s", (timedelta(days=3),)
        )
    completeness.check_silence(ledger, lambda _: True, 6)
    with pytest.raises(GiveUpError, match="sales_and_traffic northwind_na: due"):
        completeness.check_silence(ledger, lambda _: False, 6)
