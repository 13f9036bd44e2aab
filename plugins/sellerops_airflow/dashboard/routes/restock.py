"""The Restock page: what to order and why, one SKU's forecast, and purchase orders."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query
from pydantic import BaseModel

from sellerops.read_models.costs import COST
from sellerops.read_models.restock.overrides import RestockOverride, read_overrides
from sellerops.read_models.restock.proposals import Proposal, read_proposals
from sellerops.read_models.restock.quality import ForecastQuality, Scores, read_quality, read_scores
from sellerops.read_models.restock.sku import SkuHistory, read_sku_history
from sellerops.read_models.restock.summary import (
    RestockSummary,
    SupplierOrders,
    read_summary,
    read_suppliers,
)
from sellerops.read_models.scope import Scope, ScopeCurrency
from sellerops.read_models.tables import Paging
from sellerops.settings.marketplaces import all_marketplaces
from sellerops_airflow.dashboard.access import SeesCosts
from sellerops_airflow.dashboard.reading import HubRoute, read, today
from sellerops_airflow.dashboard.scope import InScope
from sellerops_airflow.dashboard.tables import InPaging, Table

router = APIRouter(prefix="/restock", tags=["restock"], route_class=HubRoute)
_MOST_LINES = 500
AccountId = Annotated[str, Query(description="The account.")]
MarketplaceId = Annotated[str, Query(description="Amazon's id; of a stock pool, that of its proposals.")]
Sku = Annotated[str, Query(description="Your SKU.")]


class RestockOverview(BaseModel):
    """``totals``, ``suppliers``: a row per currency. ``scores``: None before the first grades."""

    totals: list[RestockSummary]
    suppliers: list[SupplierOrders]
    quality: list[ForecastQuality]
    scores: Scores | None
    overrides: list[RestockOverride]


class OrderLine(BaseModel):
    """A line of a purchase order; amounts in the marketplace's currency. ``expected_on``: the day from which
    the units can be sold.
    """

    supplier: str
    route: str
    sku: str
    fnsku: str | None
    marketplace: str
    quantity: int
    cartons: int
    case_pack: int | None
    unit_cost: Annotated[Decimal | None, COST]
    currency: str | None
    total: Annotated[Decimal | None, COST]
    order_by: date | None
    expected_on: date | None


class SkuPage(BaseModel):
    """``proposal``: in the marketplace's currency; None: nothing has been recommended for the SKU."""

    proposal: Proposal | None
    history: SkuHistory
    overrides: list[RestockOverride]


@router.get("")
def restock(scope: InScope, sees: SeesCosts) -> RestockOverview:
    """What to order in total and by supplier, and how far the forecasts can be trusted."""
    day = today()
    return read(
        lambda connection: RestockOverview(
            totals=read_summary(connection, scope),
            suppliers=read_suppliers(connection, scope, sees_costs=sees),
            quality=read_quality(connection, scope),
            scores=read_scores(connection, scope),
            overrides=read_overrides(connection, today=day, accounts=scope.accounts),
        )
    )


@router.get("/proposals")
def proposals(
    scope: InScope,
    paging: InPaging,
    sees: SeesCosts,
    due: Annotated[
        bool, Query(description="Only orders due within a week, and quantities set by a person.")
    ] = False,
    status: Annotated[
        list[str] | None, Query(description="Order statuses to include; all by default.")
    ] = None,
    supplier: Annotated[str | None, Query(description="Only this supplier; all by default.")] = None,
) -> Table[Proposal]:
    """What to order of each SKU, the most urgent first."""
    return read(
        lambda connection: read_proposals(
            connection,
            scope,
            paging,
            is_due=due,
            statuses=status or (),
            supplier=supplier,
            sees_costs=sees,
        )
    )


@router.get("/purchase-order")
def purchase_order(
    scope: InScope,
    paging: InPaging,
    supplier: Annotated[str | None, Query(description="Only this supplier; all by default.")] = None,
    line: Annotated[
        list[str] | None, Query(description="account|marketplace id|SKU; by default all that are due.")
    ] = None,
) -> Table[OrderLine]:
    """The lines of a purchase order: the chosen proposals, or all that are due; format=csv returns a file."""
    from sellerops.demand.proposals import order_line

    if len(line or ()) > _MOST_LINES:
        raise HTTPException(422, f"Choose at most {_MOST_LINES} lines.")
    own = scope.model_copy(update={"currency": ScopeCurrency.MARKETPLACE})
    # Every due proposal has a quantity, so the database can page them; chosen lines may have none.
    wanted = Paging(
        limit=None if line else paging.limit,
        offset=0 if line else paging.offset,
        sort="supplier",
        direction=paging.direction.ASCENDING,
    )
    found = read(
        lambda connection: read_proposals(
            connection, own, wanted, is_due=not line, keys=line or (), supplier=supplier
        )
    )
    codes = {place.id: code for code, place in all_marketplaces().items()}
    lines = [OrderLine(**order_line(row.model_dump(), codes)) for row in found.rows if row.order_quantity]
    if not line:
        return Table(rows=lines, totals=None, row_count=found.row_count)
    page = lines if paging.limit is None else lines[paging.offset : paging.offset + paging.limit]
    return Table(rows=page, totals=None, row_count=len(lines))


@router.get("/sku")
def sku_page(account_id: AccountId, marketplace_id: MarketplaceId, sku: Sku) -> SkuPage:
    """One SKU's proposal, demand, forecasts, grades and overrides. Amounts in the marketplace's currency."""
    from sellerops.demand.reading import pools_of

    day = today()
    scope = Scope(accounts=(account_id,), start=day, end=day, currency=ScopeCurrency.MARKETPLACE)
    places = [one for one, (home, _) in pools_of(account_id).items() if home == marketplace_id]
    key = f"{account_id}|{marketplace_id}|{sku}"
    return read(
        lambda connection: SkuPage(
            proposal=next(iter(read_proposals(connection, scope, Paging(), keys=[key]).rows), None),
            history=read_sku_history(
                connection,
                account_id=account_id,
                marketplace_id=marketplace_id,
                sku=sku,
                places=places or [marketplace_id],
                end=day,
            ),
            overrides=read_overrides(
                connection,
                today=day,
                accounts=[account_id],
                marketplace_id=marketplace_id,
                sku=sku,
                with_ended=True,
            ),
        )
    )
