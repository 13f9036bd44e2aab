"""Gaps are found against the ledger, claimed once, filled within their number, and given up in the end."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sellerops.base.clock import Clock
from sellerops.base.errors import ReportFatal
from sellerops.calendar.slices import Slice, plan_slices
from sellerops.cli import main
from sellerops.completeness import (
    DayState,
    FillLimits,
    Gap,
    MarketplaceCalendar,
    claim_fills,
    find_gaps,
    mark_expired,
    read_calendars,
    release_fill,
    silent_reports,
)
from sellerops.ledger import Ledger, RunRef, SliceState
from sellerops.settings.accounts import load_accounts
from sellerops.settings.specs import load_spec

SALES = load_spec("sales_and_traffic")
STOCK = load_spec("fba_manage_inventory")
NA = load_accounts()["northwind_na"]
NOW = datetime(2026, 11, 21, 18, tzinfo=UTC)
RUN = RunRef(SALES.dag_id, "scheduled__1", "northwind_na.slice.load_postgres", 0, 1, SALES.name)


@pytest.fixture
def at(ledger: Ledger) -> Callable[[float], datetime]:
    """Stops the ledger's clock at so many days after NOW."""

    def set_day(days: float) -> datetime:
        moment = NOW + timedelta(days=days)
        ledger.set_clock(Clock(datetime.now(UTC), moment, 0.0))
        return moment

    set_day(0)
    return set_day


def slices(first: str, last: str, codes: tuple[str, ...] = ("US",)) -> list[Slice]:
    days: dict[str, Any] = {"from_day": date.fromisoformat(first), "to_day": date.fromisoformat(last)}
    found = plan_slices(SALES, NA, run_at=NOW + timedelta(days=30), now=NOW, **days)
    return [slice_ for slice_ in found if set(slice_.marketplaces) & set(codes)]


def load(ledger: Ledger, first: str, last: str, **changes: Any) -> None:
    for slice_ in slices(first, last):
        ledger.set_slice_state(slice_, changes.pop("state", SliceState.LOADED), run=changes.get("run", RUN),
                               load_id=7, request_id=9)  # fmt: skip


def look(ledger: Ledger, **choice: Any) -> list[MarketplaceCalendar]:
    return list(read_calendars(ledger, SALES, [NA], **choice))


def gaps(ledger: Ledger) -> list[Gap]:
    return find_gaps(look(ledger), ledger.clock().now())


def test_days_between_the_first_and_now_that_nobody_knows_of_are_missing(
    ledger: Ledger, at: Callable[[float], datetime]
) -> None:
    assert look(ledger) == []  # what never ran misses nothing
    load(ledger, "2026-11-10", "2026-11-12")
    load(ledger, "2026-11-15", "2026-11-19")
    failed, *_ = slices("2026-11-18", "2026-11-18")
    ledger.set_slice_state(failed, SliceState.FAILED, run=RUN, error=ReportFatal("Amazon aborted it."))
    at(1.5)
    (calendar,) = look(ledger)
    counts = calendar.counts
    assert (counts[DayState.LOADED], counts[DayState.FAILED], counts[DayState.MISSING]) == (7, 1, 4)
    assert [(gap.first_day.day, gap.last_day.day) for gap in gaps(ledger)] == [(13, 14), (18, 18), (20, 20)]
    # With a first day, the days of every marketplace count, even if it was never loaded.
    assert {s.marketplace_id for s in look(ledger, first_day=date(2026, 11, 9))} == {
        each.id for each in NA.marketplaces
    }


def test_of_a_report_switched_off_only_what_the_ledger_knows_is_shown(
    ledger: Ledger, at: Callable[[float], datetime]
) -> None:
    load(ledger, "2026-11-10", "2026-11-12")
    at(1.5)
    off = SALES.model_copy(update={"enabled": False})
    (calendar,) = read_calendars(ledger, off, [NA])
    assert calendar.counts == {DayState.LOADED: 3}
    assert find_gaps([calendar], ledger.clock().now()) == []
    assert look(ledger)[0].counts[DayState.MISSING] > 0, "switched on, the days after are missing"


def test_a_gap_is_claimed_once_until_its_run_has_ended(
    ledger: Ledger, at: Callable[[float], datetime]
) -> None:
    load(ledger, "2026-11-10", "2026-11-12")
    load(ledger, "2026-11-15", "2026-11-21")
    (gap,) = gaps(ledger)
    (fill,) = claim_fills(ledger, [gap], FillLimits())
    assert fill.conf == {"from_day": "2026-11-13", "to_day": "2026-11-14", "accounts": ["northwind_na"],
                         "marketplaces": ["US"], "priority": "backfill"}  # fmt: skip
    at(1.2)
    assert claim_fills(ledger, gaps(ledger)[:1], FillLimits()) == []  # in progress
    ended = replace(RUN, run_id=fill.run_id)
    first, last = slices("2026-11-13", "2026-11-14")
    ledger.set_slice_state(first, SliceState.FAILED, run=ended, error=ReportFatal("again"))
    assert claim_fills(ledger, [gap], FillLimits()) == []  # its last day is in progress
    ledger.set_slice_state(last, SliceState.FAILED, run=ended, error=ReportFatal("again"))
    at(2.5)
    (again,) = claim_fills(ledger, gaps(ledger)[:1], FillLimits())
    assert again.run_id != fill.run_id
    at(3.4)
    assert claim_fills(ledger, gaps(ledger)[:1], FillLimits()) == []  # two days after the second
    at(4.6)
    assert len(claim_fills(ledger, gaps(ledger)[:1], FillLimits())) == 1
    at(20)
    assert claim_fills(ledger, gaps(ledger)[:1], FillLimits()) == []  # given up after three
    assert len(claim_fills(ledger, gaps(ledger)[:1], FillLimits(tries=4))) == 1


