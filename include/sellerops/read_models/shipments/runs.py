"""The list of FBA inbound runs."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from sellerops.read_models.queries import Connection, select
from sellerops.read_models.scope import Scope


class ShipmentRun(BaseModel):
    """One run. Units: ``planned`` as requested, ``shipped`` and ``received`` of the confirmed shipments.

    ``difference``: received minus shipped units of shipments that were delivered or closed;
    ``differing_skus``: their lines that differ, in either direction. None: nothing to count yet.
    """

    id: int
    name: str
    account_id: str
    marketplace: str
    state: str
    requested_by: str | None
    dag_id: str
    run_id: str
    problem: str | None
    remedy: str | None
    created_at: datetime
    updated_at: datetime
    ready_at: datetime | None
    planned: int | None
    shipments: int
    shipped: int | None
    received: int | None
    difference: int | None
    differing_skus: int
    is_open: bool
    needs_approval: bool
    has_difference: bool


def read_shipment_runs(connection: Connection, scope: Scope) -> list[ShipmentRun]:
    """Runs of the scope's accounts and marketplaces, whatever its days; newest first, at most 2,000."""
    return select(connection, __file__, ShipmentRun, scope.values())
