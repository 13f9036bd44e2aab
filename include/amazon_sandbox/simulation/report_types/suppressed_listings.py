"""GET_MERCHANTS_LISTINGS_FYP_REPORT: listings that Amazon hides from its search until they are fixed.

Anyone who has the link can still buy them, so orders and the other listings reports are unaffected.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from amazon_sandbox.simulation.catalogue import Listing
from amazon_sandbox.simulation.documents import Document, charset_of, flat_file
from amazon_sandbox.simulation.report_types.request import ReportRequest
from amazon_sandbox.simulation.storefront import Storefront
from amazon_sandbox.simulation.streams import between, pick, uniforms

REPORT_TYPE = "GET_MERCHANTS_LISTINGS_FYP_REPORT"

HEADER = (
    "Status", "Reason", "SKU", "ASIN", "Product name", "Condition", "Status Change Date",
    "Issue Description",
)  # fmt: skip
CYCLE_DAYS = 60  # a listing is checked once per so many days
SUPPRESSED_SHARE = 0.25
MEND_DAYS = 21  # the longest time until the seller fixes an issue
_ISSUES = (
    ("Missing image", "The main image is missing. Add an image on a white background."),
    ("Title too long", "The product title exceeds the maximum of 200 characters."),
    ("Missing information", "Fill in the required attribute 'material'."),
)


def write(request: ReportRequest) -> Document | None:
    """The first marketplace's suppressed listings at `as_of`, or None if there are none."""
    storefront = request.storefronts[0]
    rows = list(_rows(storefront, storefront.marketplace.day_of_epoch(request.now)))
    return flat_file(HEADER, rows, charset_of([storefront.marketplace])) if rows else None


def _rows(storefront: Storefront, today: int) -> Iterator[tuple[str, ...]]:
    for listing in storefront.listings:
        found = _suppressed(storefront, listing, today)
        if found:
            since, (reason, issue) = found
            yield (
                "Search Suppressed", reason, listing.sku, listing.asin,
                listing.title(storefront.marketplace.language), "New", _written(since), issue,
            )  # fmt: skip


def _suppressed(storefront: Storefront, listing: Listing, today: int) -> tuple[int, tuple[str, str]] | None:
    """The day since which a listing is suppressed, and its issue; None if it has none."""
    cycle = today // CYCLE_DAYS
    u = uniforms(*storefront.key, listing.sku, cycle, "suppressed")
    since = cycle * CYCLE_DAYS + int(u[1] * (CYCLE_DAYS - MEND_DAYS))
    until = since + int(between(u[2], 2, MEND_DAYS))
    if u[0] >= SUPPRESSED_SHARE or not max(since, listing.launch) <= today < until:
        return None
    return max(since, listing.launch), pick(u[3], _ISSUES)


def _written(ordinal: int) -> str:
    """A day as this report writes it: Jan 5, 2026."""
    day = date.fromordinal(ordinal)
    return f"{day:%b} {day.day}, {day.year}"
