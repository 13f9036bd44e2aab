"""What storage in Amazon's warehouses costs: the monthly fee, the surcharge on aged stock, overage.

The amounts are those of the storage reports, charged when these are published: monthly storage between the
7th and the 15th of the next month, the surcharge between the 18th and the 22nd, overage on its day.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import ROUND_HALF_UP, Decimal

from amazon_sandbox.simulation.catalogue import Listing
from amazon_sandbox.simulation.money.events import Event, Item, with_tax
from amazon_sandbox.simulation.money.months import first_day, instant, month_of
from amazon_sandbox.simulation.storage import (
    aged_fees,
    aged_published_at,
    overage_fee,
    published_at,
    storage_fees,
)
from amazon_sandbox.simulation.storefront import Storefront, kept_per_storefront
from amazon_sandbox.simulation.streams import between, uniforms

KEPT_MONTHS = 40
HOUR = 3600


def storage_charges(storefront: Storefront, start: int, end: int) -> Iterator[Event]:
    """What is charged for storage in [start, end). The monthly fee includes units that clients sent in."""
    for month in range(month_of(start) - 1, month_of(end) + 1):
        for kind, at, make in (
            ("storage.monthly", monthly_charged_at(storefront, month), _monthly),
            ("storage.aged", _aged_charged_at(storefront, month), _aged),
            ("storage.overage", _overage_charged_at(month), _overage),
        ):
            if start <= at < end:
                items = make(storefront, month)
                if any(item.amount for item in items):
                    yield with_tax(Event(kind, at, storefront, str(month), items))


def monthly_charged_at(storefront: Storefront, month: int) -> int:
    """When the storage of a month (its number) is charged: with its report, 7th to 15th of the next month."""
    published = published_at(storefront.account, first_day(month), storefront.seed)
    u = uniforms(*storefront.key, month, "storage charged")
    return int(published.timestamp()) + int(between(u[0], 0, 2) * HOUR)


def _aged_charged_at(storefront: Storefront, month: int) -> int:
    u = uniforms(*storefront.key, month, "aged charged")
    return int(aged_published_at(first_day(month)).timestamp()) + int(between(u[0], 0, 100) * HOUR)


def _overage_charged_at(month: int) -> int:
    return instant(first_day(month + 1), -6 * HOUR)


def _monthly(storefront: Storefront, month: int) -> tuple[Item, ...]:
    return _monthly_of(storefront, month) if storefront.created else _monthly_kept(storefront, month)


def _monthly_of(storefront: Storefront, month: int) -> tuple[Item, ...]:
    """An item for each row of the storage report: a SKU in a warehouse."""
    fees = ((fee.listing, fee.fee) for fee in storage_fees(storefront, first_day(month)))
    return tuple(_rounded(storefront, fees))


_monthly_kept = kept_per_storefront(KEPT_MONTHS)(_monthly_of)


def _aged(storefront: Storefront, month: int) -> tuple[Item, ...]:
    fees = aged_fees(storefront, first_day(month))
    return tuple(_rounded(storefront, ((fee.listing, fee.fee) for fee in fees)))


def _overage(storefront: Storefront, month: int) -> tuple[Item, ...]:
    fee = overage_fee(storefront, first_day(month))
    return tuple(_rounded(storefront, [(None, fee.fee)] if fee else []))


def _rounded(storefront: Storefront, fees: Iterable[tuple[Listing | None, Decimal]]) -> Iterator[Item]:
    """The fees in minor units, rounded so that they add up to their rounded sum."""
    factor = 10**storefront.marketplace.decimals
    exact, charged = Decimal(0), 0
    for listing, fee in fees:
        exact += fee * factor
        amount = int(exact.quantize(Decimal(1), ROUND_HALF_UP)) - charged
        charged += amount
        yield Item(listing, 0, -amount)
