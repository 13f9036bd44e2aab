"""GET_LEDGER_SUMMARY_VIEW_DATA and GET_LEDGER_DETAIL_VIEW_DATA: the inventory ledger
as balances and as events.

Every field is quoted. Days are calendar days of the country, and the window is mapped to the country's time
zone: a window of UTC days extends into the previous local day in America and into the next one in Asia.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from amazon_sandbox.simulation.catalogue import Listing
from amazon_sandbox.simulation.documents import Document, FatalReport, charset_of, quoted_file
from amazon_sandbox.simulation.inventory_ledger import (
    Event,
    Movement,
    Reason,
    is_settled,
    movements,
    opening_balances,
    visible_days,
)
from amazon_sandbox.simulation.report_types.request import ReportRequest
from amazon_sandbox.simulation.storefront import Storefront

SUMMARY_TYPE = "GET_LEDGER_SUMMARY_VIEW_DATA"
DETAIL_TYPE = "GET_LEDGER_DETAIL_VIEW_DATA"

_FLOWS = (
    "Receipts", "Customer Shipments", "Customer Returns", "Vendor Returns", "Warehouse Transfer In/Out",
    "Found", "Lost", "Damaged", "Disposed", "Other Events",
)  # fmt: skip
SUMMARY_HEADER = (
    "Date", "FNSKU", "ASIN", "MSKU", "Title", "Disposition", "Starting Warehouse Balance",
    "In Transit Between Warehouses", *_FLOWS, "Ending Warehouse Balance", "Unknown Events", "Location",
)  # fmt: skip
DETAIL_HEADER = (
    "Date", "FNSKU", "ASIN", "MSKU", "Title", "Event Type", "Reference ID", "Quantity",
    "Fulfillment Center", "Disposition", "Reason", "Country", "Reconciled Quantity", "Unreconciled Quantity",
)  # fmt: skip
NEWER_COLUMN = "Date and Time"
_EVENT_FLOWS = {
    Event.RECEIPTS: "Receipts",
    Event.SHIPMENTS: "Customer Shipments",
    Event.CUSTOMER_RETURNS: "Customer Returns",
    Event.VENDOR_RETURNS: "Vendor Returns",
    Event.TRANSFERS: "Warehouse Transfer In/Out",
}
_REASON_FLOWS = {
    Reason.FOUND: "Found",
    Reason.MISPLACED: "Lost",
    Reason.DAMAGED: "Damaged",
    Reason.DISPOSED: "Disposed",
    Reason.DISPOSITION_CHANGE: "Other Events",
}
_PERIODS = {"DAILY": "%m/%d/%Y", "MONTHLY": "%m/%Y"}
_FILTERS = {"FNSKU": "fnsku", "MSKU": "sku", "ASIN": "asin"}


def write_summary(request: ReportRequest) -> Document | None:
    """Balances and flows by day or month, SKU, disposition and country; None when the ledger shows no day.

    :raises FatalReport: for an aggregation that the sandbox does not support.
    """
    location = request.options.get("aggregateByLocation", "COUNTRY")
    period = request.options.get("aggregatedByTimePeriod", "MONTHLY")
    if location != "COUNTRY" or period not in _PERIODS:
        raise FatalReport(SUMMARY_TYPE, f"The aggregation {location}, {period} is not available.")
    rows = [
        row for storefront in request.storefronts for row in _summary(request, storefront, _PERIODS[period])
    ]
    return _file(request, SUMMARY_HEADER, rows) if rows else None


def write_detail(request: ReportRequest) -> Document | None:
    """Every movement by day; None if there are none."""
    is_newer = request.seller.region == "NA"
    rows = [row for storefront in request.storefronts for row in _detail(request, storefront, is_newer)]
    header = (*DETAIL_HEADER, NEWER_COLUMN) if is_newer else DETAIL_HEADER
    return _file(request, header, rows) if rows else None


def _file(request: ReportRequest, header: Sequence[str], rows: Iterable[Sequence[str]]) -> Document:
    """The quoted file; in some accounts its header has no spaces and quotes inside fields are not escaped."""
    is_plain = request.seller.region == "EU"
    names = [name.replace(" ", "") for name in header] if is_plain else header
    return quoted_file(names, rows, charset_of(request.marketplaces), is_escaped=not is_plain)


def _days(request: ReportRequest, storefront: Storefront) -> range:
    start, end = request.window()
    zone = ZoneInfo(storefront.marketplace.timezone)
    first, last = (datetime.fromtimestamp(moment, zone).toordinal() for moment in (start, end - 1))
    return visible_days(storefront, first, last, request.now)


def _is_wanted(listing: Listing, options: Mapping[str, str]) -> bool:
    return all(
        getattr(listing, attribute) == options[name]
        for name, attribute in _FILTERS.items()
        if options.get(name)
    )


def _summary(request: ReportRequest, storefront: Storefront, pattern: str) -> Iterator[tuple[str, ...]]:
    days = _days(request, storefront)
    if not days:
        return
    by_day: dict[int, list[Movement]] = defaultdict(list)
    for movement in movements(storefront, days, request.now):
        by_day[movement.day].append(movement)
    balances = opening_balances(storefront, days.start)
    starting, flows = dict(balances), _no_flows()
    for day in days:
        for movement in by_day[day]:
            flows[movement.listing, movement.disposition][_flow(movement)] += movement.quantity
        label = date.fromordinal(day).strftime(pattern)
        if day + 1 in days and date.fromordinal(day + 1).strftime(pattern) == label:
            continue
        for listing, disposition in sorted(
            {*starting, *flows},
            key=lambda key: (storefront.listings.index(key[0]), key[1] != "SELLABLE", key[1]),
        ):
            key = (listing, disposition)
            start, moved = starting.get(key, 0), flows[key]
            balances[key] = start + sum(moved.values())
            if _is_wanted(listing, request.options):
                yield (
                    label, *_identity(storefront, listing), disposition, str(start), "0",
                    *(str(moved[name]) for name in _FLOWS), str(balances[key]), "0",
                    storefront.marketplace.country,
                )  # fmt: skip
        balances = {key: units for key, units in balances.items() if units or key[1] == "SELLABLE"}
        starting, flows = dict(balances), _no_flows()


def _no_flows() -> defaultdict[tuple[Listing, str], defaultdict[str, int]]:
    return defaultdict(lambda: defaultdict(int))


def _flow(movement: Movement) -> str:
    if movement.event is Event.ADJUSTMENTS:
        return _REASON_FLOWS[movement.reason]
    return _EVENT_FLOWS[movement.event]


def _identity(storefront: Storefront, listing: Listing) -> tuple[str, str, str, str]:
    return listing.fnsku, listing.asin, listing.sku, listing.title(storefront.marketplace.language)


def _detail(request: ReportRequest, storefront: Storefront, is_newer: bool) -> Iterator[tuple[str, ...]]:
    wanted = request.options.get("eventType", "")
    for movement in movements(storefront, _days(request, storefront), request.now):
        if (wanted and movement.event != wanted) or not _is_wanted(movement.listing, request.options):
            continue
        row = (
            date.fromordinal(movement.day).strftime("%m/%d/%Y"), *_identity(storefront, movement.listing),
            movement.event, movement.reference, str(movement.quantity), movement.centre, movement.disposition,
            movement.reason, storefront.marketplace.country, *_reconciled(request, storefront, movement),
        )  # fmt: skip
        yield (*row, _midnight(storefront, movement.day)) if is_newer else row


def _reconciled(request: ReportRequest, storefront: Storefront, movement: Movement) -> tuple[str, str]:
    """How much of an adjustment has been matched by its counterpart, and how much is unmatched."""
    if movement.event is not Event.ADJUSTMENTS:
        return "", ""
    units = str(abs(movement.quantity))
    return (units, "0") if is_settled(storefront, movement.day, request.now) else ("0", units)


def _midnight(storefront: Storefront, day: int) -> str:
    """The first instant of a day, as the ledger writes its days: 2026-11-18T00:00:00-0800."""
    moment = datetime.fromtimestamp(
        storefront.marketplace.day_bounds(day)[0], ZoneInfo(storefront.marketplace.timezone)
    )
    return moment.strftime("%Y-%m-%dT%H:%M:%S%z")
