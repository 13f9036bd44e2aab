"""Fees that are corrected later: fulfilment fees recharged or reversed, storage, credits."""

from __future__ import annotations

from collections.abc import Iterator

from amazon_sandbox.simulation.catalogue import Listing
from amazon_sandbox.simulation.money.events import Event, Item, minor, with_tax
from amazon_sandbox.simulation.storefront import Storefront
from amazon_sandbox.simulation.streams import between, pick, uniforms

# Share of the days of the largest marketplace with such an event.
_CORRECTED, _REVERSED, _ADJUSTED, _CREDITED, _LABELLED = 0.02, 0.02, 0.01, 0.006, 0.03


def corrections(storefront: Storefront, start: int, end: int) -> Iterator[Event]:
    """The corrections posted in [start, end), and labels bought for customers' returns."""
    marketplace = storefront.marketplace
    for day in range(marketplace.day_of_epoch(start), marketplace.day_of_epoch(end) + 1):
        for event in _of_day(storefront, day):
            if start <= event.posted < end:
                yield with_tax(event)


def _of_day(storefront: Storefront, day: int) -> Iterator[Event]:
    u = uniforms(*storefront.key, day, "fee adjustments")
    v = uniforms(*storefront.key, day, "adjusted amounts")
    marketplace = storefront.marketplace
    size = marketplace.market_size
    at = marketplace.day_bounds(day)[0] + int(v[0] * 80_000)
    on_sale = [one for one in storefront.listings if one.launch <= day]
    at_amazon = [one for one in on_sale if not one.is_merchant]
    if not at_amazon:
        return
    listing = pick(v[1], at_amazon)
    units = 1 + int(v[2] * 25)
    fee = max(1, listing.fulfilment_fee(marketplace) // 10) * units

    def event(kind: str, amount: int, variant: str = "", sku: Listing | None = None) -> Event:
        items = (Item(sku, units if sku else 0, amount),)
        return Event(kind, at, storefront, f"{kind} {day}", items, variant=variant)

    if u[0] < _CORRECTED * size:
        yield event("fee.correction", -fee, sku=listing)
    if u[1] < _REVERSED * size:
        yield event("fee.correction", fee, "reversal", listing)
    if u[2] < _ADJUSTED * size:
        yield event("adjustment.fee", minor(storefront, between(v[3], -8, 20)))
    if u[3] < _CREDITED * size:
        yield event("fee.mcf_credit", minor(storefront, between(v[4], 1, 9)))
    if u[4] < _LABELLED * size and len(at_amazon) < len(on_sale):
        yield event("cost.return_label", -minor(storefront, between(v[5], 4, 9)))
