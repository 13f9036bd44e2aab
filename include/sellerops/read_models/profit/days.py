"""Order-based profit by day."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel

from sellerops.read_models.costs import COST
from sellerops.read_models.queries import Connection, select
from sellerops.read_models.scope import Scope


class ProfitDay(BaseModel):
    """One day and currency, all marketplaces of the scope together. Amounts: income positive, cost negative;
    None: unknown. ``missing``: what makes the day incomplete, as in mart ``profit_day``.
    """

    day: date
    currency: str
    units: int
    product_sales: Decimal | None
    ads: Decimal | None
    cm2: Annotated[Decimal | None, COST]
    profit: Annotated[Decimal | None, COST]
    status: str
    missing: list[str]


def read_profit_days(connection: Connection, scope: Scope) -> list[ProfitDay]:
    """The days of the scope that have figures, oldest first."""
    return select(connection, __file__, ProfitDay, scope.values())
