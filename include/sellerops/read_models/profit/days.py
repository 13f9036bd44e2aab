"""Profit by day, from the orders or from what Amazon posted, with the day it is compared with."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel

from sellerops.read_models.costs import COST
from sellerops.read_models.orders_loaded import ORDERS, OrdersLoaded, open_values, read_orders_loaded
from sellerops.read_models.profit.definitions import ProfitView
from sellerops.read_models.queries import Connection, select
from sellerops.read_models.scope import Scope

_CASH = __file__.replace("days.py", "cash_days.py")


class ProfitDay(BaseModel):
    """One day and currency over all marketplaces of the scope.

    Amounts: income positive, cost negative; None: unknown. ``missing``: what makes the day incomplete, as in
    mart ``profit_day``, and ``orders`` if those of the rest of the day are not loaded yet.

    By payment there is no profit: ``total`` is what Amazon settles, ``unsettled`` the part that is in no
    settlement yet.
    """

    day: date
    currency: str
    units: int
    product_sales: Decimal | None
    ads: Decimal | None
    cm1: Annotated[Decimal | None, COST]
    cm2: Annotated[Decimal | None, COST]
    profit: Annotated[Decimal | None, COST]
    total: Decimal | None = None
    unsettled: Decimal | None = None
    status: str
    missing: list[str]


class ComparedDay(ProfitDay):
    """A day with the one it is compared with.

    ``compared`` is None without a comparison, if that day has no figures, or if orders of the day are
    missing.
    """

    compared_day: date | None = None
    compared: ProfitDay | None = None


def read_profit_days(
    connection: Connection, scope: Scope, view: ProfitView = ProfitView.ORDER
) -> list[ProfitDay]:
    """The days of the scope that have figures, oldest first."""
    return _read_days(connection, scope, view, read_orders_loaded(connection, scope))


def read_compared_days(connection: Connection, scope: Scope, view: ProfitView) -> list[ComparedDay]:
    """The days of ``read_profit_days``, each with the same weekday of the days to compare with."""
    loaded = read_orders_loaded(connection, scope)
    days = _read_days(connection, scope, view, loaded)
    other = scope.compared()
    if other is None:
        return [ComparedDay(**day.model_dump()) for day in days]
    moved: timedelta = scope.start - other.start
    before = {(day.day, day.currency): day for day in _read_days(connection, other, view, loaded)}
    return [
        ComparedDay(
            **day.model_dump(),
            compared_day=day.day - moved,
            compared=None if ORDERS in day.missing else before.get((day.day - moved, day.currency)),
        )
        for day in days
    ]


def _read_days(
    connection: Connection, scope: Scope, view: ProfitView, loaded: list[OrdersLoaded]
) -> list[ProfitDay]:
    file = __file__ if view is ProfitView.ORDER else _CASH
    return select(connection, file, ProfitDay, {**scope.values(), **open_values(loaded)})
