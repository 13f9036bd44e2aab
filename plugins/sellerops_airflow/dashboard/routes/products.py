"""The Products page: all SKUs, and one SKU's whole story."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query
from pydantic import BaseModel

from sellerops.alerts.specs import alerts_without_costs
from sellerops.read_models.products.figures import (
    ProductChange,
    ProductDay,
    ProductDemand,
    ProductFee,
    ProductForecast,
    ProductHead,
    ProductMarketplace,
    ProductShipment,
    ProductTotal,
)
from sellerops.read_models.products.story import Product, totals_of
from sellerops.read_models.products.table import ProductRow, read_products
from sellerops.read_models.queries import Connection
from sellerops.read_models.scope import Scope
from sellerops.read_models.tables import Table
from sellerops_airflow.dashboard.access import SeesCosts
from sellerops_airflow.dashboard.reading import HubRoute, read
from sellerops_airflow.dashboard.scope import InScope
from sellerops_airflow.dashboard.tables import InPaging

router = APIRouter(prefix="/products", tags=["products"], route_class=HubRoute)


class ProductStory(BaseModel):
    """One SKU: what it is, its marketplaces, and its figures over the days of the scope. ``totals`` are the
    sums of ``days`` by currency, with those of the compared days.
    """

    product: ProductHead
    marketplaces: list[ProductMarketplace]
    totals: list[ProductTotal]
    days: list[ProductDay]
    fees: list[ProductFee]
    forecasts: list[ProductForecast]
    demand: list[ProductDemand]
    shipments: list[ProductShipment]
    changes: list[ProductChange]


@router.get("")
def products(scope: InScope, paging: InPaging) -> Table[ProductRow]:
    """SKUs that are listed or had figures; ``q`` searches SKU, ASIN and title."""
    return read(lambda connection: read_products(connection, scope, paging))


@router.get("/{account_id}/story")
def product_story(
    account_id: str, sku: Annotated[str, Query(max_length=200)], scope: InScope, sees: SeesCosts
) -> ProductStory:
    """The story of one SKU of an account. 404 if no report contains it."""
    found = read(lambda connection: _story(connection, scope, account_id, sku))
    if found is None:
        raise HTTPException(404, f"Account {account_id} has no SKU {sku!r}.")
    if not sees:
        found.changes = [each for each in found.changes if each.kind != "cost"]
    return found


def _story(connection: Connection, scope: Scope, account_id: str, sku: str) -> ProductStory | None:
    product = Product(connection, scope, account_id, sku)
    head = product.head()
    if head is None:
        return None
    compared = scope.compared()
    before = Product(connection, compared, account_id, sku, only_profit=True).days if compared else []
    return ProductStory(
        product=head,
        marketplaces=product.marketplaces,
        totals=totals_of(product.days, before),
        days=product.days,
        fees=product.fees(),
        forecasts=product.forecasts(),
        demand=product.demand(),
        shipments=product.shipments(),
        changes=product.changes(alerts_without_costs()),
    )
