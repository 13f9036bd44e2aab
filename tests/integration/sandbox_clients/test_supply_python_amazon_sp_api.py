"""python-amazon-sp-api reads AWD shipments, inbound, catalogue and fees."""

from __future__ import annotations

import pytest
from integration.sandbox_clients.test_operations_python_amazon_sp_api import client_of
from sp_api.api import (
    AmazonWarehousingAndDistributionV20240509,
    CatalogItemsV20220401,
    FulfillmentInboundV0,
    FulfillmentInboundV20240320,
    ProductFees,
)
from sp_api.base.exceptions import SellingApiBadRequestException
from support.sandbox import SandboxServer


def test_it_reads_bulk_shipments(sandbox: SandboxServer) -> None:
    """It has no call for the stock."""
    api = client_of(sandbox, AmazonWarehousingAndDistributionV20240509)
    shipments = api.list_inbound_shipments(maxResults=3).payload["shipments"]
    shipment = api.get_inbound_shipment(shipments[0]["shipmentId"], skuQuantities="SHOW").payload
    assert shipment["orderId"] == shipments[0]["orderId"]
    assert shipment["shipmentSkuQuantities"]


def test_it_reads_shipments_and_every_page_of_items(sandbox: SandboxServer) -> None:
    """A range of dates alone is refused, as by Amazon."""
    api = client_of(sandbox, FulfillmentInboundV0)
    window = {
        "QueryType": "DATE_RANGE",
        "LastUpdatedAfter": "2026-09-01T00:00:00Z",
        "LastUpdatedBefore": "2026-11-20T00:00:00Z",
    }
    with pytest.raises(SellingApiBadRequestException, match="At least one of ShipmentStatusList"):
        api.get_shipments(**window)
    closed = api.get_shipments(**window, ShipmentStatusList="CLOSED").payload["ShipmentData"]
    assert {one["ShipmentStatus"] for one in closed} == {"CLOSED"}
    first = api.shipment_items(**window).payload
    following = api.shipment_items(QueryType="NEXT_TOKEN", NextToken=first["NextToken"]).payload
    ids = [one["ShipmentId"] for page in (first, following) for one in page["ItemData"]]
    assert len(ids) == len(set(ids)) > 50


def test_it_reads_plans(sandbox: SandboxServer) -> None:
    api = client_of(sandbox, FulfillmentInboundV20240320)
    plans = api.list_inbound_plans(status="ACTIVE").payload["inboundPlans"]
    assert {plan["status"] for plan in plans} == {"ACTIVE"}
    plan = api.get_inbound_plan(plans[0]["inboundPlanId"]).payload
    assert plan["shipments"]
    assert api.list_inbound_plan_items(plans[0]["inboundPlanId"]).payload["items"]


def test_it_reads_the_catalogue_and_fees(sandbox: SandboxServer) -> None:
    found = client_of(sandbox, CatalogItemsV20220401).search_catalog_items(
        keywords=["Northwind"], includedData=["summaries"]
    )
    asins = [
        item["asin"]
        for item in found.payload["items"]
        if item["summaries"][0]["itemClassification"] == "BASE_PRODUCT"
    ]
    requests = [
        {"id_type": "ASIN", "id_value": asin, "price": 10, "is_fba": True, "identifier": asin}
        for asin in asins
    ]
    estimates = client_of(sandbox, ProductFees).get_product_fees_estimate(requests).payload
    assert [one["Status"] for one in estimates] == ["Success"] * len(asins)
