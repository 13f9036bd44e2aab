"""Simulates restocking a warehouse, to see what an ordering policy would have led to.

Each week a policy sees what a seller would have seen, sales but not demand, and places orders. Orders arrive
after a lead time that is drawn in advance, the same for every policy. Demand without stock is lost.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sellerops.demand.demand_path import DemandPath
from sellerops.demand.forecast import Forecaster
from sellerops.demand.lead_times import Days
from sellerops.demand.order_quantity import BuyingRules
from sellerops.demand.restock import Policy, order_up_to
from sellerops.demand.series import Bools, Floats, Ints, Panel

REVIEW = 7


@dataclass(frozen=True)
class World:
    """What happens regardless of what is ordered.

    :param demand: (n, t) units that buyers want.
    :param history: days before the first order; until then nothing is out of stock.
    :param lead: days from order to sellable. :param lead_days: (n, weeks) the lead days of each week's order.
    """

    demand: Floats
    events: Bools
    groups: Ints
    planned: Bools
    history: int
    lead: Days
    lead_days: Ints

    @property
    def weeks(self) -> int:
        return int(self.demand.shape[1] - self.history) // REVIEW


@dataclass(frozen=True)
class View:
    """What a policy knows on a day: sales and stock so far, and what is on order."""

    day: int
    panel: Panel
    on_hand: Floats
    on_order: Floats

    @property
    def position(self) -> Floats:
        return self.on_hand + self.on_order


Ordering = Callable[[View], Floats]


@dataclass(frozen=True)
class Outcome:
    """How a policy did, on the days after its first orders could arrive.

    :param service_level: share of demand that was served.
    :param stock_out_share: share of days without stock.
    :param average_stock: mean units at the end of a day, summed over all SKUs.
    """

    service_level: float
    stock_out_share: float
    average_stock: float


def simulate(world: World, ordering: Ordering) -> Outcome:
    """Run a policy through the world. It starts with stock for the lead time and four weeks."""
    rows, days = world.demand.shape
    sales = world.demand.copy()
    masked = np.zeros((rows, days), bool)
    mean = world.demand[:, world.history - 56 : world.history].mean(axis=1)
    on_hand = np.ceil(mean * 28)
    arriving = np.zeros((rows, days + int(world.lead_days.max()) + 1))
    first = int(world.lead.mean)
    for day in range(first):  # what was ordered before the simulation
        arriving[:, world.history + day] = mean
    levels, wanted, served, empty = [], 0.0, 0.0, 0.0
    begin = world.history + first + REVIEW
    for day in range(world.history, days):
        on_hand = on_hand + arriving[:, day]
        if (day - world.history) % REVIEW == 0:
            panel = Panel(sales[:, :day], masked[:, :day], world.events[:, :day], world.groups, world.planned)
            on_order = arriving[:, day + 1 :].sum(axis=1)
            units = np.maximum(0.0, np.ceil(ordering(View(day, panel, on_hand, on_order))))
            week = min((day - world.history) // REVIEW, world.lead_days.shape[1] - 1)
            arriving[np.arange(rows), day + world.lead_days[:, week]] += units
        sold = np.minimum(np.floor(on_hand), world.demand[:, day])
        sales[:, day] = sold
        masked[:, day] = on_hand - sold < 1  # nothing left: buyers may have wanted more
        on_hand = on_hand - sold
        if day >= begin:
            wanted, served = wanted + world.demand[:, day].sum(), served + sold.sum()
            empty += float((on_hand < 1).mean())
            levels.append(on_hand.sum())
    return Outcome(float(served / wanted), empty / len(levels), float(np.mean(levels)))


class ByForecast:
    """Our policy: order up to the target when the position is at or below the reorder point.

    :param refit_weeks: weeks between two trainings; forecasts are made every week.
    """

    def __init__(self, world: World, service_level: float, refit_weeks: int = 8) -> None:
        self._world = world
        self._refit = refit_weeks
        self._policy = Policy(
            lead=world.lead, review_days=REVIEW, service_level=service_level, rules=BuyingRules(), min_cover=0
        )
        rows = len(world.demand)
        self._horizon = np.full(rows, round(self._policy.protection), np.int64)
        self._forecaster: Forecaster | None = None

    def __call__(self, view: View) -> Floats:
        week = (view.day - self._world.history) // REVIEW
        if self._forecaster is None or week % self._refit == 0:
            self._forecaster = Forecaster(view.panel, self._horizon)
        made = self._forecaster.forecast(view.panel)
        orders = np.zeros(len(self._horizon))
        for row, quantiles in enumerate(made.quantiles):
            if np.isnan(quantiles).any():
                continue
            point, target = order_up_to(DemandPath(quantiles, int(self._horizon[row])), self._policy)
            if view.position[row] <= point:
                orders[row] = target - view.position[row]
        return orders


class DaysOfCover:
    """The usual rule: daily units on days in stock of the last 30, times lead time plus a fixed cover."""

    def __init__(self, world: World, cover: float) -> None:
        self._days = world.lead.mean + cover

    def __call__(self, view: View) -> Floats:
        seen = ~view.panel.masked[:, -30:]
        rate = (view.panel.units[:, -30:] * seen).sum(axis=1) / np.maximum(1, seen.sum(axis=1))
        return np.asarray(rate * self._days - view.position)


class AmazonFigure:
    """Amazon's recommendation: 42 days at the daily units shipped in the last 30 days, in stock or not.

    Amazon does not publish its formula; this is the one that the local Amazon uses.
    """

    def __init__(self, world: World, cover: float = 42) -> None:
        self._cover = cover

    def __call__(self, view: View) -> Floats:
        return np.asarray(view.panel.units[:, -30:].sum(axis=1) / 30 * self._cover - view.position)


def cover_for_stock(world: World, stock: float) -> float:
    """The cover with which the usual rule holds this average stock, for a fair comparison."""
    low, high = 0.0, 365.0
    for _ in range(12):
        middle = (low + high) / 2
        if simulate(world, DaysOfCover(world, middle)).average_stock < stock:
            low = middle
        else:
            high = middle
    return (low + high) / 2
