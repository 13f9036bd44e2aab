"""What people must be told about FBA inbound shipments: differences, and deadlines before they pass.

From the ledger alone, so that it does not depend on Amazon. Times are the ledger's, in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import groupby
from typing import Any

import psycopg
from psycopg.rows import dict_row

Connection = psycopg.Connection[Any]


@dataclass(frozen=True)
class OfRun:
    """The run that something is about. ``request_run``: DAG and run in Airflow."""

    inbound_run_id: int
    account_id: str
    marketplace_id: str
    name: str
    request_run: tuple[str, str]


@dataclass(frozen=True)
class UnitDifference:
    """Units of a SKU; ``received`` None: Amazon has not counted any of it so far."""

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

    ``since``: when it was delivered, or ended without having been seen as delivered.
    """

    run: OfRun
    shipment_id: str
    confirmation_id: str | None
    status: str
    warehouse_id: str | None
    since: datetime
    units: tuple[UnitDifference, ...]


class DeadlineKind(StrEnum):
    """What ends, or is overdue."""

    VOID = "void"
    DELIVERY_WINDOW = "delivery_window"
    APPROVAL = "approval"
    TRACKING = "tracking"


@dataclass(frozen=True)
class Deadline:
    """Something that a person can only do until ``at``; ``left``: until then, negative once it has passed.

    ``shipments``: confirmation ids. ``amount``: what a partnered carrier charges, in ``currency``.
    ``window``: the confirmed delivery window.
    """

    kind: DeadlineKind
    run: OfRun
    at: datetime
    left: timedelta
    shipments: tuple[str, ...] = ()
    amount: Decimal | None = None
    currency: str | None = None
    window: tuple[datetime, datetime] | None = None


@dataclass(frozen=True)
class NoticePeriods:
    """How long before a deadline people are told.

    ``void``: before the free cancellation of a partnered carrier ends. ``least``: before any other, even if
    less than a quarter of its time is left.
    """

    void: timedelta = timedelta(hours=4)
    least: timedelta = timedelta(hours=1)


_RUN = "run.id, run.account_id, run.marketplace_id, run.name, run.dag_id, run.run_id"
_DIFFERENCES = f"""
    SELECT {_RUN}, shipment.shipment_id, shipment.confirmation_id, shipment.status, shipment.warehouse_id,
           coalesce(shipment.delivered_at, shipment.closed_at) AS since,
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
_VOID = f"""
    SELECT {_RUN}, min(shipment.voidable_until) AS at, min(shipment.voidable_until) - sellerops.now() AS left,
           array_agg(coalesce(shipment.confirmation_id, shipment.shipment_id)
                     ORDER BY shipment.shipment_id) AS shipments,
           sum(shipment.transportation_fee) AS amount, shipment.currency
    FROM sellerops.inbound_run AS run
    JOIN sellerops.inbound_shipment AS shipment ON shipment.inbound_run_id = run.id AND shipment.is_chosen
    WHERE run.state IN ('confirming', 'confirmed', 'shipped', 'failed')
      AND shipment.confirmed_at IS NOT NULL AND shipment.status NOT IN ('CANCELLED', 'DELETED')
      AND shipment.voidable_until > sellerops.now()
      AND shipment.voidable_until <= sellerops.now() + %(void)s
    GROUP BY run.id, shipment.currency
    ORDER BY run.id, shipment.currency
"""
_WINDOW = f"""
    SELECT {_RUN}, shipment.delivery_window_editable_until AS at,
           shipment.delivery_window_editable_until - sellerops.now() AS left,
           ARRAY[coalesce(shipment.confirmation_id, shipment.shipment_id)] AS shipments,
           shipment.delivery_window_start AS window_start, shipment.delivery_window_end AS window_end
    FROM sellerops.inbound_run AS run
    JOIN sellerops.inbound_shipment AS shipment ON shipment.inbound_run_id = run.id AND shipment.is_chosen
    WHERE run.state IN ('confirming', 'confirmed', 'shipped', 'failed')
      AND shipment.status IN ('WORKING', 'READY_TO_SHIP', 'SHIPPED', 'IN_TRANSIT', 'MIXED')
      AND shipment.delivery_window_start IS NOT NULL AND shipment.delivery_window_end IS NOT NULL
      AND shipment.delivery_window_editable_until > sellerops.now()
      AND shipment.delivery_window_editable_until - sellerops.now() <= greatest(
          %(least)s,
          (shipment.delivery_window_editable_until - coalesce(shipment.confirmed_at, run.updated_at)) / 4)
    ORDER BY run.id, shipment.shipment_id
