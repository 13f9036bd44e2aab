"""The official Python SDK reads AWD, inbound, catalogue and fees: its models check every answer."""

from __future__ import annotations

from integration.sandbox_clients.test_operations_official_sdk import US, client
from spapi import SPAPIClient
from spapi.api.awd_v2024_05_09.awd_api import AwdApi
from spapi.api.catalogitems_v2022_04_01.catalog_api import CatalogApi
from spapi.api.fulfillment_inbound_v0.fba_inbound_v0_api import FbaInboundV0Api
from spapi.api.fulfillment_inbound_v2024_03_20.fba_inbound_api import FbaInboundApi
from spapi.api.product_fees_v0.fees_api import FeesApi
from spapi.models.product_fees_v0 import (
    FeesEstimateByIdRequest,
    FeesEstimateRequest,
    MoneyType,
    PriceToEstimateFees,
)

__all__ = ["client"]


def test_it_reads_bulk_stock_and_shipments(client: SPAPIClient) -> None:
    api = AwdApi(client.api_client)
    stock = api.list_inventory(details="SHOW", max_results=5)
    assert len(stock.inventory) == 5
    following = api.list_inventory(details="SHOW", max_results=5, next_token=stock.next_token)
    assert not {one.sku for one in stock.inventory} & {one.sku for one in following.inventory}
    (newest,) = api.list_inbound_shipments(max_results=1).shipments
    shipment = api.get_inbound_shipment(newest.shipment_id, sku_quantities="SHOW")
    assert shipment.shipment_status == newest.shipment_status
    assert shipment.shipment_sku_quantities[0].expected_quantity.quantity > 0


def test_it_reads_plans_and_their_shipments(client: SPAPIClient) -> None:
    """From a plan to the shipment as the older version calls it, and what arrived of it."""
    api, old = FbaInboundApi(client.api_client), FbaInboundV0Api(client.api_client)
    plans = api.list_inbound_plans(page_size=3, sort_by="LAST_UPDATED_TIME", sort_order="DESC")
    following = api.list_inbound_plans(
        page_size=3,
        sort_by="LAST_UPDATED_TIME",
        sort_order="DESC",
        pagination_token=plans.pagination.next_token,
    )
    updates = [plan.last_updated_at for plan in [*plans.inbound_plans, *following.inbound_plans]]
    assert updates == sorted(updates, reverse=True)
    plan = api.get_inbound_plan(plans.inbound_plans[0].inbound_plan_id)
    items = api.list_inbound_plan_items(plan.inbound_plan_id).items
    shipment = api.get_shipment(plan.inbound_plan_id, plan.shipments[0].shipment_id)
    (item,) = old.get_shipment_items_by_shipment_id(shipment.shipment_confirmation_id).payload.item_data
    assert item.seller_sku in {one.msku for one in items}
    found = old.get_shipments(
        "SHIPMENT", plan.marketplace_ids[0], shipment_id_list=[shipment.shipment_confirmation_id]
    )
    assert [one.shipment_status for one in found.payload.shipment_data] == [shipment.status]


def test_it_reads_the_catalogue(client: SPAPIClient) -> None:
    api = CatalogApi(client.api_client)
    included = ["summaries", "dimensions", "identifiers", "images", "relationships", "salesRanks"]
    answer = api.search_catalog_items([US], keywords=["northwind"], included_data=included, page_size=20)
    assert len(answer.items) == 20
    one = api.get_catalog_item(answer.items[0].asin, [US], included_data=included)
    assert one.summaries[0].brand == "Northwind"


def test_it_reads_fees(client: SPAPIClient) -> None:
    stock = AwdApi(client.api_client).list_inventory(max_results=1).inventory
    body = [
        FeesEstimateByIdRequest(
            id_type="SellerSKU",
            id_value=sku,
            fees_estimate_request=FeesEstimateRequest(
                marketplace_id=US,
                is_amazon_fulfilled=True,
                identifier=sku,
                price_to_estimate_fees=PriceToEstimateFees(
                    listing_price=MoneyType(currency_code="USD", amount=20.0)
                ),
            ),
        )
        for sku in (stock[0].sku, "NOBODYS")
    ]
    known, unknown = FeesApi(client.api_client).get_my_fees_estimates(body)
    assert known.status == "Success"
    fees = {one.fee_type: one.final_fee.amount for one in known.fees_estimate.fee_detail_list}
    assert fees["ReferralFee"] == 3.0
    assert fees["FBAFees"] > 2
    assert unknown.status == "ClientError"
    assert unknown.error.code == "InvalidParameterValue"
