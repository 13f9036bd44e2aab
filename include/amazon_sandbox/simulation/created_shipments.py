"""Shipments that a client created through the inbound API: an overlay on the generated history.

Reports and the other APIs show them in addition to the generated data: as inbound stock and, once received,
as stock on hand; as receipts in the inventory ledger; as fees in settlements and transactions. Demand stays
as generated.

A server replaces the whole set with ``Sandbox.show_created(shipments)`` whenever one of them changes;
everything written or read afterwards shows the new set. ``CreatedShipment.units`` is the only rule for
quantities: v0's QuantityReceived must come from it too. A row is a history: a later version may add or move
only events in the future of the sandbox's clock, so that what was shown before remains valid.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

DAY = 86_400
PLACEMENT_CHARGED_AFTER = 45 * DAY
# What settlements call the fees.
PLACEMENT = "FBA Inbound Placement Service Fee"
TRANSPORTATION = "FBA Amazon-Partnered Carrier Shipment Fee"


class CreatedItem(NamedTuple):
    """Units of one SKU in a shipment; `received`: those that will have arrived by the time it is closed."""

    sku: str
    shipped: int
    received: int


class Units(NamedTuple):
    """Where the units of an item are. Units that never arrive count as `receiving` until the shipment is
    closed, and not at all afterwards.
    """

    working: int = 0
    shipped: int = 0
    receiving: int = 0
    received: int = 0

    def plus(self, other: Units) -> Units:
        """The sum, field by field."""
        return Units(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


class Charge(NamedTuple):
    """A fee of a shipment: its name in settlements, minor units (negative: paid back), UTC epoch seconds."""

    name: str
    amount: int
    at: int
    confirmation_id: str


class CreatedShipment(NamedTuple):
    """One shipment whose placement was confirmed. Instants are UTC epoch seconds; None: not known yet.

    `country`: of the destination marketplace; `centre`: the warehouse. Like all money in the simulation, fees
    are in minor units of the marketplace's currency (cents; the yen has none). The carrier's fee is charged
    at `charged_at` (when the charge can no longer be voided), the placement fee 45 days after the units were
    received. Units count as working until `left_at`, as shipped until `receiving_at`, and as received from
    `received_at` on. Events at `cancelled_at` or later do not take place. `corrections`: (instant, minor
    units) charged later or, if negative, paid back, because the carrier's price changed.

    Source: Seller Central on the FBA inbound placement service fee: charged about 45 days after receipt.
    """

    account: str
    country: str
    plan_id: str
    plan_name: str
    placement_option_id: str
    shipment_id: str
    confirmation_id: str
    centre: str
    items: tuple[CreatedItem, ...]
    created_at: int
    left_at: int | None = None
    receiving_at: int | None = None
    received_at: int | None = None
    closed_at: int | None = None
    cancelled_at: int | None = None
    placement_fee: int = 0
    transportation_fee: int = 0
    charged_at: int | None = None
    corrections: tuple[tuple[int, int], ...] = ()

    def has_reached(self, at: int | None, now: int) -> bool:
        """Whether `at`, one of the shipment's instants, is reached by `now` and precedes any cancellation."""
        return at is not None and at <= now and (self.cancelled_at is None or at < self.cancelled_at)

    def is_cancelled(self, now: int) -> bool:
        """Whether the shipment is cancelled at `now`."""
        return self.cancelled_at is not None and self.cancelled_at <= now

    @property
    def receipt_at(self) -> int | None:
        """When the units are received; None if not known yet or if the shipment is cancelled before."""
        return self._unless_cancelled(self.received_at)

    def units(self, item: CreatedItem, now: int) -> Units:
        """Where the units of one of the shipment's items are at `now`. They count nowhere before the shipment
        is created or after it is cancelled, except for units received before the cancellation.
        """
        if now < self.created_at:
            return Units()
        if self.has_reached(self.received_at, now):
            is_over = self.has_reached(self.closed_at, now) or self.is_cancelled(now)
            return Units(
                receiving=0 if is_over else max(0, item.shipped - item.received), received=item.received
            )
        if self.is_cancelled(now):
            return Units()
        if self.has_reached(self.receiving_at, now):
            return Units(receiving=item.shipped)
        return Units(shipped=item.shipped) if self.has_reached(self.left_at, now) else Units(item.shipped)

    def charges(self) -> Iterator[Charge]:
        """The shipment's fees whose time of charge is known."""
        carried, received = self._unless_cancelled(self.charged_at), self.receipt_at
        if self.transportation_fee and carried is not None:
            yield Charge(TRANSPORTATION, self.transportation_fee, carried, self.confirmation_id)
        for corrected, amount in self.corrections:
            yield Charge(TRANSPORTATION, amount, corrected, self.confirmation_id)
        if self.placement_fee and received is not None:
            at = received + PLACEMENT_CHARGED_AFTER
            yield Charge(PLACEMENT, self.placement_fee, at, self.confirmation_id)

    def following(self, shown: CreatedShipment, now: int) -> CreatedShipment:
        """This row as the successor of `shown`: what the carrier has charged by `now` stays, with a
        correction at `now` if the price has changed.
        """
        charged = self._unless_cancelled(shown.charged_at)
        if charged is None or charged > now:
            return self
        booked = shown.transportation_fee + sum(amount for _, amount in shown.corrections)
        difference = self.transportation_fee - booked
        return self._replace(
            transportation_fee=shown.transportation_fee,
            charged_at=charged,
            corrections=(*shown.corrections, *([(now, difference)] if difference else ())),
        )

    def _unless_cancelled(self, at: int | None) -> int | None:
        return at if at is not None and self.has_reached(at, at) else None

    def check(self) -> None:
        """Raise ValueError if the quantities or instants are impossible."""
        known = [at for at in (self.left_at, self.receiving_at, self.received_at, self.closed_at) if at]
        if [self.created_at, *known] != sorted([self.created_at, *known]):
            raise ValueError(f"shipment {self.confirmation_id}: its instants are not in order")
        if any(item.shipped < 1 or item.received < 0 for item in self.items) or not self.items:
            raise ValueError(f"shipment {self.confirmation_id}: needs items with units to ship")


def in_order(shipments: Iterable[CreatedShipment]) -> tuple[CreatedShipment, ...]:
    """The shipments in a canonical order, independent of the order given. Raises ValueError for duplicate ids
    and for impossible shipments.
    """
    ordered = sorted(shipments, key=lambda shipment: (shipment.created_at, shipment.confirmation_id))
    if len({shipment.confirmation_id for shipment in ordered}) != len(ordered):
        raise ValueError("two created shipments have one confirmation id")
    for shipment in ordered:
        shipment.check()
    return tuple(ordered)


def units_of(shipments: Iterable[CreatedShipment], now: int) -> dict[str, Units]:
    """Units of the shipments at `now`, by SKU."""
    found: dict[str, Units] = {}
    for shipment in shipments:
        for item in shipment.items:
            found[item.sku] = found.get(item.sku, Units()).plus(shipment.units(item, now))
    return found
