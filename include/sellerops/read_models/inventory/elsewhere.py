"""Stock that Amazon does not know about: your own warehouses and open purchase orders, as you entered it."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel

from sellerops.read_models.queries import Connection
from sellerops.read_models.scope import Scope
from sellerops.read_models.tables import Direction, Paging, Table, select_table


class StockElsewhere(BaseModel):
    """A row of table ``stock_elsewhere``. ``valid_to`` None: valid until another row replaces it.

    In the totals, ``quantity`` is the sum of the rows that are valid today (``is_valid``); None if there are
    none.
    """

    account_id: str
    sku: str
    title: str | None
    kind: str
    reference: str
    valid_from: date | None
    valid_to: date | None
    quantity: int | None
    expected_date: date | None
    supplier: str | None
    note: str | None
    is_valid: bool


def read_elsewhere(
    connection: Connection,
    scope: Scope,
    paging: Paging,
    *,
    today: date,
    kind: str | None = None,
    sku: str | None = None,
    with_past: bool = False,
) -> Table[StockElsewhere]:
    """Rows that are valid today or later, or all (``with_past``), by SKU."""
    values = {**scope.values(), "today": today, "kind": kind, "sku": sku, "with_past": with_past}
    return select_table(
        connection, __file__, StockElsewhere, values, paging, sort="sku", direction=Direction.ASCENDING
    )
