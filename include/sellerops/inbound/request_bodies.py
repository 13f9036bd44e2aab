"""Items, boxes, pallets and contacts as Amazon's calls expect them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sellerops.inbound.box_plan import contents_of
from sellerops.inbound.models import Box, Item, Owner, Pallet


def item_input(item: Item, quantity: int | None = None) -> dict[str, Any]:
    """Amazon's ItemInput; ``quantity``: if it differs from the item's, such as that of one box."""
    entry: dict[str, Any] = {
        "msku": item.sku,
        "quantity": item.quantity if quantity is None else quantity,
        "prepOwner": str(item.prep_owner or Owner.NONE),
        "labelOwner": str(item.label_owner or Owner.NONE),
    }
    if item.expiration:
        entry["expiration"] = item.expiration.isoformat()
    if item.lot:
        entry["manufacturingLotCode"] = item.lot
    return entry


def box_inputs(boxes: Sequence[Box], items: Sequence[Item]) -> list[dict[str, Any]]:
    """Amazon's BoxInput of every box."""
    by_sku = {item.sku: item for item in reversed(items)}
    return [
        {
            "contentInformationSource": "BOX_CONTENT_PROVIDED",
            "dimensions": {
                "length": float(box.length),
                "width": float(box.width),
                "height": float(box.height),
                "unitOfMeasurement": box.dimension_unit,
            },
            "weight": {"unit": box.weight_unit, "value": float(box.weight)},
            "quantity": box.count,
            "items": [item_input(by_sku[sku], units) for sku, units in contents_of(box).items()],
        }
        for box in boxes
    ]


def pallet_inputs(pallets: Sequence[Pallet]) -> list[dict[str, Any]]:
    """Amazon's PalletInput of every kind of pallet."""
    return [
        {
            "quantity": pallet.count,
            "dimensions": {
                "length": float(pallet.length),
                "width": float(pallet.width),
                "height": float(pallet.height),
                "unitOfMeasurement": pallet.dimension_unit,
            },
            "weight": {"unit": pallet.weight_unit, "value": float(pallet.weight)},
            "stackability": "STACKABLE" if pallet.is_stackable else "NON_STACKABLE",
        }
        for pallet in pallets
    ]
