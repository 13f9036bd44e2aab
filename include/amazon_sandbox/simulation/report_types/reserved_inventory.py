"""GET_RESERVED_INVENTORY_DATA: units bought and not yet shipped, by SKU.

North America has the header of 2026, with staging and program instead of transfers; other regions have the
documented one.
"""

from __future__ import annotations

from amazon_sandbox.simulation.documents import Document, charset_of, flat_file
from amazon_sandbox.simulation.inventory import stock_at
from amazon_sandbox.simulation.report_types.request import ReportRequest

REPORT_TYPE = "GET_RESERVED_INVENTORY_DATA"

_START = ("sku", "fnsku", "asin", "product-name", "reserved_qty", "reserved_customerorders")
HEADER = (*_START, "reserved_fc-transfers", "reserved_fc-processing")
NEWER_HEADER = (*_START, "reserved_fc-processing", "reserved_staging", "program")


def write(request: ReportRequest) -> Document | None:
    """The first marketplace's reserved units at `as_of`, or None when none is reserved."""
    storefront = request.storefronts[0]
    stocks = stock_at(storefront, request.now)
    is_newer = request.seller.region == "NA"
    rest = ("0", "0", "FBA") if is_newer else ("0", "0")
    rows = []
    for listing in storefront.listings:
        stock = stocks.get(listing.sku)
        if stock is None or not stock.reserved:
            continue
        units = str(stock.reserved)
        title = listing.title(storefront.marketplace.language)
        rows.append((listing.sku, listing.fnsku, listing.asin, title, units, units, *rest))
    if not rows:
        return None
    return flat_file(NEWER_HEADER if is_newer else HEADER, rows, charset_of([storefront.marketplace]))
