"""An offer in small: two ways to split a plan, several ways to ship each part."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sellerops.inbound.models import InboundRequest, Item, Offer
from sellerops.inbound.offers import NEEDS_WINDOW, OWN, PARTNERED, build_offer
from sellerops.inbound.store import PlacementOption, ShipmentRow, TransportationOption

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
LATER = NOW + timedelta(days=2)
REQUEST = InboundRequest("northwind_na", "US", "dallas", (Item("NW-1", 100),), LATER, "December")


def incentive(kind: str, amount: str, currency: str = "USD") -> dict[str, Any]:
    """A fee or discount as Amazon writes it."""
    return {
        "type": kind,
        "target": "Placement Services",
        "description": "",
        "value": {"amount": float(amount), "code": currency},
    }


def placement(
    name: str, *shipments: str, fee: str = "0", discount: str = "0", **changes: Any
) -> PlacementOption:
    """A placement option; without a fee or discount Amazon lists none."""
    return replace(
        PlacementOption(
            f"pl-{name}",
            "OFFERED",
            shipments,
            [incentive("FEE", fee)] if fee != "0" else [],
            [incentive("DISCOUNT", discount)] if discount != "0" else [],
            LATER,
        ),
        **changes,
    )


def way(
    placement_name: str,
    shipment: str,
    cost: str | None,
    carrier: str = "UPS",
    mode: str = "GROUND_SMALL_PARCEL",
    **changes: Any,
) -> TransportationOption:
    """A transportation option; without a cost it is the seller's own carrier."""
    return replace(
        TransportationOption(
            transportation_option_id=f"to-{shipment}-{carrier}-{mode}-{cost}",
            placement_option_id=f"pl-{placement_name}",
            shipment_id=shipment,
            mode=mode,
            solution=PARTNERED if cost else OWN,
            carrier=carrier,
            cost=Decimal(cost) if cost else None,
            currency="USD" if cost else None,
            preconditions=() if cost else (NEEDS_WINDOW,),
            expires_at=LATER if cost else None,
        ),
        **changes,
    )


def shipment(name: str, placement_name: str, warehouse: str, units: int) -> ShipmentRow:
    return ShipmentRow(name, f"pl-{placement_name}", "UNCONFIRMED", {"NW-1": units}, warehouse_id=warehouse)


# One shipment costs 30 for the placement, two cost nothing but more postage.
PLACEMENTS = (placement("one", "s1", fee="30.00"), placement("two", "s2", "s3", discount="5.00"))
SHIPMENTS = (
    shipment("s1", "one", "ONT8", 100),
    shipment("s2", "two", "ONT8", 60),
    shipment("s3", "two", "PHX3", 40),
)
WAYS = (
    way("one", "s1", "50.00"),
    way("one", "s1", None, "FedEx"),
    way("two", "s2", "40.00"),
    way("two", "s3", "35.00"),
    way("two", "s2", None, "FedEx"),
    way("two", "s3", None, "FedEx"),
)


def offer(request: InboundRequest = REQUEST, **changes: Any) -> Offer:
    """The offer above, or a changed one."""
    parts: dict[str, Any] = {"placements": PLACEMENTS, "transportation": WAYS, "shipments": SHIPMENTS}
    parts |= changes
    read_at = parts.pop("read_at", NOW)
    return build_offer(
        request,
        parts["placements"],
        parts["transportation"],
        parts["shipments"],
        currency="USD",
        read_at=read_at,
        packing=parts.get("packing", ()),
    )
