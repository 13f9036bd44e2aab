"""GET_AFN_INVENTORY_DATA and its variant by country: sellable and unsellable units of each SKU."""

from __future__ import annotations

from amazon_sandbox.simulation.documents import Document, FatalReport, charset_of, flat_file
from amazon_sandbox.simulation.inventory import stock_at
from amazon_sandbox.simulation.report_types.request import ReportRequest

REPORT_TYPE = "GET_AFN_INVENTORY_DATA"
BY_COUNTRY_TYPE = "GET_AFN_INVENTORY_DATA_BY_COUNTRY"

_ITEM = ("seller-sku", "fulfillment-channel-sku", "asin", "condition-type")
HEADER = (*_ITEM, "Warehouse-Condition-code", "Quantity Available")
BY_COUNTRY_HEADER = (*_ITEM, "country", "quantity-for-local-fulfillment")


def write(request: ReportRequest) -> Document | None:
    """The first marketplace's stock at `as_of` (no line names the marketplace). Unsellable units have
    separate lines.
    """
    storefront = request.storefronts[0]
    stocks = stock_at(storefront, request.now)
    rows = []
    for listing in storefront.listings:
        stock = stocks.get(listing.sku)
        if stock is None:
            continue
        item = (listing.sku, listing.fnsku, listing.asin, "NewItem")
        rows.append((*item, "SELLABLE", str(stock.fulfillable)))
        if stock.unsellable:
            rows.append((*item, "UNSELLABLE", str(stock.unsellable)))
    return flat_file(HEADER, rows, charset_of([storefront.marketplace])) if rows else None


def write_by_country(request: ReportRequest) -> Document | None:
    """Stock by the country that it is stored and sold in, one line per SKU and country.

    :raises FatalReport: outside Europe.
    """
    if request.seller.region != "EU":
        raise FatalReport(BY_COUNTRY_TYPE, "This report type is available in European marketplaces only.")
    rows = []
    for storefront in request.storefronts:
        stocks = stock_at(storefront, request.now)
        rows += [
            (
                listing.sku, listing.fnsku, listing.asin, "NewItem", storefront.marketplace.country,
                str(stocks[listing.sku].fulfillable),
            )
            for listing in storefront.listings
            if listing.sku in stocks
        ]  # fmt: skip
    return flat_file(BY_COUNTRY_HEADER, rows, charset_of(request.marketplaces)) if rows else None
