"""Rows of analytics_economics_2024_03_15: sales, fees, ads, cost and net proceeds by product and period.

Sales come from sales and traffic; fees are what settlements charge for the product, on the day of
shipment, refund or posting; ads come from the ads reports. Previews are in `economics_preview`;
simulations have no data.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from amazon_sandbox.data_kiosk import periods
from amazon_sandbox.data_kiosk.economics_ads import spend_on
from amazon_sandbox.data_kiosk.economics_charges import FULFILMENT, STORAGE, Charge, charges_on
from amazon_sandbox.data_kiosk.economics_faults import LATE, LATE_DAYS, spoiled
from amazon_sandbox.data_kiosk.economics_preview import preview_rows
from amazon_sandbox.data_kiosk.economics_rows import cost_of, costs, detail, fee_of, money
from amazon_sandbox.simulation.catalogue import Listing
from amazon_sandbox.simulation.figures import sales_by_sku
from amazon_sandbox.simulation.refunds import refunds_on
from amazon_sandbox.simulation.storefront import Storefront

Json = dict[str, Any]

DAY = 86_400
_PRODUCTS = ("MSKU", "CHILD_ASIN", "PARENT_ASIN")
# The fee types whose components can be requested, and their fees.
_COMPONENTS = {"FBA_FULFILLMENT_FEE": FULFILMENT, "FBA_STORAGE_FEE": STORAGE}


@dataclass(slots=True)
class Sums:
    """One SKU in one period; money in minor units. `ads` maps a name to its cost and clicks."""

    ordered: int = 0
    units: int = 0
    refunded: int = 0
    units_refunded: int = 0
    fees: dict[str, Charge] = field(default_factory=lambda: defaultdict(Charge))
    ads: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))

    @property
    def net_units(self) -> int:
        return self.units - self.units_refunded


Members = Sequence[tuple[Listing, Sums]]


def rows(
    name: str,
    storefronts: Mapping[str, Storefront],
    arguments: Mapping[str, Any],
    now: int,
    faults: Collection[str] = (),
) -> Iterator[Json]:
    """The rows of a query of this dataset. Raises FatalReport."""
    if name == "economicsPreview":
        yield from preview_rows(storefronts, arguments, now)
    elif name == "economics":
        known_until = now - LATE_DAYS * DAY if LATE in faults else now
        for row in _economics(storefronts, arguments, now, known_until):
            yield spoiled(row, faults)


def _economics(
    storefronts: Mapping[str, Storefront], arguments: Mapping[str, Any], now: int, known_until: int
) -> Iterator[Json]:
    wanted = arguments.get("aggregateBy") or {}
    granularity, product = wanted.get("date") or "DAY", wanted.get("productId") or "MSKU"
    start, end = arguments["startDate"], arguments["endDate"]
    broken_down = {_COMPONENTS[each] for each in arguments.get("includeComponentsForFeeTypes") or ()}
    for storefront in storefronts.values():
        today = type(start).fromordinal(storefront.marketplace.day_of_epoch(now))
        periods.check("economics", start, end, today)
        for span in periods.spans(granularity, start, end):
            sums = _sums(storefront, span, known_until)
            for listings in _groups(storefront, product):
                known = [(one, sums[one.sku]) for one in listings if one.sku in sums]
                if known:
                    yield _row(storefront, span, product, known, broken_down)


def _groups(storefront: Storefront, product: str) -> list[list[Listing]]:
    groups: dict[tuple[str, ...], list[Listing]] = {}
    for listing in storefront.listings:
        full = (listing.parent_asin, listing.asin, listing.sku)
        groups.setdefault(full[: 3 - _PRODUCTS.index(product)], []).append(listing)
    return [groups[key] for key in sorted(groups)]


def _sums(storefront: Storefront, span: periods.Span, now: int) -> dict[str, Sums]:
    sums: dict[str, Sums] = defaultdict(Sums)
    for ordinal in periods.closed_days(storefront, span, now):
        for sku, figures in sales_by_sku(storefront, ordinal, now).items():
            sums[sku].ordered += figures.sales
            sums[sku].units += figures.units
        refunds = list(refunds_on(storefront, ordinal))
        for refund in refunds:
            one = sums[refund.item.listing.sku]
            one.refunded += refund.item.price
            one.units_refunded += refund.item.quantity
        for sku, charges in charges_on(storefront, ordinal, refunds).items():
            for name, charge in charges.items():
                sums[sku].fees[name].add(charge)
        for sku, spend in spend_on(storefront, ordinal, now).items():
            for name, (cost, clicks) in spend.items():
                sums[sku].ads[name][0] += cost
                sums[sku].ads[name][1] += clicks
    return sums


def _row(
    storefront: Storefront, span: periods.Span, product: str, members: Members, broken_down: Collection[str]
) -> Json:
    first, _ = members[0]
    ordered = sum(sums.ordered for _, sums in members)
    refunded = sum(sums.refunded for _, sums in members)
    units = sum(sums.units for _, sums in members)
    net_units = sum(sums.net_units for _, sums in members)
    charged = sum(charge.total for _, sums in members for charge in sums.fees.values())
    advertised = sum(cost for _, sums in members for cost, _ in sums.ads.values())
    spent = sum(cost_of(storefront, listing) * sums.net_units for listing, sums in members)
    proceeds = ordered - refunded - charged - advertised - spent
    return {
        "marketplaceId": storefront.marketplace.marketplace_id,
        "startDate": span[0].isoformat(),
        "endDate": span[1].isoformat(),
        "parentAsin": first.parent_asin,
        "childAsin": None if product == "PARENT_ASIN" else first.asin,
        "msku": first.sku if product == "MSKU" else None,
        "fnsku": first.fnsku if product == "MSKU" and not first.is_merchant else None,
        "sales": {
            "orderedProductSales": money(storefront, ordered),
            "refundedProductSales": money(storefront, refunded),
            "netProductSales": money(storefront, ordered - refunded),
            "unitsOrdered": units,
            "unitsRefunded": sum(sums.units_refunded for _, sums in members),
            "netUnitsSold": net_units,
            "averageSellingPrice": money(storefront, ordered / units) if units else None,
        },
        "fees": _fees(storefront, span, members, broken_down),
        "ads": _ads(storefront, members),
        "cost": costs(storefront, first) if len(members) == 1 else None,
        "netProceeds": {
            "total": money(storefront, proceeds),
            "perUnit": money(storefront, proceeds / net_units) if net_units else None,
        },
    }


def _fees(
    storefront: Storefront, span: periods.Span, members: Members, broken_down: Collection[str]
) -> list[Json]:
    merged: dict[str, Charge] = defaultdict(Charge)
    for _, sums in members:
        for name, charge in sums.fees.items():
            merged[name].add(charge)
    return [
        fee_of(storefront, members[0][0], name, charge, span, with_components=name in broken_down)
        for name, charge in merged.items()
    ]


def _ads(storefront: Storefront, members: Members) -> list[Json]:
    merged: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for _, sums in members:
        for name, (cost, clicks) in sums.ads.items():
            merged[name][0] += cost
            merged[name][1] += clicks
    return [
        {"adTypeName": name, "charge": detail(storefront, Charge(amount=cost, units=clicks))}
        for name, (cost, clicks) in merged.items()
    ]
