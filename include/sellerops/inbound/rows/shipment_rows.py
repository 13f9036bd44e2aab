"""The rows of shipments and their units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from psycopg.types.json import Jsonb

if TYPE_CHECKING:
    from sellerops.ledger import Ledger
    from sellerops.ledger.database import Connection


@dataclass(frozen=True)
class ShipmentRow:
    """A shipment as last read from Amazon; ``units``: planned per SKU."""

    shipment_id: str
    placement_option_id: str
    status: str
    units: Mapping[str, int] = field(default_factory=dict)
    is_chosen: bool = False
    name: str | None = None
    confirmation_id: str | None = None
    warehouse_id: str | None = None
    destination_type: str | None = None
    destination_country: str | None = None
    destination_state: str | None = None
    destination_city: str | None = None
    destination_postal_code: str | None = None
    amazon_reference_id: str | None = None
    transportation_option_id: str | None = None
    delivery_window_start: datetime | None = None
    delivery_window_end: datetime | None = None
    delivery_window_editable_until: datetime | None = None
    tracking: Sequence[Mapping[str, Any]] = ()
    boxes: int | None = None
    weight: Decimal | None = None
    weight_unit: str | None = None
    placement_fee: Decimal | None = None
    transportation_fee: Decimal | None = None
    currency: str | None = None
    voidable_until: datetime | None = None
    confirmed_at: datetime | None = None

    @property
    def total_units(self) -> int:
        return sum(self.units.values())


# The columns that Amazon fills each time a shipment is read; the others are ours.
_FROM_AMAZON = (
    "status",
    "name",
    "confirmation_id",
    "warehouse_id",
    "destination_type",
    "destination_country",
    "destination_state",
    "destination_city",
    "destination_postal_code",
    "amazon_reference_id",
    "transportation_option_id",
    "delivery_window_start",
    "delivery_window_end",
    "delivery_window_editable_until",
)


class ShipmentRows:
    """Statements on ``inbound_shipment`` and ``inbound_shipment_item``."""

    ledger: Ledger

    def shipments(self, inbound_run_id: int, *, chosen: bool = False) -> list[ShipmentRow]:
        """The shipments of a run with their units; ``chosen``: only those of the confirmed placement."""

        def work(connection: Connection) -> list[ShipmentRow]:
            units: dict[str, dict[str, int]] = {}
            for row in connection.execute(
                "SELECT shipment_id, sku, planned FROM sellerops.inbound_shipment_item "
                "WHERE inbound_run_id = %s ORDER BY sku",
                (inbound_run_id,),
            ).fetchall():
                units.setdefault(row["shipment_id"], {})[row["sku"]] = row["planned"]
            rows = connection.execute(
                "SELECT * FROM sellerops.inbound_shipment "
                "WHERE inbound_run_id = %s AND (is_chosen OR NOT %s) ORDER BY shipment_id",
                (inbound_run_id, chosen),
            ).fetchall()
            return [
                ShipmentRow(**only_fields(ShipmentRow, row), units=units.get(row["shipment_id"], {}))
                for row in rows
            ]

        return self.ledger.database.run(work)

    def save_shipment(self, inbound_run_id: int, shipment: ShipmentRow) -> None:
        """Record a shipment as Amazon describes it now; our own columns are kept."""
        self.ledger.database.run(lambda connection: _in_transaction(connection, inbound_run_id, shipment))

    def choose_placement(self, inbound_run_id: int, placement_option_id: str) -> None:
        """Record the placement option that Amazon confirmed: its shipments become the run's."""

        def work(connection: Connection) -> None:
            with connection.transaction():
                connection.execute(
                    "UPDATE sellerops.inbound_shipment SET is_chosen = (placement_option_id = %s) "
                    "WHERE inbound_run_id = %s",
                    (placement_option_id, inbound_run_id),
                )
                connection.execute(
                    "UPDATE sellerops.inbound_placement_option SET status = 'ACCEPTED' "
                    "WHERE inbound_run_id = %s AND placement_option_id = %s",
                    (inbound_run_id, placement_option_id),
                )
                connection.execute(
                    "UPDATE sellerops.inbound_run SET placement_option_id = %s, updated_at = sellerops.now() "
                    "WHERE id = %s",
                    (placement_option_id, inbound_run_id),
                )

        self.ledger.database.run(work)

    def record_confirmed(
        self,
        inbound_run_id: int,
        shipment_id: str,
        *,
        transportation_option_id: str,
        placement_fee: Decimal | None,
        transportation_fee: Decimal | None,
        currency: str | None,
        voidable_until: datetime | None,
    ) -> None:
        """Record the option and fees with which a shipment was confirmed; the first time of it is kept."""
        self.ledger.database.run(
            lambda connection: connection.execute(
                """
                UPDATE sellerops.inbound_shipment SET
                    transportation_option_id = %s, placement_fee = %s, transportation_fee = %s,
                    currency = %s, voidable_until = %s, confirmed_at = coalesce(confirmed_at, sellerops.now())
                WHERE inbound_run_id = %s AND shipment_id = %s
                """,
                (
                    transportation_option_id,
                    placement_fee,
                    transportation_fee,
                    currency,
                    voidable_until,
                    inbound_run_id,
                    shipment_id,
                ),
            )
        )

    def record_boxes(
        self, inbound_run_id: int, shipment_id: str, boxes: int, weight: Decimal | None, unit: str | None
    ) -> None:
        """How many boxes a shipment has, and their weight."""
        self.ledger.database.run(
            lambda connection: connection.execute(
                "UPDATE sellerops.inbound_shipment SET boxes = %s, weight = %s, weight_unit = %s "
                "WHERE inbound_run_id = %s AND shipment_id = %s",
                (boxes, weight, unit, inbound_run_id, shipment_id),
            )
        )

    def save_tracking(
        self, inbound_run_id: int, shipment_id: str, tracking: Sequence[Mapping[str, Any]]
    ) -> None:
        """Record the tracking numbers of a shipment, still to be sent or as Amazon has them."""
        self.ledger.database.run(
            lambda connection: connection.execute(
                "UPDATE sellerops.inbound_shipment SET tracking = %s "
                "WHERE inbound_run_id = %s AND shipment_id = %s",
                (Jsonb(list(tracking)), inbound_run_id, shipment_id),
            )
        )


