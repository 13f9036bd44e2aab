"""Refunds and FBA returns, planned from the day of purchase, so that a refund always refers to a real,
shipped order.

For each purchase day, a small plan lists how many days later its refunds are posted. A refund day then needs
only the purchase days whose plans name it, not all of the preceding 45 days.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from amazon_sandbox.simulation import tables
from amazon_sandbox.simulation.orders import Order, OrderItem, orders_on
from amazon_sandbox.simulation.storefront import Storefront, kept_per_storefront
from amazon_sandbox.simulation.streams import (
    UPPER_ALNUM,
    pick,
    poisson,
    shuffled,
    stream,
    token,
    uniforms,
)

FIRST_LAG, LAST_LAG = 5, 45  # days from purchase day to refund day; orders ship within 4
LONGEST_RETURN_DAYS = 8
REFUND_SHARE = 0.055
COMMENT_SHARE = 0.3
DAY = 86_400

_WEIGHTS = [math.exp(-lag / 11) for lag in range(FIRST_LAG, LAST_LAG + 1)]
_SHARES = [weight / sum(_WEIGHTS) for weight in _WEIGHTS]

REASONS = (
    "UNWANTED_ITEM", "DEFECTIVE", "NOT_AS_DESCRIBED", "ORDERED_WRONG_ITEM", "QUALITY_UNACCEPTABLE",
    "APPAREL_TOO_SMALL", "DAMAGED_BY_CARRIER", "MISSED_ESTIMATED_DELIVERY", "SWITCHEROO",
    "UNDELIVERABLE_UNKNOWN",
)  # fmt: skip
DISPOSITIONS = ("SELLABLE", "SELLABLE", "SELLABLE", "CUSTOMER_DAMAGED", "DEFECTIVE", "CARRIER_DAMAGED")
CENTRES = {
    "US": ("PHX7", "ONT8", "BNA3", "MKC6"), "CA": ("YYZ4", "YVR3"), "MX": ("MEX5",),
    "GB": ("BHX4", "LTN4", "EDI4"), "DE": ("LEJ1", "DTM2", "CGN1"), "FR": ("LYS1", "ORY4"),
    "IT": ("MXP5", "FCO1"), "ES": ("MAD4", "BCN1"), "PL": ("WRO1", "POZ1"), "JP": ("NRT5", "KIX2"),
    "AU": ("MEL1", "BWU1"), "AE": ("DXB3",), "SA": ("RUH1",),
}  # fmt: skip


class FbaReturn(NamedTuple):
    """One returned unit; `at` is UTC epoch seconds. A unit may be returned without a licence plate or a
    comment.
    """

    at: int
    disposition: str
    reason: str
    status: str
    centre: str
    license_plate: str
    comment: str


class Refund(NamedTuple):
    """A whole order item refunded at `at` (UTC epoch seconds). `is_claim`: granted as an A-to-z claim."""

    order: Order
    item: OrderItem
    at: int
    adjustment_id: str
    is_claim: bool
    returns: tuple[FbaReturn, ...]


# There are few refunds per day, and fees, removals and reimbursements of any fortnight request them
# repeatedly. Without this cache the orders of their days would be generated several times.
KEPT_DAYS = 2_048


@kept_per_storefront(KEPT_DAYS)
def refund_lags(storefront: Storefront, ordinal: int) -> tuple[int, ...]:
    """The lags in days of a purchase day's refunds, ascending, one entry per refund."""
    mean = storefront.usual_volume * REFUND_SHARE
    lags: list[int] = []
    drawn: tuple[float, ...] = ()
    for index, share in enumerate(_SHARES):
        if index % 8 == 0:
            drawn = uniforms(*storefront.key, ordinal, "refund lags", index)
        lags.extend([FIRST_LAG + index] * poisson(drawn[index % 8], mean * share))
    return tuple(lags)


@kept_per_storefront(KEPT_DAYS)
def refunds_of_purchases(storefront: Storefront, ordinal: int) -> tuple[Refund, ...]:
    """The refunds of the orders bought on a local day, by posting time."""
    lags = refund_lags(storefront, ordinal)
    if not lags:
        return ()
    rng = stream(*storefront.key, ordinal, "refunds")
    sold = [
        (order, item) for order in orders_on(storefront, ordinal) if order.shipped for item in order.items
    ]
    chosen = shuffled(sold, rng, len(lags))
    refunds = []
    for lag, (order, item) in zip(lags, chosen, strict=False):
        start, end = storefront.marketplace.day_bounds(ordinal + lag)
        at = start + int(rng.random() * (end - start))
        refunds.append(_refund(storefront, order, item, at))
    return tuple(sorted(refunds, key=lambda refund: (refund.at, refund.item.item_id)))


def _refund(storefront: Storefront, order: Order, item: OrderItem, at: int) -> Refund:
    u = uniforms(*storefront.key, item.item_id, "refund")
    comes_back = not order.is_merchant and u[0] < 0.85
    return Refund(
        order=order,
        item=item,
        at=at,
        adjustment_id=f"amzn1:crow:{token(UPPER_ALNUM, 12, *storefront.key, item.item_id, 'adjustment')}",
        is_claim=order.is_merchant and u[1] < 0.2,
        returns=_returns(storefront, item, at, u[2:]) if comes_back else (),
    )


def _returns(
    storefront: Storefront, item: OrderItem, refunded: int, u: tuple[float, ...]
) -> tuple[FbaReturn, ...]:
    """One line per unit, as Amazon writes them; without licence plates the lines of an item are identical."""
    disposition = pick(u[0], DISPOSITIONS)
    has_plate = u[1] < 0.8
    comments = _comments(storefront.marketplace.language)
    at = refunded + int(u[2] * (LONGEST_RETURN_DAYS - 1) * DAY)
    line = FbaReturn(
        at=at,
        disposition=disposition,
        reason=pick(u[3], REASONS),
        status="Unit returned to inventory"
        if disposition == "SELLABLE"
        else "Reimbursed"
        if u[4] < 0.3
        else "",
        centre=pick(u[4], CENTRES.get(storefront.marketplace.country, ("XEU1",))),
        license_plate="",
        comment=pick(u[5] / COMMENT_SHARE, comments) if u[5] < COMMENT_SHARE else "",
    )
    if not has_plate:
        return (line,) * item.quantity
    return tuple(
        line._replace(
            license_plate="LPN" + token(UPPER_ALNUM, 11, *storefront.key, item.item_id, "plate", unit)
        )
        for unit in range(item.quantity)
    )


def _comments(language: str) -> tuple[str, ...]:
    return tuple(row["comment"] for row in tables.rows("return_comments") if row["language"] == language)


def refunds_on(storefront: Storefront, ordinal: int) -> Iterator[Refund]:
    """The refunds posted on a local day."""
    start, end = storefront.marketplace.day_bounds(ordinal)
    for lag in range(LAST_LAG, FIRST_LAG - 1, -1):
        if lag in refund_lags(storefront, ordinal - lag):
            yield from (r for r in refunds_of_purchases(storefront, ordinal - lag) if start <= r.at < end)
