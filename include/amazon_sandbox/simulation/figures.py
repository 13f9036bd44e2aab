"""Sales and traffic of one local day as of an instant: by SKU, plus figures that exist only for the whole
day.

Sales are counted from the same orders that the order files list: every order item not cancelled at `as_of`.
The sales amount counts once the item is priced. Sessions are per SKU, so SKU figures add up to child ASIN,
parent ASIN and day.
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import add
from typing import NamedTuple

from amazon_sandbox.simulation.catalogue import Listing
from amazon_sandbox.simulation.orders import LONGEST_SHIPPING_DAYS, is_priced, orders_on, state_at
from amazon_sandbox.simulation.refunds import refunds_on
from amazon_sandbox.simulation.storefront import Storefront, kept_per_storefront
from amazon_sandbox.simulation.streams import between, poisson, uniforms

FINAL_AFTER = 7 * 86_400
LATE_TRAFFIC_HOURS = 120
LATE_TRAFFIC_SHARE = 0.12
SOLD_OUT_TRAFFIC = 0.3


class Figures(NamedTuple):
    """Counts of one SKU on one day, or a sum of such counts; `sales` in minor units; `_b` marks the part from
    Amazon Business.
    """

    units: int = 0
    items: int = 0
    sales: int = 0
    units_b: int = 0
    items_b: int = 0
    sales_b: int = 0
    browser: int = 0
    mobile: int = 0
    browser_b: int = 0
    mobile_b: int = 0
    browser_views: int = 0
    mobile_views: int = 0
    browser_views_b: int = 0
    mobile_views_b: int = 0
    buy_box_views: int = 0
    buy_box_views_b: int = 0

    def plus(self, other: Figures) -> Figures:
        """The sum, field by field."""
        return Figures(*map(add, self, other))


class DayExtras(NamedTuple):
    """What is counted per day only; amounts in minor units."""

    units_refunded: int = 0
    claims: int = 0
    claims_amount: int = 0
    shipped_sales: int = 0
    units_shipped: int = 0
    orders_shipped: int = 0
    feedback: int = 0
    negative_feedback: int = 0
    offers: int = 0
    parents: int = 0

    def plus(self, other: DayExtras) -> DayExtras:
        """The sum, field by field."""
        return DayExtras(*map(add, self, other))


class DayFigures(NamedTuple):
    """A closed day: figures by SKU (SKUs with neither sale nor visit are absent) and the day's extras."""

    skus: dict[str, Figures]
    extras: DayExtras


def total(parts: Iterable[Figures]) -> Figures:
    """The sum of figures."""
    return Figures(*map(sum, zip(Figures(), *parts, strict=True)))


def day_figures(storefront: Storefront, ordinal: int, as_of: int) -> DayFigures | None:
    """The figures of a local day as known at `as_of` (UTC epoch seconds); None until the day has ended."""
    end = storefront.marketplace.day_bounds(ordinal)[1]
    if as_of < end:
        return None
    if as_of >= end + FINAL_AFTER:
        return final_figures(storefront, ordinal)
    return _make_day(storefront, ordinal, as_of)


@kept_per_storefront(1_024)
def final_figures(storefront: Storefront, ordinal: int) -> DayFigures:
    """The final figures of a local day."""
    return _make_day(storefront, ordinal, storefront.marketplace.day_bounds(ordinal)[1] + FINAL_AFTER)


def _make_day(storefront: Storefront, ordinal: int, as_of: int) -> DayFigures:
    sold = sales_by_sku(storefront, ordinal, as_of)
    hours_closed = (as_of - storefront.marketplace.day_bounds(ordinal)[1]) // 3600
    skus = {}
    for listing in storefront.listings:
        made = _with_traffic(
            storefront, listing, ordinal, sold.get(listing.sku, Figures()), _late_share(hours_closed)
        )
        if made is not None:
            skus[listing.sku] = made
    return DayFigures(skus, _extras(storefront, ordinal))


