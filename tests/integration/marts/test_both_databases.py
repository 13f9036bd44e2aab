"""Every mart has the same cells in Postgres and in the local BigQuery, from the same rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from support.mart_copies import copy_tables

from sellerops.destinations.bigquery import BigQueryAddress
from sellerops.destinations.bigquery.mart_dialect import TYPES
from sellerops.destinations.registry import open_mart_store
from sellerops.ledger import Ledger
from sellerops.marts import dialects
from sellerops.marts.build import MartBuilder
from sellerops.marts.inputs import declared_columns
from sellerops.marts.specs import load_marts
from sellerops.marts.templates import physical_name
from sellerops.settings.mart_tables import MARTS, Span
from sellerops.settings.specs import ColumnType

ACCOUNT = "northwind_eu"
DAYS = (date(2026, 11, 9), date(2026, 11, 14))
# The local BigQuery divides in floating point, so that a sixth decimal may be rounded the other way.
CLOSE = Decimal("0.000001")


@pytest.fixture
def _narrow_decimals(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The local BigQuery has 38 digits in all, and overflows where it multiplies two BIGNUMERIC."""
    monkeypatch.setitem(TYPES, ColumnType.DECIMAL, "NUMERIC")
    dialects.translate.cache_clear()
    yield
    dialects.translate.cache_clear()


@pytest.mark.usefixtures("_narrow_decimals")
def test_every_mart_has_the_same_cells(warehouse: Ledger, bigquery: BigQueryAddress) -> None:
    conninfo = warehouse.database.conninfo
    marts = [mart for mart in load_marts() if not mart.computed]
    declared = declared_columns()
    here, there = (
        MartBuilder(warehouse, open_mart_store(name, address, ledger=conninfo), marts, declared)
        for name, address in (("postgres", conninfo), ("bigquery", bigquery))
    )
    here.look()
    with psycopg.connect(conninfo) as connection:
        # Nothing of the other account is compared.
        connection.execute("DELETE FROM sellerops.mart_pending WHERE account_id NOT IN ('', %s)", (ACCOUNT,))
    for mart in here.marts:
        here.build(mart)
    with psycopg.connect(conninfo) as connection:
        connection.execute("ANALYZE")
    inputs = {name for mart in marts for name in mart.inputs}
    copy_tables(
        conninfo,
        bigquery,
        [
            (physical_name(name) if "." in name else f"{MARTS}.{name}", here.columns_of(name))
            for name in sorted(inputs)
        ],
        ACCOUNT,
    )
    span = Span(ACCOUNT, None, *DAYS)
    found = {}
    for mart in marts:
        one, other = (_sorted(builder.rows(mart, span), mart.grain) for builder in (here, there))
        assert len(one) == len(other), mart.name
        for mine, its in zip(one, other, strict=True):
            differing = {
                name: (mine[name], its[name]) for name in mine if not _is_same(mine[name], its[name])
            }
            assert not differing, f"{mart.name}: {differing} of {[mine[name] for name in mart.grain]}"
        found[mart.name] = len(one)
    assert sum(n > 0 for n in found.values()) > len(found) / 2, found


def _sorted(rows: list[dict[str, Any]], grain: tuple[str, ...]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: [(row[name] is None, str(row[name])) for name in grain])


def _is_same(one: Any, other: Any) -> bool:
    if isinstance(one, Decimal) and isinstance(other, Decimal):
        return abs(one - other) <= CLOSE
    return bool(one == other)
