"""GET_RESTOCK_INVENTORY_RECOMMENDATIONS_REPORT: what to send in, based on current stock and sales."""

from __future__ import annotations

from amazon_sandbox.simulation.documents import Document, charset_of, flat_file, quoted_file
from amazon_sandbox.simulation.report_types.request import ReportRequest
from amazon_sandbox.simulation.report_types.stock_outlook import Outlook, outlooks
from amazon_sandbox.simulation.storefront import Storefront

REPORT_TYPE = "GET_RESTOCK_INVENTORY_RECOMMENDATIONS_REPORT"

HEADER = (
    "Country", "Product Name", "FNSKU", "Merchant SKU", "ASIN", "Condition", "Supplier", "Supplier part no.",
    "Currency code", "Price", "Sales last 30 days", "Units Sold Last 30 Days", "Total Units", "Inbound",
    "Available", "FC transfer", "FC Processing", "Customer Order", "Unfulfillable", "Working", "Shipped",
    "Receiving", "Fulfilled by", "Total Days of Supply (including units from open shipments)",
    "Days of Supply at Amazon Fulfillment Network", "Alert", "Recommended replenishment qty",
    "Recommended ship date", "Recommended action", "Unit storage size",
)  # fmt: skip


def write(request: ReportRequest) -> Document | None:
    """The first marketplace's SKUs at `as_of`, or None for a seller without FBA stock records."""
    storefront = request.storefronts[0]
    rows = [_row(storefront, outlook) for outlook in outlooks(storefront, request.now)]
    charset = charset_of([storefront.marketplace])
    if not rows:
        return None
    # In some accounts every field is quoted, and quotes inside fields are not escaped.
    is_quoted = request.seller.region == "EU"
    return (
        quoted_file(HEADER, rows, charset, is_escaped=False)
        if is_quoted
        else flat_file(HEADER, rows, charset)
    )


def _row(storefront: Storefront, outlook: Outlook) -> tuple[str, ...]:
    listing, stock, marketplace = outlook.listing, outlook.stock, storefront.marketplace
    ship_date = outlook.ship_date
    return (
        marketplace.country, listing.title(marketplace.language), listing.fnsku, listing.sku, listing.asin,
        "New", "unassigned", "", marketplace.currency,
        marketplace.money(storefront.unit_price(listing, outlook.today)),
        marketplace.money(outlook.shipped[30].sales), str(outlook.shipped[30].units), str(stock.total),
        str(outlook.inbound), str(stock.fulfillable), "0", "0", str(stock.reserved), str(stock.unsellable),
        str(stock.inbound_working), str(stock.inbound_shipped), str(stock.inbound_receiving), "Amazon",
        str(outlook.total_days_of_supply), str(outlook.days_of_supply), outlook.alert, str(outlook.ship_in),
        f"{ship_date:%m/%d/%Y}" if ship_date else "none",
        "Create shipping plan" if ship_date else "No action required",
        f"{listing.litres / 28.317:.4f} ft3",
    )  # fmt: skip
