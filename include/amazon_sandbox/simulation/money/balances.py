"""What moves cash between settlements without being profit: reserves, debts, loans, failed transfers.

A settlement that would end below zero is charged to the seller's card before it closes. Occasionally a loan
is repaid and leaves a debt: the next settlement opens with it (`Payable to Amazon`), and it is charged to the
card or deducted from the proceeds. A payout that the bank refuses returns at the start of the next
settlement. None of this depends on more than the previous settlement.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from amazon_sandbox.simulation.money.events import Event, Item, minor
from amazon_sandbox.simulation.money.months import first_day, instant, month_of
from amazon_sandbox.simulation.money.releases import PERIOD, first_start
from amazon_sandbox.simulation.storefront import Storefront
from amazon_sandbox.simulation.streams import between, pick, uniforms

HOUR, DAY = 3600, 86_400
LENGTH = int(PERIOD.total_seconds())
_FAILED, _REPAID, _CHARGED = 0.04, 0.04, 0.7
_LENT_BEFORE = 3  # settlements between a loan and its repayment
_MOVED = 0.15  # of months
_RETURNED_AFTER, _CHARGED_AFTER, _PAID_AFTER = 60, 2 * DAY, 2 * HOUR
_REASONS = ("Invalid account information", "Account closed", "Refused by the bank")
_SMALLER_RESERVE_SINCE = int(datetime(2026, 3, 12, tzinfo=UTC).timestamp())
_SMALLER_IN, _SMALLER = ("NA", "EU"), 0.1
_TOLD_SHARE = 0.1  # of reserves that transactions also list

# The total of the settlement that starts at an instant, in minor units.
Totals = Callable[[int], int]


def balances(storefront: Storefront, start: int, proceeds: int, total_of: Totals) -> list[Event]:
    """The balance events of the settlement that starts at an instant, except those of 0.

    `storefront`: the first of the currency; `proceeds`: the sum of all other lines.
    """
    index, end = _index(storefront, start), start + LENGTH
    found = [
        _event("balance.reserve", storefront, start, reserve(storefront, start)),
        _event("balance.payable", storefront, start, -_debt(storefront, index - 1)),
        _charge(storefront, index, start),
        _returned(storefront, index, start, total_of),
        _micro_deposit(storefront, index, start),
        _loan(storefront, index, start),
    ]
    held = _event("balance.reserve", storefront, end - 1, -reserve(storefront, end), "held")
    total = proceeds + held.amount + sum(event.amount for event in found)
    debt = _debt(storefront, index)
    if total < 0:
        found.append(_event("balance.charge", storefront, end - 5 * HOUR, -total))
    if debt:
        found.append(_event("balance.loan", storefront, end - 4 * HOUR, -max(0, total) - debt))
    return [event for event in (*found, held) if event.amount]


def told(storefront: Storefront, start: int, end: int, total_of: Totals) -> Iterator[Event]:
    """The balance events that transactions list in [start, end): payouts, returned payouts, debts charged to
    the card, a few reserves.
    """
    for index in range(_index(storefront, start) - 1, _index(storefront, end) + 1):
        opened = _start(storefront, index)
        closed = opened + LENGTH
        if start <= closed + _PAID_AFTER < end:
            yield from _if_any(_payout(storefront, opened, total_of))
        if start <= opened + _RETURNED_AFTER < end:
            yield from _if_any(_returned(storefront, index, opened, total_of))
        for event in (
            _charge(storefront, index, opened),
            _told_reserve(storefront, opened, opened, ""),
            _told_reserve(storefront, closed, closed - 1, "held"),
        ):
            if start <= event.posted < end:
                yield from _if_any(event)


def moved_debts(storefront: Storefront, others: list[Storefront], start: int, end: int) -> Iterator[Event]:
    """Debts moved between the currencies of a European account: what one loses, another gains.

    `others`: the first storefront of each of the account's currencies, in order.
    """
    if storefront.marketplace.region != "EU" or storefront not in others[:2] or len(others) < 2:
        return
    for month in range(month_of(start), month_of(end) + 1):
        u = uniforms(storefront.seed, storefront.account, month, "debt moved")
        at = instant(first_day(month), between(u[0], 2, 26) * DAY)
        if u[1] < _MOVED and start <= at < end:
            sign = 1 if (storefront is others[0]) == (u[2] < 0.5) else -1
            amount = sign * minor(storefront, round(between(u[3], 20, 90)))
            yield _event("balance.moved", storefront, at, amount)


def reserve(storefront: Storefront, boundary: int) -> int:
    """What is held back across the end of a settlement, in minor units; less where orders are deferred
    anyway.
    """
    u = uniforms(storefront.seed, storefront.account, storefront.marketplace.currency, "reserve", boundary)
    is_smaller = boundary >= _SMALLER_RESERVE_SINCE and storefront.marketplace.region in _SMALLER_IN
    dollars = between(u[0], 250, 900) * (_SMALLER if is_smaller else 1.0)
    return minor(storefront, dollars * storefront.marketplace.market_size)


def _payout(storefront: Storefront, opened: int, total_of: Totals) -> Event:
    """The payout of a settlement, positive as transactions state it."""
    return _event("balance.payout", storefront, opened + LENGTH + _PAID_AFTER, max(0, total_of(opened)))


def _returned(storefront: Storefront, index: int, opened: int, total_of: Totals) -> Event:
    """The payout of the previous settlement, if the bank refused it."""
    amount = max(0, total_of(opened - LENGTH)) if _is_refused(storefront, index - 1) else 0
    text = pick(_drawn(storefront, index - 1)[3], _REASONS)
    return _event("balance.failed", storefront, opened + _RETURNED_AFTER, amount)._replace(text=text)


def _micro_deposit(storefront: Storefront, index: int, opened: int) -> Event:
    """The few cents that verify the new bank account after a refused payout."""
    is_due = _is_refused(storefront, index - 1)
    amount = -1 - int(_drawn(storefront, index)[4] * 98) if is_due else 0
    return _event("balance.micro_deposit", storefront, opened + 3 * DAY, amount)


def _charge(storefront: Storefront, index: int, opened: int) -> Event:
    """The debt that a settlement opened with, if it was charged to the card."""
    is_charged = _drawn(storefront, index)[5] < _CHARGED
    amount = _debt(storefront, index - 1) if is_charged else 0
    return _event("balance.charge", storefront, opened + _CHARGED_AFTER, amount)


def _loan(storefront: Storefront, index: int, opened: int) -> Event:
    is_due = bool(_debt(storefront, index + _LENT_BEFORE))
    dollars = round(between(_drawn(storefront, index)[6], 20, 60)) * 100 * storefront.marketplace.market_size
    return _event("balance.loan", storefront, opened + 5 * DAY, minor(storefront, dollars) if is_due else 0)


def _told_reserve(storefront: Storefront, boundary: int, at: int, variant: str) -> Event:
    u = uniforms(storefront.seed, storefront.account, storefront.marketplace.currency, "told", boundary)
    amount = reserve(storefront, boundary) if u[0] < _TOLD_SHARE else 0
    return _event("balance.reserve", storefront, at, -amount if variant else amount, variant)


def _debt(storefront: Storefront, index: int) -> int:
    """What is owed when a settlement closes, in minor units; 0 for most."""
    if not _is_repaid(storefront, index):
        return 0
    dollars = between(_drawn(storefront, index)[2], 40, 160)
    return minor(storefront, dollars * storefront.marketplace.market_size)


def _is_repaid(storefront: Storefront, index: int) -> bool:
    return _drawn(storefront, index)[1] < _REPAID <= _drawn(storefront, index - 1)[1]


def _is_refused(storefront: Storefront, index: int) -> bool:
    """Whether the bank refuses the payout of a settlement; never that of one that opens or closes with a
    debt.
    """
    u = _drawn(storefront, index)
    return u[0] < _FAILED <= _drawn(storefront, index - 1)[0] and not (
        _is_repaid(storefront, index) or _is_repaid(storefront, index - 1)
    )


def _drawn(storefront: Storefront, index: int) -> tuple[float, ...]:
    return uniforms(storefront.seed, storefront.account, storefront.marketplace.currency, "balance", index)


def _index(storefront: Storefront, moment: int) -> int:
    return (moment - _start(storefront, 0)) // LENGTH


def _start(storefront: Storefront, index: int) -> int:
    first = first_start(storefront.seed, storefront.account, storefront.marketplace.currency)
    return int(first.timestamp()) + index * LENGTH


def _event(kind: str, storefront: Storefront, at: int, amount: int, variant: str = "") -> Event:
    reference = f"{storefront.marketplace.currency} {at}"
    return Event(kind, at, storefront, reference, (Item(None, 0, amount),), variant=variant)


def _if_any(event: Event) -> Iterator[Event]:
    if event.amount:
        yield event
