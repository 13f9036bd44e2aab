"""What removal, disposal and liquidation orders cost or earn.

Since 15 February 2026 removals and disposals are charged as their units are processed; before that, when the
whole order is complete. Liquidated units earn a small part of their price, from which Amazon deducts fees.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from amazon_sandbox.simulation.money.events import Event, Item, with_tax
from amazon_sandbox.simulation.money.lines import Line
from amazon_sandbox.simulation.removals import (
    LIQUIDATION,
    LONGEST_REMOVAL_DAYS,
    RemovalLine,
    RemovalOrder,
    removal_fee,
    removals_between,
)
from amazon_sandbox.simulation.storefront import Storefront
from amazon_sandbox.simulation.streams import between, uniforms

DAY = 86_400
PER_UNIT_SINCE = int(datetime(2026, 2, 15, tzinfo=UTC).timestamp())
_KINDS = {"Return": "removal.return", "Disposal": "removal.disposal"}
_SOLD_AFTER_DAYS = 20
_LOWEST, _HIGHEST = 0.04, 0.1  # of the price
_BROKERAGE, _PROCESSING = 0.15, 0.25  # of the price; dollars a unit
_ADJUSTED_SHARE = 0.05


def removal_fees(storefront: Storefront, start: int, end: int) -> Iterator[Event]:
    """The fees of removals and disposals charged in [start, end)."""
    rate = removal_fee(storefront)
    for order in removals_between(storefront, start, end):
        if order.cancelled or order.order_type == LIQUIDATION:
            continue
        for at, units in _processed(order).items():
            if start <= at < end:
                items = tuple(Item(line.listing, count, -rate * count) for line, count in units)
                yield with_tax(
                    Event(
                        _KINDS[order.order_type],
                        at,
                        storefront,
                        f"{order.order_id} {at}",
                        items,
                        order_id=order.order_id,
                    )
                )


def _processed(order: RemovalOrder) -> dict[int, list[tuple[RemovalLine, int]]]:
    """Units by the instant at which they are charged."""
    found: dict[int, list[tuple[RemovalLine, int]]] = {}
    for line in order.lines:
        if line.parcels and order.requested >= PER_UNIT_SINCE:
            for parcel in line.parcels:
                found.setdefault(parcel.at, []).append((line, parcel.quantity))
        else:
            found.setdefault(order.finished, []).append((line, line.quantity))
    return found


def liquidations(storefront: Storefront, start: int, end: int) -> Iterator[Event]:
    """Proceeds of liquidated units in [start, end), one event per SKU; a few are corrected a week later."""
    longest = _SOLD_AFTER_DAYS + 8 + LONGEST_REMOVAL_DAYS
    for order in removals_between(storefront, start - longest * DAY, end):
        if order.cancelled or order.order_type != LIQUIDATION:
            continue
        for line in order.lines:
            for event in _sale(storefront, order, line):
                if start <= event.posted < end:
                    yield event


def _sale(storefront: Storefront, order: RemovalOrder, line: RemovalLine) -> Iterator[Event]:
    reference = f"{order.order_id} {line.listing.sku} {line.disposition}"
    u = uniforms(*storefront.key, reference, "liquidation")
    price = storefront.unit_price(line.listing, storefront.marketplace.day_of_epoch(order.requested))
    revenue = max(1, round(price * between(u[0], _LOWEST, _HIGHEST))) * line.quantity
    at = order.finished + int(between(u[1], 1, _SOLD_AFTER_DAYS) * DAY)
    yield _liquidation(storefront, order, line, reference, at, revenue)
    if u[2] < _ADJUSTED_SHARE:
        taken_back = -max(1, round(revenue * between(u[3], 0.3, 1.0)))
        yield _liquidation(storefront, order, line, reference, at + 7 * DAY, taken_back)


def _liquidation(
    storefront: Storefront, order: RemovalOrder, line: RemovalLine, reference: str, at: int, revenue: int
) -> Event:
    marketplace = storefront.marketplace
    fee = -round(revenue * _BROKERAGE)
    tax = 0 if marketplace.tax_included else round(revenue * marketplace.tax_rate)
    template = Line(
        "Liquidations" if revenue > 0 else "Liquidations Adjustments", "", "", 0, at,
        order_id=order.order_id, sku=line.listing.sku, fulfillment_id="AFN",
    )  # fmt: skip
    amounts = (
        ("ItemPrice", "Principal", revenue, "RecommerceLiquidation"),
        ("ItemPrice", "Tax", tax, "TaxOnRevenue"),
        (
            "ItemWithheldTax",
            "MarketplaceFacilitatorTax-Principal",
            -tax,
            "MarketplaceFacilitatorTax-Principal",
        ),
        ("ItemFees", "LiquidationsBrokerageFee", fee, "AmazonFees"),
    )
    lines = tuple(
        template._replace(amount_type=kind, amount_description=name, amount=amount, leaf=leaf)
        for kind, name, amount, leaf in amounts
        if amount
    )
    return Event(
        "removal.liquidation",
        at,
        storefront,
        reference,
        (Item(line.listing, line.quantity, revenue + fee),),
        order_id=order.order_id,
        variant="" if revenue > 0 else "adjustment",
        own_lines=lines,
    )
