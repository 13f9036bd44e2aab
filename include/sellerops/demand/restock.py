"""Proposes how many units of a SKU to order, and by when."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from sellerops.demand.demand_path import DemandPath, textbook_safety_stock
from sellerops.demand.lead_times import Days
from sellerops.demand.order_quantity import BuyingRules, Quantity, order_quantity
from sellerops.demand.position import Position

PESSIMISTIC = 0.9  # order_by assumes the demand that is exceeded one time in ten
SOON_DAYS = 7
OVERSTOCK = 1.5
FARTHEST = 365
_DAYS = np.arange(FARTHEST + 1, dtype=float)


class OrderStatus(StrEnum):
    """ORDER_NOW: order_by has come. SOON: within a week. OVERSTOCK: position above 1.5 times the target."""

    ORDER_NOW = "order_now"
    SOON = "soon"
    OK = "ok"
    OVERSTOCK = "overstock"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Policy:
    """How a SKU is ordered.

    :param lead: days from order to sellable.
    :param review_days: days between two orders.
    :param service_level: probability of staying in stock through lead time and review period.
    :param min_cover: days of stock to have when the order arrives. Below 28, Amazon charges the
        low-inventory-level fee.
    :param max_cover: days of stock when the order arrives that are never exceeded on purpose. More would
        age and incur surcharges.
    :param holding_rate: cost of holding stock worth 1 for a year.
    """

    lead: Days
    review_days: int
    service_level: float
    rules: BuyingRules
    min_cover: int = 35
    max_cover: int = 150
    holding_rate: float = 0.25

    @property
    def protection(self) -> float:
        """Days that stock and this order must cover: until the next order could arrive."""
        return self.lead.mean + self.review_days


@dataclass(frozen=True)
class Proposal:
    """What to order. Days count from today (0); negative days have passed; None: not within a year.

    ``needed`` and ``quantity`` are those for the day ``order_by`` if that is at most a week away, else 0.
    """

    status: OrderStatus
    quantity: Quantity
    needed: float
    position: float
    reorder_point: float
    safety_stock: float
    safety_stock_formula: float
    target: float
    limits: tuple[str, ...]  # min_cover, max_cover: what changed the target
    order_by: int | None
    stock_out: int | None
    stock_out_early: int | None
    lost_units: float


def propose(position: Position, demand: DemandPath, policy: Policy) -> Proposal:
    """Propose an order by comparing the position with the demand until the next order could arrive."""
    period = policy.protection
    reorder_point = demand.with_late_orders(policy.service_level, period, policy.lead.sd)
    target, limits = _target(demand, policy, reorder_point)
    units = position.within(period)
    median = demand.daily * _DAYS
    order_by = _order_by(units, demand, reorder_point)
    status = _status(units, target, order_by)
    needed = 0.0
    if order_by is not None and status in (OrderStatus.ORDER_NOW, OrderStatus.SOON):
        needed = max(0.0, target - units + demand.median(max(0, order_by)))
    longest = demand.daily * (policy.lead.mean + policy.max_cover)
    quantity = order_quantity(
        needed,
        policy.rules,
        most=max(0.0, longest - units),
        daily=demand.daily,
        holding_rate=policy.holding_rate,
    )
    return Proposal(
        status=status,
        quantity=quantity,
        needed=needed,
        position=units,
        reorder_point=reorder_point,
        safety_stock=reorder_point - demand.median(period),
        safety_stock_formula=textbook_safety_stock(demand, policy.service_level, period, policy.lead.sd),
        target=target,
        limits=limits,
        order_by=order_by,
        stock_out=position.first_day_without(median),
        stock_out_early=position.first_day_without(demand.quantiles_until(PESSIMISTIC, _DAYS)),
        lost_units=position.lost(median[: round(policy.lead.mean) + 1]),
    )


def order_up_to(demand: DemandPath, policy: Policy) -> tuple[float, float]:
    """Reorder point and target, in units of position."""
    point = demand.with_late_orders(policy.service_level, policy.protection, policy.lead.sd)
    return point, _target(demand, policy, point)[0]


def _target(demand: DemandPath, policy: Policy, reorder_point: float) -> tuple[float, tuple[str, ...]]:
    wanted = reorder_point + demand.median(policy.review_days)
    least = demand.daily * (policy.lead.mean + policy.min_cover)
    most = demand.daily * (policy.lead.mean + max(policy.max_cover, policy.min_cover))
    if wanted < least:
        return least, ("min_cover",)
    # Never cut below the reorder point: running out costs more than a surcharge on slow stock.
    if wanted > most and most >= reorder_point:
        return most, ("max_cover",)
    return wanted, ()


def _order_by(position: float, demand: DemandPath, reorder_point: float) -> int | None:
    """The first day on which the position minus pessimistic demand until then is at the reorder point.

    Negative if that day has passed: as many days ago as median demand takes for the missing units, but at
    most a horizon.
    """
    if demand.quantiles[-1] <= 0:
        return None
    if position < reorder_point:
        late = (reorder_point - position) / demand.daily if demand.daily > 0 else 0.0
        return -min(demand.horizon, math.floor(late))
    due = position - demand.quantiles_until(PESSIMISTIC, _DAYS[:-1]) <= reorder_point
    return int(due.argmax()) if due.any() else None


def _status(position: float, target: float, order_by: int | None) -> OrderStatus:
    if order_by is not None and order_by <= 0:
        return OrderStatus.ORDER_NOW
    if order_by is not None and order_by <= SOON_DAYS:
        return OrderStatus.SOON
    return OrderStatus.OVERSTOCK if position > OVERSTOCK * target else OrderStatus.OK
