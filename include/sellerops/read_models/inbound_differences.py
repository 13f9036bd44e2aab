"""Units of FBA inbound shipments that did not arrive, or arrived in excess.

They are read from the ledger alone. Times are by the ledger's clock, in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import psycopg
from psycopg.rows import dict_row

Connection = psycopg.Connection[Any]

# What ``run_of_row`` reads.
RUN_COLUMNS = "run.id, run.account_id, run.marketplace_id, run.name, run.dag_id, run.run_id"


@dataclass(frozen=True)
class OfRun:
    """The run that a deadline or difference belongs to. ``request_run``: DAG id and run id in Airflow."""

    inbound_run_id: int
    account_id: str
    marketplace_id: str
    name: str
    request_run: tuple[str, str]


@dataclass(frozen=True)
class UnitDifference:
    """Units of a SKU. ``received`` is None if Amazon has not counted any of them so far."""

    sku: str
    fnsku: str | None
    shipped: int
    received: int | None

    @property
    def missing(self) -> int:
        """Units shipped and not received; negative if more were received."""
        return self.shipped - (self.received or 0)


@dataclass(frozen=True)
class Difference:
    """A shipment with SKUs of which Amazon received other quantities than were shipped.

    ``since``: when it was delivered, or closed if it was never seen as delivered.
    """

    run: OfRun
    shipment_id: str
    confirmation_id: str | None
    status: str
    warehouse_id: str | None
    since: datetime
    units: tuple[UnitDifference, ...]


_DIFFERENCES = f"""
    SELECT {RUN_COLUMNS}, shipment.shipment_id, shipment.confirmation_id, shipment.status,
           shipment.warehouse_id, coalesce(shipment.delivered_at, shipment.closed_at) AS since,
           item.sku, item.fnsku, coalesce(item.shipped, item.planned) AS shipped, item.received
    FROM sellerops.inbound_run AS run
    JOIN sellerops.inbound_shipment AS shipment ON shipment.inbound_run_id = run.id AND shipment.is_chosen
    JOIN sellerops.inbound_shipment_item AS item
        ON (item.inbound_run_id, item.shipment_id) = (run.id, shipment.shipment_id)
    WHERE run.state = 'shipped' AND shipment.status NOT IN ('CANCELLED', 'DELETED')
      AND coalesce(shipment.delivered_at, shipment.closed_at) <= sellerops.now() - %(after)s
      AND item.received IS DISTINCT FROM coalesce(item.shipped, item.planned)
      AND item.difference_reported_at IS NULL
    ORDER BY run.id, shipment.shipment_id, item.sku
"""


def due_differences(connection: Connection, received_after: timedelta) -> list[Difference]:
    """Unreported differences that persist ``received_after`` after the delivery, by shipment."""
    rows = select_rows(connection, _DIFFERENCES, {"after": received_after})
    by_shipment = groupby(rows, key=lambda row: (row["id"], row["shipment_id"]))
    return [_difference(list(of_shipment)) for _, of_shipment in by_shipment]


def select_rows(connection: Connection, statement: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of a statement, as mappings."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement.encode(), values).fetchall()


def run_of_row(row: Mapping[str, Any]) -> OfRun:
    """The run of a row with ``RUN_COLUMNS``."""
    return OfRun(
        row["id"], row["account_id"], row["marketplace_id"], row["name"], (row["dag_id"], row["run_id"])
    )


def _difference(rows: Sequence[Mapping[str, Any]]) -> Difference:
    first = rows[0]
    return Difference(
        run=run_of_row(first),
        units=tuple(
            UnitDifference(row["sku"], row["fnsku"], row["shipped"], row["received"]) for row in rows
        ),
        **{
            name: first[name]
            for name in ("shipment_id", "confirmation_id", "status", "warehouse_id", "since")
        },
    )
