"""What a SKU's order would be under other assumptions, computed as in mart ``restock``. Nothing is stored."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, HTTPException, Query
from pydantic import BaseModel

from sellerops.read_models.costs import COST
from sellerops_airflow.dashboard.reading import HubRoute, read
from sellerops_airflow.dashboard.routes.restock import AccountId, MarketplaceId, Sku

if TYPE_CHECKING:
    from sellerops.demand.restock_line import Line
    from sellerops.demand.what_if import SkuOrder

router = APIRouter(prefix="/restock", tags=["restock"], route_class=HubRoute)
_LONGEST_OUTLOOK = 180


class OrderFigures(BaseModel):
    """Columns of mart ``restock`` that a change may move, without a quantity set by a person and without
    ``capacity``. Amounts in ``currency``, the marketplace's.
    """

    service_level: Decimal
    demand_p50: Decimal | None
    demand_p90: Decimal | None
    reorder_point: Decimal | None
    safety_stock: Decimal | None
    target: Decimal | None
    needed: Decimal | None
    order_quantity: int | None
    order_quantity_reason: list[str]
    order_by: date | None
    order_status: str
    stock_out_on: date | None
    stock_out_early_on: date | None
    lost_units: Decimal | None
    currency: str | None
    unit_cost: Annotated[Decimal | None, COST]
    lost_margin: Annotated[Decimal | None, COST]
    cash_needed: Annotated[Decimal | None, COST]
    cash_deposit: Annotated[Decimal | None, COST]
    cash_balance: Annotated[Decimal | None, COST]
    cash_balance_on: date | None


class OutlookDay(BaseModel):
    """Demand cumulated up to the end of a day, and the units that will have been sellable by then."""

    day: date
    p10: Decimal
    p50: Decimal
    p90: Decimal
    supply: Decimal


class WhatIf(BaseModel):
    """``as_it_is``: with the mart's own assumptions. ``outlook``: under the change."""

    as_it_is: OrderFigures
    what_if: OrderFigures
    outlook: list[OutlookDay]


@router.get("/what-if")
def what_if(
    account_id: AccountId,
    marketplace_id: MarketplaceId,
    sku: Sku,
    lead_time: Annotated[
        float | None, Query(ge=0, le=365, description="Days from order to sellable.")
    ] = None,
    lead_time_sd: Annotated[float | None, Query(ge=0, le=180, description="Its standard deviation.")] = None,
    service_level: Annotated[float | None, Query(ge=0.5, le=0.995, description="0.95 is 95 percent.")] = None,
    review_days: Annotated[int | None, Query(ge=1, le=180, description="Days between two orders.")] = None,
    demand_factor: Annotated[float, Query(gt=0, le=10, description="1.2 is a fifth more demand.")] = 1.0,
    extra_units: Annotated[
        int, Query(ge=0, le=1_000_000, description="Additional units at Amazon today.")
    ] = 0,
) -> WhatIf:
    """The SKU's order as it is and under a change. 404 without a recommendation, 422 without its inputs."""
    from sellerops.base.errors import ConfigurationError
    from sellerops.demand.proposals import newest_proposal
    from sellerops.demand.what_if import Change, read_sku_order

    def found(connection: Any) -> SkuOrder:
        row = newest_proposal(connection, account_id, marketplace_id, sku)
        if row is None:
            raise HTTPException(404, f"SKU {sku} has no recommendation.")
        return read_sku_order(connection, row)

    order = read(found)
    change = Change(service_level, lead_time, lead_time_sd, review_days, demand_factor, extra_units)
    try:
        before, after = order.under(Change()), order.under(change)
    except ConfigurationError as error:
        raise HTTPException(422, f"{error.cause} {error.remedy}") from error
    return WhatIf(
        as_it_is=_figures(order, before), what_if=_figures(order, after), outlook=_days(order, after)
    )


def _figures(order: SkuOrder, line: Line) -> OrderFigures:
    columns = order.columns(line)
    reasons = [word for word in columns.pop("order_quantity_reason").split(", ") if word]
    return OrderFigures(order_quantity_reason=reasons, **columns)


def _days(order: SkuOrder, line: Line) -> list[OutlookDay]:
    from sellerops.demand.what_if import outlook

    day, length = order.row["day"], int(order.row["protection_days"] or 0)
    return [
        OutlookDay(
            day=day + timedelta(days=each.in_days),
            p10=Decimal(f"{each.p10:.1f}"),
            p50=Decimal(f"{each.p50:.1f}"),
            p90=Decimal(f"{each.p90:.1f}"),
            supply=Decimal(f"{each.supply:.1f}"),
        )
        for each in outlook(line, min(_LONGEST_OUTLOOK, max(28, length)))
    ]
