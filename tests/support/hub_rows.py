"""Made-up rows in every mart, for tests of what pages do with figures rather than of the figures."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import psycopg
from psycopg import sql
from support.hub import ACCOUNT, US, Hub

from sellerops.marts.specs import MartSpec, load_marts

LAST_DAY = date(2026, 11, 20)
SKUS = ("NW-001", "NW-002", "NW-003")
_DAYS = 35
_DAYS_OF_SKUS = 9
_TEXTS = {
    "account_id": ACCOUNT, "marketplace_id": US, "currency": "USD", "reporting_currency": "USD",
    "title": "Stove-top kettle, 1.5 litres, brushed steel", "missing": "", "ad_product": "SPONSORED_PRODUCTS",
    "abc_class": "A", "class": "regular", "mask_reason": "", "events": "", "warning": "", "level": "CM1",
    "kind": "lost", "state": "open", "stage": "receiving", "shipment_status": "RECEIVING",
}  # fmt: skip
_SHARES = {"ratio", "percent"}
_STATUSES = ("complete", "complete", "estimated", "incomplete")


def fill_marts(hub: Hub) -> None:
    """Every mart with a month of rows of three SKUs, some of them estimated or incomplete."""
    marts = load_marts()
    hub.make(*(mart.name for mart in marts))
    with psycopg.connect(hub.conninfo) as connection, connection.cursor() as cursor:
        for mart in marts:
            columns = sql.SQL(", ").join(map(sql.Identifier, mart.columns))
            table = sql.Identifier("sellerops_marts", mart.name)
            with cursor.copy(sql.SQL("COPY {} ({}) FROM STDIN").format(table, columns)) as copy:
                for row in _rows(mart):
                    copy.write_row(row)


def _rows(mart: MartSpec) -> Iterator[list[Any]]:
    by_sku = "sku" in mart.grain
    skus = SKUS if by_sku else SKUS[:1]
    key = [list(mart.columns).index(name) for name in mart.grain]
    seen: set[tuple[Any, ...]] = set()
    for ago in range(_DAYS_OF_SKUS if by_sku else _DAYS):
        for index, sku in enumerate(skus):
            number = ago * len(skus) + index
            row = [_value(mart, name, LAST_DAY - timedelta(days=ago), sku, number) for name in mart.columns]
            if (key_values := tuple(row[index] for index in key)) not in seen:
                seen.add(key_values)
                yield row


def _value(mart: MartSpec, name: str, day: date, sku: str, number: int) -> Any:
    column = mart.columns[name]
    match column.type:
        case "text":
            return _text(name, sku, number)
        case "date":
            return day.replace(day=1) if name in {"month", "month_first"} else day
        case "timestamp":
            return datetime.combine(day, time(8), UTC)
        case "boolean":
            return number % 3 != 0
        case "integer":
            return number * 7 % 60
        case _:
            share = column.unit in _SHARES
            return Decimal(number * 37 % 100) / 100 if share else Decimal(number * 791 % 2000) / 10
    raise AssertionError(f"{mart.name}.{name} has type {column.type}")


def _text(name: str, sku: str, number: int) -> str:
    if name == "sku":
        return sku
    if name in {"asin", "parent_asin", "fnsku"}:
        return f"B0{sku.replace('-', ''):0>8}"
    if name == "status":
        return _STATUSES[number % len(_STATUSES)]
    if name == "missing":
        return "cost" if _STATUSES[number % len(_STATUSES)] == "incomplete" else ""
    return _TEXTS.get(name, f"{name.replace('_', ' ')} {number}")
