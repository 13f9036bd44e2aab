"""Reads the demand of an account from the mart ``demand_day`` into arrays.

A row of the arrays is a SKU in a stock pool: marketplaces that sell from one stock are forecast and restocked
together. Only days that differ from "in stock, nothing sold" are read, and the gaps between a SKU's days.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from sellerops.demand.series import Bools, Panel
from sellerops.destinations.mart_store import Span
from sellerops.marts.computed import Work
from sellerops.settings.accounts import load_accounts
from sellerops.settings.marketplaces import stock_pools

HISTORY = 760
AHEAD = 400
UNLISTED = 91  # days after its last row from which a SKU counts as no longer listed in a marketplace

_DAYS = """SELECT d.marketplace_id, d.day, MAX(CASE WHEN d.units IS NULL THEN 0 ELSE 1 END) AS has_sales,
       MAX(CASE WHEN d.available IS NULL THEN 0 ELSE 1 END) AS has_stock
FROM {{ ref('demand_day') }} AS d GROUP BY d.marketplace_id, d.day"""
_SKUS = """SELECT d.marketplace_id, d.sku, MIN(d.day) AS first_day, MAX(d.day) AS last_day,
       COUNT(d.available) AS stocked, MAX(d.asin) AS asin
FROM {{ ref('demand_day') }} AS d GROUP BY d.marketplace_id, d.sku"""
_RUNS = """SELECT r.marketplace_id, r.sku, r.day, r.before
FROM (
    SELECT d.marketplace_id, d.sku, d.day,
           LAG(d.day) OVER (PARTITION BY d.marketplace_id, d.sku ORDER BY d.day) AS before
    FROM {{ ref('demand_day') }} AS d
) AS r
WHERE r.before < r.day - INTERVAL '1' DAY"""
_UNUSUAL = """SELECT d.marketplace_id, d.sku, d.day, d.units, d.is_masked, d.events
FROM {{ ref('demand_day') }} AS d
WHERE d.units > 0 OR d.is_masked OR d.events <> '' OR d.units IS NULL"""
_DEALS = """SELECT c.marketplace_id, c.day
FROM {{ source('reference.calendar_event') }} AS c WHERE c.kind = 'deal' GROUP BY c.marketplace_id, c.day"""


class Key(NamedTuple):
    """Identifies a row: the first of the account's marketplaces in the pool, the pool, and the SKU."""

    marketplace_id: str
    stock_pool: str
    sku: str


@dataclass(frozen=True)
class Demand:
    """Demand of an account up to a day.

    :param complete: (n, days) days whose orders and stock are known in every marketplace of the pool that
        lists the SKU.
    :param with_sales: (n, days) days whose orders are known in all of these marketplaces.
    :param asins: ASIN of each row; empty if none is known.
    """

    keys: list[Key]
    panel: Panel
    first_day: date
    last_day: date
    complete: Bools
    with_sales: Bools
    asins: list[str]

    @cached_property
    def numbers(self) -> dict[tuple[str, str], int]:
        """Row numbers by home marketplace and SKU."""
        return {(key.marketplace_id, key.sku): number for number, key in enumerate(self.keys)}

    def column(self, day: date) -> int:
        """The column number of a day."""
        return (day - self.first_day).days


def pools_of(account_id: str) -> dict[str, tuple[str, str]]:
    """The home marketplace and the pool of each marketplace of an account."""
    account = load_accounts().get(account_id)
    ids = [place.id for place in account.marketplaces] if account else []
    pool_of = {one: pool for pool, members in stock_pools().items() for one in members}
    homes: dict[str, str] = {}
    found = {}
    for one in ids:
        pool = pool_of.get(one, one)
        found[one] = (homes.setdefault(pool, one), pool)
    return found


