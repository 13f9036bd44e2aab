"""The Profit page."""

from __future__ import annotations

from fastapi import APIRouter

from sellerops.read_models.profit.days import ProfitDay, read_profit_days
from sellerops_airflow.dashboard.reading import HubRoute, read
from sellerops_airflow.dashboard.scope import InScope

router = APIRouter(prefix="/profit", tags=["profit"], route_class=HubRoute)


@router.get("/days")
def profit_days(scope: InScope) -> list[ProfitDay]:
    """Order-based profit by day, oldest first."""
    return read(lambda connection: read_profit_days(connection, scope))
