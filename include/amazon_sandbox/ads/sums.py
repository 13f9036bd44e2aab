"""One row of a report before its columns are computed: summed traffic and the orders credited to it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from amazon_sandbox.simulation.ads_credits import Credit
from amazon_sandbox.simulation.ads_structure import SP
from amazon_sandbox.simulation.ads_traffic import Part, Seen
from amazon_sandbox.simulation.storefront import Storefront

WINDOWS = (1, 7, 14, 30)
# The counts of a part's traffic; those after `lists` exist in Sponsored Brands and Display only.
COUNTS = (
    "impressions",
    "clicks",
    "cost",
    "invalid_impressions",
    "invalid_clicks",
    "viewable",
    "lists",
    "list_views",
    "pages",
    "page_views",
    "carts",
    "cart_views",
    "searches",
    "search_views",
    "video_5s",
    "video_q1",
    "video_half",
    "video_q3",
    "video_full",
    "unmutes",
    "new_pages",
    "new_page_views",
    "store_pages",
)
COUNT_INDEX = {name: index for index, name in enumerate(COUNTS)}


class Bought(NamedTuple):
    """Orders credited: their number, units, and sales in minor units."""

    purchases: int = 0
    units: int = 0
    sales: int = 0


NOTHING = Bought()


class ReportScope(NamedTuple):
    """What all rows share: the storefront and the first and last day (YYYY-MM-DD)."""

    storefront: Storefront
    start: str
    end: str


class Row:
    """A row; `part` is any of its parts, since all share what the key names. `day` is None in a summary."""

    __slots__ = ("_kinds", "_windows", "bought_sku", "credits", "day", "part", "scope", "sums")

    def __init__(self, scope: ReportScope, part: Part, day: str | None, bought: Credit | None = None) -> None:
        self.scope = scope
        self.part = part
        self.day = day
        self.bought_sku = bought
        self.sums = [0] * len(COUNTS)
        self.credits: list[Credit] = []
        self._windows: dict[tuple[int, bool | None], Bought] = {}
        self._kinds: dict[tuple[str, bool], Bought] = {}

    def add(self, part: Part, seen: Seen) -> None:
        """Count a part's traffic."""
        sums = self.sums
        for index, value in enumerate(traffic(part, seen)):
            sums[index] += value

    def clicked(self, window: int, same: bool | None = None) -> Bought:
        """What was bought within `window` days of a click.

        `same`: True for advertised products only, False for all others, None for both.
        """
        if not self.credits:
            return NOTHING
        key = (window, same)
        known = self._windows.get(key)
        if known is None:
            known = self._windows[key] = total(
                credit
                for credit in self.credits
                if credit.is_click and credit.lag < window and same in (None, credit.is_same)
            )
        return known

    def bought(self, kind: str = "all", *, clicks: bool = False) -> Bought:
        """What was bought within 14 days of a click or a view: `kind` is all, promoted or new.

        `clicks`: count only what followed a click.
        """
        if not self.credits:
            return NOTHING
        key = (kind, clicks)
        known = self._kinds.get(key)
        if known is None:
            known = self._kinds[key] = total(
                credit
                for credit in self.credits
                if credit.lag < 14 and (credit.is_click or not clicks) and _is(credit, kind)
            )
        return known


def _is(credit: Credit, kind: str) -> bool:
    return kind == "all" or (credit.is_same if kind == "promoted" else credit.is_new)


def total(credits: Iterable[Credit]) -> Bought:
    """The sum of credits."""
    purchases = units = sales = 0
    for credit in credits:
        purchases += 1
        units += credit.item.quantity
        sales += credit.item.price
    return Bought(purchases, units, sales)


def traffic(part: Part, seen: Seen) -> tuple[int, ...]:
    """The counts of a part, in the order of COUNTS; whole numbers, so that they add up in every report."""
    impressions, clicks = seen.impressions, seen.clicks
    viewable = impressions * (55 + part.target.id % 30) // 100
    dice = impressions % 100  # a remainder in hundredths, so that a few clicks still lead to some actions
    basic = (*seen, viewable, (clicks * 4 + dice) // 100)
    campaign = part.ad.group.campaign
    if campaign.product == SP:
        return basic
    pages, views = (clicks * 90 + dice) // 100, max(0, viewable - clicks)
    page_views = _each(views, 160, dice)
    films = viewable * (campaign.kind == "video")
    return (
        *basic,
        _each(views, 3_000, dice),
        pages,
        page_views,
        (clicks * 20 + dice) // 100,
        _each(views, 1_400, dice),
        (clicks * 14 + dice) // 100,
        _each(views, 900, dice),
        films * 3 // 10,
        films // 4,
        films // 6,
        films // 9,
        films // 12,
        films // 40,
        (pages * 66 + dice) // 100,
        (page_views * 66 + dice) // 100,
        (clicks * 30 + dice) // 100 if campaign.kind == "collection" else 0,
    )


def _each(views: int, many: int, dice: int) -> int:
    """One in `many`, rounded by the dice."""
    return (views + many * dice // 100) // many if views else 0
