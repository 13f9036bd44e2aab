"""Classes of demand history, which decide which models can be used for a SKU."""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from sellerops.demand.series import Bools, History

NEW_DAYS = 14
SHORT_DAYS = 56
INTERMITTENT_FROM = 1.32  # days per day with demand: Syntetos, Boylan and Croston (2005)
_LOOKED_AT = 364


class DemandClass(StrEnum):
    """NEW: less than two weeks seen. SHORT: less than eight. The others depend on how often the SKU sells."""

    REGULAR = "regular"
    INTERMITTENT = "intermittent"
    SHORT = "short"
    NEW = "new"


def classify(history: History, origin: int) -> list[DemandClass]:
    """The class of each SKU, by the days seen before the origin."""
    seen = history.seen_days(origin, origin)
    lately = history.seen_days(origin, _LOOKED_AT)
    with_demand = history.days_with_demand(origin, _LOOKED_AT)
    interval = lately / np.maximum(with_demand, 0.5)
    found = np.select(
        [seen < NEW_DAYS, seen < SHORT_DAYS, interval >= INTERMITTENT_FROM],
        [DemandClass.NEW.value, DemandClass.SHORT.value, DemandClass.INTERMITTENT.value],
        DemandClass.REGULAR.value,
    )
    return [DemandClass(str(each)) for each in found]


def is_class(classes: list[DemandClass], *wanted: DemandClass) -> Bools:
    """(n,) Whether a SKU has one of the classes."""
    return np.array([each in wanted for each in classes], bool)
