"""The Inventory page: levels, value, age, arrivals, and stock that you count yourself."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from sellerops.read_models.inventory.ages import AgedStock, read_ages
from sellerops.read_models.inventory.arrivals import ArrivingShipment, read_arrivals
from sellerops.read_models.inventory.elsewhere import StockElsewhere, read_elsewhere
from sellerops.read_models.inventory.levels import Level, read_levels
from sellerops_airflow.dashboard.access import SeesCosts
from sellerops_airflow.dashboard.reading import HubRoute, read, today
from sellerops_airflow.dashboard.scope import InScope
from sellerops_airflow.dashboard.tables import InPaging, Table

router = APIRouter(prefix="/inventory", tags=["inventory"], route_class=HubRoute)
Kind = Literal["warehouse", "purchase_order"]
OneSku = Annotated[str | None, Query(description="Only this SKU.")]


@router.get("/levels")
def levels(
    scope: InScope,
    paging: InPaging,
    sees: SeesCosts,
    sku: OneSku = None,
    order_status: Annotated[str | None, Query(description="Only SKUs with this order status.")] = None,
) -> Table[Level]:
    """Stock of each SKU and marketplace by location. The period of the scope is ignored."""
    day = today()
    return read(
        lambda connection: read_levels(
            connection, scope, paging, today=day, sku=sku, order_status=order_status, sees_costs=sees
        )
    )


@router.get("/ages")
def ages(scope: InScope, paging: InPaging, sku: OneSku = None) -> Table[AgedStock]:
    """Stock at Amazon by age, and what keeping it costs."""
    day = today()
    return read(lambda connection: read_ages(connection, scope, paging, today=day, sku=sku))


@router.get("/arrivals")
def arrivals(scope: InScope, sku: OneSku = None) -> list[ArrivingShipment]:
    """Open shipments to Amazon by expected day."""
    return read(lambda connection: read_arrivals(connection, scope, sku=sku))


@router.get("/elsewhere")
def elsewhere(
    scope: InScope,
    paging: InPaging,
    kind: Annotated[Kind | None, Query(description="Only this kind; both by default.")] = None,
    sku: OneSku = None,
    past: Annotated[bool, Query(description="Include rows that no longer apply.")] = False,
) -> Table[StockElsewhere]:
    """Stock that Amazon does not know about, as entered."""
    day = today()
    return read(
        lambda connection: read_elsewhere(
            connection, scope, paging, today=day, kind=kind, sku=sku, with_past=past
        )
    )
