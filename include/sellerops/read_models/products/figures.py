"""Models of what the hub shows about one SKU."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel

from sellerops.read_models.costs import COST


class ProductHead(BaseModel):
    """A SKU of an account, as in mart ``product``."""

    account_id: str
    sku: str
    asin: str | None
    fnsku: str | None
    own_id: str | None
    title: str | None
    brand: str | None
    size_tier: str | None
    product_group: str | None
    is_resold: bool | None
    known_since: date | None
    last_seen: date | None
    status: str
    missing: list[str]


class ProductMarketplace(BaseModel):
    """A marketplace of the SKU: its newest listing, and its stock now.

    ``is_counted``: the row represents its stock pool. ``seen_at``: when the listing's snapshot was taken
    (UTC).
    """

    marketplace_id: str
    currency: str
    is_listed: bool
    listing_status: str | None
    price: Decimal | None
    fulfilment_channel: str | None
    size_tier: str | None
    seen_at: datetime | None
    available: int | None
    inbound_open: int | None
    next_expected_on: date | None
    is_counted: bool | None
    stock_pool: str | None
    stock_day: date | None


class ProductDay(BaseModel):
    """One day and currency of the SKU over all its marketplaces; None: unknown, or nothing happened.

    ``average_price``: product sales per unit, without tax. ``ad_sales`` are part of the sales. ``available``:
    units sellable at the end of the day. ``masked``: the reasons, from all marketplaces, why demand could not
    be seen. ``buy_box_share``: the share of page views with the buy box, 0 to 1.
    """

    day: date
    currency: str | None
    units: int | None
    product_sales: Decimal | None
    average_price: Decimal | None
    ads: Decimal | None
    ad_sales: Decimal | None
    cm2: Annotated[Decimal | None, COST]
    available: int | None
    is_stock_out: bool
    masked: list[str]
    sessions: int | None
    page_views: int | None
    buy_box_share: Decimal | None
    status: str
    missing: list[str]


class ProductFee(BaseModel):
    """A kind of fee over the days of the scope; charges are negative.

    ``amount_actual``: what was charged; ``amount_estimated``: what is expected for the units ordered;
    ``rate_*``: per unit.
    """

    fee_type: str
    currency: str
    units_charged: Decimal | None
    amount_actual: Decimal | None
    units_expected: int | None
    amount_estimated: Decimal | None
    rate_actual: Decimal | None
    rate_estimated: Decimal | None
    status: str
    missing: list[str]


class ProductForecast(BaseModel):
    """The newest forecast of a stock pool and the order that follows from it.

    Columns are as in marts ``forecast`` and ``restock``. ``p10`` to ``p95``: quantiles of demand over
    ``horizon_days`` from ``day`` on.
    """

    marketplace_id: str
    stock_pool: str | None
    day: date
    demand_class: str | None
    model: str | None
    horizon_days: int | None
    p10: Decimal | None
    p50: Decimal | None
    p80: Decimal | None
    p90: Decimal | None
    p95: Decimal | None
    daily_units: Decimal | None
    wape: Decimal | None
    baseline_wape: Decimal | None
    coverage_80: Decimal | None
    drift: bool | None
    order_status: str | None
    order_quantity: int | None
    order_by: date | None
    position: int | None
    stock_out_on: date | None
    cover_days: Decimal | None
    target: Decimal | None
    reorder_point: Decimal | None
    status: str
    missing: list[str]


class ProductDemand(BaseModel):
    """Units sold from a stock pool on a day; None if unknown."""

    stock_pool: str
    day: date
    units: int | None


class ProductShipment(BaseModel):
    """The SKU in an inbound shipment, as in mart ``fba_shipments``."""

    marketplace_id: str
    shipment_id: str
    name: str | None
    shipment_status: str | None
    stage: str | None
    expected_on: date | None
    first_received_on: date | None
    last_received_on: date | None
    units_shipped: int | None
    units_received: int | None
    units_open: int | None
    units_difference: int | None
    status: str
    missing: list[str]


class ProductTotal(BaseModel):
    """Sums of one currency over the days; None if one of them is unknown. ``*_before``: the compared days."""

    currency: str
    units: int
    product_sales: Decimal | None
    ads: Decimal | None
    cm2: Annotated[Decimal | None, COST]
    units_before: int | None = None
    product_sales_before: Decimal | None = None
    ads_before: Decimal | None = None
    cm2_before: Annotated[Decimal | None, COST] = None
    status: str
    missing: list[str]


class ProductChange(BaseModel):
    """Something that changed on ``day``; ``until``: the last day of a change that lasts.

    ``kind``: price, title, status, channel, asin, size_tier, fee, cost, stock_out, suppressed, buy_box or
    alert. ``detail``: the currency of amounts, or the text of an alert.
    """

    day: date
    until: date | None
    marketplace_id: str
    kind: str
    before: str | None
    after: str | None
    detail: str | None
