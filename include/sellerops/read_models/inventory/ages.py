"""How old stock at Amazon is, and what keeping it costs, from the report ``fba_inventory_planning``."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from psycopg.rows import scalar_row
from pydantic import BaseModel

from sellerops.read_models.queries import Connection
from sellerops.read_models.scope import Scope
from sellerops.read_models.tables import Direction, Paging, Table, select_table

_TABLE = "amazon_sp.fba_inventory_planning"


class AgedStock(BaseModel):
    """Sellable units of a SKU in a marketplace by age in days, from the newest snapshot.

    ``aged_units``: units older than 180 days, the age from which Amazon charges the aged inventory surcharge
    in most categories. ``surcharge``, ``storage_next_month``: Amazon's estimates, as positive costs.
    """

    account_id: str
    marketplace_id: str
    marketplace: str
    sku: str
    title: str | None
    day: date | None
    available: int | None
    age_0_90: int | None
    age_91_180: int | None
    age_181_270: int | None
    age_271_365: int | None
    age_366_455: int | None
    age_456: int | None
    aged_units: int
    currency: str | None
    surcharge: Decimal | None
    storage_next_month: Decimal | None
    excess_units: int | None
    removal_units: int | None
    recommended_action: str
    status: str
    missing: list[str]


def read_ages(
    connection: Connection, scope: Scope, paging: Paging, *, today: date, sku: str | None = None
) -> Table[AgedStock]:
    """The newest snapshot of each marketplace, most aged units first; empty without the report."""
    with connection.cursor(row_factory=scalar_row) as cursor:
        exists = cursor.execute("SELECT to_regclass(%s) IS NOT NULL", (_TABLE,)).fetchone()
    if not exists:
        return Table[AgedStock](rows=[], totals=None, row_count=0)
    values = {**scope.values(), "today": today, "sku": sku}
    return select_table(
        connection, __file__, AgedStock, values, paging, sort="aged_units", direction=Direction.DESCENDING
    )
