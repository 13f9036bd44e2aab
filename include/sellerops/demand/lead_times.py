"""How long it takes from an order until its units can be sold, and Amazon's part of that."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

LEAST_SHIPMENTS = 3


@dataclass(frozen=True)
class Days:
    """A duration in days: its mean and standard deviation."""

    mean: float
    sd: float


@dataclass(frozen=True)
class LeadTime:
    """Production, transport and check-in: independent, so their variances add up."""

    production: Days
    transit: Days
    check_in: Days

    @property
    def total(self) -> Days:
        parts = (self.production, self.transit, self.check_in)
        return Days(sum(each.mean for each in parts), math.hypot(*(each.sd for each in parts)))


def learn_check_in(received: Iterable[tuple[date, date]], default: Days) -> Days:
    """Days from a shipment's arrival at Amazon until its last unit can be sold.

    :param received: first and last day with receipts of each closed shipment. A shipment received within one
        day counts as 1 day.
    :param default: used for fewer than ``LEAST_SHIPMENTS`` shipments.
    """
    days = [float((last - first).days + 1) for first, last in received]
    if len(days) < LEAST_SHIPMENTS:
        return default
    return Days(statistics.fmean(days), statistics.stdev(days))