def _in_transaction(connection: Connection, inbound_run_id: int, shipment: ShipmentRow) -> None:
    with connection.transaction():
        write_shipment(connection, inbound_run_id, shipment)


def write_shipment(connection: Connection, inbound_run_id: int, shipment: ShipmentRow) -> None:
    """Insert or update a shipment and its units, within the caller's transaction."""
    columns = ("shipment_id", "placement_option_id", *_FROM_AMAZON)
    values = {name: getattr(shipment, name) for name in columns}
    names = ", ".join(columns)
    places = ", ".join(f"%({name})s" for name in columns)
    # A value that Amazon no longer sends does not erase the one that it sent before.
    updates = ", ".join(
        f"{name} = coalesce(excluded.{name}, inbound_shipment.{name})" for name in _FROM_AMAZON
    )
    connection.execute(
        f"""
        INSERT INTO sellerops.inbound_shipment (inbound_run_id, {names}) VALUES (%(run)s, {places})
        ON CONFLICT (inbound_run_id, shipment_id) DO UPDATE SET {updates}
        """,
        {**values, "run": inbound_run_id},
    )
    for sku, units in shipment.units.items():
        connection.execute(
            """
            INSERT INTO sellerops.inbound_shipment_item (inbound_run_id, shipment_id, sku, planned)
            VALUES (%s, %s, %s, %s)
            ON CONFLICT (inbound_run_id, shipment_id, sku) DO UPDATE SET planned = excluded.planned
            """,
            (inbound_run_id, shipment.shipment_id, sku, units),
        )


def only_fields(model: Any, row: Mapping[str, Any]) -> dict[str, Any]:
    """The row's columns that the model has."""
    return {name: row[name] for name in model.__dataclass_fields__ if name in row}
