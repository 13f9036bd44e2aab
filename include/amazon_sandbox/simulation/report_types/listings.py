"""The listings reports of one marketplace: all, open and inactive listings.

An FBA listing is inactive while none of its stock can be sold; its quantity is blank because the stock is at
Amazon. open-date has the time zone's abbreviation, as Amazon writes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from amazon_sandbox.simulation.catalogue import Listing
from amazon_sandbox.simulation.documents import Document, charset_of, flat_file
from amazon_sandbox.simulation.inventory import stock_at
from amazon_sandbox.simulation.report_types.request import ReportRequest
from amazon_sandbox.simulation.storefront import Storefront
from amazon_sandbox.simulation.streams import UPPER_ALNUM, token, uniforms

ALL = "GET_MERCHANT_LISTINGS_ALL_DATA"
OPEN = "GET_FLAT_FILE_OPEN_LISTINGS_DATA"
INACTIVE = "GET_MERCHANT_LISTINGS_INACTIVE_DATA"

HEADER = (
    "item-name", "item-description", "listing-id", "seller-sku", "price", "quantity", "open-date",
    "image-url", "item-is-marketplace", "product-id-type", "zshop-shipping-fee", "item-note",
    "item-condition",
    "zshop-category1", "zshop-browse-path", "zshop-storefront-feature", "asin1", "asin2", "asin3",
    "will-ship-internationally", "expedited-shipping", "zshop-boldface", "product-id",
    "bid-for-featured-placement", "add-delete", "pending-quantity", "fulfillment-channel",
    "merchant-shipping-group", "status",
)  # fmt: skip
_STEPS = tuple(range(1, 6))
_PROGRESS = tuple(range(1, 4))
OPEN_HEADER = (
    "sku", "asin", "price", "quantity", "Business Price", "Quantity Price Type",
    *(f"{name} {step}" for step in _STEPS for name in ("Quantity Lower Bound", "Quantity Price")),
    "Progressive Price Type",
    *(f"{name} {step}" for step in _PROGRESS for name in ("Progressive Lower Bound", "Progressive Price")),
)  # fmt: skip
BUSINESS_PRICE_SHARE = 0.3


def write_all(request: ReportRequest) -> Document | None:
    """Every listing of the first marketplace; Amazon uses only the first id."""
    return _merchant_file(request, ("Active", "Inactive"))


def write_inactive(request: ReportRequest) -> Document | None:
    """The listings that cannot be bought; None if there are none."""
    return _merchant_file(request, ("Inactive",))


def write_open(request: ReportRequest) -> Document | None:
    """SKU, price and quantity of the active listings, with the prices for business customers."""
    storefront = request.storefronts[0]
    rows = [
        _open_row(storefront, each, request.now)
        for each, status in _listed(storefront, request.now)
        if status == "Active"
    ]
    return flat_file(OPEN_HEADER, rows, charset_of([storefront.marketplace])) if rows else None


def _merchant_file(request: ReportRequest, statuses: tuple[str, ...]) -> Document | None:
    storefront = request.storefronts[0]
    rows = [
        _row(storefront, listing, status, request.now)
        for listing, status in _listed(storefront, request.now)
        if status in statuses
    ]
    header = [_spelled(name, storefront.marketplace.country) for name in HEADER]
    return flat_file(header, rows, charset_of([storefront.marketplace])) if rows else None


def _spelled(name: str, country: str) -> str:
    return name.replace("fulfillment", "fulfilment") if country == "GB" else name


def _listed(storefront: Storefront, now: int) -> Iterator[tuple[Listing, str]]:
    """The listings launched by `now`, each with its status."""
    today, stocks = storefront.marketplace.day_of_epoch(now), stock_at(storefront, now)
    for listing in storefront.listings:
        if listing.launch <= today:
            stock = stocks.get(listing.sku)
            can_be_bought = listing.is_merchant or (stock is not None and stock.fulfillable > 0)
            yield listing, "Active" if can_be_bought else "Inactive"


def _row(storefront: Storefront, listing: Listing, status: str, now: int) -> tuple[str, ...]:
    row = dict.fromkeys(HEADER, "")
    title = listing.title(storefront.marketplace.language)
    row |= {
        "item-name": title,
        "item-description": f"{title}.",
        "listing-id": _listing_id(storefront, listing),
        "seller-sku": listing.sku,
        "price": _price(storefront, listing, now),
        "quantity": str(_merchant_stock(storefront, listing, now)) if listing.is_merchant else "",
        "open-date": _open_date(storefront, listing),
        "item-is-marketplace": "y",
        "product-id-type": "1",
        "item-condition": "11",
        "asin1": listing.asin,
        "product-id": listing.asin,
        "pending-quantity": "0",
        "fulfillment-channel": "DEFAULT"
        if listing.is_merchant
        else f"AMAZON_{storefront.marketplace.region}",
        "merchant-shipping-group": "Migrated Template",
        "status": status,
    }
    return tuple(row.values())


def _open_row(storefront: Storefront, listing: Listing, now: int) -> tuple[str, ...]:
    row = dict.fromkeys(OPEN_HEADER, "")
    row |= {"sku": listing.sku, "asin": listing.asin, "price": _price(storefront, listing, now)}
    if listing.is_merchant:
        row["quantity"] = str(_merchant_stock(storefront, listing, now))
    has_business_price = uniforms(*storefront.key, listing.sku, "business price")[0] < BUSINESS_PRICE_SHARE
    if storefront.marketplace.is_b2b and has_business_price:
        minor = storefront.unit_price(listing, storefront.marketplace.day_of_epoch(now))
        row |= {
            "Business Price": storefront.marketplace.money(round(minor * 0.97)),
            "Quantity Price Type": "PERCENT",
            "Quantity Lower Bound 1": "5",
            "Quantity Price 1": "4",
            "Quantity Lower Bound 2": "20",
            "Quantity Price 2": "7",
        }
    return tuple(row.values())


def _price(storefront: Storefront, listing: Listing, now: int) -> str:
    return storefront.marketplace.money(
        storefront.unit_price(listing, storefront.marketplace.day_of_epoch(now))
    )


def _merchant_stock(storefront: Storefront, listing: Listing, now: int) -> int:
    """The stock the seller reports from its own warehouse, counted each day."""
    return (
        int(
            uniforms(*storefront.key, listing.sku, storefront.marketplace.day_of_epoch(now), "own stock")[0]
            * 60
        )
        + 1
    )


def _listing_id(storefront: Storefront, listing: Listing) -> str:
    month, day = divmod(listing.launch % 336, 28)
    return f"{month + 1:02d}{day + 1:02d}{token(UPPER_ALNUM, 7, *storefront.key, listing.sku, 'listing id')}"


def _open_date(storefront: Storefront, listing: Listing) -> str:
    seconds = int(uniforms(*storefront.key, listing.sku, "opened")[0] * 86_399)
    noon = datetime.combine(date.fromordinal(listing.launch), datetime.min.time(), UTC)
    moment = (noon + timedelta(seconds=seconds)).astimezone(ZoneInfo(storefront.marketplace.timezone))
    return moment.strftime("%Y-%m-%d %H:%M:%S %Z")
