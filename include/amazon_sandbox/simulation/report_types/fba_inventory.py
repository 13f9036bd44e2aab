"""GET_FBA_MYI_UNSUPPRESSED_INVENTORY_DATA: current FBA stock; dates are ignored.

Headers by region: the newer 24 columns in NA (a `store` column names the marketplace, so all requested ones
are written), 23 with local and remote stock in EU, the 21 base columns elsewhere. Outside NA only the first
marketplace is written, because nothing in the line names it.
"""

from __future__ import annotations

from collections.abc import Iterator

from amazon_sandbox.simulation.catalogue import Listing
from amazon_sandbox.simulation.documents import Document, charset_of, flat_file
from amazon_sandbox.simulation.inventory import Stock, stock_at
from amazon_sandbox.simulation.report_types.request import ReportRequest
from amazon_sandbox.simulation.storefront import Storefront

REPORT_TYPE = "GET_FBA_MYI_UNSUPPRESSED_INVENTORY_DATA"

BASE_HEADER = (
    "sku", "fnsku", "asin", "product-name", "condition", "your-price", "mfn-listing-exists",
    "mfn-fulfillable-quantity", "afn-listing-exists", "afn-warehouse-quantity", "afn-fulfillable-quantity",
    "afn-unsellable-quantity", "afn-reserved-quantity", "afn-total-quantity", "per-unit-volume",
    "afn-inbound-working-quantity", "afn-inbound-shipped-quantity", "afn-inbound-receiving-quantity",
    "afn-researching-quantity", "afn-reserved-future-supply", "afn-future-supply-buyable",
)  # fmt: skip
EXTRA_COLUMNS = {
    "NA": ("afn-fc-transfer-quantity", "afn-onhand-buyable-quantity", "store"),
    "EU": ("afn-fulfillable-quantity-local", "afn-fulfillable-quantity-remote"),
}


def header_of(region: str) -> tuple[str, ...]:
    """The header of a region's file."""
    return BASE_HEADER + EXTRA_COLUMNS.get(region, ())


def write(request: ReportRequest) -> Document | None:
    """The snapshot at `as_of`, or None for a seller without FBA stock records."""
    region = request.seller.region
    storefronts = request.storefronts if region == "NA" else request.storefronts[:1]
    rows = [row for storefront in storefronts for row in rows_of(storefront, request.now, region)]
    if not rows:
        return None
    return flat_file(header_of(region), rows, charset_of(request.marketplaces))


def rows_of(storefront: Storefront, now: int, region: str) -> Iterator[tuple[str, ...]]:
    """A line for each SKU with FBA stock records at `now`, in the catalogue's order."""
    stocks = stock_at(storefront, now)
    today = storefront.marketplace.day_of_epoch(now)
    for listing in storefront.listings:
        stock = stocks.get(listing.sku)
        if stock is not None:
            yield (*_base(storefront, listing, stock, today), *_extra(storefront, stock, region))


def _base(storefront: Storefront, listing: Listing, stock: Stock, today: int) -> tuple[str, ...]:
    quantities = (stock.warehouse, stock.fulfillable, stock.unsellable, stock.reserved, stock.total)
    return (
        listing.sku,
        listing.fnsku,
        listing.asin,
        listing.title(storefront.marketplace.language),
        "New",
        storefront.marketplace.money(storefront.unit_price(listing, today)),
        "No",
        "",
        "Yes",
        *map(str, quantities),
        f"{listing.litres / 28.317:.2f}",  # cubic feet, as in all regions' files
        str(stock.inbound_working),
        str(stock.inbound_shipped),
        str(stock.inbound_receiving),
        "0",
        "0",
        "0",
    )


def _extra(storefront: Storefront, stock: Stock, region: str) -> tuple[str, ...]:
    if region == "NA":
        return ("0", str(stock.fulfillable), storefront.marketplace.sales_channel)
    if region == "EU":
        return (str(stock.fulfillable), "0")
    return ()
