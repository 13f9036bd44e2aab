"""What computed marts read: their SELECTs use declared inputs and columns, in both databases' dialects."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import sqlglot

from sellerops.demand import forecast_mart, grade_marts, reading, restock_reading, suppliers
from sellerops.destinations.mart_store import Span
from sellerops.marts.inputs import declared_columns
from sellerops.marts.specs import load_mart
from sellerops.marts.templates import SpanSql

SPAN = Span("northwind_na", None, date(2026, 11, 20), date(2026, 11, 20))


def _statements(module: ModuleType, *names: str) -> Iterator[tuple[str, str]]:
    for name, value in vars(module).items():
        if isinstance(value, str) and value.startswith("SELECT") and (not names or name in names):
            yield f"{module.__name__}.{name}", value


BY_MART = {
    "forecast": [*_statements(forecast_mart), *_statements(reading)],
    "restock": [*_statements(restock_reading), *_statements(suppliers)],
    "forecast_grade": [
        *_statements(reading, "_DAYS", "_SKUS", "_RUNS", "_UNUSUAL"),
        *_statements(forecast_mart, "_NEWEST"),
        *_statements(grade_marts, "_FORECASTS"),
    ],
    "restock_grade": [*_statements(grade_marts, "_RESTOCK", "_EMPTY", "_RECEIVED")],
}


@pytest.fixture(scope="module")
def columns_of() -> Any:
    declared = declared_columns()

    def found(name: str) -> Any:
        if "." in name:
            return declared(name)
        return {column: each.type for column, each in load_mart(name).columns.items()}

    return found


@pytest.mark.parametrize("dialect", ["postgres", "bigquery"])
@pytest.mark.parametrize("mart", BY_MART)
def test_statements_read_what_the_header_declares(mart: str, dialect: str, columns_of: Any) -> None:
    assert BY_MART[mart]
    store: Any = SimpleNamespace(dialect=dialect, table_sql=lambda table: table)
    writer = SpanSql(load_mart(mart), store, {}, columns_of)
    for name, statement in BY_MART[mart]:
        text = writer.restricted(statement, SPAN)
        tree = sqlglot.parse_one(text, read=dialect)
        assert "{{" not in text
        # Inputs that do not exist are read as empty tables with their declared columns.
        assert len(list(tree.find_all(sqlglot.exp.Column))) > 0, name
        for call in ("ref(", "source("):
            assert call not in text, name


def test_columns_of_statements_are_declared(columns_of: Any) -> None:
    """`alias.column` of a statement is a column of the table behind the alias."""
    checked = 0
    for statements in BY_MART.values():
        for name, statement in statements:
            marked = statement
            tables = dict(_tables(statement))
            for text, table in tables.items():
                marked = marked.replace(text, table.replace(".", "__"))
            tree = sqlglot.parse_one(marked, read="postgres")
            known = {each.alias: each.name.replace("__", ".", 1) for each in tree.find_all(sqlglot.exp.Table)}
            for column in tree.find_all(sqlglot.exp.Column):
                if column.table in known:
                    checked += 1
                    assert column.name in columns_of(known[column.table]), f"{name}: {column}"
    assert checked > 150


def _tables(statement: str) -> Iterator[tuple[str, str]]:
    for part in statement.split("{{")[1:]:
        call = part.split("}}")[0]
        yield "{{" + call + "}}", call.split("'")[1]
