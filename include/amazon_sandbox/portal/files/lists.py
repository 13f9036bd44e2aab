"""Files of lists that are exported as shown, page by page: the shipment queue and the case log.

Neither header is public; both are inferred from what the pages and the APIs show.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple, TypeVar

from amazon_sandbox.portal.files.layouts import columns
from amazon_sandbox.portal.files.models import CSV, XLSX, FileRequest, PortalFile
from amazon_sandbox.portal.files.workbook import Cell, Sheet, workbook_bytes
from amazon_sandbox.portal.files.writing import csv_bytes
from amazon_sandbox.simulation.created_shipments import CreatedShipment
from amazon_sandbox.simulation.documents import iso_utc
from amazon_sandbox.simulation.inbound import Plan, Shipment, plans_seen
from amazon_sandbox.simulation.support import Case, cases_seen

T = TypeVar("T")
SHIPMENTS_PER_PAGE = 25
CASES_PER_PAGE = 10


class QueuedShipment(NamedTuple):
    """One line of the shipment queue; instants are UTC epoch seconds."""

    name: str
    shipment_id: str
    created_at: int
    updated_at: int
    centre: str
    skus: int
    expected: int
    located: int
    status: str


def queued_shipments(request: FileRequest) -> list[QueuedShipment]:
    """The shipments last updated on the chosen days (all without), newest first: as the page lists them."""
    now, marketplace = request.seconds, request.marketplace
    first = marketplace.day_bounds(request.first_day.toordinal())[0] if request.first_day else 0
    last = marketplace.day_bounds(request.last_day.toordinal())[1] if request.last_day else now + 1
    found = [
        _generated(plan, shipment, now)
        for plan in plans_seen(request.storefront, first, now)
        for shipment in plan.shipments
    ]
    found += [_created(one, now) for one in request.storefront.created if one.created_at <= now]
    chosen = [one for one in found if first <= one.updated_at < last]
    return sorted(chosen, key=lambda one: (-one.updated_at, one.shipment_id))


def listed_cases(request: FileRequest) -> list[Case]:
    """The seller's cases, last updated first: as the page lists them."""
    now = request.seconds
    cases = cases_seen(request.of_account.storefront, now)
    return sorted(cases, key=lambda case: (-case.updated_at(now), case.case_id))


def write_shipments(request: FileRequest) -> PortalFile:
    """One page of the queue."""
    shown = columns("shipment_queue", request.language)
    page = _page(request, queued_shipments(request), SHIPMENTS_PER_PAGE)
    rows = [[_shipment(one)[column.field] for column in shown] for one in page]
    content = csv_bytes([[column.header for column in shown], *rows])
    return PortalFile("shipping-queue.csv", CSV, content)


def write_cases(request: FileRequest) -> PortalFile:
    """One page of the case log."""
    shown = columns("support_cases", request.language)
    now = request.seconds
    page = _page(request, listed_cases(request), CASES_PER_PAGE)
    rows = [[_case(one, now)[column.field] for column in shown] for one in page]
    content = workbook_bytes([Sheet("Cases", [[column.header for column in shown], *rows])])
    return PortalFile("case-report.xlsx", XLSX, content)


def shipment_pages(request: FileRequest) -> int:
    """Pages of the queue; an empty list has one."""
    return _pages(len(queued_shipments(request)), SHIPMENTS_PER_PAGE)


def case_pages(request: FileRequest) -> int:
    """Pages of the case log; an empty list has one."""
    return _pages(len(listed_cases(request)), CASES_PER_PAGE)


def _pages(count: int, size: int) -> int:
    return max(1, -(-count // size))


def _page(request: FileRequest, rows: Sequence[T], size: int) -> Sequence[T]:
    number = int(request.options.get("page", "1"))
    if not 1 <= number <= _pages(len(rows), size):
        raise ValueError(f"the list has {_pages(len(rows), size)} pages; there is no page {number}")
    return rows[(number - 1) * size : number * size]


def _generated(plan: Plan, shipment: Shipment, now: int) -> QueuedShipment:
    return QueuedShipment(
        plan.name, shipment.confirmation_id, shipment.made_at, shipment.updated_at(now), shipment.centre,
        1, shipment.shipped, shipment.arrived(now), shipment.status(now).value.title(),
    )  # fmt: skip


def _created(one: CreatedShipment, now: int) -> QueuedShipment:
    steps = (
        ("Shipped", one.left_at), ("Receiving", one.receiving_at), ("Closed", one.closed_at),
    )  # fmt: skip
    reached = [(name, at) for name, at in steps if at is not None and one.has_reached(at, now)]
    status, updated = reached[-1] if reached else ("Working", one.created_at)
    if one.is_cancelled(now):
        status, updated = "Cancelled", one.cancelled_at or updated
    units = [one.units(item, now) for item in one.items]
    return QueuedShipment(
        one.plan_name, one.confirmation_id, one.created_at, updated, one.centre, len(one.items),
        sum(item.shipped for item in one.items), sum(each.received for each in units), status,
    )  # fmt: skip


def _shipment(one: QueuedShipment) -> dict[str, object]:
    return {
        "shipment_name": one.name,
        "shipment_id": one.shipment_id,
        "created": iso_utc(one.created_at),
        "last_updated": iso_utc(one.updated_at),
        "ship_to": one.centre,
        "skus": one.skus,
        "units_expected": one.expected,
        "units_located": one.located,
        "status": one.status,
    }


def _case(case: Case, now: int) -> dict[str, Cell]:
    return {
        "case_id": case.case_id,
        "short_description": case.subject,
        "status": case.status(now).replace("_", " ").title(),
        "primary_email": case.email,
        "creation_date": datetime.fromtimestamp(case.created_at, UTC).replace(tzinfo=None),
        "last_updated": datetime.fromtimestamp(case.updated_at(now), UTC).replace(tzinfo=None),
    }
