"""How long figures move is read from our own history, and a run reaches back so far."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from integration.destinations.documents import Doc, as_json, day_slice, spec_with

from sellerops.base.clock import Clock
from sellerops.calendar.slices import plan_slices
from sellerops.cli import main
from sellerops.completeness.settling_time import (
    SettlingFigures,
    lookback_of,
    measure_settling,
    resolve_lookback,
    settling_tables,
    store_settling,
)
from sellerops.destinations import load_document, open_destination
from sellerops.destinations.jobs import RequestMeta
from sellerops.ledger import Ledger
from sellerops.ledger.settling import AgeFigure
from sellerops.settings.accounts import load_accounts

FIRST = date(2026, 10, 1)
SPEC = spec_with("sales_and_traffic", "sales_daily", quarantine=None)
COLUMNS = len(SPEC.tables["sales_daily"].columns) - 1  # the key


def look(conninfo: str, day: date, age: int, units: Sequence[int], account: str = "northwind") -> None:
    """A document of ``day``, made ``age`` days after it."""
    rows = [
        {"parentAsin": "P", "childAsin": f"A{n}", "salesByAsin": {"unitsOrdered": count}}
        for n, count in enumerate(units)
    ]
    slice_ = day_slice(SPEC, day.isoformat(), account=account)
    doc = Doc(SPEC, slice_, as_json(salesAndTrafficByAsin=rows), content_type="application/json")
    made = datetime(day.year, day.month, day.day, 12, tzinfo=UTC) + timedelta(days=age)
    load_document(
        open_destination("postgres", conninfo),
        SPEC,
        slice_,
        RequestMeta(made, None, doc.content_type),
        doc.stream,
    )


def test_cells_by_age(
    conninfo: str, ledger: Ledger, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        day = FIRST + timedelta(days=number)
        look(conninfo, day, 1, [1, 2])
        look(conninfo, day, 2, [5, 2])
        look(conninfo, day, 4, [5, 2 if number else 3])
    look(conninfo, FIRST + timedelta(days=9), 1, [1])  # never looked at again
    look(conninfo, FIRST - timedelta(days=20), 40, [1])  # first looked at when it had settled
    (found,) = measure_settling(ledger, SPEC)
    by_age = {figure.age: figure for figure in found.figures}
    cells = 4 * 2 * COLUMNS
    assert [(f.age, f.days, f.cells, f.moved) for f in found.figures] == [
        (1, 4, cells, 5),
        (2, 4, cells, 1),
        (3, 4, cells, 1),
    ]
    assert by_age[2].percent == pytest.approx(100 * (1 - 1 / cells))
    assert measure_settling(ledger, SPEC, "another") == [SettlingFigures("amazon_sp.sales_daily", ())]
    assert "too short" in resolve_lookback(ledger, SPEC, "northwind").reason
    monkeypatch.setenv("SELLEROPS_WAREHOUSE", conninfo)
    assert main(["settling-time", "--report", "sales_and_traffic"]) == 0
    printed = capsys.readouterr().out
    assert "changed later" in printed
    assert "lookback 14d" in printed


def test_a_row_that_comes_late_counts_with_all_its_cells(conninfo: str, ledger: Ledger) -> None:
    look(conninfo, FIRST, 1, [1])
    look(conninfo, FIRST, 3, [1, 2])
    (found,) = measure_settling(ledger, SPEC)
    assert [(f.age, f.cells, f.moved) for f in found.figures] == [
        (1, 2 * COLUMNS, COLUMNS),
        (2, 2 * COLUMNS, COLUMNS),
    ]


def stored(ledger: Ledger) -> list[tuple[Any, ...]]:
    with ledger.connection() as connection:
        rows = connection.execute(
            "SELECT table_name, account_id, age_days, days, cells, moved, measured_at "
            "FROM sellerops.settling_figure JOIN sellerops.settling_measurement USING (table_name) "
            "ORDER BY 1, 2, 3"
        )
        return [tuple(row.values()) for row in rows]


def test_stored_figures_are_those_measured_of_each_account_and_of_all(conninfo: str, ledger: Ledger) -> None:
    (table,) = settling_tables(SPEC)
    store_settling(ledger, table)
    assert stored(ledger) == []
    for number in range(3):
        look(conninfo, FIRST + timedelta(days=number), 1, [1, 2])
        look(conninfo, FIRST + timedelta(days=number), 3, [1, 5])
    store_settling(ledger, table)
    alone = stored(ledger)
    assert {row[1] for row in alone} == {"", "northwind"}
    look(conninfo, FIRST, 1, [7], account="northwind_2")
    look(conninfo, FIRST, 2, [8], account="northwind_2")
    ledger.set_clock(Clock(datetime.now(UTC), datetime(2026, 11, 1, tzinfo=UTC), 0.0))
    store_settling(ledger, table)
    store_settling(ledger, table)
    found = stored(ledger)
    for account in (None, "northwind", "northwind_2"):
        (measured,) = measure_settling(ledger, SPEC, account)
        assert [row[2:6] for row in found if row[1] == (account or "")] == [
            (each.age, each.days, each.cells, each.moved) for each in measured.figures
        ]
    assert [row[3] for row in found if row[2] == 1] == [3, 3, 1]  # days that accounts share count once
    assert {row[0] for row in found} == {"amazon_sp.sales_daily"}
    assert {row[-1] for row in found} == {datetime(2026, 11, 1, tzinfo=UTC)}


def figures(*moved: int, days: int = 30, cells: int = 10_000) -> SettlingFigures:
    return SettlingFigures(
        "t", tuple(AgeFigure(age + 1, days, cells, each) for age, each in enumerate(moved))
    )


@pytest.mark.parametrize(
    ("tables", "days", "words"),
    [
        (
            [figures(900, 500, 200, 100, 40)],
            4,
            "4d: 99.0 % of cells no longer change after 4 days, 10,000 cells",
        ),
        ([figures(900, 500, 200, 100, 40), figures(900, 10)], 4, "after 4 days"),
        ([figures(10, 5)], 2, "lookback 2d: 99.9 % of cells no longer change after 1 day,"),
        ([figures(900, 50, 200, 50)], 4, "after 4 days"),
        ([figures(*[900] * 70, 5)], 60, "lookback 60d: 100.0 % of cells no longer change after 71 days"),
        (
            [figures(900, 500)],
            14,
            "14d (the default): cells still change after 2 days, the longest lookback",
        ),
        (
            [figures(5, 0, days=27)],
            14,
            "14d (the default): the history of 27 days and 10,000 cells is too short (needs 28 and",
        ),
        ([figures(5, 0, cells=999)], 14, "30 days and 999 cells is too short"),
        ([SettlingFigures("t", ())], 14, "0 days and 0 cells"),
        ([], 14, "no table records its restatements"),
    ],
)
def test_lookback(tables: list[SettlingFigures], days: int, words: str) -> None:
    found = lookback_of(tables)
    assert found.value == timedelta(days=days)
    assert words in found.reason


def test_a_run_uses_the_given_lookback() -> None:
    now = datetime(2026, 11, 20, 18, tzinfo=UTC)
    account = load_accounts()["northwind_na"]
    given = plan_slices(SPEC, account, run_at=now, now=now, lookback=timedelta(days=9))
    assert len([slice_ for slice_ in given if slice_.marketplaces == ("US",)]) == 9
    assert len(plan_slices(SPEC, account, run_at=now, now=now)) == 3 * SPEC.period.lookback.days
