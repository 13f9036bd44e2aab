"""The rows of what Amazon offers: placement and transportation options."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from psycopg.types.json import Jsonb

from sellerops.inbound.rows.shipment_rows import ShipmentRow, only_fields, write_shipment

if TYPE_CHECKING:
    from sellerops.ledger import Ledger
    from sellerops.ledger.database import Connection


@dataclass(frozen=True)
class PlacementOption:
    """How Amazon offers to split a plan. ``fees``, ``discounts``: Amazon's incentives verbatim."""

    placement_option_id: str
    status: str
    shipment_ids: tuple[str, ...]
    fees: Sequence[Mapping[str, Any]] = ()
    discounts: Sequence[Mapping[str, Any]] = ()
    expires_at: datetime | None = None
    generation: int = 1


@dataclass(frozen=True)
class TransportationOption:
    """How one shipment could travel. ``cost`` None: Amazon has no price for the seller's own carrier."""

    transportation_option_id: str
    placement_option_id: str
    shipment_id: str
    mode: str
    solution: str
    carrier: str | None = None
    carrier_code: str | None = None
    cost: Decimal | None = None
    currency: str | None = None
    preconditions: tuple[str, ...] = ()
    expires_at: datetime | None = None
    voidable_until: datetime | None = None
    generation: int = 1


class OptionRows:
    """Statements on ``inbound_placement_option`` and ``inbound_transportation_option``."""

    ledger: Ledger

    def save_placements(
        self,
        inbound_run_id: int,
        generation: int,
        options: Sequence[PlacementOption],
        shipments: Iterable[ShipmentRow],
    ) -> None:
        """Replace everything that was offered before with these options and their shipments."""

        def work(connection: Connection) -> None:
            with connection.transaction():
                run = {"run": inbound_run_id}
                connection.execute(
                    "DELETE FROM sellerops.inbound_transportation_option WHERE inbound_run_id = %(run)s", run
                )
                connection.execute(
                    "DELETE FROM sellerops.inbound_placement_option WHERE inbound_run_id = %(run)s", run
                )
                connection.execute(
                    "DELETE FROM sellerops.inbound_shipment WHERE inbound_run_id = %(run)s AND NOT is_chosen",
                    run,
                )
                for option in options:
                    connection.execute(
                        """
                        INSERT INTO sellerops.inbound_placement_option
                            (inbound_run_id, placement_option_id, generation, status, shipment_ids, fees,
                             discounts, expires_at)
                        VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
                        """,
                        (
                            inbound_run_id,
                            option.placement_option_id,
                            generation,
                            option.status,
                            list(option.shipment_ids),
                            Jsonb(list(option.fees)),
                            Jsonb(list(option.discounts)),
                            option.expires_at,
                        ),
                    )
                for shipment in shipments:
                    write_shipment(connection, inbound_run_id, shipment)

        self.ledger.database.run(work)

    def save_transportation(
        self,
        inbound_run_id: int,
        placement_option_id: str,
        generation: int,
        options: Sequence[TransportationOption],
    ) -> None:
        """Replace the transportation options of one placement option."""

        def work(connection: Connection) -> None:
            with connection.transaction():
                connection.execute(
                    "DELETE FROM sellerops.inbound_transportation_option "
                    "WHERE inbound_run_id = %s AND placement_option_id = %s",
                    (inbound_run_id, placement_option_id),
                )
                with connection.cursor() as cursor:
                    cursor.executemany(
                        """
                        INSERT INTO sellerops.inbound_transportation_option
                            (inbound_run_id, transportation_option_id, generation, placement_option_id,
                             shipment_id, mode, solution, carrier, carrier_code, cost, currency,
                             preconditions, expires_at, voidable_until)
                        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
                        ON CONFLICT DO NOTHING
                        """,
                        [
                            (
                                inbound_run_id,
                                option.transportation_option_id,
                                generation,
                                placement_option_id,
                                option.shipment_id,
                                option.mode,
                                option.solution,
                                option.carrier,
                                option.carrier_code,
                                option.cost,
                                option.currency,
                                list(option.preconditions),
                                option.expires_at,
                                option.voidable_until,
                            )
                            for option in options
                        ],
                    )

        self.ledger.database.run(work)

    def placements(self, inbound_run_id: int) -> list[PlacementOption]:
        """What Amazon offers now, in a stable order."""
        rows = self._select("inbound_placement_option", inbound_run_id, "placement_option_id")
        for row in rows:
            row["shipment_ids"] = tuple(row["shipment_ids"])
        return [PlacementOption(**only_fields(PlacementOption, row)) for row in rows]

    def transportation(self, inbound_run_id: int) -> list[TransportationOption]:
        rows = self._select("inbound_transportation_option", inbound_run_id, "transportation_option_id")
        return [
            TransportationOption(
                **{**only_fields(TransportationOption, row), "preconditions": tuple(row["preconditions"])}
            )
            for row in rows
        ]

    def _select(self, table: str, inbound_run_id: int, order: str) -> list[dict[str, Any]]:
        return self.ledger.database.run(
            lambda connection: connection.execute(
                f"SELECT * FROM sellerops.{table} WHERE inbound_run_id = %s ORDER BY {order}",
                (inbound_run_id,),
            ).fetchall()
        )
