"""What following reads from and writes to the ledger: open runs, their shipments, and units.

Every statement may be repeated: it writes what Amazon showed. Times are the ledger's, in UTC.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from sellerops.base.errors import GiveUpError
from sellerops.inbound.follow_up import shipment_status
from sellerops.ledger.database import Connection

# From the confirmed placement on; the workflow handles what ends earlier. A failed run's goods may have left.
FOLLOWED_STATES = ("confirming", "confirmed", "shipped", "failed")


@dataclass(frozen=True)
class FollowedShipment:
    """A shipment of the confirmed placement.

    ``units_read_at``: when its units were last read; None if never. ``has_final_units``: they were read after
    it had closed. ``needs_details``: its details may change while its status does not.
    """

    shipment_id: str
    status: str
    confirmation_id: str | None
    needs_details: bool
    units_read_at: datetime | None
    has_final_units: bool


@dataclass(frozen=True)
class FollowedRun:
    """An open run."""

    id: int
    marketplace_id: str
    name: str
    state: str
    plan_id: str
    shipments: tuple[FollowedShipment, ...]

    @property
    def label(self) -> str:
        return f"inbound run {self.id} ({self.name})"


@dataclass(frozen=True)
class ShipmentReading:
    """What Amazon showed about a shipment. ``details``: columns by name; omitted ones stay as stored."""

    shipment_id: str
    status: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class UnitsReading:
    """Units of a SKU in a shipment, as Amazon counts them."""

    confirmation_id: str
    sku: str
    fnsku: str | None
    shipped: int
    received: int


_OPEN = """
    SELECT run.id, run.marketplace_id, run.name, run.state, run.plan_id, shipment.shipment_id,
           shipment.status, shipment.confirmation_id, units.read_at AS units_read_at,
           shipment.closed_at IS NOT NULL AND units.first_read_at >= shipment.closed_at AS has_final_units,
           shipment.checked_at IS NULL OR shipment.confirmation_id IS NULL
           OR (shipment.shipped_at IS NULL AND shipment.checked_at < sellerops.now() - interval '12 hours')
           OR (shipment.delivered_at IS NULL
               AND shipment.tracking::text LIKE '%%NOT_VALIDATED%%') AS needs_details
    FROM sellerops.inbound_run AS run
    JOIN sellerops.inbound_shipment AS shipment ON shipment.inbound_run_id = run.id AND shipment.is_chosen
    LEFT JOIN LATERAL (
        SELECT max(checked_at) AS read_at, min(checked_at) AS first_read_at
        FROM sellerops.inbound_shipment_item AS item
        WHERE (item.inbound_run_id, item.shipment_id) = (run.id, shipment.shipment_id)
    ) AS units ON true
    WHERE run.account_id = %(account_id)s AND run.plan_id IS NOT NULL AND run.state = ANY (%(states)s)
      AND (%(only)s::bigint IS NULL OR run.id = %(only)s)
    ORDER BY run.id, shipment.shipment_id
"""
_SHIPMENT = """
    UPDATE sellerops.inbound_shipment
    SET status = %(status)s, checked_at = sellerops.now(),
        shipped_at = CASE WHEN %(is_shipped)s THEN coalesce(shipped_at, sellerops.now()) ELSE shipped_at END,
        delivered_at = CASE WHEN %(is_delivered)s THEN coalesce(delivered_at, sellerops.now())
                            ELSE delivered_at END,
        closed_at = CASE WHEN %(is_ended)s THEN coalesce(closed_at, sellerops.now()) ELSE closed_at END,
        name = coalesce(%(name)s, name), confirmation_id = coalesce(%(confirmation_id)s, confirmation_id),
        warehouse_id = coalesce(%(warehouse_id)s, warehouse_id),
        amazon_reference_id = coalesce(%(amazon_reference_id)s, amazon_reference_id),
        tracking = coalesce(%(tracking)s, tracking),
        delivery_window_start = coalesce(%(delivery_window_start)s, delivery_window_start),
        delivery_window_end = coalesce(%(delivery_window_end)s, delivery_window_end),
        delivery_window_editable_until
            = coalesce(%(delivery_window_editable_until)s, delivery_window_editable_until)
    WHERE inbound_run_id = %(run)s AND shipment_id = %(shipment_id)s
