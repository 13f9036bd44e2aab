"""The Finances API 2024-06-19: its usage plan, and transactions built from the lines of settlements.

Every line of a settlement except the reserve is part of exactly one transaction of the same settlement
(FINANCIAL_EVENT_GROUP_ID), not counting DEFERRED_RELEASED. A business order is deferred when it ships: its
transaction is DEFERRED; a week later, within the same settlement, it becomes DEFERRED_RELEASED and another
one, RELEASED, repeats the same amounts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, NamedTuple

from amazon_sandbox.core.quotas import UsagePlan
from amazon_sandbox.finances.render import Draft, fee_name
from amazon_sandbox.simulation import Seller
from amazon_sandbox.simulation.orders import LONGEST_SHIPPING_DAYS, Order, orders_on
from amazon_sandbox.simulation.refunds import refunds_on
from amazon_sandbox.simulation.settlements import (
    DEFERRED_FOR,
    account_lines,
    awd_lines,
    currency_groups,
    inbound_lines,
    order_lines,
    refund_lines,
    released_at,
    settlement_at,
)
from amazon_sandbox.simulation.storefront import Storefront
from amazon_sandbox.simulation.streams import URL_SAFE, token, uniforms

# Usage plan as the description in finances_2024-06-19.json gives it.
USAGE_PLANS = {"listTransactions": UsagePlan(0.5, 10)}
PATH = "/finances/2024-06-19/transactions"
PAGE_SIZE = 100
JUST_NOW = timedelta(minutes=2)
LONGEST_SPAN = timedelta(days=180)
KEPT = timedelta(days=731)
STATUSES = ("DEFERRED", "RELEASED", "DEFERRED_RELEASED")
DAY = 86_400
_LATE_SHARE = 0.3
_LATEST = 47 * 3600
# Reserved and paid out later: no transaction.
_RESERVE = ("Previous Reserve Amount Balance", "Current Reserve Amount")

Position = tuple[int, int]
Json = dict[str, Any]


class TransactionFilter(NamedTuple):
    """Posted in [start, end), epoch seconds; the other fields filter when they are given."""

    start: int
    end: int
    status: str | None = None
    group_id: str | None = None
    order_id: str | None = None


def transactions(
    seller: Seller,
    storefronts: Sequence[Storefront],
    wanted: TransactionFilter,
    now: int,
    begin: Position | None,
    size: int,
) -> tuple[list[Json], Position | None]:
    """A page of transactions by posting time from `begin` on, and the position of the next page."""
    page: list[Json] = []
    for here, draft in _walk(seller, storefronts, wanted, now, begin):
        if len(page) == size:
            return page, here
        page.append(draft.written())
    return page, None


def _walk(
    seller: Seller,
    storefronts: Sequence[Storefront],
    wanted: TransactionFilter,
    now: int,
    begin: Position | None,
) -> Iterator[tuple[Position, Draft]]:
    first = max(wanted.start, now - int(KEPT.total_seconds())) // DAY
    last = (min(wanted.end, now) - 1) // DAY
    from_day, from_position = begin or (first, 0)
    for day in range(max(first, from_day), last + 1):
        for position, draft in enumerate(
            drafts_between(seller, storefronts, day * DAY, (day + 1) * DAY, now)
        ):
            if (day, position) >= (from_day, from_position) and _fits(draft, wanted, now):
                yield (day, position), draft


def _fits(draft: Draft, wanted: TransactionFilter, now: int) -> bool:
    return (
        wanted.start <= draft.posted < wanted.end
        and draft.visible_from <= now
        and wanted.status in (None, draft.status)
        and wanted.group_id in (None, draft.group_id)
        and wanted.order_id in (None, draft.order_id)
    )


def drafts_between(
    seller: Seller, storefronts: Sequence[Storefront], start: int, end: int, now: int
) -> list[Draft]:
    """Everything posted in [start, end), epoch seconds, by posting time; also what Amazon does not show yet
    (`Draft.visible_from`).
    """
    firsts = {group[0] for group in currency_groups(seller).values()}
    drafts: list[Draft] = []
    for storefront in storefronts:
        marketplace_id = storefront.marketplace.marketplace_id
        drafts.extend(_of_storefront(seller, storefront, start, end, now))
        drafts.extend(_of_shipments(seller, storefront, start, end))
        if marketplace_id == seller.marketplace_ids[0]:
            drafts.extend(_of_bulk_stock(seller, storefront, start, end))
        if marketplace_id in firsts:
            drafts.extend(_of_account(seller, storefront, start, end))
    return sorted(drafts, key=lambda draft: (draft.posted, draft.transaction_id))


def _of_storefront(seller: Seller, storefront: Storefront, start: int, end: int, now: int) -> Iterator[Draft]:
    last = storefront.marketplace.day_of_epoch(end)
    weeks_ago = storefront.marketplace.day_of_epoch(start - DEFERRED_FOR)
    for day in range(weeks_ago - LONGEST_SHIPPING_DAYS - 1, last + 1):
        for order in orders_on(storefront, day):
            if not order.shipped or order.shipped >= end:
                continue
            if order.shipped >= start or order.is_business:
                yield from (
                    draft
                    for draft in _of_order(seller, storefront, order, now)
                    if start <= draft.posted < end
                )
    for day in range(storefront.marketplace.day_of_epoch(start), last + 1):
        for refund in refunds_on(storefront, day):
            if start <= refund.at < end:
                lines = list(refund_lines(storefront, refund))
                yield Draft(
                    seller=seller,
                    storefront=storefront,
                    transaction_type="Refund",
                    description="Refund Order",
                    transaction_id=_id(storefront, refund.item.item_id, "refund"),
                    status="RELEASED",
                    posted=refund.at,
                    group_id=_group(seller, storefront, refund.at),
                    lines=partial(_same, lines),
                    order=refund.order,
                    related=(("REFUND_ID", refund.adjustment_id),),
                )


def _of_order(seller: Seller, storefront: Storefront, order: Order, now: int) -> Iterator[Draft]:
    """The transaction of a shipped order, and that of its release where it was deferred."""
    shipped, release = order.shipped, _release(seller, storefront, order)
    late = uniforms(*storefront.key, order.order_id, "late transaction")
    own_id = _id(storefront, order.order_id, "shipment")
    is_released = bool(release) and now >= release
    release_id = _id(storefront, order.order_id, "release") if is_released else ""
    draft = Draft(
        seller=seller,
        storefront=storefront,
        transaction_type="Shipment",
        description="Order Payment",
        transaction_id=own_id,
        status="RELEASED" if not release else "DEFERRED_RELEASED" if is_released else "DEFERRED",
        posted=shipped,
        group_id=_group(seller, storefront, shipped),
        lines=lambda: [line for item in order.items for line in order_lines(storefront, order, item)],
        order=order,
        related=(("RELEASE_TRANSACTION_ID", release_id),) if is_released else (),
        matures=release,
        # Amazon: events of the last 48 hours may be missing.
        delay=int(late[1] * _LATEST) if late[0] < _LATE_SHARE else 0,
    )
    yield draft
    if is_released:
        yield draft._replace(
            transaction_id=release_id,
            status="RELEASED",
            posted=release,
            related=(("DEFERRED_TRANSACTION_ID", own_id),),
            matures=0,
            delay=0,
        )


def _release(seller: Seller, storefront: Storefront, order: Order) -> int:
    """When a deferred order's money is released; 0 if it is not deferred."""
    if not order.is_business:
        return 0
    ref = settlement_at(storefront.seed, seller, storefront.marketplace.currency, order.shipped)
    return released_at(order, int(ref.end.timestamp()))


