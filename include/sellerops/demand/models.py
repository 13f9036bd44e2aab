"""Simple models that forecast the mean demand per day.

``croston_sba`` and ``tsb`` return the forecasts from every origin: (n, t + 1), where column ``o`` knows the
days before ``o``. They skip masked days: intervals between sales do not grow on a day without stock.
"""

from __future__ import annotations

import numpy as np

from sellerops.demand.series import LEVEL_DAYS, Floats, History, Ints, Panel

ALPHA = 0.1
WEEK = 7
YEAR = 364  # whole weeks, so that weekdays match
FULL_OWN_UNITS = 60.0  # a SKU's own season seen in so many units weighs as much as the group's
MOST_SEASON = 4.0


def croston_sba(panel: Panel, alpha: float = ALPHA) -> Floats:
    """Croston's method with the correction of Syntetos and Boylan (2005).

    Size and interval of sales are smoothed separately; the rate is (1 - alpha / 2) * size / interval. They
    start at the first sale, with its units and the days until it. Before it, the rate is 0.
    """
    rows, days = panel.shape
    size, interval, since = np.zeros(rows), np.zeros(rows), np.zeros(rows)
    rates = np.zeros((rows, days + 1))
    for day in range(days):
        units, seen = panel.units[:, day], ~panel.masked[:, day]
        since = since + seen
        sold = seen & (units > 0)
        is_first = sold & (interval == 0)
        size = np.where(is_first, units, np.where(sold, size + alpha * (units - size), size))
        interval = np.where(is_first, since, np.where(sold, interval + alpha * (since - interval), interval))
        since = np.where(sold, 0.0, since)
        rates[:, day + 1] = np.divide(size, interval, out=np.zeros(rows), where=interval > 0)
    return np.asarray(rates * (1 - alpha / 2))


def tsb(panel: Panel, alpha: float = ALPHA, beta: float = ALPHA) -> Floats:
    """The method of Teunter, Syntetos and Babai (2011): the probability of a sale fades on days without one.

    Suits SKUs whose demand ends. Starts at the first sale, with its units and 1 / the days until it.
    """
    rows, days = panel.shape
    size, chance, waited = np.zeros(rows), np.zeros(rows), np.zeros(rows)
    rates = np.zeros((rows, days + 1))
    for day in range(days):
        units, seen = panel.units[:, day], ~panel.masked[:, day]
        sold = seen & (units > 0)
        waited = waited + (seen & (size == 0))
        is_first = sold & (size == 0)
        later = seen & (size > 0)
        chance = np.where(later, chance + beta * (sold - chance), chance)
        chance = np.where(is_first, 1 / np.maximum(1.0, waited), chance)
        size = np.where(is_first, units, np.where(sold, size + alpha * (units - size), size))
        rates[:, day + 1] = chance * size
    return rates


def in_stock_mean(history: History, origin: int, days: int = LEVEL_DAYS) -> Floats:
    """Baseline: the mean of the last usual days in stock."""
    return history.level(origin, days)


def seasonal_naive(history: History, origin: int) -> Floats:
    """Baseline: the last week in stock, repeated. Over whole weeks that is the mean of its seven days."""
    return history.level(origin, WEEK)


def season(history: History, origin: int, horizon: Ints) -> tuple[Floats, Floats, Floats]:
    """How much more than usual will sell in the coming horizon, judged by the same days a year earlier.

    :return: (n,) the factor, a mix of the SKU's own and its group's, weighted by the units sold in the SKU's
        own season; (n,) the own factor; (n,) the group's. NaN where the year before is unknown; the mixed
        factor is 1 there.
    """
    before = origin - YEAR
    rows = len(horizon)
    if before < 2 * WEEK:
        return np.ones(rows), np.full(rows, np.nan), np.full(rows, np.nan)
    end = np.minimum(before + horizon, origin)
    units, seen = history.units(end, end - before), history.seen_days(end, end - before)
    usual = history.level(before)
    is_known = (
        (seen >= 0.5 * (end - before)) & (history.seen_days(before, LEVEL_DAYS) >= 2 * WEEK) & (usual > 0)
    )
    expected = np.where(is_known, usual * seen, 0.0)
    sold = np.where(is_known, units, 0.0)
    own = np.divide(sold, expected, out=np.full(rows, np.nan), where=expected > 0)
    group = _of_groups(history.panel.groups, sold, expected)
    weight = np.where(is_known, sold / (sold + FULL_OWN_UNITS), 0.0)
    mixed = weight * np.nan_to_num(own) + (1 - weight) * np.where(np.isnan(group), 1.0, group)
    return np.clip(mixed, 1 / MOST_SEASON, MOST_SEASON), own, group


def group_profile(history: History, origin: int, horizon: Ints, days: int) -> Floats:
    """For short histories: the level of the last ``days`` seen days times the group's season."""
    _, _, group = season(history, origin, horizon)
    factor = np.clip(np.where(np.isnan(group), 1.0, group), 1 / MOST_SEASON, MOST_SEASON)
    return np.asarray(history.level(origin, days) * factor)


def _of_groups(groups: Ints, sold: Floats, expected: Floats) -> Floats:
    """(n,) Units sold over units expected in the SKU's group, or in all SKUs where the group's is unknown."""
    size = int(groups.max(initial=0)) + 1
    above, below = np.bincount(groups, sold, size), np.bincount(groups, expected, size)
    total = sold.sum() / expected.sum() if expected.sum() > 0 else np.nan
    factor = np.full(size, total)
    np.divide(above, below, out=factor, where=below > 0)
    return np.asarray(factor[groups])
