"""What Amazon offers for a plan: packing, transport and delivery windows. Instants are UTC epoch seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from amazon_sandbox.inbound.contents import Box, ItemLine

OFFERED, ACCEPTED, EXPIRED = "OFFERED", "ACCEPTED", "EXPIRED"
SMALL_PARCEL, LTL, FTL = "GROUND_SMALL_PARCEL", "FREIGHT_LTL", "FREIGHT_FTL_PALLET"
PARTNERED, OWN = "AMAZON_PARTNERED_CARRIER", "USE_YOUR_OWN_CARRIER"
CONFIRMED_WINDOW = "CONFIRMED_DELIVERY_WINDOW"


@dataclass(slots=True)
class Option:
    """A packing or placement option. `fees` and `discounts` are the model's Incentives."""

    option_id: str
    expires_at: float | None
    fees: list[dict[str, Any]] = field(default_factory=list)
    discounts: list[dict[str, Any]] = field(default_factory=list)
    state: str = OFFERED

    def status(self, now: float) -> str:
        """OFFERED until it expires, unless another was accepted."""
        if self.state == OFFERED and self.expires_at is not None and now >= self.expires_at:
            return EXPIRED
        return self.state


@dataclass(slots=True)
class PackingGroup:
    """Items that may share boxes; `boxes` is None until the client describes them."""

    group_id: str
    items: tuple[ItemLine, ...]
    boxes: list[Box] | None = None


@dataclass(slots=True)
class PackingOption(Option):
    """`modes`: shipping modes by solution. `methods`: how box contents may be provided."""

    groups: list[PackingGroup] = field(default_factory=list)
    modes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    methods: tuple[str, ...] = ()
    heaviest: tuple[float, str] = (50.0, "LB")


@dataclass(slots=True)
class TransportationOption:
    """One way for one shipment to travel. `cost` in hundredths; None where Amazon does not know it."""

    option_id: str
    placement_option_id: str
    shipment_id: str
    mode: str
    solution: str
    carrier: str
    alpha_code: str
    cost: int | None = None
    expires_at: float | None = None
    voidable_until: float | None = None
    preconditions: tuple[str, ...] = ()
    appointment: tuple[float, float] | None = None

    @property
    def is_partnered(self) -> bool:
        return self.solution == PARTNERED


@dataclass(slots=True)
class DeliveryWindow:
    """`discount` in hundredths, of a DISCOUNTED window."""

    window_id: str
    starts_at: float
    ends_at: float
    valid_until: float
    availability: str
    discount: int = 0
