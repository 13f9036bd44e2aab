"""The trigger form of an FBA inbound run: its values as a request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sellerops.inbound.models import InboundRequest

# Keys of the form's values, of a REST call's `conf`, and of a restock proposal.
ACCOUNT = "account"
MARKETPLACE = "marketplace"
SOURCE_ADDRESS = "source_address"
CONTACT = "contact"
NAME = "name"
PACKING_LIST_FILE = "packing_list_file"
ITEMS = "items"
BOXES = "boxes"
PACKING = "packing"
READY = "ready"
SHIPPING = "shipping"
CARRIER = "carrier"
PREFERRED_CARRIERS = "preferred_carriers"
PALLETS = "pallets"
FREIGHT_CLASS = "freight_class"
DECLARED_VALUE = "declared_value"
DRY_RUN = "dry_run"

PACK_NOW, PACK_LATER = "now", "later"


def parse_form(values: Mapping[str, Any]) -> InboundRequest:
    """The form's values as a request. Raises InvalidRequest with every value that cannot be read.

    ``items``, ``boxes`` and ``pallets`` are CSV texts as pasted into the form (columns as in a packing list),
    or lists of objects with the same columns as keys. ``ready``: ``2026-12-01 14:00`` in the time zone of the
    source address, or with an offset. ``preferred_carriers``: a list, or names separated by commas.
    """
    raise NotImplementedError
