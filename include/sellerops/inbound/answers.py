"""Turns Amazon's answers into the rows and values of a run.

Source of the fields: the models of the Fulfillment Inbound API 2024-03-20. A missing field that the model
requires raises UnexpectedAnswer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sellerops.base.errors import UnexpectedAnswer
from sellerops.inbound.models import Money
from sellerops.inbound.rows.option_rows import PlacementOption, TransportationOption
from sellerops.inbound.rows.shipment_rows import ShipmentRow
from sellerops.sources.common.answers import text_field, time_field

_PLACEMENTS = "listPlacementOptions"
_TRANSPORTATION = "listTransportationOptions"
_SHIPMENT = "getShipment"
# Discounts with this target lower the fees that Amazon charges later, when the units are sold. Source: the
# model of Incentive.
_LATER = "fulfillment fee discount"


def parse_placement(option: Mapping[str, Any]) -> PlacementOption:
    """One entry of listPlacementOptions."""
    return PlacementOption(
        placement_option_id=text_field(option, "placementOptionId", _PLACEMENTS),
        status=text_field(option, "status", _PLACEMENTS),
        shipment_ids=tuple(map(str, option.get("shipmentIds") or ())),
        fees=list(option.get("fees") or ()),
        discounts=list(option.get("discounts") or ()),
        expires_at=time_field(option, "expiration", _PLACEMENTS),
    )


def parse_transportation(option: Mapping[str, Any], placement_option_id: str) -> TransportationOption:
    """One entry of listTransportationOptions, which does not name its placement option."""
    quote = option.get("quote") or {}
    cost = parse_money(quote.get("cost"), _TRANSPORTATION)
    carrier = option.get("carrier") or {}
    return TransportationOption(
        transportation_option_id=text_field(option, "transportationOptionId", _TRANSPORTATION),
        placement_option_id=placement_option_id,
        shipment_id=text_field(option, "shipmentId", _TRANSPORTATION),
        mode=text_field(option, "shippingMode", _TRANSPORTATION),
        solution=text_field(option, "shippingSolution", _TRANSPORTATION),
        carrier=carrier.get("name"),
        carrier_code=carrier.get("alphaCode"),
        cost=cost.amount if cost else None,
        currency=cost.currency if cost else None,
        preconditions=tuple(map(str, option.get("preconditions") or ())),
        expires_at=time_field(quote, "expiration", _TRANSPORTATION),
        voidable_until=time_field(quote, "voidableUntil", _TRANSPORTATION),
    )


def parse_shipment(shipment: Mapping[str, Any], items: Iterable[Mapping[str, Any]] = ()) -> ShipmentRow:
    """The answers of getShipment and listShipmentItems.

    Of the address, only country, state, city and postal code are kept.
    """
    destination = shipment.get("destination") or {}
    address = destination.get("address") or {}
    window = shipment.get("selectedDeliveryWindow") or {}
    return ShipmentRow(
        shipment_id=text_field(shipment, "shipmentId", _SHIPMENT),
        placement_option_id=text_field(shipment, "placementOptionId", _SHIPMENT),
        status=str(shipment.get("status") or "UNCONFIRMED"),
        units=units_of(items),
        name=shipment.get("name"),
        confirmation_id=shipment.get("shipmentConfirmationId"),
        warehouse_id=destination.get("warehouseId"),
        destination_type=destination.get("destinationType"),
        destination_country=address.get("countryCode"),
        destination_state=address.get("stateOrProvinceCode"),
        destination_city=address.get("city"),
        destination_postal_code=address.get("postalCode"),
        amazon_reference_id=shipment.get("amazonReferenceId"),
        transportation_option_id=shipment.get("selectedTransportationOptionId"),
        delivery_window_start=time_field(window, "startDate", _SHIPMENT),
        delivery_window_end=time_field(window, "endDate", _SHIPMENT),
        delivery_window_editable_until=time_field(window, "editableUntil", _SHIPMENT),
    )


def units_of(items: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Units per SKU of a list of items; a SKU may be listed once for each expiration date."""
    units: Counter[str] = Counter()
    for item in items:
        units[text_field(item, "msku", "items")] += int(item.get("quantity") or 0)
    return dict(units)


def parse_money(value: Any, where: str) -> Money | None:
    """An amount with its currency; None if there is none."""
    if not value:
        return None
    try:
        return Money(Decimal(str(value["amount"])), str(value["code"]))
    except (KeyError, TypeError, InvalidOperation):
        raise UnexpectedAnswer(f"{value!r} is not an amount of money.", where=where) from None


def net_fees(fees: Sequence[Mapping[str, Any]], discounts: Sequence[Mapping[str, Any]]) -> Money | None:
    """Fees minus the discounts on them; None if there are neither. Discounts on later fees do not count.

    Amazon's incentives are totals, not per unit, and have a type (FEE or DISCOUNT) whichever list they are
    in. Raises UnexpectedAnswer if there are several currencies.
    """
    return _sum(each for each in (*fees, *discounts) if not _is_later(each))


def later_discount(incentives: Iterable[Mapping[str, Any]]) -> Money | None:
    """The discount on fulfillment fees that are charged later; None if Amazon grants none."""
    found = _sum(each for each in incentives if _is_later(each))
    return Money(-found.amount, found.currency) if found else None


def _is_later(incentive: Mapping[str, Any]) -> bool:
    return _is_discount(incentive) and str(incentive.get("target") or "").casefold() == _LATER


def _is_discount(incentive: Mapping[str, Any]) -> bool:
    return str(incentive.get("type") or "").upper() == "DISCOUNT"


def _sum(incentives: Iterable[Mapping[str, Any]]) -> Money | None:
    total, currencies = Decimal(0), set[str]()
    for entry in incentives:
        value = parse_money(entry.get("value"), "fees")
        if value is None:
            continue
        total += -abs(value.amount) if _is_discount(entry) else value.amount
        currencies.add(value.currency)
    if len(currencies) > 1:
        raise UnexpectedAnswer(f"fees in several currencies: {', '.join(sorted(currencies))}.", where="fees")
    return Money(total, currencies.pop()) if currencies else None


def has_expired(expires_at: datetime | None, moment: datetime) -> bool:
    return expires_at is not None and expires_at <= moment
