"""The completeness DAG's steps: runs for gaps, of reports in use; schedules gone quiet."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from support.channels import Channels
from support.fake_runtime import SLICE

from sellerops.base.clock import Clock
from sellerops.base.errors import GiveUpError
from sellerops.calendar.slices import plan_slices
from sellerops.ledger import Ledger, RunRef, SliceState
from sellerops.settings import deprecations
from sellerops.settings.accounts import load_accounts
from sellerops.settings.deprecations import Deprecation, Kind
from sellerops.settings.specs import load_spec
from sellerops_airflow.housekeeping import completeness
from sellerops_airflow.runs import queued_runs

NOW = datetime(2026, 11, 21, 18, tzinfo=UTC)
SALES = load_spec("sales_and_traffic")
RUN = RunRef(SALES.dag_id, "run", "northwind_na.slice.load_postgres", 0, 1, SALES.name)


def nobody(dag_id: str | None, run_id: str | None) -> bool:
    """Airflow has no such run."""
    return False


def test_gaps_of_reports_in_use_become_runs_once(ledger: Ledger) -> None:
    ledger.set_clock(Clock(datetime.now(UTC), NOW, 0.0))
    account = load_accounts()["northwind_na"]
    days = {"from_day": date(2026, 11, 1), "to_day": date(2026, 11, 21)}
    for slice_ in plan_slices(SALES, account, run_at=NOW, now=NOW, **days):
        if slice_.days[0].day not in (7, 8) or slice_.marketplaces != ("CA",):
            ledger.set_slice_state(slice_, SliceState.LOADED, run=RUN)
    limits = {"most": 5, "tries": 3, "horizon_days": 730, "is_running": nobody}
    assert completeness.plan_gap_fills(ledger, lambda _: True, **limits) == []  # paused
    (found,) = completeness.plan_gap_fills(ledger, lambda _: False, **limits)
    assert found["trigger_dag_id"] == SALES.dag_id
    assert found["conf"] == {"from_day": "2026-11-07", "to_day": "2026-11-08", "accounts": ["northwind_na"],
                             "marketplaces": ["CA"], "priority": "backfill"}  # fmt: skip
    assert completeness.plan_gap_fills(ledger, lambda _: False, **limits) == []


def test_days_of_a_run_that_airflow_does_not_run_any_more_are_collected(ledger: Ledger) -> None:
    """A run that was refused, removed, or cleared after its backfill was cancelled."""
    ledger.set_clock(Clock(datetime.now(UTC), NOW, 0.0))
    account = load_accounts()["northwind_na"]
    days = {"from_day": date(2026, 11, 1), "to_day": date(2026, 11, 21)}
    gone = RunRef(SALES.dag_id, "gone", "northwind_na.plan_slices", -1, 1, SALES.name)
    for slice_ in plan_slices(SALES, account, run_at=NOW, now=NOW, **days):
        is_left = slice_.days[0].day in (3, 4)
        state = SliceState.PLANNED if is_left else SliceState.LOADED
        ledger.set_slice_state(slice_, state, run=gone if is_left else RUN)
    ledger.set_clock(Clock(datetime.now(UTC), NOW + timedelta(days=1, hours=1), 0.0))
    limits = {"most": 5, "tries": 3, "horizon_days": 730}
    asked = []

    def is_running(dag_id: str | None, run_id: str | None) -> bool:
        asked.append((dag_id, run_id))
        return True

    def fills(live: completeness.IsRunning) -> list[str]:
        found = completeness.plan_gap_fills(ledger, lambda _: False, **limits, is_running=live)
        return [fill["conf"]["from_day"] for fill in found if fill["conf"]["from_day"] < "2026-11-20"]

    assert fills(is_running) == []
    assert asked == [(SALES.dag_id, "gone")]
    assert fills(nobody) == ["2026-11-03"]


def test_quarantined_days_without_an_open_question_are_collected(ledger: Ledger) -> None:
    ledger.set_clock(Clock(datetime.now(UTC), NOW, 0.0))
    ledger.set_slice_state(SLICE, SliceState.QUARANTINED, run=RUN)
    ledger.set_clock(Clock(datetime.now(UTC), NOW + timedelta(days=1, hours=1), 0.0))
    fills = completeness.plan_gap_fills(
        ledger, lambda _: False, most=5, tries=3, horizon_days=730, is_running=lambda *_: True
    )
    assert SLICE.first_day in {fill["conf"]["from_day"] for fill in fills}


def test_runs_that_are_queued_while_none_runs_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a paused DAG, or of a cancelled backfill; not those behind others, nor one just started."""
    old, young = NOW - timedelta(days=7), NOW - timedelta(minutes=1)
    states = {
        "paused": {"queued": [("backfill__1", old), ("backfill__2", old)]},
        "behind": {"queued": [("backfill__3", old)], "running": [("backfill__4", old)]},
        "just": {"queued": [("scheduled__5", young)]},
        "cancelled": {"queued": [("backfill__6", old)]},
        "by_hand": {"queued": [("manual__7", None)]},
        "idle": {},
    }

    def count(dag_id: str, *wanted: str, run_ids: object = None) -> int:
        return sum(len(states[dag_id].get(state, [])) for state in wanted)

    def dated(dag_id: str, state: str, most: int) -> list[SimpleNamespace]:
        found = states[dag_id].get(state, [])
        return [SimpleNamespace(run_id=name, run_after=moment) for name, moment in found if moment]

    monkeypatch.setattr(queued_runs, "count_runs", count)
    monkeypatch.setattr(queued_runs, "runs_with_logical_date", dated)
    queued_runs.check_queued_runs(["behind", "just", "idle"], lambda _: False, NOW, 6)
    with pytest.raises(GiveUpError) as caught:
        queued_runs.check_queued_runs(states, lambda dag_id: dag_id == "paused", NOW, 6)
    assert caught.value.cause == (
        "queued runs of 3 DAGs do not start: paused: 2 (backfill__1, backfill__2), paused; "
        "cancelled: 1 (backfill__6); by_hand: 1 (manual)."
    )
    assert "delete the run" in caught.value.remedy


