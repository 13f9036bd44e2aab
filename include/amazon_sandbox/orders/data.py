"""The Orders APIs' usage plans and statuses, and the search that both versions share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from amazon_sandbox.core.quotas import UsagePlan
from amazon_sandbox.simulation.orders import LONGEST_LIFE_DAYS, Order, orders_on, state_at
from amazon_sandbox.simulation.storefront import Storefront

# Usage plans as the descriptions in orders_2026-01-01.json and ordersV0.json give them.
USAGE_PLANS = {"searchOrders": UsagePlan(0.0056, 20), "getOrders": UsagePlan(0.0167, 20)}
SEARCH_PATH = "/orders/2026-01-01/orders"
V0_PATH = "/orders/v0/orders"
MOST_RESULTS = 100
JUST_NOW = timedelta(minutes=2)
KEPT = timedelta(days=731)
# Orders in these statuses are younger than this.
OPEN_DAYS = LONGEST_LIFE_DAYS + 1
OPEN = frozenset(("Pending", "Unshipped"))


class Found(NamedTuple):
    """An order in its state at the time of the search."""

    storefront: Storefront
    order: Order
    status: str
    updated: int


class Search(NamedTuple):
    """Which orders are wanted: created or last updated in [start, end], in epoch seconds.

    `statuses` are the simulation's (Pending, Unshipped, Shipped, Cancelled); empty means all.
    """

    by_update: bool
    start: int
    end: int
    statuses: frozenset[str]
    is_merchant: bool | None
    ids: frozenset[str] = frozenset()


Position = tuple[int, int]


def search(
    storefronts: Sequence[Storefront], wanted: Search, now: int, begin: Position | None, size: int
) -> tuple[list[Found], Position | None]:
    """A page of orders from `begin` on, oldest purchase first, and the position of the next page."""
    page: list[Found] = []
    for here, found in _walk(storefronts, wanted, now, begin):
        if len(page) == size:
            return page, here
        page.append(found)
    return page, None


def _walk(
    storefronts: Sequence[Storefront], wanted: Search, now: int, begin: Position | None
) -> Iterator[tuple[Position, Found]]:
    first, last = _days(wanted, now)
    from_day, from_position = begin or (first, 0)
    matches = _matcher(wanted)
    for day in range(max(first, from_day), last + 1):
        of_day = sorted(
            ((order, storefront) for storefront in storefronts for order in orders_on(storefront, day)),
            key=lambda pair: (pair[0].purchased, pair[0].order_id),
        )
        for position, (order, storefront) in enumerate(of_day):
            if day == from_day and position < from_position:
                continue
            state = state_at(order, now)
            if state is not None and matches(order, state):
                yield (day, position), Found(storefront, order, *state)


def _days(wanted: Search, now: int) -> tuple[int, int]:
    """The local days on which a wanted order may have been bought."""
    oldest = _day(now - int(KEPT.total_seconds()))
    first = _day(wanted.start) - 1 - (OPEN_DAYS if wanted.by_update else 0)
    if wanted.statuses and wanted.statuses <= OPEN:
        first = max(first, _day(now) - OPEN_DAYS - 1)
    return max(first, oldest), min(_day(wanted.end), _day(now)) + 1


def _day(seconds: int) -> int:
    return datetime.fromtimestamp(seconds, UTC).toordinal()


def _matcher(wanted: Search) -> Callable[[Order, tuple[str, int]], bool]:
    def matches(order: Order, state: tuple[str, int]) -> bool:
        status, updated = state
        moment = updated if wanted.by_update else order.purchased
        return (
            wanted.start <= moment <= wanted.end
            and (not wanted.statuses or status in wanted.statuses)
            and wanted.is_merchant in (None, order.is_merchant)
            and (not wanted.ids or order.order_id in wanted.ids)
        )

    return matches
