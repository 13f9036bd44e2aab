"""Bands that cover what they say: widened where the back-test's bands were right too rarely.

Never narrowed: SKUs share seasons and deals, so that a few origins that went well prove little, and too
little safety stock costs more than too much.
"""

from __future__ import annotations

import numpy as np

from sellerops.demand.classes import DemandClass, is_class
from sellerops.demand.metrics import BAND, MEDIAN
from sellerops.demand.series import Bools, Floats, Ints

COVERED = 0.8
WIDEST = 3.0
LEAST_TESTS = 50


def band_errors(actual: Floats, quantiles: Floats) -> Floats:
    """Distance of demand from the median, as a share of the band's on that side: above 1 is outside.

    :param actual: (..., n), NaN where unknown. :param quantiles: (..., n, quantiles)
    """
    median = quantiles[..., MEDIAN]
    above, below = quantiles[..., BAND[1]] - median, median - quantiles[..., BAND[0]]
    side = np.where(actual >= median, above, below)
    return np.asarray(np.abs(actual - median) / np.maximum(side, 0.5))


def factors(errors: Floats, classes: list[DemandClass]) -> Floats:
    """(n,) By which to stretch the spread of each SKU, so that bands of its class cover 80 percent or more.

    :param errors: (tests, n) of ``band_errors``. Classes with few tests are left as they are.
    """
    return np.nan_to_num(_learned(errors, classes), nan=1.0)


def stretched(quantiles: Floats, factor: Floats) -> Floats:
    """(..., n, quantiles) with the distance of each quantile from the median times the SKU's factor."""
    median = quantiles[..., MEDIAN : MEDIAN + 1]
    return np.asarray(np.maximum(0.0, median + (quantiles - median) * factor[:, None]))


def checked_by_past(
    actual: Floats, quantiles: Floats, origins: Ints, horizon: Ints, classes: list[DemandClass]
) -> tuple[Floats, Bools]:
    """The quantiles of each test, stretched by the tests whose horizon was over at its origin.

    :param actual: (tests, n). :param quantiles: (tests, n, quantiles)
    :param origins: (tests, n) days as columns; -1: no such test. :param horizon: (n,) days.
    :returns: the quantiles, and which tests (tests, n) were stretched. Those before enough tests of the
        class were over are left as they are: what they cover says nothing of stretched bands.
    """
    errors = band_errors(actual, quantiles)
    made, is_stretched = quantiles.copy(), np.zeros(origins.shape, bool)
    for origin in np.unique(origins[origins >= 0]):
        is_over = (origins >= 0) & (origins + horizon <= origin)
        factor = _learned(np.where(is_over, errors, np.nan), classes)
        here = (origins == origin) & ~np.isnan(factor)
        made[here] = stretched(quantiles, factor)[here]
        is_stretched |= here
    return made, is_stretched


def _learned(errors: Floats, classes: list[DemandClass]) -> Floats:
    """(n,) Factor of each SKU's class; NaN if its tests are few."""
    found = np.full(errors.shape[1], np.nan)
    for kind in DemandClass:
        members = is_class(classes, kind)
        known = errors[:, members][~np.isnan(errors[:, members])]
        if len(known) >= LEAST_TESTS:
            found[members] = np.clip(np.quantile(known, COVERED), 1.0, WIDEST)
    return found
