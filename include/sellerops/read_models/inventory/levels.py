"""Stock of each SKU and marketplace by where it is, with its value at cost and how long it lasts."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel

from sellerops.read_models.costs import COST
from sellerops.read_models.queries import Connection
from sellerops.read_models.scope import Scope
from sellerops.read_models.tables import Direction, Paging, Table, select_table


class Level(BaseModel):
    """A row of mart ``inventory_levels``, with its columns. Times are in UTC.

    Rows without a marketplace: AWD and your own warehouses. ``is_counted``: of the rows of one stock pool in
    the scope, the one that totals count. ``units_owned``: all units at and on their way to Amazon, in AWD and
    in your warehouses, without ``on_order``. ``stock_value``: these units at today's landed cost, in
    ``currency``. ``without_cost``: 1 if the cost or its exchange rate is unknown; in totals, the number of
    such SKUs. ``cover_days``: available units, transfers and processing divided by the median demand per day
    of mart ``restock``.
    """

    account_id: str
    marketplace_id: str
    marketplace: str
    stock_pool: str
    is_counted: bool
    sku: str
    asin: str | None
    fnsku: str | None
    title: str | None
    day: date | None
    snapshot_at: datetime | None
    available: int | None
    fc_transfer: int | None
    fc_processing: int | None
    reserved_customer_orders: int | None
    reserved: int | None
    inbound_working: int | None
    inbound_shipped: int | None
    inbound_receiving: int | None
    unsellable: int | None
    researching: int | None
    total: int | None
    awd_available: int | None
    awd_reserved: int | None
    awd_replenishing: int | None
    awd_inbound: int | None
    own_warehouse: int | None
    on_order: int | None
    inbound_open: int | None
    inbound_14_days: int | None
    inbound_30_days: int | None
    inbound_undated: int | None
    next_expected_on: date | None
    units_owned: int
    currency: str | None
    unit_cost: Annotated[Decimal | None, COST]
    stock_value: Annotated[Decimal | None, COST]
    daily_units: Decimal | None
    cover_days: Decimal | None
    stock_out_on: date | None
    order_status: str
    without_cost: int
    status: str
    missing: list[str]


def read_levels(
    connection: Connection,
    scope: Scope,
    paging: Paging,
    *,
    today: date,
    sku: str | None = None,
    order_status: str | None = None,
    sees_costs: bool = False,
) -> Table[Level]:
    """Current levels, the largest value first. Totals count the stock of a pool once.

    Without ``sees_costs``, the most units come first.

    :param order_status: only SKUs whose recommendation has this status, such as ``overstock``.
    """
    values = {**scope.values(), "today": today, "sku": sku, "order_status": order_status}
    return select_table(
        connection,
        __file__,
        Level,
        values,
        paging,
        sort="stock_value" if sees_costs else "units_owned",
        direction=Direction.DESCENDING,
    )
