"""Calibrates bands: widens them where the back-test's bands covered demand too rarely.

They are never narrowed: SKUs share seasons and deals, so a few origins that went well prove little, and too
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
    """Distance of demand from the median, as a share of the band's width on that side: above 1 is outside.

    :param actual: (..., n), NaN where unknown. :param quantiles: (..., n, quantiles)
    """
    median = quantiles[..., MEDIAN]
    above, below = quantiles[..., BAND[1]] - median, median - quantiles[..., BAND[0]]
    side = np.where(actual >= median, above, below)
    return np.asarray(np.abs(actual - median) / np.maximum(side, 0.5))


def factors(errors: Floats, classes: list[DemandClass]) -> Floats:
    """(n,) Factor by which to stretch each SKU's spread, so that bands of its class cover 80 percent or more.

    :param errors: (tests, n) from ``band_errors``. Classes with few tests get a factor of 1.
    """
    return np.nan_to_num(_learned(errors, classes), nan=1.0)


def stretched(quantiles: Floats, factor: Floats) -> Floats:
    """(..., n, quantiles) The quantiles, their distance from the median multiplied by the SKU's factor."""
    median = quantiles[..., MEDIAN : MEDIAN + 1]
    return np.asarray(np.maximum(0.0, median + (quantiles - median) * factor[:, None]))


def checked_by_past(
    actual: Floats, quantiles: Floats, origins: Ints, horizon: Ints, classes: list[DemandClass]
) -> tuple[Floats, Bools]:
    """Stretch the quantiles of each test by what the tests whose horizon was over at its origin show.

    :param actual: (tests, n). :param quantiles: (tests, n, quantiles)
    :param origins: (tests, n) days as columns; -1: no such test. :param horizon: (n,) days.
    :returns: the quantiles, and which tests (tests, n) were stretched. Tests from before enough tests of the
        class were over are left as they are: their coverage says nothing about stretched bands.
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
    """(n,) The factor of each SKU's class; NaN if the class has too few tests."""
    found = np.full(errors.shape[1], np.nan)
    for kind in DemandClass:
        members = is_class(classes, kind)
        known = errors[:, members][~np.isnan(errors[:, members])]
        if len(known) >= LEAST_TESTS:
            found[members] = np.clip(np.quantile(known, COVERED), 1.0, WIDEST)
    return found
