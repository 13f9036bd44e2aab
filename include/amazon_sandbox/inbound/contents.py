"""What is shipped: items, boxes and pallets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from amazon_sandbox.simulation.catalogue import Listing


@dataclass(frozen=True, slots=True)
class ItemLine:
    """Units of one SKU."""

    listing: Listing
    quantity: int
    label_owner: str
    prep_owner: str
    prep_types: tuple[str, ...] = ()
    expiration: str | None = None
    lot: str | None = None

    @property
    def msku(self) -> str:
        return self.listing.sku

    def of(self, quantity: int) -> ItemLine:
        """The same item in another quantity."""
        return ItemLine(
            self.listing,
            quantity,
            self.label_owner,
            self.prep_owner,
            self.prep_types,
            self.expiration,
            self.lot,
        )


def units_of(lines: Iterable[ItemLine]) -> Counter[str]:
    """Units by MSKU."""
    found: Counter[str] = Counter()
    for line in lines:
        found[line.msku] += line.quantity
    return found


@dataclass(slots=True)
class Box:
    """`quantity` identical boxes; `items` are the contents of one of them. `box_id` is on its label."""

    package_id: str
    source: str
    dimensions: dict[str, Any]
    weight: dict[str, Any]
    quantity: int
    items: tuple[ItemLine, ...]
    box_id: str | None = None


@dataclass(slots=True)
class Pallet:
    """`quantity` identical pallets, as the client described them."""

    package_id: str
    described: dict[str, Any]

    @property
    def quantity(self) -> int:
        return int(self.described["quantity"])