def sales_by_sku(storefront: Storefront, ordinal: int, as_of: int) -> dict[str, Figures]:
    """Sales of a local day by SKU as known at `as_of`, even if it has not ended; traffic fields are 0."""
    sums: dict[str, list[int]] = {}
    for order in orders_on(storefront, ordinal):
        state = state_at(order, as_of)
        if state is None or state[0] == "Cancelled":
            continue
        priced = is_priced(order, state[0])
        for item in order.items:
            row = sums.setdefault(item.listing.sku, [0] * 6)
            sale = (item.quantity, 1, item.price if priced else 0)
            for index, value in enumerate(sale):
                row[index] += value
                if order.is_business:
                    row[index + 3] += value
    return {sku: Figures(*row) for sku, row in sums.items()}


def _late_share(hours_closed: int) -> float:
    """Share of the visits that are not yet counted `hours_closed` hours after the end of the day."""
    if hours_closed >= LATE_TRAFFIC_HOURS:
        return 0.0
    return float(LATE_TRAFFIC_SHARE * (1 - hours_closed / LATE_TRAFFIC_HOURS) ** 2)


def _with_traffic(
    storefront: Storefront, listing: Listing, ordinal: int, sold: Figures, late: float
) -> Figures | None:
    interest = storefront.interest(listing, ordinal)
    if interest <= 0.0:
        return None
    u = uniforms(*storefront.key, ordinal, listing.sku, "traffic")
    is_sold_out = storefront.is_sold_out(listing, ordinal)
    expected = interest / listing.conversion * (SOLD_OUT_TRAFFIC if is_sold_out else 1.0)
    sessions = max(poisson(u[0], expected * between(u[1], 0.8, 1.2)), sold.items)
    if not sessions:
        return None
    mobile = int(sessions * between(u[2], 0.5, 0.75))
    business = between(u[3], 0.02, 0.12) if storefront.marketplace.is_b2b else 0.0
    depth = between(u[4], 1.15, 1.6)
    won = 0.0 if is_sold_out else between(u[5], 0.86, 1.0)
    seen = [count - int(count * late) for count in (sessions - mobile, mobile)]
    seen_b = [min(count, int(count * business + u[6])) if business else 0 for count in seen]
    views = [int(count * depth) for count in seen]
    views_b = [int(count * depth) for count in seen_b]
    return sold._replace(
        browser=seen[0],
        mobile=seen[1],
        browser_b=seen_b[0],
        mobile_b=seen_b[1],
        browser_views=views[0],
        mobile_views=views[1],
        browser_views_b=views_b[0],
        mobile_views_b=views_b[1],
        buy_box_views=int(sum(views) * won),
        buy_box_views_b=int(sum(views_b) * won),
    )


def _extras(storefront: Storefront, ordinal: int) -> DayExtras:
    start, end = storefront.marketplace.day_bounds(ordinal)
    shipped = [
        order
        for day in range(ordinal - LONGEST_SHIPPING_DAYS, ordinal + 1)
        for order in orders_on(storefront, day)
        if start <= order.shipped < end
    ]
    refunds = list(refunds_on(storefront, ordinal))
    claims = [refund for refund in refunds if refund.is_claim]
    u = uniforms(*storefront.key, ordinal, "feedback")
    feedback = poisson(u[0], storefront.usual_volume * 0.02)
    on_sale = [listing for listing in storefront.listings if listing.launch <= ordinal]
    return DayExtras(
        units_refunded=sum(refund.item.quantity for refund in refunds),
        claims=len(claims),
        claims_amount=sum(refund.item.price for refund in claims),
        shipped_sales=sum(item.price for order in shipped for item in order.items),
        units_shipped=sum(item.quantity for order in shipped for item in order.items),
        orders_shipped=len(shipped),
        feedback=feedback,
        negative_feedback=min(feedback, poisson(u[1], feedback * 0.06)),
        offers=len(on_sale),
        parents=len({listing.parent_asin for listing in on_sale}),
    )
