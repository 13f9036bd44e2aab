"""Transactions before they are written: orders, their releases, refunds and the other events of a storefront.

Every line of a settlement except those of balances is part of exactly one transaction of the same settlement
(FINANCIAL_EVENT_GROUP_ID), not counting DEFERRED_RELEASED. A deferred order has a DEFERRED transaction when
it ships; at its release that becomes DEFERRED_RELEASED and another one, RELEASED, repeats the same amounts.
Both name the settlement of the release.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterator, Sequence
from functools import partial
from hashlib import blake2b
from typing import Any

from amazon_sandbox.finances.render import Draft
from amazon_sandbox.simulation import Seller, marketplaces
from amazon_sandbox.simulation.money.all_events import events_between
from amazon_sandbox.simulation.money.balances import told
from amazon_sandbox.simulation.money.events import Event
from amazon_sandbox.simulation.money.lines import fee_name
from amazon_sandbox.simulation.money.orders import lines_of_order, orders_posted
from amazon_sandbox.simulation.money.refunds import refund_lines
from amazon_sandbox.simulation.money.releases import deferral_reason, released_at
from amazon_sandbox.simulation.orders import Order
from amazon_sandbox.simulation.refunds import Refund, refunds_on
from amazon_sandbox.simulation.settlements import currency_groups, settlement_at, total_of_group
from amazon_sandbox.simulation.storefront import Storefront
from amazon_sandbox.simulation.streams import uniforms

DAY = 86_400
_LATE_SHARE = 0.3
_LATEST = 47 * 3600
_NAMELESS = 3  # one in this many account fees has no id


def drafts_between(
    seller: Seller, storefronts: Sequence[Storefront], start: int, end: int, now: int
) -> list[Draft]:
    """Everything posted in [start, end), epoch seconds, by posting time; also what Amazon does not show yet
    (`Draft.visible_from`).
    """
    drafts: list[Draft] = []
    for storefront in storefronts:
        drafts.extend(_of_orders(seller, storefront, start, end, now))
        drafts.extend(_of_refunds(seller, storefront, start, end))
        drafts.extend(_of_event(seller, event) for event in events_between(seller, storefront, start, end))
        drafts.extend(_of_event(seller, event) for event in _balances(seller, storefront, start, end))
    return sorted(drafts, key=lambda draft: (draft.posted, draft.transaction_id))


def _balances(seller: Seller, storefront: Storefront, start: int, end: int) -> Iterator[Event]:
    """Payouts and debts of a currency, in its first marketplace."""
    for marketplace_ids in currency_groups(seller).values():
        if marketplace_ids[0] == storefront.marketplace.marketplace_id:
            countries = (marketplaces.by_id(one).country for one in marketplace_ids[1:])
            group = (storefront, *(storefront.sibling(country) for country in countries))
            yield from told(storefront, start, end, partial(total_of_group, seller, group))


def _of_orders(seller: Seller, storefront: Storefront, start: int, end: int, now: int) -> Iterator[Draft]:
    for order in orders_posted(storefront, start, end):
        yield from (
            draft for draft in _of_order(seller, storefront, order, now) if start <= draft.posted < end
        )


def _of_order(seller: Seller, storefront: Storefront, order: Order, now: int) -> Iterator[Draft]:
    """The transaction of a shipped order, and, if it was deferred and released, that of its release."""
    shipped, release = order.shipped, released_at(storefront, order)
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
        group_id=_group(seller, storefront, release or shipped),
        lines=lambda: list(lines_of_order(storefront, order)),
        order=order,
        related=(("RELEASE_TRANSACTION_ID", release_id),) if is_released else (),
        matures=release,
        reason=deferral_reason(storefront, order) if release else "",
        # Amazon says that events of the last 48 hours may be missing.
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


def _of_refunds(seller: Seller, storefront: Storefront, start: int, end: int) -> Iterator[Draft]:
    first, last = storefront.marketplace.day_of_epoch(start), storefront.marketplace.day_of_epoch(end)
    for day in range(first, last + 1):
        for refund in refunds_on(storefront, day):
            if start <= refund.at < end:
                yield _of_refund(seller, storefront, refund)


def _of_refund(seller: Seller, storefront: Storefront, refund: Refund) -> Draft:
    return Draft(
        seller=seller,
        storefront=storefront,
        transaction_type="Refund",
        description="Refund Order",
        transaction_id=_id(storefront, refund.item.item_id, "refund"),
        status="RELEASED",
        posted=refund.at,
        group_id=_group(seller, storefront, refund.at),
        lines=lambda: list(refund_lines(storefront, refund)),
        order=refund.order,
        related=(("REFUND_ID", refund.adjustment_id),),
    )


def _of_event(seller: Seller, event: Event) -> Draft:
    lines = list(event.lines())
    transaction_id = _id(event.storefront, event.kind, event.reference, event.posted)
    is_nameless = event.kind in _WITHOUT_ID and sum(map(ord, transaction_id)) % _NAMELESS == 0
    is_payout = event.kind == "balance.payout"
    return Draft(
        seller=seller,
        storefront=event.storefront,
        transaction_type=event.name.finance_type,
        description=fee_name(lines[0]),
        transaction_id="" if is_nameless else transaction_id,
        status="RELEASED",
        posted=event.posted,
        # A payout belongs to the settlement it pays, which has just ended.
        group_id=_group(seller, event.storefront, event.posted - DAY if is_payout else event.posted),
        lines=partial(_same, lines),
        related=_related(event),
        event=event,
    )


def _related(event: Event) -> tuple[tuple[str, str], ...]:
    if not event.order_id:
        return ()
    return (("ORDER_ID" if event.kind in _OF_ORDERS else "SHIPMENT_ID", event.order_id),)


# Account fees: some of them come without an id.
_WITHOUT_ID = frozenset(("ads.cost", "storage.monthly", "overhead.subscription"))
# The kinds of events that name a customer's order or a removal order.
_OF_ORDERS = frozenset(
    ("retrocharge", "reimbursement", "removal.liquidation", "removal.return", "removal.disposal")
)


def _group(seller: Seller, storefront: Storefront, moment: int) -> str:
    return settlement_at(storefront.seed, seller, storefront.marketplace.currency, moment).settlement_id


def _same(lines: list[Any]) -> list[Any]:
    return lines


def _id(storefront: Storefront, *key: str | int) -> str:
    """43 characters, like Amazon's: the digest itself, as a random stream per transaction costs too much."""
    text = "\x1f".join(map(str, (*storefront.key, *key, "transaction")))
    return urlsafe_b64encode(blake2b(text.encode(), digest_size=32).digest()).rstrip(b"=").decode()
