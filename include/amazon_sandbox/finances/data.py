"""The Finances API 2024-06-19: its usage plan, and pages of transactions by posting time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from amazon_sandbox.core.quotas import UsagePlan
from amazon_sandbox.finances.drafts import drafts_between
from amazon_sandbox.finances.render import Draft
from amazon_sandbox.simulation import Seller
from amazon_sandbox.simulation.storefront import Storefront

# Usage plan as the description in finances_2024-06-19.json gives it.
USAGE_PLANS = {"listTransactions": UsagePlan(0.5, 10)}
PATH = "/finances/2024-06-19/transactions"
PAGE_SIZE = 100
JUST_NOW = timedelta(minutes=2)
LONGEST_SPAN = timedelta(days=180)
KEPT = timedelta(days=731)
STATUSES = ("DEFERRED", "RELEASED", "DEFERRED_RELEASED")
DAY = 86_400

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
