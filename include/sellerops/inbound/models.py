"""The request of an FBA inbound run, and the values that its steps exchange.

Terms and limits are those of the Fulfillment Inbound API, version 2024-03-20.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum


class Owner(StrEnum):
    """Who preps or labels an item. Amazon refuses AMAZON in the US."""

    AMAZON = "AMAZON"
    SELLER = "SELLER"
    NONE = "NONE"


class Shipping(StrEnum):
    """How the boxes travel: as parcels, or on pallets as a part or the whole of a truck."""

    SPD = "SPD"
    LTL = "LTL"
    FTL = "FTL"

    @property
    def is_freight(self) -> bool:
        return self is not Shipping.SPD


class Carrier(StrEnum):
    """Whose carrier to prefer; `cheapest` compares both."""

    PARTNERED = "partnered"
    OWN = "own"
    CHEAPEST = "cheapest"


@dataclass(frozen=True)
class Item:
    """Units of one SKU. An owner that is None follows from the item's prep details.

    ``prep_category`` and ``prep_types``: set at Amazon if the SKU has no prep classification yet.
    ``place``: where it is in the form or the packing list, for messages.
    """

    sku: str
    quantity: int
    prep_owner: Owner | None = None
    label_owner: Owner | None = None
    expiration: date | None = None
    lot: str | None = None
    prep_category: str | None = None
    prep_types: tuple[str, ...] = ()
    place: str = field(default="", compare=False)


@dataclass(frozen=True)
class BoxContent:
    """Units of a SKU in each of the identical boxes."""

    sku: str
    quantity: int


@dataclass(frozen=True)
class Box:
    """`count` identical boxes. ``name``: what the packing list calls them (``1``, ``A``, ``carton 3-7``)."""

    name: str
    contents: tuple[BoxContent, ...]
    length: Decimal
    width: Decimal
    height: Decimal
    weight: Decimal
    dimension_unit: str = "CM"
    weight_unit: str = "KG"
    count: int = 1
    place: str = field(default="", compare=False)


@dataclass(frozen=True)
class Pallet:
    """`count` identical pallets of an LTL or FTL shipment."""

    length: Decimal
    width: Decimal
    height: Decimal
    weight: Decimal
    dimension_unit: str = "CM"
    weight_unit: str = "KG"
    count: int = 1
    is_stackable: bool = False
    place: str = field(default="", compare=False)


@dataclass(frozen=True)
class InboundRequest:
    """Everything a run needs to know before it creates anything at Amazon.

    ``source_address``, ``contact``: names in ``config/inbound.yaml``. ``pack_later``: Amazon learns the boxes
    after the placement is confirmed. ``ready_at``: aware, when the boxes are ready to leave.
    ``preferred_carriers``: alpha codes or names, best first; empty means the cheapest.
    ``notes``: what was assumed while the form and the packing list were read.
    ``freight_class``, ``declared_value``: for LTL and FTL with Amazon's partnered carrier; the value is in
    the marketplace's currency.
    """

    account_id: str
    marketplace: str
    source_address: str
    items: tuple[Item, ...]
    ready_at: datetime
    name: str
    boxes: tuple[Box, ...] = ()
    pack_later: bool = False
    shipping: Shipping = Shipping.SPD
    carrier: Carrier = Carrier.CHEAPEST
    preferred_carriers: tuple[str, ...] = ()
    pallets: tuple[Pallet, ...] = ()
    freight_class: str | None = None
    declared_value: Decimal | None = None
    contact: str | None = None
    dry_run: bool = False
    notes: tuple[str, ...] = field(default=(), compare=False)

    @property
    def units(self) -> int:
        return sum(item.quantity for item in self.items)


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a request: the place in the form or file, the cause and the remedy."""

    place: str
    cause: str
    remedy: str


@dataclass(frozen=True)
class Money:
    """An amount in its currency."""

    amount: Decimal
    currency: str


@dataclass(frozen=True)
class Leg:
    """One shipment of a combination, and how it would travel."""

    shipment_id: str
    warehouse_id: str
    transportation_option_id: str
    mode: str
    solution: str
    carrier: str
    cost: Money | None
    units: int
    expires_at: datetime | None = None
    voidable_until: datetime | None = None
    needs_delivery_window: bool = False


@dataclass(frozen=True)
class Combination:
    """A placement option with one transportation option per shipment: what a person approves.

    ``key``: short and stable while the numbers stay the same, such as ``A1``; the form's option.
    ``placement_fees``: what Amazon charges for the placement, less its discounts; ``packing_fees``: the same
    for the confirmed packing option, for the whole plan. ``total`` and ``per_unit`` contain both, and are
    None if a leg has no price (an own carrier's cost is unknown to Amazon). ``later_discount``: how much
    lower the later fulfillment fees will be; no total includes it. ``expires_at``: when the first of its
    parts expires.
    """

    key: str
    placement_option_id: str
    legs: tuple[Leg, ...]
    placement_fees: Money
    transportation_fees: Money | None
    total: Money | None
    per_unit: Money | None
    expires_at: datetime | None
    is_recommended: bool = False
    why: str = ""
    packing_fees: Money | None = None
    later_discount: Money | None = None

    @property
    def known_fees(self) -> Money:
        """The fees that Amazon charges whatever the carrier: placement and packing."""
        packing = self.packing_fees
        if packing is None or packing.currency != self.placement_fees.currency:
            return self.placement_fees
        return Money(self.placement_fees.amount + packing.amount, packing.currency)

    @property
    def warehouses(self) -> tuple[str, ...]:
        return tuple(sorted({leg.warehouse_id for leg in self.legs}))

    @property
    def selections(self) -> dict[str, str]:
        """Shipment id -> transportation option id."""
        return {leg.shipment_id: leg.transportation_option_id for leg in self.legs}


@dataclass(frozen=True)
class Offer:
    """All combinations of a run as of ``read_at``, the best first. ``notes``: what a person should know, such
    as an option that Amazon withdrew or a void deadline.
    """

    combinations: tuple[Combination, ...]
    read_at: datetime
    notes: tuple[str, ...] = field(default_factory=tuple)

    def combination(self, key: str) -> Combination | None:
        return next((each for each in self.combinations if each.key == key), None)
