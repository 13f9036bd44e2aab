"""What a person chooses from: placement options combined with ways of transport, with their costs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sellerops.inbound.amount_text import count, money
from sellerops.inbound.answers import has_expired
from sellerops.inbound.combinations import NEEDS_WINDOW, UNKNOWN_WAREHOUSE, combine, ways_to_ship
from sellerops.inbound.models import Carrier, Combination, InboundRequest, Money, Offer, Shipping
from sellerops.inbound.offer_ranking import rank_of, reason_for, with_keys
from sellerops.inbound.rows.option_rows import PlacementOption, TransportationOption
from sellerops.inbound.rows.shipment_rows import ShipmentRow

PARTNERED = "AMAZON_PARTNERED_CARRIER"
OWN = "USE_YOUR_OWN_CARRIER"
MODES: Mapping[Shipping, tuple[str, ...]] = {
    Shipping.SPD: ("GROUND_SMALL_PARCEL", "AIR_SMALL_PARCEL", "AIR_SMALL_PARCEL_EXPRESS"),
    Shipping.LTL: ("FREIGHT_LTL", "OCEAN_LCL"),
    Shipping.FTL: ("FREIGHT_FTL_PALLET", "FREIGHT_FTL_NONPALLET", "OCEAN_FCL"),
}
_SOLUTIONS: Mapping[Carrier, tuple[str, ...]] = {
    Carrier.PARTNERED: (PARTNERED,),
    Carrier.OWN: (OWN,),
    Carrier.CHEAPEST: (PARTNERED, OWN),
}
# A person does not compare more; those with the best rank are kept.
_MOST_COMBINATIONS = 24


def build_offer(
    request: InboundRequest,
    placements: Sequence[PlacementOption],
    transportation: Sequence[TransportationOption],
    shipments: Sequence[ShipmentRow],
    *,
    currency: str,
    read_at: datetime,
    packing: Sequence[Mapping[str, Any]] = (),
) -> Offer:
    """All combinations that fit the request and have not expired, the recommended one first.

    For each placement option there is one combination per solution, mode and carrier that can take every
    shipment, and one that takes the best option of each shipment where carriers differ. ``currency``: of the
    marketplace, for placements without fees. ``packing``: the confirmed packing option's fees and discounts,
    which every combination includes.
    """
    notes: list[str] = []
    offered = [each for each in placements if _is_open(each, read_at)]
    usable = [each for each in transportation if not has_expired(each.expires_at, read_at)]
    wanted = _fitting(request, usable)
    if not wanted and request.carrier is not Carrier.CHEAPEST:
        wanted = _fitting(replace(request, carrier=Carrier.CHEAPEST), usable)
        if wanted:
            notes.append(
                f"Amazon offers nothing for {_name_of(request.carrier)}; all other options are shown."
            )
    by_id = {each.shipment_id: each for each in shipments}
    found: list[Combination] = []
    for placement in offered:
        if not has_enough_pallets(request, placement):
            notes.append(_too_few_pallets(request, placement))
            continue
        options = [each for each in wanted if each.placement_option_id == placement.placement_option_id]
        legs_by_family = list(ways_to_ship(request, placement, options, by_id))
        if not legs_by_family:
            notes.append(
                f"A placement with {count(len(placement.shipment_ids), 'shipment')} is left out: Amazon "
                "offers no suitable transport for it."
            )
        found += [combine(placement, legs, currency, packing) for legs in legs_by_family]
    if request.ready_at < read_at:
        notes.append("The ready date has passed. Options that are generated again are for the next hour.")
    ranked = sorted(found, key=lambda each: rank_of(request, each))
    if len(ranked) > _MOST_COMBINATIONS:
        notes.append(f"{len(ranked) - _MOST_COMBINATIONS} more expensive combinations are not shown.")
    shown = with_keys(ranked[:_MOST_COMBINATIONS])
    if shown:
        shown[0] = replace(shown[0], is_recommended=True, why=reason_for(request, shown))
    notes += _notes_about(shown)
    return Offer(tuple(shown), read_at, tuple(notes))


def has_enough_pallets(request: InboundRequest, placement: PlacementOption) -> bool:
    """Whether every shipment of a placement option can travel on a pallet of its own, as freight does."""
    pallets = sum(pallet.count for pallet in request.pallets)
    return not (request.shipping.is_freight and 0 < pallets < len(placement.shipment_ids))


def _too_few_pallets(request: InboundRequest, placement: PlacementOption) -> str:
    pallets = sum(pallet.count for pallet in request.pallets)
    return (
        f"A placement with {count(len(placement.shipment_ids), 'shipment')} is left out: every shipment "
        f"needs a pallet of its own. You have {count(pallets, 'pallet')}."
    )


def _notes_about(shown: Sequence[Combination]) -> Iterator[str]:
    """What the table cannot say about its numbers."""
    packing = next((each.packing_fees for each in shown if each.packing_fees), None)
    if packing:
        yield (
            f"Every total includes {money(packing)} for the packing option that was confirmed for your boxes."
        )
    if any(each.later_discount for each in shown):
        yield (
            "A later fee discount lowers the fulfillment fees that Amazon charges when the units are sold. "
            "No total includes it."
        )
    if any(each.total is None for each in shown):
        yield "Amazon does not know what your own carrier charges. Add its price when you compare."


def fingerprint(combination: Combination) -> str:
    """A digest of the approved numbers: fees, costs, carriers, warehouses and units, but no ids and no times.

    Options that were generated again have new ids; as long as their fingerprint is the same, the approval
    holds.
    """
    legs = sorted(
        [leg.warehouse_id, leg.mode, leg.solution, leg.carrier, _text(leg.cost), str(leg.units)]
        for leg in combination.legs
    )
    amounts = (
        combination.placement_fees,
        combination.total,
        combination.packing_fees,
        combination.later_discount,
    )
    return hashlib.sha256(json.dumps([*map(_text, amounts), legs]).encode()).hexdigest()


def find_same(offer: Offer, digest: str) -> Combination | None:
    """The combination of an offer with the approved numbers; None if there is none.

    A warehouse that was unknown when they were approved may be known by now.
    """
    return next(
        (
            each
            for each in offer.combinations
            if digest in (fingerprint(each), fingerprint(_without_warehouses(each)))
        ),
        None,
    )


def _without_warehouses(combination: Combination) -> Combination:
    legs = tuple(replace(leg, warehouse_id=UNKNOWN_WAREHOUSE) for leg in combination.legs)
    return replace(combination, legs=legs)


def has_wanted_carriers(request: InboundRequest, combination: Combination) -> bool:
    """Whether all carriers are of the requested kind; others are offered if Amazon has none of that kind."""
    return all(leg.solution in _SOLUTIONS[request.carrier] for leg in combination.legs)


def _fitting(request: InboundRequest, options: Iterable[TransportationOption]) -> list[TransportationOption]:
    solutions = _SOLUTIONS[request.carrier]
    return [each for each in options if each.mode in MODES[request.shipping] and each.solution in solutions]


def _is_open(placement: PlacementOption, moment: datetime) -> bool:
    if placement.status == "ACCEPTED":
        return True
    return placement.status == "OFFERED" and not has_expired(placement.expires_at, moment)


def _name_of(carrier: Carrier) -> str:
    return "a partnered carrier" if carrier is Carrier.PARTNERED else "your own carrier"


def _text(money: Money | None) -> str:
    return f"{money.amount.normalize():f} {money.currency}" if money else "unknown"


__all__ = [
    "MODES",
    "NEEDS_WINDOW",
    "OWN",
    "PARTNERED",
    "UNKNOWN_WAREHOUSE",
    "build_offer",
    "find_same",
    "fingerprint",
    "has_enough_pallets",
    "has_wanted_carriers",
]
