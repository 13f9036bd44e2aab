"""Settlements: every 14 days Amazon closes the books of a currency group and pays out.

The lines derive from the period's released orders, refunds and other events (`money`), and from what is
carried over between settlements; the total is their sum. All of this has happened by the end of the period,
so a settlement never changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial

from amazon_sandbox.simulation import marketplaces
from amazon_sandbox.simulation.money import orders, refunds
from amazon_sandbox.simulation.money.all_events import events_between
from amazon_sandbox.simulation.money.balances import balances, moved_debts
from amazon_sandbox.simulation.money.lines import Line
from amazon_sandbox.simulation.money.releases import EPOCH, PERIOD, first_start
from amazon_sandbox.simulation.sellers import Seller
from amazon_sandbox.simulation.storefront import Storefront, Storefronts
from amazon_sandbox.simulation.streams import between, number, uniforms

KEPT = timedelta(days=731)
_ID_BASE = 11_000_000_000
_ID_STRIDE = 7_340_033


@dataclass(frozen=True, slots=True)
class SettlementRef:
    """One settlement; `created_at` is when its report appears. Instants are aware UTC, the period is
    [start, end).
    """

    settlement_id: str
    marketplace_ids: tuple[str, ...]
    start: datetime
    end: datetime
    created_at: datetime


def currency_groups(seller: Seller) -> dict[str, list[str]]:
    """The seller's marketplace ids by currency: each currency is settled separately."""
    groups: dict[str, list[str]] = {}
    for marketplace_id in seller.marketplace_ids:
        groups.setdefault(marketplaces.by_id(marketplace_id).currency, []).append(marketplace_id)
    return groups


def settlements_until(seed: int, seller: Seller, as_of: datetime) -> list[SettlementRef]:
    """All settlements whose report appeared in the two years up to `as_of`, oldest first."""
    refs = []
    for currency in currency_groups(seller):
        index = (as_of - EPOCH) // PERIOD + 1
        ref = _reference(seed, seller, currency, index)
        while ref.created_at > as_of - KEPT:
            if ref.created_at <= as_of:
                refs.append(ref)
            index -= 1
            ref = _reference(seed, seller, currency, index)
    return sorted(refs, key=lambda ref: (ref.created_at, ref.settlement_id))


def find_settlement(seed: int, seller: Seller, settlement_id: str) -> tuple[SettlementRef, str]:
    """The settlement with this id and its currency. Raises KeyError if the seller does not have it."""
    count = len(marketplaces.all_marketplaces())
    if settlement_id.isdigit() and int(settlement_id) >= _ID_BASE:
        index = (int(settlement_id) - _ID_BASE) // _ID_STRIDE // count
        for currency in currency_groups(seller):
            ref = _reference(seed, seller, currency, index)
            if ref.settlement_id == settlement_id:
                return ref, currency
    raise KeyError(f"seller {seller.seller_id} has no settlement {settlement_id}")


@lru_cache(maxsize=1_024)
def _reference(seed: int, seller: Seller, currency: str, index: int) -> SettlementRef:
    """The settlement of period `index` of a currency group. Its id encodes the period and the group, plus a
    noise remainder, so that `find_settlement` can decode it.
    """
    start = first_start(seed, seller.account, currency) + PERIOD * index
    v = uniforms(seed, seller.account, currency, "settlement", index)
    group = list(currency_groups(seller)).index(currency)
    count = len(marketplaces.all_marketplaces())
    noise = number(seed, seller.account, currency, "settlement id", index) % _ID_STRIDE
    return SettlementRef(
        settlement_id=str(_ID_BASE + (index * count + group) * _ID_STRIDE + noise),
        marketplace_ids=tuple(currency_groups(seller)[currency]),
        start=start,
        end=start + PERIOD,
        created_at=start + PERIOD + timedelta(seconds=int(between(v[0], 2, 9) * 3600)),
    )


def settlement_at(seed: int, seller: Seller, currency: str, moment: int) -> SettlementRef:
    """The settlement whose period contains an instant (UTC epoch seconds), published or not."""
    at = datetime.fromtimestamp(moment, UTC)
    index = (at - EPOCH) // PERIOD
    ref = _reference(seed, seller, currency, index)
    return ref if ref.start <= at else _reference(seed, seller, currency, index - 1)


def settlement_lines(storefronts: Storefronts, seller: Seller, ref: SettlementRef) -> list[Line]:
    """All lines of a settlement by posting time; their sum is its total amount."""
    group = [
        storefronts.of(seller.account, marketplaces.by_id(marketplace_id))
        for marketplace_id in ref.marketplace_ids
    ]
    return lines_of_group(seller, group, int(ref.start.timestamp()))


def lines_of_group(seller: Seller, group: Sequence[Storefront], start: int) -> list[Line]:
    """The lines of the settlement that starts at an instant, of all storefronts of its currency."""
    end = start + int(PERIOD.total_seconds())
    lines: list[Line] = []
    for storefront in group:
        lines += orders.lines_posted(storefront, start, end)
        lines += refunds.lines_posted(storefront, start, end)
        for event in events_between(seller, storefront, start, end):
            lines += event.lines()
    firsts = first_of_currencies(seller, group[0])
    events = list(moved_debts(group[0], firsts, start, end))
    proceeds = sum(line.amount for line in lines) + sum(event.amount for event in events)
    events += balances(group[0], start, proceeds, partial(total_of_group, seller, tuple(group)))
    for event in events:
        lines += event.lines()
    return sorted(lines, key=lambda line: line.posted)


@lru_cache(maxsize=256)
def total_of_group(seller: Seller, group: tuple[Storefront, ...], start: int) -> int:
    """The total of the settlement that starts at an instant, in minor units."""
    return sum(line.amount for line in lines_of_group(seller, group, start))


def first_of_currencies(seller: Seller, storefront: Storefront) -> list[Storefront]:
    """The first storefront of each of the account's currencies, in the account's order; `storefront` itself
    is returned unchanged.
    """
    firsts = (marketplaces.by_id(ids[0]) for ids in currency_groups(seller).values())
    return [
        storefront if first == storefront.marketplace else storefront.sibling(first.country)
        for first in firsts
    ]
