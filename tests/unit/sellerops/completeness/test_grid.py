"""The calendar of all reports: what is due without being stored, what is restated, what is off."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sellerops.completeness.grid import (
    CellState,
    GridRow,
    RowState,
    Schedule,
    grid_rows,
    schedules_of,
    stretch_around,
)
from sellerops.read_models.health.series import Series
from sellerops.settings.accounts import load_accounts
from sellerops.settings.specs import load_spec

SALES, STOCK = load_spec("sales_and_traffic"), load_spec("fba_manage_inventory")
NA = load_accounts()["northwind_na"]
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
FIRST, LAST = date(2026, 11, 1), date(2026, 11, 20)
DAYS = [FIRST + timedelta(days=n) for n in range(20)]
US = "ATVPDKIKX0DER"


def series(report: str = "sales_and_traffic", first_day: date = FIRST, **states: str) -> Series:
    """States by day of November: ``d3="FAILED"``."""
    stored = {int(day[1:]) - 1: state for day, state in states.items()}
    return Series(
        report=report,
        account_id="northwind_na",
        marketplace_id=US,
        first_day=first_day,
        offsets=list(stored),
        states=list(stored.values()),
    )


def plans(*specs: Any) -> dict[tuple[str, str], Schedule]:
    return {
        (spec.name, account): schedule
        for spec in specs
        for account, schedule in schedules_of(spec, [NA], FIRST, LAST, NOW).items()
    }


def row_of(*found: Series, **choice: Any) -> GridRow:
    options: dict[str, Any] = {"switched_off": frozenset(), "paused": frozenset(), **choice}
    rows = grid_rows(found, plans(SALES), DAYS, **options)
    return next(row for row in rows if row.marketplace_id == US)


def test_a_day_that_a_run_should_have_collected_is_missing() -> None:
    row = row_of(series(first_day=date(2026, 11, 5), d5="LOADED", d7="FAILED", d8="QUARANTINED", d9="LATE"))
    assert row.state is RowState.ON
    cells = dict(zip(DAYS, row.cells, strict=True))
    assert cells[date(2026, 11, 4)] is CellState.NOT_DUE, "before the first day that was ever collected"
    assert cells[date(2026, 11, 5)] is CellState.LOADED
    assert cells[date(2026, 11, 6)] is CellState.MISSING
    assert [cells[date(2026, 11, day)] for day in (7, 8, 9)] == [
        CellState.FAILED, CellState.QUARANTINED, CellState.LATE,
    ]  # fmt: skip


def test_a_loaded_day_is_restating_as_long_as_the_next_run_collects_it_again() -> None:
    row = row_of(series(**{f"d{day}": "LOADED" for day in range(1, 21)}))
    again = [day for day, cell in zip(DAYS, row.cells, strict=True) if cell is CellState.RESTATING]
    lookback = SALES.period.lookback.days
    assert 1 < lookback < len(DAYS)
    # The next run looks back from its own yesterday, which is a day later.
    assert again == DAYS[-(lookback - 1) :]
    assert set(row.cells) == {CellState.RESTATING, CellState.LOADED}


def test_nothing_is_missing_while_a_report_is_off_or_paused_or_never_ran() -> None:
    for choice, state in (
        ({"switched_off": frozenset({"sales_and_traffic"})}, RowState.OFF),
        ({"paused": frozenset({"sales_and_traffic"})}, RowState.PAUSED),
    ):
        row = row_of(series(d5="LOADED", d20="LOADED"), **choice)
        assert row.state is state
        assert {cell for day, cell in zip(DAYS, row.cells, strict=True) if day.day not in (5, 20)} == {
            CellState.OFF
        }
        assert row.cells[4] is row.cells[19] is CellState.LOADED
    row = row_of()
    assert (row.state, set(row.cells)) == (RowState.NEVER_RAN, {CellState.NOT_DUE})


def test_what_the_configuration_no_longer_has_is_removed() -> None:
    (row,) = grid_rows([series("gone", d5="LOADED")], {}, DAYS, switched_off=frozenset(), paused=frozenset())
    assert (row.state, row.cells[4], row.cells[5]) == (RowState.REMOVED, CellState.LOADED, CellState.OFF)


def test_a_missing_snapshot_has_expired() -> None:
    found = series("fba_manage_inventory", d1="LOADED")
    rows = grid_rows([found], plans(STOCK), DAYS, switched_off=frozenset(), paused=frozenset())
    row = next(each for each in rows if each.marketplace_id == US)
    assert row.cells[0] is CellState.LOADED, "a snapshot is not collected again"
    assert set(row.cells[1:]) == {CellState.EXPIRED}


def test_a_gap_is_the_whole_stretch_that_a_run_can_collect() -> None:
    row = row_of(series(d1="LOADED", d5="FAILED", d8="LOADED", d9="EXPIRED"))
    assert stretch_around(row, DAYS, date(2026, 11, 6)) == (date(2026, 11, 2), date(2026, 11, 7))
    assert stretch_around(row, DAYS, date(2026, 11, 8)) is None
    assert stretch_around(row, DAYS, date(2026, 11, 9)) is None