def test_a_removal_sends_one_notice_per_threshold(
    ledger: Ledger, sent: Channels, monkeypatch: pytest.MonkeyPatch
) -> None:
    removal = Deprecation(
        Kind.REPORT_TYPE, SALES.report_type, date(2027, 3, 1), False, "Data Kiosk", "Amazon"
    )
    monkeypatch.setattr(deprecations, "load_deprecations", lambda: [removal])
    for left in (91, 90, 89, 30, 7, 6, 0, -1):
        moment = datetime(2027, 3, 1, 6, tzinfo=UTC) - timedelta(days=left)
        ledger.set_clock(Clock(datetime.now(UTC), moment, 0.0))
        completeness.send_deprecation_notices(ledger)
    assert [text.splitlines()[0] for text in sent.texts] == [
        "Amazon removes GET_SALES_AND_TRAFFIC_REPORT in 90 days",
        "Amazon removes GET_SALES_AND_TRAFFIC_REPORT in 30 days",
        "Amazon removes GET_SALES_AND_TRAFFIC_REPORT in 7 days",
        "Amazon has removed GET_SALES_AND_TRAFFIC_REPORT",
    ]


def test_silent_schedules_are_named_unless_paused(ledger: Ledger) -> None:
    completeness.check_silence(ledger, lambda _: False, 6)
    ledger.set_slice_state(SLICE, SliceState.LOADED, run=RUN)
    with ledger.connection() as connection:
        connection.execute(
            "UPDATE sellerops.slice_state SET updated_at = updated_at - %s", (timedelta(days=3),)
        )
    completeness.check_silence(ledger, lambda _: True, 6)
    with pytest.raises(GiveUpError, match="sales_and_traffic northwind_na: due"):
        completeness.check_silence(ledger, lambda _: False, 6)
