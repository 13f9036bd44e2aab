"""GET_FBA_FULFILLMENT_LONGTERM_STORAGE_FEE_CHARGES_DATA: the aged inventory surcharge, assessed on the 15th
and visible from the 18th.
"""

from __future__ import annotations

from datetime import UTC, datetime

from amazon_sandbox.simulation.documents import Document, charset_of, flat_file
from amazon_sandbox.simulation.report_types.request import ReportRequest
from amazon_sandbox.simulation.storage import AgedFee, aged_fees, aged_published_at, months_of
from amazon_sandbox.simulation.storefront import Storefront

REPORT_TYPE = "GET_FBA_FULFILLMENT_LONGTERM_STORAGE_FEE_CHARGES_DATA"

HEADER = (
    "snapshot-date", "sku", "fnsku", "asin", "product-name", "condition", "per-unit-volume", "currency",
    "volume-unit", "country", "qty-charged", "amount-charged", "surcharge-age-tier", "rate-surcharge",
)  # fmt: skip


def write(request: ReportRequest) -> Document | None:
    """The document, or None when no assessment in the window is visible yet or no stock is old enough."""
    start, end = request.window()
    rows = []
    for month in months_of(start, end):
        assessed = datetime(month.year, month.month, 15, tzinfo=UTC).timestamp()
        if start <= assessed < end and aged_published_at(month) <= request.as_of:
            rows += [
                _row(storefront, fee)
                for storefront in request.storefronts
                for fee in aged_fees(storefront, month)
            ]
    return flat_file(HEADER, rows, charset_of(request.marketplaces)) if rows else None


def _row(storefront: Storefront, fee: AgedFee) -> tuple[str, ...]:
    listing = fee.listing
    return (
        fee.day.isoformat(), listing.sku, listing.fnsku, listing.asin,
        listing.title(storefront.marketplace.language), "New", str(fee.unit_volume),
        storefront.marketplace.currency,
        "cubic feet", storefront.marketplace.country, str(fee.units), str(fee.fee), fee.tier, str(fee.rate),
    )  # fmt: skip
