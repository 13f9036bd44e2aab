"""What there is of a SKU and what is on its way: the inventory position, and its projection."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Arrival:
    """Units that can be sold from so many days from now on."""

    in_days: int
    units: float


@dataclass(frozen=True)
class Stock:
    """Units by where they are. Those reserved for customers are sold, and not among them."""

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
        """Units there by then: the position that an order placed today is compared with."""
        return self.stock.at_amazon + sum(each.units for each in self.arrivals if each.in_days <= days)

    def first_day_without(self, demand: Callable[[int], float], most: int = 365) -> int | None:
        """The first day, 0 for today, that stock at Amazon does not last through; None: beyond ``most``.

        :param demand: cumulated demand of the first n days. Demand of days without stock is lost, not
            served later.
        """
        arriving = _by_day(self.arrivals)
        on_hand = float(self.stock.at_amazon)
        for day in range(most):
            on_hand += arriving.get(day, 0.0)
            wanted = demand(day + 1) - demand(day)
            if wanted > on_hand + 1e-9 or on_hand <= 0:
                return day
            on_hand -= wanted
        return None

    def lost(self, demand: Callable[[int], float], until: int) -> float:
        """Units of demand that find no stock before day ``until``."""
        arriving = _by_day(self.arrivals)
        on_hand, lost = float(self.stock.at_amazon), 0.0
        for day in range(until):
            on_hand += arriving.get(day, 0.0)
            wanted = demand(day + 1) - demand(day)
            sold = min(on_hand, wanted)
            on_hand, lost = on_hand - sold, lost + wanted - sold
        return lost


def _by_day(arrivals: tuple[Arrival, ...]) -> dict[int, float]:
    found: dict[int, float] = {}
    for each in arrivals:
        day = max(0, each.in_days)
        found[day] = found.get(day, 0.0) + each.units
    return found
