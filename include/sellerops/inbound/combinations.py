"""Combines one placement option with a way of transport for each of its shipments, and adds up the costs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import groupby
from typing import Any

from sellerops.inbound.answers import later_discount, net_fees
from sellerops.inbound.models import Combination, InboundRequest, Leg, Money
from sellerops.inbound.offer_ranking import preference_of
from sellerops.inbound.rows.option_rows import PlacementOption, TransportationOption
from sellerops.inbound.rows.shipment_rows import ShipmentRow

# Amazon may name the warehouse of a shipment only once its placement is confirmed.
UNKNOWN_WAREHOUSE = "a warehouse not known yet"
NEEDS_WINDOW = "CONFIRMED_DELIVERY_WINDOW"
_PER_UNIT = Decimal("0.0001")


def ways_to_ship(
    request: InboundRequest,
    placement: PlacementOption,
    options: Sequence[TransportationOption],
    shipments: Mapping[str, ShipmentRow],
) -> Iterator[tuple[Leg, ...]]:
    """Sets of legs, one leg for every shipment of a placement.

    For each solution and mode, one set takes the best option of each shipment, whatever its carrier; one set
    per carrier has only that carrier's options. Sets that lack a shipment, and repeated ones, are left out.
    """
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


def combine(
    placement: PlacementOption,
    legs: tuple[Leg, ...],
    currency: str,
    packing: Sequence[Mapping[str, Any]] = (),
) -> Combination:
    """A placement option with its legs, and what that costs.

    ``currency``: for a placement without fees. ``packing``: incentives of the confirmed packing option.
    """
    incentives = (*placement.fees, *placement.discounts)
    packing_fees = net_fees(packing, ())
    fees = net_fees(incentives, ()) or Money(Decimal(0), currency)
    transport = total = per_unit = None
    costs = [leg.cost for leg in legs if leg.cost is not None]
    if costs and len(costs) == len(legs):
        transport = _sum(costs)
        total = _sum([fees, *costs, *([packing_fees] if packing_fees else [])])
        units = sum(leg.units for leg in legs)
        per_unit = (
            Money((total.amount / units).quantize(_PER_UNIT), total.currency) if total and units else None
        )
    expiries = [placement.expires_at, *(leg.expires_at for leg in legs)]
    return Combination(
        key="",
        placement_option_id=placement.placement_option_id,
        legs=legs,
        placement_fees=fees,
        transportation_fees=transport if total else None,
        total=total,
        per_unit=per_unit,
        expires_at=min((each for each in expiries if each), default=None),
        packing_fees=packing_fees,
        later_discount=later_discount((*packing, *incentives)),
    )


def _sum(parts: Sequence[Money]) -> Money | None:
    """The sum; None if the parts are in several currencies."""
    if len({each.currency for each in parts}) != 1:
        return None
    return Money(sum((each.amount for each in parts), Decimal(0)), parts[0].currency)


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


def _mode_of(option: TransportationOption) -> tuple[str, str]:
    return option.solution, option.mode


def _carrier(option: TransportationOption) -> str:
    return option.carrier or option.carrier_code or "your own carrier"
