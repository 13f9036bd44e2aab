"""GET_STRANDED_INVENTORY_UI_DATA: stock in Amazon's warehouses without an active offer.

Occasionally a SKU is stranded between two sales: it is in stock but cannot be bought. Most of the time no SKU
is stranded, and the report ends CANCELLED.
"""

from __future__ import annotations

from collections.abc import Iterator

from amazon_sandbox.simulation.catalogue import Listing
from amazon_sandbox.simulation.documents import Document, charset_of, flat_file, iso_utc
from amazon_sandbox.simulation.inventory import DAY, stock_at
from amazon_sandbox.simulation.orders import orders_on
from amazon_sandbox.simulation.report_types.request import ReportRequest
from amazon_sandbox.simulation.storefront import Storefront
from amazon_sandbox.simulation.streams import pick, uniforms

REPORT_TYPE = "GET_STRANDED_INVENTORY_UI_DATA"

HEADER = (
    "primary-action", "date-stranded", "Date-to-take-auto-removal", "status-primary", "status-secondary",
    "error-message", "stranded-reason", "asin", "sku", "fnsku", "product-name", "condition", "fulfilled-by",
    "fulfillable-qty", "your-price", "unfulfillable-qty", "reserved-quantity", "inbound-shipped-qty",
)  # fmt: skip
LOOKED_BACK_DAYS = 14
QUIET_DAYS = 2
STRANDED_SHARE = 0.05
AUTO_REMOVAL_DAYS = 30
_CAUSES = (
    ("Relist", "Listing closed", "Closed"),
    ("Edit listing", "Fulfilled by merchant offer", "Inactive"),
    ("Fix listing issue", "Listing at risk of removal", "Inactive"),
)


def write(request: ReportRequest) -> Document | None:
    """The first marketplace's stranded SKUs at `as_of`, or None when none is stranded."""
    storefront = request.storefronts[0]
    rows = list(_rows(storefront, request.now))
    return flat_file(HEADER, rows, charset_of([storefront.marketplace])) if rows else None


def _rows(storefront: Storefront, now: int) -> Iterator[tuple[str, ...]]:
    stocks = stock_at(storefront, now)
    for listing, since in _quiet(storefront, now):
        stock = stocks.get(listing.sku)
        u = uniforms(*storefront.key, listing.sku, since, "stranded")
        if stock is None or not stock.fulfillable or u[0] >= STRANDED_SHARE:
            continue
        stranded = since + int(u[1] * DAY)
        action, reason, status = pick(u[2], _CAUSES)
        yield (
            action, iso_utc(stranded), iso_utc(stranded + AUTO_REMOVAL_DAYS * DAY), status, "", "", reason,
            listing.asin, listing.sku, listing.fnsku, listing.title(storefront.marketplace.language), "New",
            "Amazon", str(stock.fulfillable),
            storefront.marketplace.money(
                storefront.unit_price(listing, storefront.marketplace.day_of_epoch(now))
            ),
            str(stock.unsellable), str(stock.reserved), str(stock.inbound_shipped),
        )  # fmt: skip


def _quiet(storefront: Storefront, now: int) -> Iterator[tuple[Listing, int]]:
    """SKUs nobody bought for more than two days, each with the instant of its last sale."""
    today = storefront.marketplace.day_of_epoch(now)
    last: dict[Listing, int] = {}
    for day in range(today - LOOKED_BACK_DAYS, today + 1):
        for order in orders_on(storefront, day):
            if order.purchased <= now:
                last.update((item.listing, order.purchased) for item in order.items)
    for listing in storefront.listings:
        since = last.get(listing)
        if not listing.is_merchant and since is not None and since < now - QUIET_DAYS * DAY:
            yield listing, since
