"""What options of all kinds share: fees as Amazon writes them, and choosing one that is still offered."""

from __future__ import annotations

from typing import Any, TypeVar

from amazon_sandbox.inbound.calls import now_of
from amazon_sandbox.inbound.faults import drawn
from amazon_sandbox.inbound.options import OFFERED, Option
from amazon_sandbox.inbound.shapes import bad_request
from amazon_sandbox.inbound.state import checked_id, not_found
from amazon_sandbox.simulation.marketplaces import Marketplace
from amazon_sandbox.sp_api.operations import Operation

AnyOption = TypeVar("AnyOption", bound=Option)
PLACEMENT_SERVICES, FEE_DISCOUNT = "Placement Services", "Fulfillment Fee Discount"


def money(marketplace: Marketplace, minor: int) -> dict[str, Any]:
    """The model's Currency; `minor` in hundredths (yen: whole)."""
    return {"amount": marketplace.amount(minor), "code": marketplace.currency}


def local_minor(marketplace: Marketplace, usd: float) -> int:
    """US dollars in minor units of the marketplace's currency."""
    local = usd * marketplace.usd_rate
    return round(local * 100) if marketplace.decimals else round(local)


def incentive(marketplace: Marketplace, kind: str, minor: int, description: str) -> dict[str, Any]:
    """The model's Incentive: FEE or DISCOUNT, a total rather than per unit."""
    return {
        "type": kind,
        "target": PLACEMENT_SERVICES if kind == "FEE" else FEE_DISCOUNT,
        "description": description,
        "value": money(marketplace, minor),
    }


def chosen(call: Operation, options: list[AnyOption], name: str, option_id: str) -> AnyOption:
    """The option of the path, if still offered. Raises ApiError. A fault may make it vanish or expire."""
    checked_id(name, option_id)
    found = next((each for each in options if each.option_id == option_id), None)
    if found is None:
        raise not_found(name, option_id)
    for fault in drawn(call, "option_vanished", "option_expired"):
        if fault.kind.name == "option_vanished":
            options.remove(found)
            raise not_found(name, option_id)
        found.expires_at = now_of(call)
    status = found.status(now_of(call))
    if status != OFFERED:
        raise bad_request(f"ERROR: {name} {option_id} is {status} and cannot be confirmed.")
    return found
