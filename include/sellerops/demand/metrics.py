"""Measures of how good forecasts were."""

from __future__ import annotations

import math

import numpy as np

from sellerops.demand.series import Bools, Floats

QUANTILES = (0.1, 0.5, 0.8, 0.9, 0.95)
BAND = (QUANTILES.index(0.1), QUANTILES.index(0.9))
MEDIAN = QUANTILES.index(0.5)


def wape(actual: Floats, forecast: Floats) -> float:
    """Sum of absolute errors over the sum of demand; NaN without demand. Unknown demand (NaN) is left out."""
    known = ~np.isnan(actual)
    return _over(np.abs(forecast - actual)[known].sum(), actual[known].sum())


def bias(actual: Floats, forecast: Floats) -> float:
    """Sum of forecast minus demand over the sum of demand: positive means too high."""
    known = ~np.isnan(actual)
    return _over((forecast - actual)[known].sum(), actual[known].sum())


def mase(actual: Floats, forecast: Floats, naive: Floats) -> float:
    """Sum of absolute errors over that of the naive forecast; below 1 is better than the naive forecast."""
    known = ~np.isnan(actual)
    return _over(np.abs(forecast - actual)[known].sum(), np.abs(naive - actual)[known].sum())


def pinball(actual: Floats, forecast: Floats, quantile: float) -> Floats:
    """Loss of a quantile, elementwise, in units; NaN where demand is unknown."""
    error = actual - forecast
    return np.asarray(np.maximum(quantile * error, (quantile - 1) * error))


def in_band(actual: Floats, low: Floats, high: Floats) -> Bools:
    """Whether demand lies in the band, including its ends."""
    return np.asarray((actual >= low) & (actual <= high))


def coverage(actual: Floats, low: Floats, high: Floats) -> float:
    """Share of known demand in the band."""
    known = ~np.isnan(actual)
    return float(in_band(actual, low, high)[known].mean()) if known.any() else math.nan


def poisson_floor(mean: float) -> float:
    """E|X - m| / m of a Poisson variable X with mean m: the WAPE that no forecast can go below.

    The mean deviation of a Poisson variable is 2 m^(k+1) e^-m / k! with k = floor(m).
    """
    if mean <= 0:
        return math.nan
    whole = math.floor(mean)
    return 2 * math.exp((whole + 1) * math.log(mean) - mean - math.lgamma(whole + 1)) / mean


def _over(above: float, below: float) -> float:
    return float(above / below) if below > 0 else math.nan
