"""GET_FBA_RECOMMENDED_REMOVAL_DATA: SKUs with unsellable stock, and how long their units have been there.

The units are those of the inventory reports. For sellable stock, the planning report recommends a sale and
never a removal, so this report does not list it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date

from amazon_sandbox.simulation.documents import Document, charset_of, flat_file
from amazon_sandbox.simulation.inventory import DAY, UNSELLABLE_KEPT_DAYS, stock_at
from amazon_sandbox.simulation.refunds import FIRST_LAG, LAST_LAG, LONGEST_RETURN_DAYS, refunds_of_purchases
from amazon_sandbox.simulation.report_types.request import ReportRequest
from amazon_sandbox.simulation.report_types.stock_outlook import Outlook
from amazon_sandbox.simulation.storefront import Storefront

REPORT_TYPE = "GET_FBA_RECOMMENDED_REMOVAL_DATA"

HEADER = (
    "snapshot-date", "sku", "fnsku", "asin", "product-name", "condition", "sellable-quantity",
    "sellable-271-365-days", "sellable-365+-days", "sellable-removal-quantity", "unsellable-quantity",
    "unsellable-0-7-days", "unsellable-8-60-days", "unsellable-61-90-days", "sellable-121-180-days",
    "sellable-181-270-days",
)  # fmt: skip


def write(request: ReportRequest) -> Document | None:
    """The first marketplace's SKUs with unsellable units at `as_of`, or None if there are none."""
    storefront = request.storefronts[0]
    rows = list(_rows(storefront, request.now))
    return flat_file(HEADER, rows, charset_of([storefront.marketplace])) if rows else None


def _rows(storefront: Storefront, now: int) -> Iterator[tuple[str, ...]]:
    today, stocks = storefront.marketplace.day_of_epoch(now), stock_at(storefront, now)
    unsellable = _unsellable_ages(storefront, now)
    for listing in storefront.listings:
        stock = stocks.get(listing.sku)
        if stock is None:
            continue
        sellable, damaged = (
            Counter(Outlook(listing, stock, today, {}).ages(storefront, now)),
            unsellable[listing.sku],
        )
        if stock.unsellable:
            yield (
                date.fromordinal(today).isoformat(), listing.sku, listing.fnsku, listing.asin,
                listing.title(storefront.marketplace.language), "New", str(stock.fulfillable),
                str(_units(sellable, 271, 365)), str(_units(sellable, 366, 100_000)), "0",
                str(stock.unsellable), str(_units(damaged, 0, 7)), str(_units(damaged, 8, 60)),
                str(_units(damaged, 61, 90)), str(_units(sellable, 121, 180)),
                str(_units(sellable, 181, 270)),
            )  # fmt: skip


def _units(ages: Counter[int], youngest: int, oldest: int) -> int:
    return sum(count for age, count in ages.items() if youngest <= age <= oldest)


def _unsellable_ages(storefront: Storefront, now: int) -> dict[str, Counter[int]]:
    """Damaged returns that are still in the warehouse, by SKU and days since their return."""
    found: dict[str, Counter[int]] = {listing.sku: Counter() for listing in storefront.listings}
    today = storefront.marketplace.day_of_epoch(now)
    earliest = today - UNSELLABLE_KEPT_DAYS - LAST_LAG - LONGEST_RETURN_DAYS - 1
    for day in range(earliest, today - FIRST_LAG + 2):
        for refund in refunds_of_purchases(storefront, day):
            for unit in refund.returns:
                if unit.disposition != "SELLABLE" and now - UNSELLABLE_KEPT_DAYS * DAY < unit.at <= now:
                    found[refund.item.listing.sku][(now - unit.at) // DAY] += 1
    return found