def test_a_person_waits_for_nothing_but_a_run_in_progress(
    ledger: Ledger, at: Callable[[float], datetime]
) -> None:
    load(ledger, "2026-11-10", "2026-11-12")
    load(ledger, "2026-11-14", "2026-11-21")
    (gap,) = gaps(ledger)
    at_once = FillLimits(per_day=0, tries=0, waits=False)
    (fill,) = claim_fills(ledger, [gap], at_once)
    assert claim_fills(ledger, [gap], at_once) == []
    (slice_,) = slices("2026-11-13", "2026-11-13")
    ended = replace(RUN, run_id=fill.run_id)
    ledger.set_slice_state(slice_, SliceState.FAILED, run=ended, error=ReportFatal("again"))
    assert len(claim_fills(ledger, [gap], at_once)) == 1


def test_no_more_runs_than_the_day_allows_and_a_released_one_counts_not(
    ledger: Ledger, at: Callable[[float], datetime]
) -> None:
    for day in range(1, 21, 2):
        load(ledger, f"2026-11-{day:02d}", f"2026-11-{day:02d}")
    found = gaps(ledger)
    assert len(found) >= 9
    first, second = claim_fills(ledger, found, FillLimits(per_day=2))
    assert (first.gap.first_day.day, second.gap.first_day.day) == (2, 4)  # what is forgotten first
    assert claim_fills(ledger, found, FillLimits(per_day=2)) == []
    release_fill(ledger, first)
    (again,) = claim_fills(ledger, found, FillLimits(per_day=2))
    assert again.gap == first.gap
    at(1.1)
    assert [fill.gap.first_day.day for fill in claim_fills(ledger, found, FillLimits(per_day=2))] == [6, 8]


def test_what_is_lost_is_marked_with_the_reason_and_never_run(
    ledger: Ledger, at: Callable[[float], datetime]
) -> None:
    slice_ = plan_slices(STOCK, NA, run_at=NOW - timedelta(days=5), now=NOW)[0]
    ledger.set_slice_state(slice_, SliceState.LOADED, run=RUN)
    calendars = list(read_calendars(ledger, STOCK, [NA]))
    lost = find_gaps(calendars, NOW)
    assert lost
    assert all(gap.expired for gap in lost)
    assert claim_fills(ledger, lost, FillLimits()) == []
    assert mark_expired(ledger, calendars) >= 4
    (calendar, *_) = read_calendars(ledger, STOCK, [NA])
    rows = [day.row for day in calendar.days if day.state is DayState.EXPIRED]
    assert all(row is not None and "cannot be collected later" in (row.error or "") for row in rows)
    assert find_gaps(list(read_calendars(ledger, STOCK, [NA])), NOW) == []


def test_a_schedule_that_left_no_trace_is_named(ledger: Ledger) -> None:
    accounts = [NA]
    now = ledger.clock().now()
    slice_ = plan_slices(SALES, NA, run_at=now, now=now)[0]
    ledger.set_slice_state(slice_, SliceState.LOADED, run=RUN)
    assert silent_reports(ledger, [SALES, STOCK], accounts, timedelta(hours=6)) == []
    _touched(ledger, now - timedelta(days=3))
    (silence,) = silent_reports(ledger, [SALES, STOCK], accounts, timedelta(hours=6))
    assert (silence.spec.name, silence.account_id) == ("sales_and_traffic", "northwind_na")
    assert silence.last < silence.due < now
    _touched(ledger, now - timedelta(days=31))
    assert silent_reports(ledger, [SALES], accounts, timedelta(hours=6)) == []


def _touched(ledger: Ledger, moment: datetime) -> None:
    with ledger.connection() as connection:
        connection.execute("UPDATE sellerops.slice_state SET updated_at = %s", (moment,))


def test_the_commands_show_and_start(
    ledger: Ledger,
    at: Callable[[float], datetime],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("SELLEROPS_WAREHOUSE", ledger.database.conninfo)
    load(ledger, "2026-11-10", "2026-11-12")
    load(ledger, "2026-11-15", "2026-11-20")
    at(1.5)
    assert main(["completeness", "--report", "sales_and_traffic"]) == 0
    shown = capsys.readouterr().out
    assert "MISSING 2026-11-13..2026-11-14" in shown
    assert main(["completeness", "--report", "sales_and_traffic", "--day", "2026-11-12"]) == 0
    (line,) = [text for text in capsys.readouterr().out.splitlines() if " US " in text]
    assert line.split()[3:5] == ["2026-11-12", "LOADED"]
    assert line.split()[7:10] == ["7", "9", "scheduled__1"]
    assert main(["gaps", "--json"]) == 0
    assert [gap["from"] for gap in json.loads(capsys.readouterr().out)] == ["2026-11-13"]
    log = tmp_path / "called"
    _airflow(tmp_path, f'printf "%s\\n" "$@" > {log}')
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert main(["gaps", "--fill"]) == 0
    arguments = log.read_text().splitlines()
    assert arguments[:3] == ["dags", "trigger", SALES.dag_id]
    assert json.loads(arguments[-1])["from_day"] == "2026-11-13"
    assert main(["gaps", "--fill"]) == 0
    assert "Nothing to start" in capsys.readouterr().out
    at(4)
    _airflow(tmp_path, "echo no such dag >&2; exit 1")
    assert main(["gaps", "--fill"]) == 1
    assert "no such dag" in capsys.readouterr().err


def _airflow(folder: Path, script: str) -> None:
    command = folder / "airflow"
    command.write_text(f"#!/bin/sh\n{script}\n")
    command.chmod(0o755)
