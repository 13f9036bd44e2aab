"""Forecasts of the mean demand per day, by simple models.

``croston_sba`` and ``tsb`` return the forecast of every origin: (n, t + 1), column ``o`` knows days before
``o``. Masked days do not exist for them: intervals between sales do not grow on a day without stock.
"""

from __future__ import annotations

import numpy as np

from sellerops.demand.series import LEVEL_DAYS, Floats, History, Ints, Panel

ALPHA = 0.1
WEEK = 7
YEAR = 364  # whole weeks, so that weekdays match
FULL_OWN_UNITS = 60.0  # a season seen in so many own units weighs as much as the group's
MOST_SEASON = 4.0


def croston_sba(panel: Panel, alpha: float = ALPHA) -> Floats:
    """Croston's method with the correction of Syntetos and Boylan (2005).

    Size and interval of sales are smoothed apart; the rate is (1 - alpha / 2) * size / interval. Both start
    with the first sale: its units, and the days until it. 0 before it.
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
    """Teunter, Syntetos and Babai (2011): the probability of a sale fades on days without one.

    Suits SKUs whose demand ends. Starts with the first sale: its units, and 1 / days until it.
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
    """Baseline: the last week in stock, repeated. Whole weeks of it are the mean of seven days."""
    return history.level(origin, WEEK)


def season(history: History, origin: int, horizon: Ints) -> tuple[Floats, Floats, Floats]:
    """How much more than usual is sold in the coming horizon, by the same days of the year before.

    :return: (n,) the factor, own and group mixed by how many units the own one was seen in; (n,) the own
        factor; (n,) the group's. NaN where a year before is not known; the mixed factor is 1 there.
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
    """(n,) Sold over expected of the SKU's group; of all SKUs where the group's is not known."""
    size = int(groups.max(initial=0)) + 1
    above, below = np.bincount(groups, sold, size), np.bincount(groups, expected, size)
    total = sold.sum() / expected.sum() if expected.sum() > 0 else np.nan
    factor = np.full(size, total)
    np.divide(above, below, out=factor, where=below > 0)
    return np.asarray(factor[groups])
