"""Profit by SKU: what each SKU earned over the days of the scope, and what belongs to none."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel

from sellerops.read_models.costs import COST
from sellerops.read_models.profit.pieces import piece_values
from sellerops.read_models.profit.told import MissingWords
from sellerops.read_models.queries import Connection
from sellerops.read_models.scope import Scope
from sellerops.read_models.tables import Paging, Table, select_table


class Spread(StrEnum):
    """How overhead is spread over SKUs: not at all, by product sales or by units of the account's SKUs."""

    NONE = "none"
    SALES = "sales"
    UNITS = "units"


class SkuProfit(BaseModel):
    """A SKU, or, with an empty ``sku``, the amounts that name none.

    Income positive, cost negative; None: unknown. ``selling_fees``: referral, closing and digital services.
    ``other_cm1``: returns, refund administration, chargebacks, merchant shipping and other. ``cogs``: minus
    the cost of sellable returns. ``other_cm2``: coupon fees, inbound, removals, reimbursements, clawbacks,
    VAT on fees and other. ``margin``: cm2 / product_sales.
    """

    account_id: str
    sku: str
    currency: str
    asin: str | None
    title: str | None
    units: int
    returned_units: int
    product_sales: Decimal | None
    other_income: Decimal | None
    refunds: Decimal | None
    promotions: Decimal | None
    selling_fees: Decimal | None
    fulfilment_fees: Decimal | None
    other_cm1: Decimal | None
    cogs: Annotated[Decimal | None, COST]
    cm1: Annotated[Decimal | None, COST]
    ads: Decimal | None
    storage: Decimal | None
    other_cm2: Decimal | None
    cm2: Annotated[Decimal | None, COST]
    overhead: Decimal | None
    profit: Annotated[Decimal | None, COST]
    margin: Annotated[Decimal | None, COST]
    status: str
    missing: MissingWords


def read_sku_profit(
    connection: Connection,
    scope: Scope,
    paging: Paging,
    spread: Spread = Spread.NONE,
    *,
    sees_costs: bool = False,
) -> Table[SkuProfit]:
    """Profit by SKU, with the totals of profit by marketplace.

    A search matches part of a SKU, ASIN or title. The largest CM2 comes first; without ``sees_costs``, the
    largest sales.
    """
    values = {**scope.values(), **piece_values(scope), "spread": spread.value}
    sort = "cm2" if sees_costs else "product_sales"
    return select_table(connection, __file__, SkuProfit, values, paging, sort=sort)