"""
# The first option that expires changes the choice.
_APPROVAL = f"""
    SELECT {_RUN}, offer.at, offer.at - sellerops.now() AS left
    FROM sellerops.inbound_run AS run
    CROSS JOIN LATERAL (
        SELECT min(expires_at) AS at FROM (
            SELECT expires_at FROM sellerops.inbound_placement_option WHERE inbound_run_id = run.id
            UNION ALL
            SELECT expires_at FROM sellerops.inbound_transportation_option WHERE inbound_run_id = run.id
        ) AS option
        WHERE expires_at > sellerops.now()
    ) AS offer
    WHERE run.state = 'awaiting_approval'
      AND offer.at - sellerops.now() <= greatest(%(least)s, (offer.at - run.updated_at) / 4)
    ORDER BY run.id
"""
_TRACKING = f"""
    SELECT {_RUN}, (run.request ->> 'ready_at')::timestamptz AS at,
           (run.request ->> 'ready_at')::timestamptz - sellerops.now() AS left,
           array_agg(coalesce(shipment.confirmation_id, shipment.shipment_id)
                     ORDER BY shipment.shipment_id) AS shipments
    FROM sellerops.inbound_run AS run
    JOIN sellerops.inbound_shipment AS shipment ON shipment.inbound_run_id = run.id AND shipment.is_chosen
    JOIN sellerops.inbound_transportation_option AS option
        ON (option.inbound_run_id, option.transportation_option_id)
           = (run.id, shipment.transportation_option_id)
    WHERE run.state IN ('confirming', 'confirmed', 'failed') AND shipment.confirmed_at IS NOT NULL
      AND option.solution = 'USE_YOUR_OWN_CARRIER' AND shipment.tracking = '[]'
      AND shipment.status IN ('WORKING', 'READY_TO_SHIP')
      AND (run.request ->> 'ready_at')::timestamptz < sellerops.now()
    GROUP BY run.id
    ORDER BY run.id
"""
_DEADLINES = {
    DeadlineKind.VOID: _VOID,
    DeadlineKind.DELIVERY_WINDOW: _WINDOW,
    DeadlineKind.APPROVAL: _APPROVAL,
    DeadlineKind.TRACKING: _TRACKING,
}


def due_differences(connection: Connection, received_after: timedelta) -> list[Difference]:
    """Differences that are still there so long after the delivery and were not reported, by shipment."""
    rows = _rows(connection, _DIFFERENCES, {"after": received_after})
    by_shipment = groupby(rows, key=lambda row: (row["id"], row["shipment_id"]))
    return [_difference(list(of_shipment)) for _, of_shipment in by_shipment]


def due_deadlines(connection: Connection, periods: NoticePeriods) -> list[Deadline]:
    """Deadlines that end soon, and runs that wait for tracking numbers."""
    limits = {"void": periods.void, "least": periods.least}
    return [
        _deadline(kind, row)
        for kind, statement in _DEADLINES.items()
        for row in _rows(connection, statement, limits)
    ]


def _rows(connection: Connection, statement: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement.encode(), values).fetchall()


def _difference(rows: Sequence[Mapping[str, Any]]) -> Difference:
    first = rows[0]
    return Difference(
        run=_of_run(first),
        units=tuple(
            UnitDifference(row["sku"], row["fnsku"], row["shipped"], row["received"]) for row in rows
        ),
        **{
            name: first[name]
            for name in ("shipment_id", "confirmation_id", "status", "warehouse_id", "since")
        },
    )


def _deadline(kind: DeadlineKind, row: Mapping[str, Any]) -> Deadline:
    has_window = kind is DeadlineKind.DELIVERY_WINDOW
    return Deadline(
        kind,
        _of_run(row),
        row["at"],
        row["left"],
        tuple(row.get("shipments") or ()),
        row.get("amount"),
        row.get("currency"),
        (row["window_start"], row["window_end"]) if has_window else None,
    )


def _of_run(row: Mapping[str, Any]) -> OfRun:
    return OfRun(
        row["id"], row["account_id"], row["marketplace_id"], row["name"], (row["dag_id"], row["run_id"])
    )
