"""What storage in Amazon's warehouses costs: monthly storage, the surcharge on aged stock, overage.

Fees derive from the stock: volume, average units on hand and a rate per cubic foot.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from amazon_sandbox.simulation.catalogue import Listing
from amazon_sandbox.simulation.created_shipments import units_of
from amazon_sandbox.simulation.inventory import stock_at
from amazon_sandbox.simulation.low_inventory import expected_units
from amazon_sandbox.simulation.refunds import CENTRES
from amazon_sandbox.simulation.stock_ages import (
    ages_of,
    surcharge,
    surcharge_rate,
    tiers_on,
    unit_volume,
    units_in,
)
from amazon_sandbox.simulation.storefront import Storefront
from amazon_sandbox.simulation.streams import between, uniforms

HOUR = 3600
SAMPLED_EVERY = 3  # days; stock changes slowly within a month
BASE_RATE, PEAK_RATE = Decimal("0.78"), Decimal("2.40")  # dollars per cubic foot and month; peak: Oct to Dec
OVERAGE_RATE = Decimal("10.00")
OVERAGE_SHARE = 0.05
_CENT, _FINE = Decimal("0.01"), Decimal("0.0001")


class StorageFee(NamedTuple):
    """A SKU's storage in one fulfilment centre in a month. Volumes in cubic feet, money in local currency."""

    listing: Listing
    centre: str
    average_units: Decimal
    unit_volume: Decimal
    volume: Decimal
    rate: Decimal
    fee: Decimal


class AgedFee(NamedTuple):
    """The surcharge on units of one SKU in one age tier, assessed on a day."""

    day: date
    listing: Listing
    units: int
    unit_volume: Decimal
    tier: str
    rate: Decimal
    fee: Decimal


class OverageFee(NamedTuple):
    """Storage that a storefront used above its limit."""

    day: date
    used: Decimal
    limit: Decimal
    over: Decimal
    rate: Decimal
    fee: Decimal


def storage_rate(storefront: Storefront, month: date) -> Decimal:
    """The rate per cubic foot for a month."""
    return _local(storefront, PEAK_RATE if month.month >= 10 else BASE_RATE)


def published_at(account: str, month: date, seed: int) -> datetime:
    """When the storage fees of a month appear: between the 7th and the 15th of the next."""
    u = uniforms(seed, account, month.isoformat(), "storage fees published")
    following = _following(month)
    return datetime(following.year, following.month, 7, tzinfo=UTC) + timedelta(hours=u[0] * 8 * 24)


def storage_fees(storefront: Storefront, month: date) -> Iterator[StorageFee]:
    """The storage fees of a calendar month (`month`: its first day)."""
    averages = _average_units(storefront, month)
    centres = CENTRES.get(storefront.marketplace.country, ("XEU1",))
    rate = storage_rate(storefront, month)
    for listing in storefront.listings:
        units = averages.get(listing.sku, 0.0)
        volume_each = unit_volume(listing)
        for centre, share in _shares(storefront, listing, centres):
            average = Decimal(units * share).quantize(_CENT)
            if average > 0:
                volume = (average * volume_each).quantize(_FINE)
                fee = (volume * rate).quantize(_FINE)
                yield StorageFee(listing, centre, average, volume_each, volume, rate, fee)


def aged_fees(storefront: Storefront, month: date) -> Iterator[AgedFee]:
    """The surcharge assessed on the 15th of a month on stock older than 180 days. Units that clients sent in
    are not charged.
    """
    day = month.replace(day=15)
    ordinal = day.toordinal()
    stocks = stock_at(storefront.generated, storefront.marketplace.day_bounds(ordinal)[0])
    for listing in storefront.listings:
        stock = stocks.get(listing.sku)
        if stock is None:
            continue
        ages = ages_of(storefront, listing, stock.fulfillable, ordinal, {})
        for tier in tiers_on(day):
            units = units_in(tier, ages)
            if units:
                fee = surcharge(storefront, listing, tier, units).quantize(_CENT)
                rate = surcharge_rate(storefront, tier.cubic_foot)
                yield AgedFee(day, listing, units, unit_volume(listing), tier.name, rate, fee)


