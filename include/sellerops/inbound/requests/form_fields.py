"""The fields of the trigger form: keys of its values, and the titles that messages use."""

from __future__ import annotations

# Keys of the form's values, of a REST call's `conf`, and of a restock proposal.
ACCOUNT = "account"
MARKETPLACE = "marketplace"
SOURCE_ADDRESS = "source_address"
CONTACT = "contact"
NAME = "name"
READY = "ready"
PACKING_LIST_FILE = "packing_list_file"
ITEMS = "items"
BOXES = "boxes"
PACKING = "packing"
SHIPPING = "shipping"
CARRIER = "carrier"
PREFERRED_CARRIERS = "preferred_carriers"
PALLETS = "pallets"
FREIGHT_CLASS = "freight_class"
DECLARED_VALUE = "declared_value"
DRY_RUN = "dry_run"

PACK_NOW, PACK_LATER = "now", "later"

TITLES = {
    ACCOUNT: "Account",
    MARKETPLACE: "Marketplace",
    SOURCE_ADDRESS: "Ships from",
    CONTACT: "Contact",
    NAME: "Name",
    READY: "Ready to ship on",
    PACKING_LIST_FILE: "Packing list file",
    ITEMS: "Items",
    BOXES: "Boxes",
    PACKING: "Packing",
    SHIPPING: "Shipping",
    CARRIER: "Carrier",
    PREFERRED_CARRIERS: "Preferred carriers",
    PALLETS: "Pallets",
    FREIGHT_CLASS: "Freight class",
    DECLARED_VALUE: "Declared value",
    DRY_RUN: "Dry run",
}

# Amazon's limit for a plan's name is 40; sellerops adds " #" and the number of the run.
LONGEST_NAME = 30


def place_of(key: str) -> str:
    """The name of a field in messages."""
    return TITLES[key]
