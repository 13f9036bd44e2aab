"""The official Python SDK reads stock, transactions, metrics and orders: its models check every answer."""

from __future__ import annotations

import pytest
from spapi import ApiException, SPAPIClient, SPAPIConfig
from spapi.api.fba_inventory_v1.fba_inventory_api import FbaInventoryApi
from spapi.api.finances_v2024_06_19.finances_v2024_api import FinancesV2024Api
from spapi.api.orders_v0.orders_v0_api import OrdersV0Api
from spapi.api.orders_v2026_01_01.search_orders_api import SearchOrdersApi
from spapi.api.sales_v1.sales_api import SalesApi
from support.sandbox import SandboxServer

US = "ATVPDKIKX0DER"


@pytest.fixture
def client(sandbox: SandboxServer) -> SPAPIClient:
    seller = sandbox.account("northwind_na")
    config = SPAPIConfig(
        client_id=seller["client_id"],
        client_secret=seller["client_secret"],
        refresh_token=seller["refresh_token"],
        region=seller["region"],
    )
    return SPAPIClient(config, oauth_endpoint=sandbox.token_url, endpoint=sandbox.url)


def test_it_reads_stock(client: SPAPIClient) -> None:
    answer = FbaInventoryApi(client.api_client).get_inventory_summaries(
        granularity_type="Marketplace", granularity_id=US, marketplace_ids=[US], details=True
    )
    summaries = answer.payload.inventory_summaries
    assert len(summaries) > 20
    assert all(one.inventory_details.reserved_quantity.total_reserved_quantity >= 0 for one in summaries)


def test_it_reads_every_page_of_transactions(client: SPAPIClient) -> None:
    api, query = FinancesV2024Api(client.api_client), {"posted_after": "2026-11-20T12:00:00Z"}
    # First, as the clock goes on: this is refused while it is less than two minutes ago.
    with pytest.raises(ApiException) as refused:
        api.list_transactions(posted_after="2026-11-21T08:59:30Z")
    assert refused.value.status == 400
    answer = api.list_transactions(**query)
    found = list(answer.payload.transactions)
    while answer.payload.next_token:
        answer = api.list_transactions(**query, next_token=answer.payload.next_token)
        found += answer.payload.transactions
    assert len({one.transaction_id for one in found}) == len(found) > 100


def test_it_reads_metrics(client: SPAPIClient) -> None:
    answer = SalesApi(client.api_client).get_order_metrics(
        marketplace_ids=[US],
        interval="2026-11-13T00:00:00-08:00--2026-11-15T00:00:00-08:00",
        granularity="Day",
        granularity_time_zone="America/Los_Angeles",
    )
    assert [one.unit_count > 0 for one in answer.payload] == [True, True]


def test_it_reads_orders_of_both_versions(client: SPAPIClient) -> None:
    query = {"last_updated_after": "2026-11-20T00:00:00Z", "last_updated_before": "2026-11-20T12:00:00Z"}
    api = SearchOrdersApi(client.api_client)
    answer = api.search_orders(**query, included_data=["PROCEEDS", "FULFILLMENT"], max_results_per_page=40)
    found = {order.order_id for order in answer.orders}
    answer = api.search_orders(
        **query,
        included_data=["PROCEEDS", "FULFILLMENT"],
        max_results_per_page=40,
        pagination_token=answer.pagination.next_token,
    )
    assert not found & {order.order_id for order in answer.orders}
    found |= {order.order_id for order in answer.orders}
    marketplace_ids = ["ATVPDKIKX0DER", "A2EUQ1WTGCTBG2", "A1AM78C64UM0Y8"]
    old = OrdersV0Api(client.api_client).get_orders(marketplace_ids=marketplace_ids, **query)
    assert found <= {order.amazon_order_id for order in old.payload.orders}
