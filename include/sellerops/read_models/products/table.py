"""All SKUs with sales, profit, stock, advertising and refunds over the days of the scope."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel

from sellerops.read_models.costs import COST
from sellerops.read_models.profit.pieces import piece_values
from sellerops.read_models.queries import Connection
from sellerops.read_models.scope import Scope
from sellerops.read_models.tables import Paging, Table, select_table


class ProductRow(BaseModel):
    """A SKU of an account in one currency. Amounts are sums of what is known: income positive, cost negative.

    ``cm2``: contribution margin 2; None if it is unknown on ``unknown_days`` (counted per marketplace),
    without which it is ``cm2_known``. ``margin`` (cm2), ``tacos`` (advertising) and ``refund_rate``: shares
    of ``product_sales``. ``available``, ``inbound_open``: units now, not on the days of the scope; None if no
    stock is known.
    """

    account_id: str
    sku: str
    asin: str | None
    title: str | None
    brand: str | None
    currency: str
    units: int
    product_sales: Decimal
    cm2: Annotated[Decimal | None, COST]
    cm2_known: Annotated[Decimal | None, COST]
    margin: Annotated[Decimal | None, COST]
    ads: Decimal
    tacos: Decimal | None
    refunds: Decimal
    refund_rate: Decimal | None
    available: int | None
    inbound_open: int | None
    unknown_days: int
    status: str
    missing: list[str]


def read_products(connection: Connection, scope: Scope, paging: Paging) -> Table[ProductRow]:
    """SKUs that are listed or had figures. A search matches part of a SKU, ASIN or title."""
    values = {**scope.values(), **piece_values(scope)}
    return select_table(connection, __file__, ProductRow, values, paging, sort="product_sales")
