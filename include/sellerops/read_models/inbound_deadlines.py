"""Deadlines of FBA inbound shipments, found before they pass.

They are read from the ledger alone, so they do not depend on Amazon. Times are by the ledger's clock, in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sellerops.read_models.inbound_differences import (
    RUN_COLUMNS,
    Connection,
    OfRun,
    run_of_row,
    select_rows,
)


class DeadlineKind(StrEnum):
    """What ends, or is overdue."""

    VOID = "void"
    DELIVERY_WINDOW = "delivery_window"
    APPROVAL = "approval"
    TRACKING = "tracking"
    UNKNOWN_NUMBERS = "unknown_numbers"


@dataclass(frozen=True)
class Deadline:
    """Something that a person can do only until ``at``. ``left``: the time until then, negative afterwards.

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
    """How long before a deadline its notice is sent.

    ``void``: before the free cancellation of a partnered carrier ends. Before a delivery window can no longer
    be edited or an offer expires, the notice is sent when a quarter of the time is left, but at least
    ``least`` before the end.
    """

    void: timedelta = timedelta(hours=4)
    least: timedelta = timedelta(hours=1)


_VOID = f"""
    SELECT {RUN_COLUMNS}, min(shipment.voidable_until) AS at,
           min(shipment.voidable_until) - sellerops.now() AS left,
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
    SELECT {RUN_COLUMNS}, shipment.delivery_window_editable_until AS at,
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
# The choice changes when the first option expires.
_APPROVAL = f"""
    SELECT {RUN_COLUMNS}, offer.at, offer.at - sellerops.now() AS left
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
    SELECT {RUN_COLUMNS}, (run.request ->> 'ready_at')::timestamptz AS at,
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
# Source: the model's trackingNumberValidationStatus: a number that is not validated 24 hours after it was
# sent should be verified.
_UNKNOWN_NUMBERS = f"""
    SELECT {RUN_COLUMNS}, sent.at + interval '24 hours' AS at,
           sent.at + interval '24 hours' - sellerops.now() AS left,
           array_agg(coalesce(shipment.confirmation_id, shipment.shipment_id)
                     ORDER BY shipment.shipment_id) AS shipments
    FROM sellerops.inbound_run AS run
    JOIN sellerops.inbound_shipment AS shipment ON shipment.inbound_run_id = run.id AND shipment.is_chosen
    CROSS JOIN LATERAL (
        SELECT max(ended_at) AS at FROM sellerops.inbound_step
        WHERE inbound_run_id = run.id AND step = 'send_tracking' AND state = 'done'
    ) AS sent
    WHERE run.state IN ('confirmed', 'shipped') AND shipment.delivered_at IS NULL
      AND shipment.status NOT IN ('CANCELLED', 'DELETED', 'ABANDONED')
      AND shipment.checked_at > sent.at + interval '24 hours'
      AND shipment.tracking @> '[{{"trackingNumberValidationStatus": "NOT_VALIDATED"}}]'
    GROUP BY run.id, sent.at
    ORDER BY run.id
"""
_DEADLINES = {
    DeadlineKind.VOID: _VOID,
    DeadlineKind.DELIVERY_WINDOW: _WINDOW,
    DeadlineKind.APPROVAL: _APPROVAL,
    DeadlineKind.TRACKING: _TRACKING,
    DeadlineKind.UNKNOWN_NUMBERS: _UNKNOWN_NUMBERS,
}


def due_deadlines(connection: Connection, periods: NoticePeriods) -> list[Deadline]:
    """Deadlines that end soon, runs without tracking numbers, and numbers that Amazon did not validate."""
    limits = {"void": periods.void, "least": periods.least}
    return [
        _deadline(kind, row)
        for kind, statement in _DEADLINES.items()
        for row in select_rows(connection, statement, limits)
    ]


def _deadline(kind: DeadlineKind, row: Mapping[str, Any]) -> Deadline:
    has_window = kind is DeadlineKind.DELIVERY_WINDOW
    return Deadline(
        kind,
        run_of_row(row),
        row["at"],
        row["left"],
        tuple(row.get("shipments") or ()),
        row.get("amount"),
        row.get("currency"),
        (row["window_start"], row["window_end"]) if has_window else None,
    )
