"""Advertising by marketplace or ad product."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel

from sellerops.read_models.costs import COST
from sellerops.read_models.profit.told import MissingWords
from sellerops.read_models.queries import Connection
from sellerops.read_models.scope import Scope
from sellerops.read_models.tables import Paging, Table, select_table


class AdsBy(StrEnum):
    MARKETPLACE = "marketplace"
    AD_PRODUCT = "ad_product"
    CAMPAIGN = "campaign"


class AdsRow(BaseModel):
    """Advertising of one group; keys that it is not grouped by are empty.

    Spend is positive; sales are those that Amazon attributes to ads. ``total_sales``: product sales of the
    order view, without tax; None for campaigns. ``tacos``: spend / total_sales. ``break_even_acos``: (CM2
    before advertising) / product sales, over days and SKUs whose margin is known (``before_ads``,
    ``margin_sales``). ``days``: days with figures; ``open_days``: those whose attributed sales still grow.
    """

    account_id: str
    marketplace_id: str
    ad_product: str
    campaign_id: str
    campaign_name: str | None = None
    currency: str
    impressions: int
    clicks: int
    spend: Decimal | None
    sales: Decimal | None
    orders: int
    units: int
    total_sales: Decimal | None
    before_ads: Annotated[Decimal | None, COST]
    margin_sales: Decimal | None
    acos: Decimal | None
    roas: Decimal | None
    tacos: Decimal | None
    break_even_acos: Annotated[Decimal | None, COST]
    click_rate: Decimal | None
    cost_per_click: Decimal | None
    conversion_rate: Decimal | None
    days: int
    open_days: int
    last_day: date | None
    status: str
    missing: MissingWords


def read_ads(connection: Connection, scope: Scope, paging: Paging, by: AdsBy) -> Table[AdsRow]:
    """Advertising of the scope by marketplace or ad product; see ``campaigns`` for campaigns."""
    values = {**scope.values(), "by": by.value}
    return select_table(connection, __file__, AdsRow, values, paging, sort="spend")
