"""How Amazon classifies SKUs for inbound: prep category and types, hazmat, size, expiration dates."""

from __future__ import annotations

from dataclasses import dataclass

from amazon_sandbox.simulation.catalogue import Listing
from amazon_sandbox.simulation.storefront import Storefront
from amazon_sandbox.simulation.streams import uniforms

_POLYBAG = ("ITEM_POLYBAGGING", "ITEM_SUFFOSTK")
# By type of product: the category, and what has to be done to a unit. Others need no prep.
_PREP: dict[str, tuple[str, tuple[str, ...]]] = {
    "KNF": ("SHARP", ("ITEM_BOXING",)),
    "PRN": ("SHARP", ("ITEM_BOXING",)),
    "FRM": ("FRAGILE", ("ITEM_BUBBLEWRAP",)),
    "CFP": ("FRAGILE", ("ITEM_BUBBLEWRAP",)),
    "CND": ("FRAGILE", ("ITEM_BUBBLEWRAP",)),
    "TOW": ("TEXTILE", _POLYBAG),
    "HMK": ("TEXTILE", _POLYBAG),
    "BND": ("SET", ("ITEM_SETSTK",)),
    "BLK": ("BABY", ("ITEM_POLYBAGGING",)),
}
_HAZMAT = frozenset(("LMP", "SCL"))  # lithium batteries
_BULKY_FROM_LITRES = 6.0
_WITH_EXPIRATION = frozenset(("CND", "BND"))  # wax and latex age
_UNKNOWN_SHARE, _ORIGINAL_BARCODE_SHARE = 0.12, 0.25
NO_PREP, LABELING = "ITEM_NO_PREP", "ITEM_LABELING"
STANDARD, BULKY, HAZMAT = "standard", "bulky", "hazmat"


@dataclass(frozen=True, slots=True)
class Prep:
    """The prep classification of a SKU in a marketplace; `types` without labelling."""

    category: str
    types: tuple[str, ...]
    is_labelled: bool
    country: str

    @property
    def needs_prep(self) -> bool:
        return any(kind != NO_PREP for kind in self.types)

    @property
    def prep_owners(self) -> tuple[str, ...]:
        """What Amazon accepts as prepOwner."""
        return self._owners if self.needs_prep else ("NONE",)

    @property
    def label_owners(self) -> tuple[str, ...]:
        """What Amazon accepts as labelOwner."""
        return self._owners if self.is_labelled else ("NONE",)

    @property
    def must_match(self) -> bool:
        """Whether both owners have to be the same: sets, which are labelled as they are made."""
        return self.category == "SET" and self.is_labelled and self.needs_prep

    @property
    def all_types(self) -> tuple[str, ...]:
        """The model's prepTypes: Amazon adds labelling by itself."""
        return (*self.types, LABELING) if self.is_labelled else self.types

    @property
    def _owners(self) -> tuple[str, ...]:
        return ("SELLER",) if self.country == "US" else ("AMAZON", "SELLER")


def usual_prep(storefront: Storefront, listing: Listing) -> Prep:
    """The classification before a client sets one; UNKNOWN for some SKUs and those without an FNSKU."""
    u = uniforms(*storefront.key, listing.sku, "prep")
    if listing.is_merchant or u[0] < _UNKNOWN_SHARE:
        return Prep("UNKNOWN", (), True, storefront.marketplace.country)
    category, types = _PREP.get(listing.type_code, ("NONE", (NO_PREP,)))
    is_labelled = category != "NONE" or u[1] >= _ORIGINAL_BARCODE_SHARE
    return Prep(category, types, is_labelled, storefront.marketplace.country)


def packing_class(listing: Listing) -> str:
    """Items of different classes do not share boxes."""
    if listing.type_code in _HAZMAT:
        return HAZMAT
    return BULKY if listing.litres >= _BULKY_FROM_LITRES else STANDARD


def needs_expiration(listing: Listing) -> bool:
    """Whether Amazon requires an expiration date."""
    return listing.type_code in _WITH_EXPIRATION
