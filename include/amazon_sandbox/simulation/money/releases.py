"""When the money of an order is paid out: at once, or deferred.

Until 12 March 2026 only business orders are deferred, for a week at most and within the settlement in which
they shipped. Since then Amazon pays sellers in North America and Europe seven days after delivery (DD+7): the
newest orders are always deferred, and their lines are in the settlement of their release.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from amazon_sandbox.simulation.orders import Order
from amazon_sandbox.simulation.storefront import Storefront
from amazon_sandbox.simulation.streams import between, uniforms

PERIOD = timedelta(days=14)
EPOCH = datetime(2018, 1, 1, tzinfo=UTC)
DAY = 86_400
DEFERRED_FOR = 7 * DAY
LONGEST_DEFERRAL_DAYS = 11  # four on the way, seven after delivery
BUSINESS_ORDER, AFTER_DELIVERY = "B2B", "DD7"
_AFTER_DELIVERY_SINCE = int(datetime(2026, 3, 12, tzinfo=UTC).timestamp())
_AFTER_DELIVERY_IN = ("NA", "EU")
_SHORTEST_DEFERRAL = 2 * 3600


@lru_cache(maxsize=256)
def first_start(seed: int, account: str, currency: str) -> datetime:
    """The start of a currency group's period 0."""
    u = uniforms(seed, account, currency, "settlement phase")
    return EPOCH + timedelta(days=int(u[0] * 14), seconds=int(u[1] * 86_400))


def period_of(storefront: Storefront, moment: int) -> tuple[int, int]:
    """[start, end) of the settlement period of a storefront's currency that contains an instant, in epoch
    seconds.
    """
    first = first_start(storefront.seed, storefront.account, storefront.marketplace.currency)
    length = int(PERIOD.total_seconds())
    since = moment - int(first.timestamp())
    start = moment - since % length
    return start, start + length


def delivered_at(storefront: Storefront, order: Order) -> int:
    """When a shipped order arrives, as its shipment reports say (UTC epoch seconds)."""
    u = uniforms(*storefront.key, order.order_id, "shipment")
    return order.shipped + int(between(u[2], 1, 4) * DAY)


def is_after_delivery(storefront: Storefront, order: Order) -> bool:
    """Whether DD+7 applies to a shipped order."""
    return order.shipped >= _AFTER_DELIVERY_SINCE and storefront.marketplace.region in _AFTER_DELIVERY_IN


def deferral_reason(storefront: Storefront, order: Order) -> str:
    """Why an order is deferred, as transactions state it."""
    return AFTER_DELIVERY if is_after_delivery(storefront, order) else BUSINESS_ORDER


def released_at(storefront: Storefront, order: Order) -> int:
    """When the money of a shipped order is released (UTC epoch seconds); 0 if it is not deferred."""
    if is_after_delivery(storefront, order):
        return delivered_at(storefront, order) + DEFERRED_FOR
    if not order.is_business:
        return 0
    end = period_of(storefront, order.shipped)[1]
    release = min(order.shipped + DEFERRED_FOR, end - 3600)
    return release if release > order.shipped + _SHORTEST_DEFERRAL else 0


def posted_at(storefront: Storefront, order: Order) -> int:
    """When settlements post the lines of a shipped order (UTC epoch seconds)."""
    return released_at(storefront, order) or order.shipped
