"""Units of delivered shipments that did not arrive, or arrived in excess."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from sellerops.read_models.queries import Connection, select
from sellerops.read_models.scope import Scope


class UnitsDiffering(BaseModel):
    """One SKU of one shipment of which other units were received than shipped.

    ``difference``: received minus shipped units. ``received`` is None if Amazon has counted none so far.
    ``since``: when the shipment was delivered or closed. ``difference_reported_at``: when a notice was sent.
    """

    inbound_run_id: int
    name: str
    account_id: str
    marketplace: str
    shipment_id: str
    confirmation_id: str | None
    status: str
    warehouse_id: str | None
    since: datetime
    sku: str
    fnsku: str | None
    shipped: int
    received: int | None
    difference: int
    difference_reported_at: datetime | None


def read_differences(connection: Connection, scope: Scope) -> list[UnitsDiffering]:
    """Differences of the scope's accounts and marketplaces, whatever its days; most missing units first."""
    return select(connection, __file__, UnitsDiffering, scope.values())
