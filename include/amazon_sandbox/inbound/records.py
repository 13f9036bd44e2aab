"""What a client created: plans and their shipments. Instants are UTC epoch seconds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from amazon_sandbox.inbound.contents import Box, ItemLine, Pallet, units_of
from amazon_sandbox.inbound.options import (
    ACCEPTED,
    DeliveryWindow,
    Option,
    PackingOption,
    TransportationOption,
)
from amazon_sandbox.simulation.storefront import Storefront

ACTIVE, VOIDED, ERRORED, ALL_SHIPPED = "ACTIVE", "VOIDED", "ERRORED", "SHIPPED"


@dataclass(slots=True)
class PlacementOption(Option):
    """`placement_fee`: all fees less discounts, in hundredths."""

    shipments: list[ShipmentRecord] = field(default_factory=list)
    placement_fee: int = 0


@dataclass(slots=True)
class Tracking:
    """Tracking details as sent by the client, or by Amazon's carrier."""

    sent_at: float
    numbers: list[tuple[str, str]] = field(default_factory=list)
    freight_bill: str | None = None
    bill_of_lading: str | None = None


@dataclass(slots=True)
class ContentUpdatePreview:
    """Other contents of a shipment and what its transport would cost. `requested`: as the client sent it."""

    preview_id: str
    expires_at: float
    requested: dict[str, Any]
    transportation: TransportationOption
    items: list[ItemLine]
    boxes: list[Box]


class SelfShipSlot(NamedTuple):
    """When a vehicle may come."""

    slot_id: str
    starts_at: float
    ends_at: float


@dataclass(slots=True)
class SelfShip:
    """Slots for a client's own vehicle, until when one may be chosen, and the appointment (the model's)."""

    slots: list[SelfShipSlot] = field(default_factory=list)
    expires_at: float = 0.0
    appointment: dict[str, Any] | None = None


@dataclass(slots=True, eq=False)
class ShipmentRecord:
    """One shipment of a placement option. `history`: its statuses and when each begins, oldest first; once
    its labels are printed, this includes those that its journey will still bring.
    """

    shipment_id: str
    placement_option_id: str
    name: str
    centre: str
    items: list[ItemLine]
    source_address: dict[str, Any]
    history: list[tuple[float, str]]
    boxes: list[Box] | None = None
    pallets: list[Pallet] = field(default_factory=list)
    confirmation_id: str | None = None
    configuration: dict[str, Any] = field(default_factory=dict)
    ready_at: float | None = None
    contact: dict[str, Any] | None = None
    transportation: TransportationOption | None = None
    windows: list[DeliveryWindow] = field(default_factory=list)
    selected_window: DeliveryWindow | None = None
    tracking: Tracking | None = None
    received: dict[str, int] = field(default_factory=dict)
    received_at: float | None = None
    missing_units: int | None = None
    self_ship: SelfShip = field(default_factory=SelfShip)
    previews: list[ContentUpdatePreview] = field(default_factory=list)

    def status(self, now: float) -> str:
        """Its status at `now`."""
        known = [status for at, status in self.history if at <= now]
        return known[-1] if known else self.history[0][1]

    def updated_at(self, now: float) -> float:
        """When its status last changed."""
        return max((at for at, _ in self.history if at <= now), default=self.history[0][0])

    def reached(self, status: str) -> float | None:
        """When it has or will have this status; None while that is unknown."""
        return next((at for at, each in self.history if each == status), None)

    def shipped_units(self) -> Counter[str]:
        """Units by MSKU."""
        return units_of(self.items)


@dataclass(slots=True, eq=False)
class PlanRecord:
    """One inbound plan. `changes`: when it was changed; `listed_at`: from when lists show it."""

    plan_id: str
    seller_id: str
    storefront: Storefront
    name: str
    source_address: dict[str, Any]
    items: list[ItemLine]
    created_at: float
    listed_at: float
    changes: list[float]
    state: str = ACTIVE
    is_created: bool = False
    packing_options: list[PackingOption] = field(default_factory=list)
    placement_options: list[PlacementOption] = field(default_factory=list)
    transportation_options: list[TransportationOption] = field(default_factory=list)
    carriers_confirmed_at: float | None = None

    @property
    def packing(self) -> PackingOption | None:
        """The confirmed packing option."""
        return next((each for each in self.packing_options if each.state == ACCEPTED), None)

    @property
    def placement(self) -> PlacementOption | None:
        """The confirmed placement option."""
        return next((each for each in self.placement_options if each.state == ACCEPTED), None)

    @property
    def shipments(self) -> list[ShipmentRecord]:
        """Those of the confirmed placement option."""
        return self.placement.shipments if self.placement else []

    def all_shipments(self) -> Iterator[ShipmentRecord]:
        """Those of every placement option."""
        for option in self.placement_options:
            yield from option.shipments

    def status(self, now: float) -> str:
        """SHIPPED once all shipments have left."""
        left = [shipment.reached("SHIPPED") for shipment in self.shipments]
        if self.state == ACTIVE and left and all(at is not None and at <= now for at in left):
            return ALL_SHIPPED
        return self.state

    def updated_at(self, now: float) -> float:
        """When it or one of its shipments last changed."""
        own = [at for at in self.changes if at <= now] or [self.created_at]
        return max(*own, *(shipment.updated_at(now) for shipment in self.shipments), self.created_at)
