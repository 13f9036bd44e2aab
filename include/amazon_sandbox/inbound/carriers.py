"""Which carriers are offered for a shipment, their prices, and which of them require a contact."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

from amazon_sandbox.inbound.boxes import POUNDS_A_KILOGRAM, in_pounds, pounds
from amazon_sandbox.inbound.choices import local_minor
from amazon_sandbox.inbound.ids import Ids
from amazon_sandbox.inbound.options import (
    CONFIRMED_WINDOW,
    FTL,
    LTL,
    OWN,
    PARTNERED,
    SMALL_PARCEL,
    TransportationOption,
)
from amazon_sandbox.inbound.records import PlanRecord, ShipmentRecord
from amazon_sandbox.simulation.streams import between, uniforms

QUOTE_SECONDS = 48 * 3600
VOID_SECONDS = {SMALL_PARCEL: 24 * 3600, LTL: 3600, FTL: 3600}
_KILOGRAMS_A_LITRE = 0.35
_UNITS_A_BOX = 20
_PARTNERS = {
    "US": (("UPS", "UPSN"), ("Estes Express Lines", "EXLA")),
    "CA": (("UPS Canada", "UPSC"), ("Day & Ross", "DAYR")),
    "GB": (("UPS", "UPS"), ("Palletline", "PLTL")),
    "DE": (("DHL Paket", "DHL"), ("Rhenus", "RHNS")),
    "FR": (("UPS", "UPS"), ("Geodis", "GEOD")),
    "IT": (("UPS", "UPS"), ("BRT", "BRTC")),
    "ES": (("UPS", "UPS"), ("SEUR", "SEUR")),
    "JP": (("Yamato Transport", "YMTO"), ("Seino", "SEIN")),
}
_OWN_PARCELS = {
    "NA": (("FedEx", "FDEG"), ("Other", "OTHER")),
    "EU": (("DPD", "DPD"), ("Other", "OTHER")),
    "FE": (("Other", "OTHER"),),
}


class _Offer(NamedTuple):
    mode: str
    solution: str
    carrier: tuple[str, str]
    dollars: float | None = None


def offer(
    plan: PlanRecord,
    shipment: ShipmentRecord,
    at: float,
    factor: float,
    ids: Ids,
    lifetime: Callable[[float], float],
) -> list[TransportationOption]:
    """The transportation options of a shipment, as of `at`; prices are multiplied by `factor`."""
    return [
        _option(plan, shipment, each, at, factor, ids, lifetime)
        for each in _offers(plan, shipment)
        if _is_supported(plan, each)
    ]


def quoted_again(
    plan: PlanRecord, shipment: ShipmentRecord, at: float, lifetime: Callable[[float], float]
) -> TransportationOption:
    """The confirmed option, quoted again; only partnered parcels get the price for the new contents."""
    confirmed = shipment.transportation
    if confirmed is None:
        raise ValueError(f"shipment {shipment.shipment_id} has no confirmed carrier")
    made = replace(confirmed, expires_at=at + lifetime(QUOTE_SECONDS))
    if confirmed.is_partnered and confirmed.mode == SMALL_PARCEL:
        made.cost = local_minor(plan.storefront.marketplace, _parcel_price(shipment))
    return made


def needs_contact(plan: PlanRecord, option: TransportationOption) -> bool:
    """Whether a partnered option requires a contact: freight does, and in Europe parcels do, too."""
    return option.mode != SMALL_PARCEL or plan.storefront.marketplace.region == "EU"


def _offers(plan: PlanRecord, shipment: ShipmentRecord) -> Iterator[_Offer]:
    marketplace = plan.storefront.marketplace
    partners = _PARTNERS.get(marketplace.country)
    if partners:
        yield _Offer(SMALL_PARCEL, PARTNERED, partners[0], _parcel_price(shipment))
    for carrier in _OWN_PARCELS[marketplace.region]:
        yield _Offer(SMALL_PARCEL, OWN, carrier)
    if not shipment.pallets:
        return
    has_all = shipment.contact and (shipment.configuration.get("freightInformation") or {}).get(
        "freightClass"
    )
    if partners and has_all:
        yield _Offer(LTL, PARTNERED, partners[1], _freight_price(shipment))
        yield _Offer(FTL, PARTNERED, partners[1], 2.4 * _freight_price(shipment) + 600)
    yield _Offer(LTL, OWN, ("Other", "OTHER"))
    yield _Offer(FTL, OWN, ("Other", "OTHER"))


def _is_supported(plan: PlanRecord, offered: _Offer) -> bool:
    """Whether the confirmed packing option supports the mode; without one, every mode is supported."""
    return plan.packing is None or offered.mode in plan.packing.modes.get(offered.solution, ())


def _option(
    plan: PlanRecord,
    shipment: ShipmentRecord,
    offered: _Offer,
    at: float,
    factor: float,
    ids: Ids,
    lifetime: Callable[[float], float],
) -> TransportationOption:
    name, alpha_code = offered.carrier
    made = TransportationOption(
        ids.make("to"),
        shipment.placement_option_id,
        shipment.shipment_id,
        offered.mode,
        offered.solution,
        name,
        alpha_code,
    )
    ready = shipment.ready_at or at
    if offered.dollars is None:
        made.preconditions = (CONFIRMED_WINDOW,)
        return made
    made.cost = local_minor(plan.storefront.marketplace, offered.dollars * factor)
    made.expires_at = at + lifetime(QUOTE_SECONDS)
    made.voidable_until = made.expires_at + VOID_SECONDS[offered.mode]
    if offered.mode != SMALL_PARCEL:
        made.appointment = (ready, ready + 8 * 3600)
    return made


def _parcel_price(shipment: ShipmentRecord) -> float:
    """The price in dollars, from the weight, the number of boxes and the distance to the warehouse."""
    if shipment.boxes is not None:
        weight, count = pounds(shipment.boxes), len(shipment.boxes)
    else:
        weight = _guessed_pounds(shipment)
        count = max(1, sum(shipment.shipped_units().values()) // _UNITS_A_BOX)
    return 4.10 * count + 0.31 * weight * _distance(shipment)


def _freight_price(shipment: ShipmentRecord) -> float:
    pallets = sum(pallet.quantity for pallet in shipment.pallets)
    weights = (
        (pallet.described["weight"], pallet.quantity)
        for pallet in shipment.pallets
        if pallet.described.get("weight")
    )
    weight = sum(in_pounds(described) * count for described, count in weights)
    return 95.0 + 38.0 * pallets + 0.06 * (weight or _guessed_pounds(shipment)) * _distance(shipment)


def _guessed_pounds(shipment: ShipmentRecord) -> float:
    litres = sum(line.quantity * line.listing.litres for line in shipment.items)
    return litres * _KILOGRAMS_A_LITRE * POUNDS_A_KILOGRAM


def _distance(shipment: ShipmentRecord) -> float:
    """A factor that depends on source and warehouse alone, so that a repeated quote is the same."""
    key = (str(shipment.source_address.get("postalCode")), shipment.centre)
    return between(uniforms(*key, "distance")[0], 0.75, 1.6)
