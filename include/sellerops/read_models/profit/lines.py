"""Profit and loss by marketplace: each P&L line's sum over the days of the scope, and the compared sum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from sellerops.read_models.orders_loaded import ORDERS, OrdersLoaded, open_values, read_orders_loaded
from sellerops.read_models.profit.definitions import COST_LINES, Level, Line, ProfitView, lines_of
from sellerops.read_models.profit.told import words, worst
from sellerops.read_models.queries import Connection, select_mappings
from sellerops.read_models.scope import Scope

# Missing word: figures end before the scope does, because the marts of its last days are not built yet.
NO_FIGURES = "days"
_FILES = {ProfitView.ORDER: "order_sums.sql", ProfitView.PAYMENT: "cash_sums.sql"}


class Amount(BaseModel):
    """A sum. ``value`` is None if unknown on ``unknown_days`` marketplace days; ``known``: of the others."""

    value: Decimal | None
    known: Decimal | None
    unknown_days: int = 0


class LineColumn(BaseModel):
    """A marketplace, or the amounts of an account that belong to none (``marketplace_id`` is empty).

    ``open_units``: units whose amounts are estimates. ``fee_difference``: fees that Amazon posted minus those
    expected for the same units, on the days on which both are known.
    """

    account_id: str
    marketplace_id: str
    currency: str
    units: int
    open_units: int
    fee_difference: Decimal | None
    days: int
    last_day: date
    status: str
    missing: list[str]


class LineRow(BaseModel):
    """A P&L line: income positive, cost negative.

    ``cells`` are in the order of the columns; ``totals`` and ``compared`` (the totals of the days to compare
    with) are in the order of the currencies. ``compared`` is None for a currency whose last day lacks orders.
    """

    name: str
    label: str
    meaning: str
    level: Level
    is_sum: bool
    cells: list[Amount]
    totals: list[Amount]
    compared: list[Amount | None]


class ProfitLines(BaseModel):
    """Profit and loss of one view over the days of a scope.

    ``currencies``: those of the columns. ``compared_to`` is None without a comparison; ``compared_is_whole``:
    each marketplace has at least as many days with figures to compare with. ``hidden``: lines that are empty
    because the reader may not see costs.
    """

    view: ProfitView
    currencies: list[str]
    columns: list[LineColumn]
    rows: list[LineRow]
    status: str
    missing: list[str]
    compared_from: date | None
    compared_to: date | None
    compared_is_whole: bool
    hidden: list[str] = []


class _Sums(BaseModel):
    """The columns of one scope, with the sums of each."""

    columns: list[LineColumn]
    amounts: list[dict[str, Amount]]


def read_lines(connection: Connection, scope: Scope, view: ProfitView) -> ProfitLines:
    """Profit and loss of the scope by marketplace."""
    loaded = read_orders_loaded(connection, scope)
    sums = _read_sums(connection, scope, view, loaded)
    compared_scope = scope.compared()
    compared = _read_sums(connection, compared_scope, view, loaded) if compared_scope else None
    return ProfitLines(
        view=view,
        currencies=sorted({column.currency for column in sums.columns}),
        columns=sums.columns,
        rows=[_row(line, sums, compared) for line in lines_of(view)],
        status=worst(column.status for column in sums.columns),
        missing=words(column.missing for column in sums.columns) or ([] if sums.columns else [NO_FIGURES]),
        compared_from=compared_scope.start if compared_scope else None,
        compared_to=compared_scope.end if compared_scope else None,
        compared_is_whole=bool(compared and compared_scope and _is_whole(compared, sums)),
    )


def without_cost_lines(lines: ProfitLines) -> ProfitLines:
    """The same lines, with costs of goods and every line that contains them empty."""
    unknown = Amount(value=None, known=None)
    rows = [
        row.model_copy(
            update={
                "cells": [unknown for _ in row.cells],
                "totals": [unknown for _ in row.totals],
                "compared": [each and unknown for each in row.compared],
            }
        )
        if row.name in COST_LINES
        else row
        for row in lines.rows
    ]
    hidden = [row.name for row in rows if row.name in COST_LINES]
    return lines.model_copy(update={"rows": rows, "hidden": hidden})


def total_of(amounts: Sequence[Amount]) -> Amount:
    """The sum of amounts of one currency; unknown if one of them is."""
    known = [amount.known for amount in amounts if amount.known is not None]
    unknown_days = sum(amount.unknown_days for amount in amounts)
    total = sum(known, Decimal()) if known else None
    return Amount(value=None if unknown_days else total, known=total, unknown_days=unknown_days)


def _read_sums(connection: Connection, scope: Scope, view: ProfitView, loaded: list[OrdersLoaded]) -> _Sums:
    values = {**scope.values(), **open_values(loaded)}
    rows = select_mappings(connection, __file__, _FILES[view], values)
    return _Sums(
        columns=[_column(row, scope) for row in rows],
        amounts=[{line.name: _amount(row, line.name) for line in lines_of(view)} for row in rows],
    )


def _column(row: Mapping[str, Any], scope: Scope) -> LineColumn:
    missing = [word for word in row["missing"].split(", ") if word]
    status = "incomplete" if row["incomplete_days"] else "estimated" if row["estimated_days"] else "complete"
    # Costs of a whole account have rows only on days with such costs.
    if row["marketplace_id"] and row["last_day"] < scope.end:
        missing, status = [*missing, NO_FIGURES], "incomplete"
    kept = LineColumn.model_fields.keys() - {"status", "missing"}
    return LineColumn(**{name: row[name] for name in kept}, status=status, missing=words([missing]))


def _amount(row: Mapping[str, Any], name: str) -> Amount:
    unknown_days = row["days"] - row[f"{name}_days"]
    # As many decimal places as marts store.
    known = None if row[name] is None else round(row[name], 6)
    return Amount(value=None if unknown_days else known, known=known, unknown_days=unknown_days)


def _row(line: Line, sums: _Sums, compared: _Sums | None) -> LineRow:
    totals = _totals(line, sums)
    before = _totals(line, compared) if compared else {}
    currencies = sorted(totals)
    open_currencies = {column.currency for column in sums.columns if ORDERS in column.missing}
    return LineRow(
        name=line.name,
        label=line.label,
        meaning=line.meaning,
        level=line.level,
        is_sum=line.is_sum,
        cells=[amounts[line.name] for amounts in sums.amounts],
        totals=[totals[currency] for currency in currencies],
        compared=[None if currency in open_currencies else before.get(currency) for currency in currencies],
    )


def _totals(line: Line, sums: _Sums) -> dict[str, Amount]:
    cells = [
        (column.currency, amounts[line.name])
        for column, amounts in zip(sums.columns, sums.amounts, strict=True)
    ]
    return {
        currency: total_of([cell for own, cell in cells if own == currency])
        for currency in {own for own, _ in cells}
    }


def _is_whole(compared: _Sums, sums: _Sums) -> bool:
    """Whether each marketplace has at least as many days with figures to compare with."""
    days = {(each.account_id, each.marketplace_id): each.days for each in compared.columns}
    return all(
        days.get((each.account_id, each.marketplace_id), 0) >= each.days
        for each in sums.columns
        if each.marketplace_id
    )