def read_demand(
    work: Work,
    account_id: str,
    last_day: date,
    groups: Mapping[str, str],
    history: int = HISTORY,
    *,
    span: Span | None = None,
    with_deals: bool = True,
) -> Demand | None:
    """Read the demand of the ``history`` days up to ``last_day``; None if there is none.

    :param groups: product group by SKU; SKUs without one form a group.
    :param span: the days of the mart that are built, if not ``last_day`` alone.
    :param with_deals: read announced deals too; the mart must have them as an input.
    """
    span = span or Span(account_id, None, last_day, last_day)
    skus = work.rows(_SKUS, span)
    if not skus:
        return None
    pools = pools_of(account_id)
    first_day = max(last_day - timedelta(days=history - 1), min(row["first_day"] for row in skus))
    days = (last_day - first_day).days + 1

    def key_of(row: Mapping[str, Any]) -> Key:
        home, pool = pools.get(row["marketplace_id"], (row["marketplace_id"], row["marketplace_id"]))
        return Key(home, pool, row["sku"])

    keys = sorted({key_of(row) for row in skus})
    numbers = {key: number for number, key in enumerate(keys)}
    flags = _day_flags(work.rows(_DAYS, span), first_day, days)
    seen = np.zeros((len(keys), days), bool)
    units = np.zeros((len(keys), days))
    events = np.zeros((len(keys), days), bool)
    runs, unusual = _grouped(work.rows(_RUNS, span)), _grouped(work.rows(_UNUSUAL, span))
    sales, stock = _Known(seen.shape), _Known(seen.shape)
    asins = [""] * len(keys)
    for row in skus:
        number, place = numbers[key_of(row)], (row["marketplace_id"], row["sku"])
        asins[number] = asins[number] or row["asin"] or ""
        with_sales, with_stock = flags[row["marketplace_id"]]
        listed = _listed(row, first_day, days)
        sales.add(number, with_sales, listed)
        stock.add(number, with_stock, listed)
        here = _seen(row, runs.get(place, ()), flags[row["marketplace_id"]], first_day, days)
        for each in unusual.get(place, ()):
            column = (each["day"] - first_day).days
            if 0 <= column < days:
                units[number, column] += each["units"] or 0
                events[number, column] |= each["events"] != ""
                here[column] &= not each["is_masked"] and each["units"] is not None
        seen[number] |= here
    seen &= sales.days  # units of only some of the marketplaces would be too few
    panel = Panel(
        units=np.where(seen, units, 0.0),
        masked=~seen,
        events=events,
        groups=_numbered([groups.get(key.sku, "") for key in keys]),
        planned=_planned(work.rows(_DEALS, span) if with_deals else (), keys, first_day, days),
    )
    return Demand(keys, panel, first_day, last_day, sales.days & stock.days, sales.days, asins)


class _Known:
    """Collects the days that are known in every marketplace that lists a SKU, and in at least one."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self._everywhere = np.ones(shape, bool)
        self._somewhere = np.zeros(shape, bool)

    def add(self, number: int, known: Bools, listed: Bools) -> None:
        """Add one marketplace to a row. :param known: (days,) :param listed: (days,)"""
        self._everywhere[number] &= known | ~listed
        self._somewhere[number] |= known

    @property
    def days(self) -> Bools:
        """(n, days)"""
        return np.asarray(self._everywhere & self._somewhere)


def _listed(row: Mapping[str, Any], first_day: date, days: int) -> Bools:
    """(days,) Whether the marketplace lists the SKU: from its first row to ``UNLISTED`` days after the last.

    Otherwise a marketplace that the seller has left would cause its SKUs to be refused forever.
    """
    begin, end = (row["first_day"] - first_day).days, (row["last_day"] - first_day).days + 1 + UNLISTED
    found = np.zeros(days, bool)
    found[max(0, begin) : max(0, end)] = True
    return found


def _seen(
    row: Mapping[str, Any],
    runs: Iterable[Mapping[str, Any]],
    flags: tuple[Bools, Bools],
    first_day: date,
    days: int,
) -> Bools:
    """(days,) Whether the day's demand for the SKU in this marketplace was seen, before masks.

    A SKU in FBA without a row on a day whose stock is known had no stock. Other SKUs without a row had no
    buyer that day.
    """
    has_sales, has_stock = flags
    there = np.zeros(days, bool)
    there[max(0, (row["first_day"] - first_day).days) :] = True
    if row["stocked"]:
        there[max(0, (row["last_day"] - first_day).days + 1) :] &= ~has_stock[
            max(0, (row["last_day"] - first_day).days + 1) :
        ]
        for gap in runs:
            begin, end = (gap["before"] - first_day).days + 1, (gap["day"] - first_day).days
            begin = max(0, begin)
            there[begin:end] &= ~has_stock[begin:end]
    return np.asarray(there & has_sales)


def _day_flags(
    rows: Iterable[Mapping[str, Any]], first_day: date, days: int
) -> defaultdict[str, tuple[Bools, Bools]]:
    """Days with known orders and with known stock, by marketplace."""
    found: defaultdict[str, tuple[Bools, Bools]] = defaultdict(
        lambda: (np.zeros(days, bool), np.zeros(days, bool))
    )
    for row in rows:
        column = (row["day"] - first_day).days
        if 0 <= column < days:
            sales, stock = found[row["marketplace_id"]]
            sales[column], stock[column] = bool(row["has_sales"]), bool(row["has_stock"])
    return found


def _planned(rows: Iterable[Mapping[str, Any]], keys: Sequence[Key], first_day: date, days: int) -> Bools:
    """(n, days + ``AHEAD``) Days of announced deals in each row's marketplace."""
    found: dict[str, Bools] = defaultdict(lambda: np.zeros(days + AHEAD, bool))
    for row in rows:
        column = (row["day"] - first_day).days
        if 0 <= column < days + AHEAD:
            found[row["marketplace_id"]][column] = True
    return np.stack([found[key.marketplace_id] for key in keys])


def _grouped(rows: Iterable[dict[str, Any]]) -> dict[tuple[str, str], list[dict[str, Any]]]:
    found: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        found[row["marketplace_id"], row["sku"]].append(row)
    return found


def _numbered(names: Sequence[str]) -> Any:
    numbers = {name: number for number, name in enumerate(sorted(set(names)))}
    return np.array([numbers[name] for name in names], np.int64)
