"""Bands that cover what they say: widened or narrowed by how often the back-test's bands were right."""

from __future__ import annotations

import numpy as np

from sellerops.demand.classes import DemandClass, is_class
from sellerops.demand.metrics import BAND, MEDIAN
from sellerops.demand.series import Floats

COVERED = 0.8
NARROWEST, WIDEST = 0.7, 3.0
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
    """(n,) By which to stretch the spread of each SKU, so that bands of its class cover 80 percent.

    :param errors: (tests, n) of ``band_errors``. Classes with few tests are left as they are.
    """
    found = np.ones(errors.shape[1])
    for kind in DemandClass:
        members = is_class(classes, kind)
        known = errors[:, members][~np.isnan(errors[:, members])]
        if len(known) >= LEAST_TESTS:
            found[members] = np.clip(np.quantile(known, COVERED), NARROWEST, WIDEST)
    return found


def stretched(quantiles: Floats, factor: Floats) -> Floats:
    """(..., n, quantiles) with the distance of each quantile from the median times the SKU's factor."""
    median = quantiles[..., MEDIAN : MEDIAN + 1]
    return np.asarray(np.maximum(0.0, median + (quantiles - median) * factor[:, None]))


def cross_checked(actual: Floats, quantiles: Floats, classes: list[DemandClass]) -> Floats:
    """The quantiles of each test, stretched by what the other tests say: no test corrects itself."""
    errors = band_errors(actual, quantiles)
    others = [np.arange(len(errors)) != test for test in range(len(errors))]
    return np.stack(
        [stretched(quantiles[test], factors(errors[other], classes)) for test, other in enumerate(others)]
    )
