"""The three clients that ``side_by_side.py`` compares, and the reports and days that they collect."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

FIRST_DAY, DAYS = date(2026, 11, 12), 7
ACCOUNT, MARKETPLACE = "northwind_na", "ATVPDKIKX0DER"


@dataclass(frozen=True)
class Wanted:
    """A report: Amazon's type, the name of our spec and its table, and the columns that identify its rows."""

    type: str
    spec: str
    key: tuple[str, ...]

    def key_of(self, row: dict[str, Any]) -> tuple[str, ...]:
        """The key of a row with Amazon's column names."""
        return tuple(_text(row.get(name)) for name in self.key)


REPORTS = (
    Wanted("GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL", "all_orders", ("amazon-order-id", "sku")),
    Wanted(
        "GET_FBA_FULFILLMENT_CUSTOMER_RETURNS_DATA", "fba_customer_returns",
        ("order-id", "sku", "license-plate-number"),
    ),
    Wanted(
        "GET_AMAZON_FULFILLED_SHIPMENTS_DATA_GENERAL", "fulfilled_shipments",
        # Some rows have neither shipment nor item id.
        ("amazon-order-id", "sku", "quantity-shipped"),
    ),
)  # fmt: skip


def days() -> list[date]:
    """The days that each client collects."""
    return [FIRST_DAY + timedelta(days=n) for n in range(DAYS)]


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip().removesuffix(".0")