def _of_account(seller: Seller, storefront: Storefront, start: int, end: int) -> Iterator[Draft]:
    """Fees of a currency's settlement that belong to no order."""
    currency = storefront.marketplace.currency
    moments = (*range(start, end, 7 * DAY), end - 1)
    refs = (settlement_at(storefront.seed, seller, currency, moment) for moment in moments)
    for ref in dict.fromkeys(refs):
        period = int(ref.start.timestamp()), int(ref.end.timestamp())
        for number, line in enumerate(account_lines(storefront, ref, currency, *period)):
            if line.amount_description in _RESERVE or not start <= line.posted < end:
                continue
            yield Draft(
                seller=seller,
                storefront=storefront,
                transaction_type="ServiceFee",
                description=line.amount_description
                if line.amount_type == "other-transaction"
                else line.amount_type,
                transaction_id=_id(storefront, ref.settlement_id, "fee", number) if number % 3 else "",
                status="RELEASED",
                posted=line.posted,
                group_id=ref.settlement_id,
                lines=partial(_same, [line]),
                related=(("SHIPMENT_ID", line.order_id),) if line.order_id else (),
            )


def _of_shipments(seller: Seller, storefront: Storefront, start: int, end: int) -> Iterator[Draft]:
    """Fees of shipments that clients created, in the marketplace they went to."""
    for line in inbound_lines(storefront, start, end):
        yield Draft(
            seller=seller,
            storefront=storefront,
            transaction_type="ServiceFee",
            description=line.amount_type,
            transaction_id=_id(storefront, line.order_id, line.amount_type, line.posted),
            status="RELEASED",
            posted=line.posted,
            group_id=_group(seller, storefront, line.posted),
            lines=partial(_same, [line]),
            related=(("SHIPMENT_ID", line.order_id),),
        )


def _of_bulk_stock(seller: Seller, storefront: Storefront, start: int, end: int) -> Iterator[Draft]:
    """What AWD charges, in the seller's first marketplace."""
    for line in awd_lines(storefront, start, end):
        yield Draft(
            seller=seller,
            storefront=storefront,
            transaction_type="ServiceFee",
            description=fee_name(line),
            transaction_id=_id(storefront, fee_name(line), line.order_id, line.posted),
            status="RELEASED",
            posted=line.posted,
            group_id=_group(seller, storefront, line.posted),
            lines=partial(_same, [line]),
            related=(("SHIPMENT_ID", line.order_id),) if line.order_id else (),
        )


def _group(seller: Seller, storefront: Storefront, moment: int) -> str:
    return settlement_at(storefront.seed, seller, storefront.marketplace.currency, moment).settlement_id


def _same(lines: list[Any]) -> list[Any]:
    return lines


def _id(storefront: Storefront, *key: str | int) -> str:
    return token(URL_SAFE, 43, *storefront.key, *key, "transaction")
