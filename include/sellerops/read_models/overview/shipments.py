"""Shipments that were received short, and shipments that wait for an approval."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel

from sellerops.read_models.costs import COST
from sellerops.read_models.listings import Listing, select_listing
from sellerops.read_models.queries import Connection, Direction
from sellerops.read_models.scope import Scope
from sellerops.read_models.tables import Paging

_DAYS = 60


class OpenShipment(BaseModel):
    """A shipment that was received short, or an inbound run that waits for an approval.

    ``kind``: ``short`` (closed with fewer units than shipped) or ``approval`` (an FBA inbound run waits).
    ``shipment_id``: Amazon's id; for an approval, the inbound run's. ``since``: the day of the last receipt
    (the expected day if nothing was received); for an approval, the day since which it waits. ``expires_at``:
    when the first offer expires (UTC). ``value``: manufacturing cost of the missing units, in the reporting
    currency or that of the marketplace; None if unknown. ``dag_id``, ``run_id``: the Airflow run that waits.
    """

    kind: str
    account_id: str
    marketplace_id: str
    shipment_id: str
    name: str | None
    since: date | None
    expires_at: datetime | None
    dag_id: str
    run_id: str
    units_shipped: int | None
    units_missing: int | None
    currency: str
    value: Annotated[Decimal | None, COST]
    status: str
    missing: list[str]


class ShipmentTotal(BaseModel):
    """Sums of one kind and currency; the currency of approvals is ``""``."""

    kind: str
    currency: str
    row_count: int
    approvals: int
    short: int
    units_missing: int | None
    value: Annotated[Decimal | None, COST]
    without_value: int


Shipments = Listing[OpenShipment, ShipmentTotal]
_ORDER = ("since", Direction.DESCENDING)


def read_shipments(connection: Connection, scope: Scope, today: date, paging: Paging) -> Shipments:
    """Short shipments last received, or expected, at most 60 days ago, and everything that waits."""
    values = {**scope.values(), "today": today, "days": _DAYS}
    return select_listing(connection, __file__, Shipments, values, paging, _ORDER)
