"""What Amazon reimburses a seller for: returned units that it damaged, refunded units that were never
returned, units lost or damaged in its warehouses or on the way there, and fees charged in error. Some lost
units are found again, and the payment is reversed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from amazon_sandbox.simulation.catalogue import Listing
from amazon_sandbox.simulation.inbound import BLOCK_DAYS, LONGEST_OPEN_DAYS, Shipment, inbound_plans
from amazon_sandbox.simulation.refunds import FIRST_LAG, LAST_LAG, LONGEST_RETURN_DAYS, refunds_of_purchases
from amazon_sandbox.simulation.storefront import Storefront
from amazon_sandbox.simulation.streams import Key, between, number, pick, poisson, uniforms

DAY = 86_400
LONGEST_DECISION_DAYS = 15  # from the return of a damaged unit to the payment
FIRST_MISSED, LAST_MISSED = 46, 60  # days from refund to the payment for units never returned
MISSED_SHARE = 0.5
LOST_SHARE = 0.004  # of the usual volume
FOUND_SHARE = 0.1
FOUND_AFTER_DAYS = 20
INVENTORY_SHARE = 0.15
KEPT_SHARE = 0.85  # of the price, before the fulfilment fee
CLAIMED_SHARE = 0.5  # of units that never arrived; the rest is paid only if the seller asks
FIRST_CLAIMED, LAST_CLAIMED = 20, 50  # days from the close of a shipment to the payment
CORRECTED_SHARE = 0.03  # of days with a fee charged in error


class Reimbursement(NamedTuple):
    """One payment; `at` is UTC epoch seconds, `per_unit` in minor units. Negative quantities: reversals."""

    at: int
    reimbursement_id: str
    reason: str
    listing: Listing
    order_id: str
    per_unit: int
    cash: int
    inventory: int
    original_id: str = ""
    original_type: str = ""


def reimbursements_between(storefront: Storefront, start: int, end: int) -> list[Reimbursement]:
    """The reimbursements approved in [start, end), by time."""
    found = [
        *_of_refunds(storefront, start, end),
        *_of_warehouse(storefront, start, end),
        *_of_shipments(storefront, start, end),
        *_of_fees(storefront, start, end),
    ]
    wanted = [one for one in found if start <= one.at < end]
    return sorted(wanted, key=lambda one: (one.at, one.reimbursement_id))


def _of_refunds(storefront: Storefront, start: int, end: int) -> Iterator[Reimbursement]:
    longest = LAST_LAG + max(LAST_MISSED, LONGEST_RETURN_DAYS + LONGEST_DECISION_DAYS) + 1
    first = storefront.marketplace.day_of_epoch(start) - longest
    for day in range(first, storefront.marketplace.day_of_epoch(end) - FIRST_LAG + 1):
        for refund in refunds_of_purchases(storefront, day):
            item = refund.item
            u = uniforms(*storefront.key, item.item_id, "reimbursement")
            if refund.order.is_merchant:
                continue
            if refund.returns and refund.returns[0].status == "Reimbursed":
                at = refund.returns[0].at + int(between(u[0], 1, LONGEST_DECISION_DAYS) * DAY)
            elif not refund.returns and u[1] < MISSED_SHARE:
                at = refund.at + int(between(u[0], FIRST_MISSED, LAST_MISSED) * DAY)
            else:
                continue
            yield Reimbursement(
                at=at,
                reimbursement_id=_id(storefront, item.item_id),
                reason="CustomerReturn",
                listing=item.listing,
                order_id=refund.order.order_id,
                per_unit=_worth(storefront, item.listing, refund.order.day),
                cash=item.quantity,
                inventory=0,
            )


def _of_warehouse(storefront: Storefront, start: int, end: int) -> Iterator[Reimbursement]:
    first = storefront.marketplace.day_of_epoch(start) - FOUND_AFTER_DAYS - 1
    for day in range(first, storefront.marketplace.day_of_epoch(end) + 1):
        u = uniforms(*storefront.key, day, "warehouse losses")
        for index in range(poisson(u[0], storefront.usual_volume * LOST_SHARE)):
            yield from _loss(storefront, day, index)


def _loss(storefront: Storefront, day: int, index: int) -> Iterator[Reimbursement]:
    """A loss, reimbursed in cash or in kind, and its reversal if the units turn up."""
    u = uniforms(*storefront.key, day, index, "warehouse loss")
    stocked = [one for one in storefront.listings if not one.is_merchant and storefront.rate(one, day) > 0]
    if not stocked:
        return
    listing = pick(u[0], stocked)
    begin, end = storefront.marketplace.day_bounds(day)
    is_lost, in_kind = u[1] < 0.65, u[2] < INVENTORY_SHARE
    units = 1 + int(u[3] * u[3] * 3)
    paid = Reimbursement(
        at=begin + int(u[4] * (end - begin)),
        reimbursement_id=_id(storefront, day, index),
        reason="Lost_Warehouse" if is_lost else "Damaged_Warehouse",
        listing=listing,
        order_id="",
        per_unit=0 if in_kind else _worth(storefront, listing, day),
        cash=0 if in_kind else units,
        inventory=units if in_kind else 0,
    )
    yield paid
    if is_lost and u[5] < FOUND_SHARE:
        yield paid._replace(
            at=paid.at + int(between(u[6], 2, FOUND_AFTER_DAYS) * DAY),
            reimbursement_id=_id(storefront, day, index, "found"),
            reason="Reimbursement_Reversal",
            cash=-paid.cash,
            inventory=-paid.inventory,
            original_id=paid.reimbursement_id,
            original_type=paid.reason,
        )


def _of_shipments(storefront: Storefront, start: int, end: int) -> Iterator[Reimbursement]:
    """Units of generated shipments that never arrived."""
    longest = LAST_CLAIMED + FOUND_AFTER_DAYS + LONGEST_OPEN_DAYS + 1
    first = storefront.marketplace.day_of_epoch(start) - longest
    last = storefront.marketplace.day_of_epoch(end) - FIRST_CLAIMED + 1
    for block in range(first // BLOCK_DAYS, last // BLOCK_DAYS + 1):
        for plan in inbound_plans(storefront.generated, block):
            for shipment in plan.shipments:
                if shipment.shipped > shipment.received:
                    yield from _shortage(storefront, shipment)


def _shortage(storefront: Storefront, shipment: Shipment) -> Iterator[Reimbursement]:
    u = uniforms(*storefront.key, shipment.confirmation_id, "shortage")
    if u[0] >= CLAIMED_SHARE:
        return
    day = storefront.marketplace.day_of_epoch(shipment.closed_at)
    paid = Reimbursement(
        at=shipment.closed_at + int(between(u[1], FIRST_CLAIMED, LAST_CLAIMED) * DAY),
        reimbursement_id=_id(storefront, shipment.confirmation_id),
        reason="Lost_Inbound",
        listing=shipment.listing,
        order_id="",
        per_unit=_worth(storefront, shipment.listing, day),
        cash=shipment.shipped - shipment.received,
        inventory=0,
    )
    yield paid
    if u[2] < FOUND_SHARE:
        yield paid._replace(
            at=paid.at + int(between(u[3], 2, FOUND_AFTER_DAYS) * DAY),
            reimbursement_id=_id(storefront, shipment.confirmation_id, "found"),
            reason="Reimbursement_Reversal",
            cash=-paid.cash,
            original_id=paid.reimbursement_id,
            original_type=paid.reason,
        )


def _of_fees(storefront: Storefront, start: int, end: int) -> Iterator[Reimbursement]:
    """The fulfilment fee overcharged on some units because a product was measured too large."""
    marketplace = storefront.marketplace
    for day in range(marketplace.day_of_epoch(start), marketplace.day_of_epoch(end) + 1):
        u = uniforms(*storefront.key, day, "fee corrected")
        stocked = [one for one in storefront.listings if not one.is_merchant and one.launch <= day]
        if u[0] < CORRECTED_SHARE * storefront.marketplace.market_size and stocked:
            listing = pick(u[1], stocked)
            yield Reimbursement(
                at=marketplace.day_bounds(day)[0] + int(u[2] * 80_000),
                reimbursement_id=_id(storefront, day, "fee"),
                reason="Fee_Correction",
                listing=listing,
                order_id="",
                per_unit=max(1, listing.fulfilment_fee(marketplace) // 5),
                cash=1 + int(u[3] * 20),
                inventory=0,
            )


def _worth(storefront: Storefront, listing: Listing, day: int) -> int:
    price = storefront.unit_price(listing, day)
    return max(price // 4, round(price * KEPT_SHARE) - listing.fulfilment_fee(storefront.marketplace))


def _id(storefront: Storefront, *about: Key) -> str:
    return str(10**10 + number(*storefront.key, *about, "reimbursement id") % (9 * 10**10))
