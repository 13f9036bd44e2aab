"""Reads the inputs of one SKU's order by their keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import dict_row

from sellerops.demand.reading import pools_of

Connection = psycopg.Connection[Any]
Row = Mapping[str, Any]
_FORECAST = """
    SELECT horizon_days, p10, p50, p80, p90, p95 FROM sellerops_marts.forecast
    WHERE account_id = %(account_id)s AND marketplace_id = %(marketplace_id)s AND day = %(forecast_day)s
      AND sku = %(sku)s
"""
_SHIPMENTS = """
    SELECT stage, expected_on, units_open FROM sellerops_marts.fba_shipments
    WHERE account_id = %(account_id)s AND marketplace_id = ANY (%(places)s) AND sku = %(sku)s
      AND units_open > 0
"""
_OWN = """
    SELECT kind, quantity, expected_date FROM sellerops_reference.stock_elsewhere
    WHERE account_id = %(account_id)s AND sku = %(sku)s AND %(day)s BETWEEN valid_from AND valid_to
"""
_SUPPLIERS = """
    SELECT supplier, sku, route, priority, production_days, production_sd_days, transit_days, transit_sd_days,
           review_days, minimum_order_quantity, case_pack, freight_per_unit, currency, deposit_percent,
           balance_days
    FROM sellerops_reference.supplier WHERE account_id = %(account_id)s AND sku IN (%(sku)s, '')
"""
_PRICES = """
    SELECT supplier, sku, minimum_quantity, unit_price, currency FROM sellerops_reference.price_break
    WHERE account_id = %(account_id)s AND sku = %(sku)s
"""
_COSTS = """
    SELECT marketplace_id, sku, valid_from, manufacturing, freight, duty, prep, other, currency
    FROM sellerops_reference.cost
    WHERE account_id = %(account_id)s AND sku = %(sku)s AND %(day)s BETWEEN valid_from AND valid_to
"""
_RATES = """
    SELECT DISTINCT ON (from_currency, to_currency) from_currency, to_currency, rate
    FROM sellerops_reference.fx_rate
    WHERE to_currency = %(currency)s AND day <= %(day)s AND day >= %(day)s::date - 40
    ORDER BY from_currency, to_currency, day DESC
"""


@dataclass(frozen=True)
class SkuRows:
    """``forecast``: the row's forecast, None if it is gone. ``own``: own warehouses and open orders."""

    forecast: Row | None
    shipments: Sequence[Row]
    own: Sequence[Row]
    suppliers: Sequence[Row]
    prices: Sequence[Row]
    costs: Sequence[Row]
    rates: Mapping[tuple[str, str], float]


def read_sku_rows(connection: Connection, row: Row) -> SkuRows:
    """Read the inputs behind a row of the mart ``restock``."""
    homes = pools_of(row["account_id"])
    places = [each for each, (home, _) in homes.items() if home == row["marketplace_id"]]
    values = {**row, "places": places or [row["marketplace_id"]]}
    with connection.cursor(row_factory=dict_row) as cursor:

        def rows(statement: str) -> list[dict[str, Any]]:
            return cursor.execute(statement.encode(), values).fetchall()

        return SkuRows(
            forecast=next(iter(rows(_FORECAST)), None),
            shipments=rows(_SHIPMENTS),
            own=rows(_OWN),
            suppliers=rows(_SUPPLIERS),
            prices=rows(_PRICES),
            costs=rows(_COSTS),
            rates={
                (each["from_currency"], each["to_currency"]): float(each["rate"]) for each in rows(_RATES)
            },
        )
