"""Statuses and received units of many shipments, in few calls (Fulfillment Inbound v0).

Only version 0 counts received units. Source: in Amazon's model, getShipments takes up to 999 shipment ids;
getShipmentItems takes only dates, and getShipmentItemsByShipmentId one shipment. So the statuses of all
shipments of a marketplace are read together, and so are the units that changed since they were last read. A
shipment is read individually if it has left and its units were never read or not for 14 days, and once more
after it has closed.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sellerops.base.errors import RequestRefused, UnexpectedAnswer
from sellerops.inbound.follow_up import shipment_status
from sellerops.inbound.follow_up.readings import FollowedShipment, UnitsReading
from sellerops.sources.common.paging import PageWatch, value_at
from sellerops.sources.common.placeholders import iso

if TYPE_CHECKING:
    from sellerops.inbound.services import Services

log = logging.getLogger(__name__)

_PATH = "/fba/inbound/v0/"
# As many as fit on one page, and into an address that every proxy accepts.
_IDS_A_CALL = 50
# A change may be listed later than it happened.
_OVERLAP = timedelta(days=2)
# Reading shipments one by one costs less than reading this many days of a marketplace's changes.
_LONGEST_RANGE = timedelta(days=14)


@dataclass(frozen=True)
class UnitReadings:
    """``statuses`` by confirmation id, without shipments that Amazon does not list; ``read``: confirmation
    ids whose units are known as of now.
    """

    statuses: Mapping[str, str] = field(default_factory=dict)
    units: tuple[UnitsReading, ...] = ()
    read: frozenset[str] = frozenset()


async def read_arrivals(
    services: Services, marketplace_id: str, shipments: Sequence[FollowedShipment]
) -> UnitReadings:
    """Read version 0 for shipments of one marketplace, except those without a confirmation id."""
    known = {each.confirmation_id: each for each in shipments if each.confirmation_id}
    if not known:
        return UnitReadings()
    statuses = await _statuses(services, marketplace_id, sorted(known))
    now = await services.now()
    by_date, alone = _split(known, statuses, now)
    units = []
    if by_date:
        since = min(read_at for each in by_date if (read_at := known[each].units_read_at))
        changed = await _changed_units(services, marketplace_id, since - _OVERLAP, now)
        units += [each for each in changed if each.confirmation_id in known]
    for confirmation_id in alone:
        units += await _units_of(services, confirmation_id)
    return UnitReadings(statuses, tuple(units), frozenset(by_date) | {each.confirmation_id for each in units})


def _split(
    known: Mapping[str, FollowedShipment], statuses: Mapping[str, str], now: datetime
) -> tuple[list[str], list[str]]:
    """Confirmation ids whose units are read by date, and those that are read one by one."""
    by_date, alone = [], []
    for confirmation_id, each in known.items():
        status = shipment_status.latest_status(each.status, statuses.get(confirmation_id))
        if status == shipment_status.CLOSED and not each.has_final_units:
            alone.append(confirmation_id)
        elif each.units_read_at and now - each.units_read_at < _LONGEST_RANGE:
            by_date.append(confirmation_id)
        elif shipment_status.is_shipped(status):
            alone.append(confirmation_id)
    return by_date, alone


async def _statuses(
    services: Services, marketplace_id: str, confirmation_ids: Sequence[str]
) -> dict[str, str]:
    found: dict[str, str] = {}
    for first in range(0, len(confirmation_ids), _IDS_A_CALL):
        query = {
            "QueryType": "SHIPMENT",
            "MarketplaceId": marketplace_id,
            "ShipmentIdList": ",".join(confirmation_ids[first : first + _IDS_A_CALL]),
        }
        async for page in _pages(services, "getShipments", "shipments", query, "ShipmentData"):
            for shipment in page:
                if shipment.get("ShipmentId") and shipment.get("ShipmentStatus"):
                    found[shipment["ShipmentId"]] = shipment["ShipmentStatus"]
    return found


async def _changed_units(
    services: Services, marketplace_id: str, since: datetime, until: datetime
) -> list[UnitsReading]:
    query = {
        "QueryType": "DATE_RANGE",
        "MarketplaceId": marketplace_id,
        "LastUpdatedAfter": iso(since),
        "LastUpdatedBefore": iso(until),
    }
    rows: list[Mapping[str, Any]] = []
    async for page in _pages(services, "getShipmentItems", "shipmentItems", query, "ItemData"):
        rows += page
    return _units(rows)


async def _units_of(services: Services, confirmation_id: str) -> list[UnitsReading]:
    """Units of one shipment; none if Amazon does not know it yet."""
    path = f"{_PATH}shipments/{quote(confirmation_id, safe='')}/items"
    try:
        answer = await services.reads.get("getShipmentItemsByShipmentId", path)
    except RequestRefused as error:
        if error.details.get("status") != 404:
            raise
        log.info("%s: Amazon's API version 0 does not list it yet", confirmation_id)
        return []
    return _units(value_at(answer, "payload.ItemData") or ())


async def _pages(
    services: Services, operation: str, path: str, query: Mapping[str, str], rows_at: str
) -> AsyncIterator[Sequence[Mapping[str, Any]]]:
    """The rows of each page. Raises UnexpectedAnswer if the list is missing or never ends."""
    watch, arguments = PageWatch(operation, _PATH + path), dict(query)
    while True:
        answer = await services.reads.get(operation, _PATH + path, arguments)
        rows = value_at(answer, f"payload.{rows_at}")
        if not isinstance(rows, list):
            raise UnexpectedAnswer(f"{operation} answered without `payload.{rows_at}`.", where=_PATH + path)
        if not watch.is_repeat(rows):
            yield rows
        token = value_at(answer, "payload.NextToken")
        if not token:
            return
        arguments = {
            "QueryType": "NEXT_TOKEN",
            "MarketplaceId": query["MarketplaceId"],
            "NextToken": watch.use(str(token)),
        }


def _units(rows: Iterable[Mapping[str, Any]]) -> list[UnitsReading]:
    """Units by shipment and SKU; a row repeated by two pages counts once, FNSKUs of one SKU are added up."""
    by_fnsku: dict[tuple[str, str, str | None], tuple[int, int]] = {}
    for row in rows:
        if row.get("ShipmentId") and row.get("SellerSKU"):
            key = (row["ShipmentId"], row["SellerSKU"], row.get("FulfillmentNetworkSKU"))
            by_fnsku[key] = (int(row.get("QuantityShipped") or 0), int(row.get("QuantityReceived") or 0))
    found: dict[tuple[str, str], UnitsReading] = {}
    for (shipment, sku, fnsku), (shipped, received) in by_fnsku.items():
        before = found.get((shipment, sku))
        if before:
            shipped, received = before.shipped + shipped, before.received + received
        found[shipment, sku] = UnitsReading(shipment, sku, fnsku, shipped, received)
    return list(found.values())
