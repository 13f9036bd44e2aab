"""What a person chooses from: placement options combined with ways of transport, with their costs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from itertools import groupby

from sellerops.inbound.amount_text import count
from sellerops.inbound.answers import has_expired, net_fees
from sellerops.inbound.models import Carrier, Combination, InboundRequest, Leg, Money, Offer, Shipping
from sellerops.inbound.offer_ranking import preference_of, rank_of, reason_for, with_keys
from sellerops.inbound.rows.option_rows import PlacementOption, TransportationOption
from sellerops.inbound.rows.shipment_rows import ShipmentRow

# Amazon may name the warehouse of a shipment only once its placement is confirmed.
UNKNOWN_WAREHOUSE = "a warehouse not known yet"
PARTNERED = "AMAZON_PARTNERED_CARRIER"
OWN = "USE_YOUR_OWN_CARRIER"
NEEDS_WINDOW = "CONFIRMED_DELIVERY_WINDOW"
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
# More than a person compares; the cheapest are kept.
_MOST_COMBINATIONS = 24
_PER_UNIT = Decimal("0.0001")


def build_offer(
    request: InboundRequest,
    placements: Sequence[PlacementOption],
    transportation: Sequence[TransportationOption],
    shipments: Sequence[ShipmentRow],
    *,
    currency: str,
    read_at: datetime,
) -> Offer:
    """All combinations that fit the request and have not expired, the recommended one first.

    For each placement option there is one combination per solution, mode and carrier that can take every
    shipment, and one that takes the best option of each shipment where carriers differ. ``currency``: of the
    marketplace, for placements without fees.
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
        options = [each for each in wanted if each.placement_option_id == placement.placement_option_id]
        legs_by_family = list(_legs(request, placement, options, by_id))
        if not legs_by_family:
            notes.append(
                f"A placement with {count(len(placement.shipment_ids), 'shipment')} is left out: Amazon "
                "offers no suitable transport for it."
            )
        found += [_combination(placement, legs, currency) for legs in legs_by_family]
    notes += _notes(request, offered, read_at)
    ranked = sorted(found, key=lambda each: rank_of(request, each))
    if len(ranked) > _MOST_COMBINATIONS:
        notes.append(f"{len(ranked) - _MOST_COMBINATIONS} more expensive combinations are not shown.")
    shown = with_keys(ranked[:_MOST_COMBINATIONS])
    if shown:
        shown[0] = replace(shown[0], is_recommended=True, why=reason_for(request, shown))
    if any(each.total is None for each in shown):
        notes.append("Amazon does not know what your own carrier charges. Add its price when you compare.")
    return Offer(tuple(shown), read_at, tuple(notes))


def _notes(request: InboundRequest, offered: Sequence[PlacementOption], read_at: datetime) -> Iterator[str]:
    """Where what Amazon is told differs from the request."""
    if request.ready_at < read_at:
        yield "The ready date has passed. Options that are generated again are for the next hour."
    pallets = sum(pallet.count for pallet in request.pallets)
    most = max((len(each.shipment_ids) for each in offered), default=0)
    if request.shipping.is_freight and pallets < most:
        yield (
            f"You have {count(pallets, 'pallet')}. Every shipment needs one of its own, so an option with "
            "more shipments is priced with more pallets of that kind, and you must pack them so."
        )


def fingerprint(combination: Combination) -> str:
    """A digest of the approved numbers: fees, costs, carriers, warehouses and units, but no ids and no times.

    Options that were generated again have new ids; as long as their fingerprint is the same, the approval
    holds.
    """
    legs = sorted(
        [leg.warehouse_id, leg.mode, leg.solution, leg.carrier, _text(leg.cost), str(leg.units)]
        for leg in combination.legs
    )
    numbers = [_text(combination.placement_fees), _text(combination.total), legs]
    return hashlib.sha256(json.dumps(numbers).encode()).hexdigest()


