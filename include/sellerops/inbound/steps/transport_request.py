"""The request with which Amazon generates transportation options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sellerops.base.errors import ConfigurationError
from sellerops.inbound.models import Pallet
from sellerops.inbound.request_bodies import pallet_inputs
from sellerops.inbound.steps.step import Step
from sellerops.inbound.store import ShipmentRow, StepRow
from sellerops.settings.marketplaces import marketplace_by_id

# A window that begins before Amazon has answered is refused.
_NOTICE = timedelta(hours=1)
_CENT = Decimal("0.01")


def transportation_body(
    step: Step, placement_option_id: str, shipments: Sequence[ShipmentRow], row: StepRow
) -> dict[str, Any]:
    """GenerateTransportationOptionsRequest: one configuration per shipment of the placement option.

    A row's body is the same whenever it is built, because a write is sent with one body only.
    """
    pallets = share_pallets(step.request.pallets, [each.total_units for each in shipments])
    ready = minute_of(max(step.request.ready_at, row.started_at + _NOTICE))
    units = sum(each.total_units for each in shipments) or 1
    configurations = []
    for shipment, of_shipment in zip(shipments, pallets, strict=True):
        configuration: dict[str, Any] = {
            "shipmentId": shipment.shipment_id,
            "readyToShipWindow": {"start": ready},
        }
        if contact := contact_of(step):
            configuration["contactInformation"] = contact
        if step.request.shipping.is_freight:
            configuration["pallets"] = pallet_inputs(of_shipment)
            if freight := _freight(step, Decimal(shipment.total_units) / units):
                configuration["freightInformation"] = freight
        configurations.append(configuration)
    return {
        "placementOptionId": placement_option_id,
        "shipmentTransportationConfigurations": configurations,
    }


def contact_of(step: Step) -> Mapping[str, str] | None:
    """The contact whom the carrier calls; None if the request names nobody."""
    name = step.request.contact
    if not name:
        return None
    contact = step.services.settings.contacts.get(name)
    if contact is None:
        raise ConfigurationError(
            f"the contact {name!r} no longer exists.",
            where="config/inbound.yaml, key `contacts`",
            remedy="Restore it, then clear the task.",
        )
    return contact.for_amazon()


def share_pallets(pallets: Sequence[Pallet], units: Sequence[int]) -> list[list[Pallet]]:
    """Pallets for each shipment, in proportion to its units; at least one each, because every shipment
    travels on one. ValueError for fewer pallets than shipments.
    """
    singles = [replace(pallet, count=1) for pallet in pallets for _ in range(pallet.count)]
    if not singles:
        return [[] for _ in units]
    if len(singles) < len(units):
        raise ValueError(f"{len(singles)} pallets for {len(units)} shipments")
    total, given, shares = sum(units) or 1, 0, []
    for number, of_shipment in enumerate(units):
        rest = len(units) - number - 1
        most = len(singles) - given - rest
        taken = most if rest == 0 else max(1, min(round(len(singles) * of_shipment / total), most))
        shares.append(_counted(singles[given : given + taken]))
        given += taken
    return shares


def _counted(singles: Sequence[Pallet]) -> list[Pallet]:
    return [replace(pallet, count=singles.count(pallet)) for pallet in dict.fromkeys(singles)]


def _freight(step: Step, share: Decimal) -> dict[str, Any]:
    """The freightInformation of one shipment; the declared value is in proportion to its units."""
    freight: dict[str, Any] = {}
    if step.request.freight_class:
        freight["freightClass"] = step.request.freight_class
    if step.request.declared_value is not None:
        freight["declaredValue"] = {
            "amount": float((step.request.declared_value * share).quantize(_CENT)),
            "code": marketplace_by_id(step.run.marketplace_id).currency,
        }
    return freight


def minute_of(moment: datetime) -> str:
    """A time as the API expects it: UTC, rounded up to the minute."""
    rounded = moment.astimezone(UTC).replace(second=0, microsecond=0)
    return (rounded + timedelta(minutes=1) if rounded < moment else rounded).strftime("%Y-%m-%dT%H:%MZ")
