"""The bridge: from ordered product sales to what Amazon paid, step by step, by marketplace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from sellerops.read_models.profit.told import words, worst
from sellerops.read_models.queries import Connection, select_mappings
from sellerops.read_models.scope import Scope

_CENT = Decimal("0.01")


@dataclass(frozen=True)
class _Step:
    """A step of mart bridge_day, or with ``is_sum`` the sum of the steps so far."""

    name: str
    label: str
    meaning: str
    is_sum: bool = False


_STEPS = (
    _Step("ordered", "Ordered", "Ordered product sales of Sales and Traffic, as Seller Central shows them."),
    _Step("orders_difference", "Report against orders", "What that report lacks or has beyond the orders."),
    _Step("cancelled", "Cancelled", "Orders that were cancelled."),
    _Step("pending", "Pending", "Orders whose payment is pending."),
    _Step("not_shipped", "Not shipped yet", "Orders that are not shipped yet."),
    _Step("tax_included", "Tax in prices", "Tax included in prices; settlements show it separately."),
    _Step("shipped", "Shipped", "Product sales of shipped orders, without tax.", is_sum=True),
    _Step("not_posted", "Not posted yet", "Shipped, but not in any transaction yet."),
    _Step("price_difference", "Price differences", "Posted at a different amount than ordered."),
    _Step("posted", "Posted", "Product sales that Amazon posted.", is_sum=True),
    _Step("deferred", "Held back", "Posted, but held back until some days after delivery."),
    _Step("paid", "Paid", "Product sales that Amazon released to you.", is_sum=True),
    _Step("promotions_and_fees", "Promotions, fees and tax", "Of the released orders, with shipping income."),
    _Step("paid_net", "Paid, net", "What the released orders brought.", is_sum=True),
)


class BridgeColumn(BaseModel):
    """One marketplace.

    ``unrated_days`` have no exchange rate; if there are any, all amounts are None. ``error``: paid as posted
    minus ordered and all steps, which should be 0. ``open_ordered``: ordered sales of the days that still
    change.
    """

    account_id: str
    marketplace_id: str
    currency: str
    orders: int
    units: int
    last_day: date
    unrated_days: int
    open_days: int
    open_ordered: Decimal | None
    error: Decimal | None
    status: str
    missing: list[str]


class BridgeStep(BaseModel):
    """One step. Amounts are rounded to cents and add up: a sum is the total of the amounts above it.

    ``total`` is None if there are several currencies.
    """

    name: str
    label: str
    meaning: str
    is_sum: bool
    amounts: list[Decimal | None]
    total: Decimal | None


class Bridge(BaseModel):
    """``currency``: the currency of the totals; None if there are several."""

    currency: str | None
    columns: list[BridgeColumn]
    steps: list[BridgeStep]
    status: str
    missing: list[str]


def read_bridge(connection: Connection, scope: Scope) -> Bridge:
    """The bridge of the orders of the scope's days."""
    rows = select_mappings(connection, __file__, "bridge_sums.sql", scope.values())
    columns = [_column(row) for row in rows]
    currencies = {column.currency for column in columns}
    currency = currencies.pop() if len(currencies) == 1 else None
    amounts = [_added_up(row) for row in rows]
    return Bridge(
        currency=currency,
        columns=columns,
        steps=[_step(step, amounts, currency is not None) for step in _STEPS],
        status=worst(column.status for column in columns),
        missing=words(column.missing for column in columns),
    )


def _added_up(row: Mapping[str, Any]) -> dict[str, Decimal | None]:
    """The steps rounded to cents, and sums of the rounded steps, which a person who adds them up gets too."""
    found: dict[str, Decimal | None] = {}
    so_far: Decimal | None = Decimal()
    for step in _STEPS:
        if not step.is_sum:
            amount = row[step.name]
            found[step.name] = None if amount is None else amount.quantize(_CENT)
            so_far = None if so_far is None or amount is None else so_far + amount.quantize(_CENT)
        else:
            found[step.name] = so_far
    return found


def _step(step: _Step, amounts: Sequence[Mapping[str, Decimal | None]], has_total: bool) -> BridgeStep:
    cells = [each[step.name] for each in amounts]
    known = [cell for cell in cells if cell is not None]
    total = sum(known, Decimal()) if has_total and len(known) == len(cells) else None
    return BridgeStep(**vars(step), amounts=cells, total=total)


def _column(row: Mapping[str, Any]) -> BridgeColumn:
    missing = [word for word in row["missing"].split(", ") if word]
    if row["unrated_days"]:
        missing.append("fx_rate")
    incomplete = row["incomplete_days"] or row["unrated_days"]
    status = "incomplete" if incomplete else "estimated" if row["estimated_days"] else "complete"
    kept = (
        "account_id",
        "marketplace_id",
        "currency",
        "orders",
        "units",
        "last_day",
        "unrated_days",
        "open_days",
    )
    return BridgeColumn(
        **{name: row[name] for name in kept},
        open_ordered=row["open_ordered"],
        error=None if row["bridge_error"] is None else row["bridge_error"].quantize(_CENT),
        status=status,
        missing=words([missing]),
    )
