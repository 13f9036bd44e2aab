"""GET_FBA_ESTIMATED_FBA_FEES_TXT_DATA: estimated fees of each FBA SKU of a storefront, as of now.

Europe's file has the cost of shipping to other European marketplaces; North America's has the components of
the fulfilment fee. Other regions get North America's columns.
"""

from __future__ import annotations

from amazon_sandbox.simulation.catalogue import BRANDS, DEFAULT_BRAND, Listing
from amazon_sandbox.simulation.documents import Document, charset_of, flat_file
from amazon_sandbox.simulation.fulfilment_fees import fulfilment_fee
from amazon_sandbox.simulation.money.orders import COMMISSION
from amazon_sandbox.simulation.report_types.request import ReportRequest
from amazon_sandbox.simulation.sizes import size_of
from amazon_sandbox.simulation.storefront import Storefront

REPORT_TYPE = "GET_FBA_ESTIMATED_FBA_FEES_TXT_DATA"

_PRODUCT = ("product-name", "product-group", "brand", "fulfilled-by")
_SIDES = (
    "your-price", "sales-price", "longest-side", "median-side", "shortest-side", "length-and-girth",
    "unit-of-dimension", "item-package-weight", "unit-of-weight",
)  # fmt: skip
_FEES = (
    "currency", "estimated-fee-total", "estimated-referral-fee-per-unit", "estimated-variable-closing-fee",
)  # fmt: skip
_EFN = ("uk", "de", "fr", "it", "es", "se")
EU_HEADER = (
    "sku", "fnsku", "asin", *_PRODUCT, "has-local-inventory", *_SIDES, "product-size-weight-band", *_FEES,
    "expected-domestic-fulfilment-fee-per-unit",
    *(f"expected-efn-fulfilment-fee-per-unit-{country}" for country in _EFN),
)  # fmt: skip
NA_HEADER = (
    "sku", "fnsku", "asin", "amazon-store", *_PRODUCT, *_SIDES, "product-size-tier", *_FEES,
    "estimated-order-handling-fee-per-order", "estimated-pick-pack-fee-per-unit",
    "estimated-weight-handling-fee-per-unit", "expected-fulfillment-fee-per-unit",
    "estimated-future-fee (Current Selling on Amazon + Future Fulfillment fees)",
    "estimated-future-order-handling-fee-per-order", "estimated-future-pick-pack-fee-per-unit",
    "estimated-future-weight-handling-fee-per-unit", "expected-future-fulfillment-fee-per-unit",
)  # fmt: skip
_EFN_SURCHARGE = 1.9


def header_of(region: str) -> tuple[str, ...]:
    """The header of a region's file."""
    return EU_HEADER if region == "EU" else NA_HEADER


def write(request: ReportRequest) -> Document | None:
    """The document of the first marketplace requested, or None for a seller without FBA listings."""
    storefront = request.storefronts[0]
    today = storefront.marketplace.day_of_epoch(request.now)
    rows = [
        _row(storefront, listing, today)
        for listing in storefront.listings
        if not listing.is_merchant and listing.launch <= today
    ]
    return (
        flat_file(header_of(request.seller.region), rows, charset_of([storefront.marketplace]))
        if rows
        else None
    )


def _row(storefront: Storefront, listing: Listing, today: int) -> tuple[str, ...]:
    marketplace, money = storefront.marketplace, storefront.marketplace.money
    size = size_of(listing, marketplace)
    price = storefront.unit_price(listing, today)
    referral, fulfilment = round(price * COMMISSION), fulfilment_fee(storefront, listing, today).listed
    ids = (listing.sku, listing.fnsku, listing.asin)
    product = (
        listing.title(marketplace.language), listing.category.title(),
        BRANDS.get(marketplace.language, DEFAULT_BRAND), "Amazon",
    )  # fmt: skip
    sides = (
        money(price), money(price), size.longest, size.median, size.shortest, size.length_and_girth,
        size.side_unit, size.weight, size.weight_unit, size.tier,
    )  # fmt: skip
    fees = (marketplace.currency, money(referral + fulfilment), money(referral), money(0))
    if marketplace.region == "EU":
        home = {"GB": "uk"}.get(marketplace.country, marketplace.country.lower())
        abroad = money(round(fulfilment * _EFN_SURCHARGE))
        efn = ("" if country == home else abroad for country in _EFN)
        return (*ids, *product, "yes", *sides, *fees, money(fulfilment), *efn)
    store = marketplace.country
    return (*ids, store, *product, *sides, *fees, "", "", "", money(fulfilment), "", "", "", "", "")
