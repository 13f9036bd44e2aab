"""A SKU's inventory position, in stock and on its way, and its projection."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from sellerops.demand.series import Floats

_TINY = 1e-9


@dataclass(frozen=True)
class Arrival:
    """Units that can be sold once ``in_days`` days have passed."""

    in_days: int
    units: float


@dataclass(frozen=True)
class Stock:
    """Units by where they are. Units reserved for customers are sold and do not count."""

    available: int = 0
    fc_transfer: int = 0
    fc_processing: int = 0
    inbound_working: int = 0
    inbound_shipped: int = 0
    inbound_receiving: int = 0
    awd_available: int = 0
    awd_reserved: int = 0
    awd_inbound: int = 0
    own_warehouse: int = 0
    open_orders: int = 0

    @property
    def at_amazon(self) -> int:
        """Units that Amazon counts as supply: sellable, in transfer, in processing."""
        return self.available + self.fc_transfer + self.fc_processing

    @property
    def total(self) -> int:
        return sum(getattr(self, each.name) for each in fields(self))


@dataclass(frozen=True)
class Position:
    """Stock, and when the part that is not at Amazon arrives. The arrivals add up to that part."""

    stock: Stock
    arrivals: tuple[Arrival, ...] = ()

    def within(self, days: float) -> float:
        """Units that can be sold by then: the position that an order placed today is compared with."""
        return self.stock.at_amazon + sum(each.units for each in self.arrivals if each.in_days <= days)

    def first_day_without(self, demand: Floats) -> int | None:
        """The first day, 0 for today, that stock at Amazon does not last through; None if it lasts.

        :param demand: (days + 1,) cumulative demand of the first 0, 1, 2, ... days.
        """
        supply = self.supply(len(demand) - 1)
        short = (demand[1:] > supply + _TINY) | (supply - demand[:-1] <= _TINY)
        return int(short.argmax()) if short.any() else None

    def lost(self, demand: Floats) -> float:
        """Units of demand that find no stock. Such demand is lost, not served later.

        :param demand: as in ``first_day_without``.
        """
        if len(demand) < 2:
            return 0.0
        return max(0.0, float((demand[1:] - self.supply(len(demand) - 1)).max()))

    def supply(self, days: int) -> Floats:
        """(days,) Units that have become sellable by the end of each day."""
        arriving = np.zeros(days)
        for each in self.arrivals:
            if each.in_days < days:
                arriving[max(0, each.in_days)] += each.units
        return np.asarray(self.stock.at_amazon + np.cumsum(arriving))