def find_same(offer: Offer, digest: str) -> Combination | None:
    """The combination of an offer with the approved numbers. A warehouse that was not known when they were
    approved may be known by now.
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
    """Whether all carriers are of the kind that was asked for; others are offered where Amazon has none."""
    return all(leg.solution in _SOLUTIONS[request.carrier] for leg in combination.legs)


def _legs(
    request: InboundRequest,
    placement: PlacementOption,
    options: Sequence[TransportationOption],
    shipments: Mapping[str, ShipmentRow],
) -> Iterator[tuple[Leg, ...]]:
    """One way of transport for every shipment of a placement, per family."""
    seen: set[tuple[str, ...]] = set()
    pools: list[list[TransportationOption]] = []
    for _, of_mode in groupby(sorted(options, key=_mode_of), _mode_of):
        pool = list(of_mode)
        pools.append(pool)
        pools += [
            [each for each in pool if _carrier(each) == name] for name in sorted({*map(_carrier, pool)})
        ]
    for pool in pools:
        best = [_best(request, pool, shipment_id) for shipment_id in placement.shipment_ids]
        chosen = [each for each in best if each is not None]
        ids = tuple(each.transportation_option_id for each in chosen)
        if len(chosen) == len(placement.shipment_ids) and chosen and ids not in seen:
            seen.add(ids)
            yield tuple(_leg(each, shipments.get(each.shipment_id)) for each in chosen)


def _best(
    request: InboundRequest, pool: Iterable[TransportationOption], shipment_id: str
) -> TransportationOption | None:
    """A preferred carrier's option, else the cheapest; the same one whatever order Amazon lists them in."""
    own = [each for each in pool if each.shipment_id == shipment_id]
    return min(
        own,
        key=lambda each: (
            preference_of(request, _carrier(each), each.carrier_code),
            each.cost is None,
            each.cost or Decimal(0),
            _carrier(each),
            each.transportation_option_id,
        ),
        default=None,
    )


def _combination(placement: PlacementOption, legs: tuple[Leg, ...], currency: str) -> Combination:
    fees = net_fees(placement.fees, placement.discounts) or Money(Decimal(0), currency)
    costs = [leg.cost for leg in legs]
    transport = total = per_unit = None
    if all(costs):
        known = [cost for cost in costs if cost is not None]
        if {cost.currency for cost in known} == {fees.currency}:
            transport = Money(sum((cost.amount for cost in known), Decimal(0)), fees.currency)
            total = Money(transport.amount + fees.amount, fees.currency)
            units = sum(leg.units for leg in legs)
            per_unit = Money((total.amount / units).quantize(_PER_UNIT), fees.currency) if units else None
    expiries = [placement.expires_at, *(leg.expires_at for leg in legs)]
    return Combination(
        key="",
        placement_option_id=placement.placement_option_id,
        legs=legs,
        placement_fees=fees,
        transportation_fees=transport,
        total=total,
        per_unit=per_unit,
        expires_at=min((each for each in expiries if each), default=None),
    )


def _leg(option: TransportationOption, shipment: ShipmentRow | None) -> Leg:
    cost = Money(option.cost, option.currency) if option.cost is not None and option.currency else None
    return Leg(
        shipment_id=option.shipment_id,
        warehouse_id=(shipment.warehouse_id if shipment else None) or UNKNOWN_WAREHOUSE,
        transportation_option_id=option.transportation_option_id,
        mode=option.mode,
        solution=option.solution,
        carrier=_carrier(option),
        cost=cost,
        units=shipment.total_units if shipment else 0,
        expires_at=option.expires_at,
        voidable_until=option.voidable_until,
        needs_delivery_window=NEEDS_WINDOW in option.preconditions,
    )


def _fitting(request: InboundRequest, options: Iterable[TransportationOption]) -> list[TransportationOption]:
    solutions = _SOLUTIONS[request.carrier]
    return [each for each in options if each.mode in MODES[request.shipping] and each.solution in solutions]


def _is_open(placement: PlacementOption, moment: datetime) -> bool:
    if placement.status == "ACCEPTED":
        return True
    return placement.status == "OFFERED" and not has_expired(placement.expires_at, moment)


def _mode_of(option: TransportationOption) -> tuple[str, str]:
    return option.solution, option.mode


def _carrier(option: TransportationOption) -> str:
    return option.carrier or option.carrier_code or "your own carrier"


def _name_of(carrier: Carrier) -> str:
    return "a partnered carrier" if carrier is Carrier.PARTNERED else "your own carrier"


def _text(money: Money | None) -> str:
    return f"{money.amount.normalize():f} {money.currency}" if money else "unknown"
