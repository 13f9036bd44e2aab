"""What to order today, and the cash it needs."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel

from sellerops.read_models.costs import COST
from sellerops.read_models.listings import Listing, select_listing
from sellerops.read_models.queries import Connection, Direction
from sellerops.read_models.scope import Scope
from sellerops.read_models.tables import Paging


class DueOrder(BaseModel):
    """A SKU whose order is due, as in mart ``restock``.

    ``cash_needed``: the cost of the order; ``cash_deposit``: the part of it that is paid with the order;
    ``lost_margin``: what is lost even if the order is placed today. None: unknown.
    """

    account_id: str
    marketplace_id: str
    day: date | None
    sku: str
    title: str | None
    supplier: str | None
    order_quantity: int | None
    order_by: date | None
    stock_out_on: date | None
    currency: str
    lost_margin: Annotated[Decimal | None, COST]
    cash_needed: Annotated[Decimal | None, COST]
    cash_deposit: Annotated[Decimal | None, COST]
    status: str
    missing: list[str]


class OrderTotal(BaseModel):
    """Sums of one currency. ``without_cash``: SKUs whose cost is unknown and not part of the sums."""

    currency: str
    row_count: int
    order_quantity: int
    cash_needed: Annotated[Decimal | None, COST]
    cash_deposit: Annotated[Decimal | None, COST]
    lost_margin: Annotated[Decimal | None, COST]
    without_cash: int


Orders = Listing[DueOrder, OrderTotal]
_ORDER = ("lost_margin", Direction.DESCENDING)
# Sorting by a hidden amount would reveal which is larger.
_ORDER_WITHOUT_COSTS = ("order_by", Direction.ASCENDING)


def read_orders(connection: Connection, scope: Scope, paging: Paging, *, sees_costs: bool = True) -> Orders:
    """SKUs whose status in the newest recommendations, up to two weeks old, is ``order_now``.

    Those that lose the most margin come first; without ``sees_costs``, those that must be ordered first.
    """
    order = _ORDER if sees_costs else _ORDER_WITHOUT_COSTS
    return select_listing(connection, __file__, Orders, scope.values(), paging, order)
