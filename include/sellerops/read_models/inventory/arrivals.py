"""Shipments on their way to Amazon, by the day they are expected."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel

from sellerops.read_models.queries import Connection, select
from sellerops.read_models.scope import Scope


class ArrivingShipment(BaseModel):
    """An open shipment of mart ``fba_shipments``. ``units_open``: units not received yet."""

    account_id: str
    marketplace_id: str
    marketplace: str
    shipment_id: str
    name: str | None
    shipment_status: str | None
    stage: str | None
    warehouse: str | None
    ready_on: date | None
    expected_on: date | None
    skus: int
    units_shipped: int | None
    units_received: int | None
    units_open: int
    status: str
    missing: list[str]


def read_arrivals(connection: Connection, scope: Scope, *, sku: str | None = None) -> list[ArrivingShipment]:
    """Open shipments, earliest first, and those without an expected day last; at most 500."""
    return select(connection, __file__, ArrivingShipment, {**scope.values(), "sku": sku})
