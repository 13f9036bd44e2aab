"""Rows of economicsPreview: what is expected of each SKU's sales and fees over days to come.

Expected sales are the simulation's demand; fees follow by the same rules by which they will be charged, so a
preview can be compared with what was charged. No response of the real service has been seen, so the names of
fees are guesses, like those of economics.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple

from amazon_sandbox.data_kiosk.economics_charges import (
    BASE,
    BASE_STORAGE,
    FULFILMENT,
    LOW_INVENTORY,
    STORAGE,
    Charge,
)
from amazon_sandbox.data_kiosk.economics_rows import cost_of, costs, fee_of, money
from amazon_sandbox.simulation.catalogue import Listing
from amazon_sandbox.simulation.documents import FatalReport
from amazon_sandbox.simulation.fulfilment_fees import fulfilment_fee
from amazon_sandbox.simulation.low_inventory import expected_stock, expected_units
from amazon_sandbox.simulation.money import inbound, returns
from amazon_sandbox.simulation.money.all_events import Family
from amazon_sandbox.simulation.money.orders import COMMISSION
from amazon_sandbox.simulation.refunds import REFUND_SHARE
from amazon_sandbox.simulation.stock_ages import unit_volume
from amazon_sandbox.simulation.storage import aged_fees, storage_rate
from amazon_sandbox.simulation.storefront import Storefront

Json = dict[str, Any]

MOST_DAYS_AHEAD = 120


class _Outlook(NamedTuple):
    """One SKU over a range of days; `sold`: (day, units expected to be sold)."""

    storefront: Storefront
    listing: Listing
    first: int
    last: int
    sold: tuple[tuple[int, float], ...]

    @property
    def units(self) -> float:
        return sum(units for _, units in self.sold)

    @property
    def sales(self) -> float:
        """In minor units."""
        return sum(units * self.storefront.unit_price(self.listing, day) for day, units in self.sold)


def preview_rows(
    storefronts: Mapping[str, Storefront], arguments: Mapping[str, Any], now: int
) -> Iterator[Json]:
    """A row per marketplace and SKU. Raises FatalReport for dates that cannot be previewed."""
    start, end = arguments["startDate"], arguments["endDate"]
    wanted = dict.fromkeys(arguments["feeTypes"])
    for storefront in storefronts.values():
        _check(start, end, storefront.marketplace.day_of_epoch(now))
        assessed = {
            each: charges_of(storefront, start, end)
            for each, (_, charges_of) in _ASSESSED.items()
            if each in wanted
        }
        for listing in storefront.listings:
            outlook = _outlook(storefront, listing, start.toordinal(), end.toordinal())
            if not outlook.units:
                continue
            charges = {
                name: charge
                for fee_type in wanted
                for name, charge in [_charge(fee_type, outlook, assessed.get(fee_type, {}).get(listing.sku))]
                if charge.amount
            }
            yield _row(outlook, (start, end), charges)


def _check(start: date, end: date, today: int) -> None:
    if start.toordinal() < today:
        raise FatalReport("economicsPreview", "startDate must not be earlier than today.")
    if end < start:
        raise FatalReport("economicsPreview", "endDate must not be before startDate.")
    if end.toordinal() > today + MOST_DAYS_AHEAD:
        raise FatalReport(
            "economicsPreview", f"endDate must be no more than {MOST_DAYS_AHEAD} days after today."
        )


def _outlook(storefront: Storefront, listing: Listing, first: int, last: int) -> _Outlook:
    days = ((day, expected_units(storefront, day).get(listing.sku, 0.0)) for day in range(first, last + 1))
    return _Outlook(storefront, listing, first, last, tuple(each for each in days if each[1]))


def _charge(fee_type: str, outlook: _Outlook, assessed: Charge | None) -> tuple[str, Charge]:
    if fee_type in _ASSESSED:
        return _ASSESSED[fee_type][0], assessed or Charge()
    name, make = _FEES.get(fee_type, (fee_type, _nothing))
    if outlook.listing.is_merchant and fee_type not in _WITHOUT_FBA:
        return name, Charge()
    return name, make(outlook)


def _nothing(outlook: _Outlook) -> Charge:
    """A fee that none of these sellers will be charged."""
    return Charge()


def _referral(outlook: _Outlook) -> Charge:
    return Charge(amount=round(outlook.sales * COMMISSION), units=round(outlook.units, 2))


def _by_unit(part: Callable[[Any], int]) -> Callable[[_Outlook], Charge]:
    """A part of the fulfilment fee: each day's units at that day's rate."""

    def made(outlook: _Outlook) -> Charge:
        rates = [
            (units, part(fulfilment_fee(outlook.storefront, outlook.listing, day)))
            for day, units in outlook.sold
        ]
        return Charge(
            amount=round(sum(units * rate for units, rate in rates)),
            units=round(sum(units for units, rate in rates if rate), 2),
        )

    return made


def _storage(outlook: _Outlook) -> Charge:
    storefront, minor = outlook.storefront, 10**outlook.storefront.marketplace.decimals
    volume, amount = float(unit_volume(outlook.listing)), 0.0
    for day, units in expected_stock(storefront, outlook.listing, outlook.first, outlook.last):
        month = date.fromordinal(day).replace(day=1)
        days = ((month + timedelta(days=32)).replace(day=1) - month).days
        amount += units * volume * float(storage_rate(storefront, month)) / days
    return Charge(amount=round(amount * minor))


def _aged(storefront: Storefront, start: date, end: date) -> dict[str, Charge]:
    """The surcharges that will be assessed on each 15th within the days."""
    found: dict[str, Charge] = {}
    month, minor = start.replace(day=1), 10**storefront.marketplace.decimals
    while month <= end:
        if start <= month.replace(day=15) <= end:
            for fee in aged_fees(storefront, month):
                charge = Charge(amount=round(fee.fee * minor), units=fee.units)
                found.setdefault(fee.listing.sku, Charge()).add(charge)
        month = (month + timedelta(days=32)).replace(day=1)
    return found


def _events(family: Family, kind: str) -> Callable[[Storefront, date, date], dict[str, Charge]]:
    """What a family of events will charge within the days."""

    def made(storefront: Storefront, start: date, end: date) -> dict[str, Charge]:
        found: dict[str, Charge] = {}
        first, _ = storefront.marketplace.day_bounds(start.toordinal())
        _, last = storefront.marketplace.day_bounds(end.toordinal())
        for event in family(storefront, first, last):
            for item in event.items if event.kind == kind else ():
                if item.listing:
                    charge = Charge(amount=-item.amount, units=item.units)
                    found.setdefault(item.listing.sku, Charge()).add(charge)
        return found

    return made


# Fees that do not follow from the units sold: their names, and what is assessed within the days, by SKU.
_ASSESSED: dict[str, tuple[str, Callable[[Storefront, date, date], dict[str, Charge]]]] = {
    "AGED_INVENTORY_SURCHARGE": ("LongTermStorageFee", _aged),
    "FBA_INBOUND_PLACEMENT_SERVICE_FEE": (
        "FbaInboundConvenienceFee",
        _events(inbound.shipment_fees, "inbound.placement"),
    ),
    "HIGH_RETURN_RATE_FEE": (
        "CustomerReturnHRRUnitFee",
        _events(returns.processing_fees, "fee.fba_return"),
    ),
}
# Amazon's name of a preview's fee type -> the fee's name, and how it is worked out.
_FEES: dict[str, tuple[str, Callable[[_Outlook], Charge]]] = {
    "REFERRAL_FEES": ("ReferralFee", _referral),
    "BASE_FBA_FULFILLMENT_FEE": (BASE, _by_unit(lambda fee: fee.base)),
    "LOW_INVENTORY_LEVEL_FEE": (LOW_INVENTORY, _by_unit(lambda fee: fee.low_inventory)),
    "FBA_FULFILLMENT_FEES": (FULFILMENT, _by_unit(lambda fee: fee.total)),
    "BASE_MONTHLY_STORAGE_FEE": (BASE_STORAGE, _storage),
    "MONTHLY_INVENTORY_STORAGE_FEES": (STORAGE, _storage),
}
_WITHOUT_FBA = frozenset(("REFERRAL_FEES",))


def _row(outlook: _Outlook, span: tuple[date, date], charges: Mapping[str, Charge]) -> Json:
    storefront, listing = outlook.storefront, outlook.listing
    units, refunded = round(outlook.units), round(outlook.units * REFUND_SHARE)
    ordered = outlook.sales
    net_sales = ordered * (1 - REFUND_SHARE)
    charged = sum(charge.total for charge in charges.values())
    proceeds = net_sales - charged - cost_of(storefront, listing) * (units - refunded)
    return {
        "marketplaceId": storefront.marketplace.marketplace_id,
        "startDate": span[0].isoformat(),
        "endDate": span[1].isoformat(),
        "parentAsin": listing.parent_asin,
        "childAsin": listing.asin,
        "msku": listing.sku,
        "fnsku": None if listing.is_merchant else listing.fnsku,
        "sales": {
            "orderedProductSales": money(storefront, ordered),
            "refundedProductSales": money(storefront, ordered - net_sales),
            "netProductSales": money(storefront, net_sales),
            "unitsOrdered": units,
            "unitsRefunded": refunded,
            "netUnitsSold": units - refunded,
            "averageSellingPrice": money(storefront, ordered / outlook.units),
        },
        "fees": [
            fee_of(storefront, listing, name, charge, span, with_components=False)
            for name, charge in charges.items()
        ],
        "ads": [],
        "cost": costs(storefront, listing),
        "netProceeds": {
            "total": money(storefront, proceeds),
            "perUnit": money(storefront, proceeds / (units - refunded)) if units > refunded else None,
        },
    }
