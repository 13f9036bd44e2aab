"""What is to be ordered, in total and by supplier: the tiles of the Restock page."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel

from sellerops.read_models.costs import COST
from sellerops.read_models.queries import Connection, select
from sellerops.read_models.scope import Scope


class RestockSummary(BaseModel):
    """The newest recommendations of a currency. Amounts are sums of what is known; None if nothing is.

    ``due_*``: orders due within a week, and quantities that a person set; ``now_*``: those of them that must
    be ordered today; ``late_skus``: SKUs whose last day to order has passed. ``due_without_cost``: SKUs that
    ``due_cash`` lacks. ``lost_*``: what is expected to be lost even if everything is ordered today.
    ``fee_*``: low-inventory-level fee of the next 13 weeks; ``fee_skus_without_rate``: SKUs that will pay it
    at an unknown rate.
    """

    currency: str | None
    day: date | None
    skus: int
    due_skus: int
    due_units: int
    due_cash: Annotated[Decimal | None, COST]
    due_deposit: Annotated[Decimal | None, COST]
    due_without_cost: int
    now_skus: int
    now_cash: Annotated[Decimal | None, COST]
    late_skus: int
    lost_units: Decimal | None
    lost_margin: Annotated[Decimal | None, COST]
    fee_expected: Decimal | None
    fee_skus: int
    fee_skus_without_rate: int
    overstock_skus: int
    unknown_skus: int
    status: str
    missing: list[str]


class SupplierOrders(BaseModel):
    """What is due at a supplier. ``without_cost``: SKUs that the amounts do not include."""

    supplier: str
    currency: str | None
    skus: int
    units: int
    cash_needed: Annotated[Decimal | None, COST]
    cash_deposit: Annotated[Decimal | None, COST]
    without_cost: int
    order_by: date | None


def read_summary(connection: Connection, scope: Scope) -> list[RestockSummary]:
    """A row per currency; empty while nothing has been recommended."""
    return select(connection, __file__, RestockSummary, scope.values())


def read_suppliers(connection: Connection, scope: Scope, *, sees_costs: bool) -> list[SupplierOrders]:
    """A row per supplier and currency: largest amount first; without ``sees_costs``, by name."""
    values = {**scope.values(), "sees_costs": sees_costs}
    return select(connection, _beside("suppliers"), SupplierOrders, values)


def _beside(name: str) -> str:
    return str(Path(__file__).with_name(name))
