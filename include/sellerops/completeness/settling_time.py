"""Settling time: the number of days after which 99 % of a table's cells no longer change, measured from our
own history, and the lookback that follows from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sellerops.ledger import Ledger
from sellerops.ledger.database import Connection
from sellerops.ledger.settling import (
    ALL_ACCOUNTS,
    AgeFigure,
    loaded_accounts,
    replace_settling_figures,
    settling_figures,
)
from sellerops.settings.specs import ReportSpec, TableSpec, WriteDisposition
from sellerops.settings.specs.period import AUTO_LOOKBACK_AT_FIRST

PERCENT = 99.0
# Enough history: four of each weekday, and so many cells that one percent of them is meaningful.
ENOUGH_DAYS = 28
ENOUGH_CELLS = 1_000
SHORTEST, LONGEST = timedelta(days=2), timedelta(days=60)


@dataclass(frozen=True)
class SettlingFigures:
    """The figures of one table by age, youngest first."""

    table: str
    figures: tuple[AgeFigure, ...]

    @property
    def settled(self) -> AgeFigure | None:
        """The lowest age from which 99 % of cells no longer change.

        None if the history is too short or does not reach an age at which they settle.
        """
        found = None
        for figure in reversed([each for each in self.figures if is_enough(each)]):
            if figure.percent < PERCENT:
                break
            found = figure
        return found


@dataclass(frozen=True)
class SettlingTable:
    """A table whose restatements are recorded. ``name``: including the schema; ``day``: the day column."""

    name: str
    day: str
    cells_per_row: int
    is_merge: bool


@dataclass(frozen=True)
class Lookback:
    """How far back to collect again, with the reason for the task log."""

    value: timedelta
    reason: str


def is_enough(figure: AgeFigure) -> bool:
    """Whether the figure is based on enough days and cells."""
    return figure.days >= ENOUGH_DAYS and figure.cells >= ENOUGH_CELLS


def day_column(table: TableSpec) -> str | None:
    """The column with the day that a row's figures belong to; None if its rows have no age."""
    return table.day_from_window or table.day or table.age_from


def settling_tables(spec: ReportSpec) -> list[SettlingTable]:
    """The tables of ``spec`` whose restatements are recorded."""
    found = []
    for name, table in spec.tables.items():
        day = day_column(table)
        is_snapshot = table.write_disposition is WriteDisposition.SNAPSHOT
        if day is None or is_snapshot or not (table.restatements and table.primary_key):
            continue
        cells = [
            each for each, column in table.columns.items()
            if each not in table.primary_key and not column.personal
        ]  # fmt: skip
        is_merge = table.write_disposition is WriteDisposition.MERGE
        found.append(SettlingTable(f"{spec.source}.{name}", day, len(cells), is_merge))
    return found


def has_settling(spec: ReportSpec) -> bool:
    """Whether a table of the report records its restatements."""
    return bool(settling_tables(spec))


def measure_settling(
    ledger: Ledger, spec: ReportSpec, account_id: str | None = None
) -> list[SettlingFigures]:
    """Measure the settling figures of each table of ``spec`` with recorded restatements, for one account or
    all.
    """
    with ledger.connection() as connection:
        return [
            SettlingFigures(table.name, tuple(_measure(connection, table, account_id)))
            for table in settling_tables(spec)
        ]


def store_settling(ledger: Ledger, table: SettlingTable) -> None:
    """Measure a table's settling figures, for each account and for all together, and store them for the hub's
    pages.
    """
    with ledger.connection() as connection:
        accounts = loaded_accounts(connection, table.name)
        by_account = {each: _measure(connection, table, each) for each in accounts}
        # The figures of all accounts are not the sums of each account's, because accounts share days.
        # Counting takes seconds.
        together = by_account[accounts[0]] if len(accounts) == 1 else _measure(connection, table, None)
        replace_settling_figures(connection, table.name, {**by_account, ALL_ACCOUNTS: together})


def _measure(connection: Connection, table: SettlingTable, account_id: str | None) -> list[AgeFigure]:
    return settling_figures(
        connection,
        table.name,
        table.day,
        cells_per_row=table.cells_per_row,
        is_merge=table.is_merge,
        account_id=account_id,
    )


def resolve_lookback(ledger: Ledger, spec: ReportSpec, account_id: str) -> Lookback:
    """The lookback of a run with ``lookback: auto``, from the account's history."""
    return lookback_of(measure_settling(ledger, spec, account_id))


def lookback_of(tables: Sequence[SettlingFigures]) -> Lookback:
    """The settling time of the slowest table, between 2 and 60 days; 14 days while it is unknown."""
    settled = [each.settled for each in tables]
    if not settled or any(figure is None for figure in settled):
        days = AUTO_LOOKBACK_AT_FIRST.days
        return Lookback(
            AUTO_LOOKBACK_AT_FIRST,
            f"lookback {days}d (the default): {_missing(tables)}",
        )
    slowest = max((figure for figure in settled if figure), key=lambda figure: figure.age)
    value = min(max(timedelta(days=slowest.age), SHORTEST), LONGEST)
    return Lookback(
        value,
        f"lookback {value.days}d: {slowest.percent:.1f} % of cells no longer change after {slowest.age} "
        f"{'day' if slowest.age == 1 else 'days'}, {slowest.cells:,} cells",
    )


def _missing(tables: Iterable[SettlingFigures]) -> str:
    open_ones = [each for each in tables if each.settled is None]
    if not open_ones:
        return "no table records its restatements"
    best = max((figure for each in open_ones for figure in each.figures), key=lambda f: f.days, default=None)
    if best is None or not is_enough(best):
        days, cells = (best.days, best.cells) if best else (0, 0)
        return (
            f"the history of {days} days and {cells:,} cells is too short "
            f"(needs {ENOUGH_DAYS} and {ENOUGH_CELLS:,})"
        )
    oldest = max(figure.age for each in open_ones for figure in each.figures)
    return f"cells still change after {oldest} days, the longest lookback so far"