"""
_DETAILS = (
    "name", "confirmation_id", "warehouse_id", "amazon_reference_id", "tracking", "delivery_window_start",
    "delivery_window_end", "delivery_window_editable_until",
)  # fmt: skip
_UNITS = """
    INSERT INTO sellerops.inbound_shipment_item AS item
        (inbound_run_id, shipment_id, sku, shipped, received, fnsku, checked_at)
    SELECT inbound_run_id, shipment_id, %(sku)s, %(shipped)s, %(received)s, %(fnsku)s, sellerops.now()
    FROM sellerops.inbound_shipment WHERE confirmation_id = %(confirmation_id)s AND is_chosen
    ON CONFLICT (inbound_run_id, shipment_id, sku) DO UPDATE
    SET shipped = excluded.shipped, received = excluded.received,
        fnsku = coalesce(excluded.fnsku, item.fnsku), checked_at = excluded.checked_at
"""
_READ = """
    UPDATE sellerops.inbound_shipment_item AS item SET checked_at = sellerops.now()
    FROM sellerops.inbound_shipment AS shipment
    WHERE (item.inbound_run_id, item.shipment_id) = (shipment.inbound_run_id, shipment.shipment_id)
      AND shipment.is_chosen AND shipment.confirmation_id = ANY (%(ids)s) AND item.checked_at IS NOT NULL
"""


def open_runs(connection: Connection, account_id: str, only: int | None = None) -> list[FollowedRun]:
    """Runs of an account that are followed, oldest first; ``only``: that run alone, if it is followed."""
    rows = connection.execute(
        _OPEN.encode(), {"account_id": account_id, "states": list(FOLLOWED_STATES), "only": only}
    ).fetchall()
    runs: dict[int, list[Mapping[str, Any]]] = {}
    for row in rows:
        runs.setdefault(row["id"], []).append(row)
    return [_run(of_run) for of_run in runs.values()]


def state_of(connection: Connection, inbound_run_id: int) -> str:
    """The state of a run. Raises GiveUpError if the id is unknown."""
    row = connection.execute(
        "SELECT state FROM sellerops.inbound_run WHERE id = %s", (inbound_run_id,)
    ).fetchone()
    if row is None:
        raise GiveUpError(
            "unknown inbound run.",
            where=f"inbound run {inbound_run_id}",
            remedy="`sellerops inbound list --all` shows all runs.",
        )
    return str(row["state"])


def record_shipments(connection: Connection, run_id: int, shipments: Iterable[ShipmentReading]) -> None:
    """Store what Amazon showed about a run's shipments."""
    for seen in shipments:
        details = {name: seen.details.get(name) for name in _DETAILS}
        if details["tracking"] is not None:
            details["tracking"] = Jsonb(details["tracking"])
        connection.execute(
            _SHIPMENT.encode(),
            {
                **details,
                "run": run_id,
                "shipment_id": seen.shipment_id,
                "status": seen.status,
                "is_shipped": shipment_status.is_shipped(seen.status),
                "is_delivered": shipment_status.is_delivered(seen.status),
                "is_ended": seen.status in shipment_status.ENDED,
            },
        )


def record_state(connection: Connection, run_id: int, before: str, after: str, problem: str | None) -> bool:
    """Change a run's state, unless it has been changed meanwhile. Returns whether it changed."""
    changed = connection.execute(
        """
        UPDATE sellerops.inbound_run
        SET state = %(after)s, problem = %(problem)s, remedy = NULL, updated_at = sellerops.now()
        WHERE id = %(run)s AND state = %(before)s AND %(after)s <> %(before)s
        """,
        {"run": run_id, "before": before, "after": after, "problem": problem},
    )
    return changed.rowcount == 1


def record_units(connection: Connection, units: Iterable[UnitsReading], read: Collection[str]) -> None:
    """Store units. ``read``: confirmation ids of shipments whose units are now up to date, changed or not."""
    connection.execute(_READ, {"ids": list(read)})
    for each in units:
        connection.execute(_UNITS, vars(each))


def _run(rows: Sequence[Mapping[str, Any]]) -> FollowedRun:
    first = rows[0]
    names = FollowedShipment.__dataclass_fields__
    shipments = tuple(FollowedShipment(**{name: row[name] for name in names}) for row in rows)
    return FollowedRun(
        **{name: first[name] for name in ("id", "marketplace_id", "name", "state", "plan_id")},
        shipments=shipments,
    )
