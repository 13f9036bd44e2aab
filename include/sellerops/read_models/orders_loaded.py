"""The moment up to which orders are loaded, and the days of a marketplace that therefore lack orders.

Report ``all_orders`` is collected once a day, by UTC day. West of Greenwich a day ends later than in UTC, and
the rest of its orders is loaded one day later.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import psycopg
from pydantic import BaseModel

from sellerops.read_models.queries import Connection, select
from sellerops.read_models.scope import Scope

# The missing word of a day whose orders are not all loaded.
ORDERS = "orders"
_NEWEST = __file__.replace("orders_loaded.py", "orders_newest.py")


class OrdersLoaded(BaseModel):
    """``loaded_through``: orders before this moment (UTC) are loaded. ``open_from``: the first day, in the
    marketplace's time zone, that ends later.
    """

    account_id: str
    marketplace_id: str
    loaded_through: datetime
    open_from: date


def read_orders_loaded(connection: Connection, scope: Scope) -> list[OrdersLoaded]:
    """The end of the last loaded day in the ledger, by account and marketplace of the scope.

    For an account without such a day in the ledger (it was loaded without Airflow), the full hour after its
    newest order. Accounts without any orders are left out.
    """
    values = scope.values()
    found = select(connection, __file__, OrdersLoaded, values)
    known = list({each.account_id for each in found})
    try:
        with connection.transaction():
            return found + select(connection, _NEWEST, OrdersLoaded, {**values, "known": known})
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
        return found


def open_values(loaded: Sequence[OrdersLoaded]) -> dict[str, Any]:
    """Parameters for a query that marks the days from ``open_from`` on: three arrays of one length."""
    return {
        "open_accounts": [each.account_id for each in loaded],
        "open_marketplaces": [each.marketplace_id for each in loaded],
        "open_from": [each.open_from for each in loaded],
    }