def utilization_ratio(storefront: Storefront, month: date) -> Decimal:
    """How many weeks of sales are in storage: the average volume stored divided by the average weekly volume
    sold in the last 13 weeks.

    Above 22 weeks Amazon adds a surcharge (since 1 April 2024); the simulated sellers stay far below.
    """
    volumes = {listing.sku: float(unit_volume(listing)) for listing in storefront.listings}
    stored = sum(units * volumes[sku] for sku, units in _average_units(storefront, month).items())
    end = _following(month).toordinal()
    sold = sum(
        units * volumes[sku]
        for day in range(end - 91, end)
        for sku, units in expected_units(storefront, day).items()
    )
    return Decimal(stored / (sold / 13)).quantize(_CENT) if sold else Decimal(0)


def aged_published_at(month: date) -> datetime:
    """When the surcharge of a month's 15th appears."""
    return datetime(month.year, month.month, 18, 12, tzinfo=UTC)


def overage_fee(storefront: Storefront, month: date) -> OverageFee | None:
    """The overage charged on the last day of a month; None for nearly all months."""
    u = uniforms(*storefront.key, month.isoformat(), "overage")
    if u[0] >= OVERAGE_SHARE:
        return None
    day = _following(month) - timedelta(days=1)
    moment = storefront.marketplace.day_bounds(day.toordinal())[0]
    volumes = {listing.sku: unit_volume(listing) for listing in storefront.listings}
    held = {sku: stock.warehouse for sku, stock in stock_at(storefront.generated, moment).items()}
    usual = _volume(held, volumes)
    sent = {sku: units.received for sku, units in units_of(storefront.created, moment).items()}
    used = usual + _volume(sent, volumes)
    limit = (usual / Decimal(between(u[1], 1.03, 1.25))).quantize(_CENT)
    rate = _local(storefront, OVERAGE_RATE)
    return OverageFee(day, used, limit, used - limit, rate, ((used - limit) * rate).quantize(_CENT))


def _volume(units: Mapping[str, int], volumes: Mapping[str, Decimal]) -> Decimal:
    return sum((count * volumes[sku] for sku, count in units.items()), Decimal(0)).quantize(_CENT)


def months_of(start: int, end: int) -> list[date]:
    """The first days of the calendar months that [start, end) (UTC epoch seconds) touches."""
    months = [datetime.fromtimestamp(start, UTC).date().replace(day=1)]
    last = datetime.fromtimestamp(max(start, end - 1), UTC).date().replace(day=1)
    while months[-1] < last:
        months.append(_following(months[-1]))
    return months


def _following(month: date) -> date:
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1)


def _average_units(storefront: Storefront, month: date) -> dict[str, float]:
    first, end = month.toordinal(), _following(month).toordinal()
    days = range(first, end, SAMPLED_EVERY)
    sums: dict[str, int] = {}
    for day in days:
        noon = storefront.marketplace.day_bounds(day)[0] + 12 * HOUR
        for sku, stock in stock_at(storefront, noon).items():
            sums[sku] = sums.get(sku, 0) + stock.warehouse
    return {sku: units / len(days) for sku, units in sums.items()}


def _shares(storefront: Storefront, listing: Listing, centres: tuple[str, ...]) -> list[tuple[str, float]]:
    u = uniforms(*storefront.key, listing.sku, "centre shares")
    weights = [0.2 + u[index % 8] for index in range(len(centres))]
    return [(centre, weight / sum(weights)) for centre, weight in zip(centres, weights, strict=True)]


def _local(storefront: Storefront, dollars: Decimal) -> Decimal:
    rate = dollars * Decimal(str(storefront.marketplace.usd_rate))
    return rate.quantize(_CENT)
