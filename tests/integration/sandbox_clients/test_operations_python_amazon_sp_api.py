"""python-amazon-sp-api reads stock, transactions, metrics and orders."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from sp_api.api import FinancesV20240619, Inventories, OrdersV0, OrdersV20260101, Sales
from sp_api.auth import AccessTokenClient
from sp_api.auth.access_token_client import cache as token_cache
from sp_api.base import Granularity
from sp_api.base.exceptions import SellingApiBadRequestException, SellingApiForbiddenException
from support.sandbox import SandboxServer


def client_of(sandbox: SandboxServer, kind: Any) -> Any:
    seller = sandbox.account("northwind_na")
    address = urlsplit(sandbox.url)

    class Tokens(AccessTokenClient):  # type: ignore[misc]
        scheme = "http://"
        host = address.netloc

    class Marketplace:
        endpoint = sandbox.url
        marketplace_id = seller["marketplace_ids"][0]
        region = "us-east-1"

    token_cache.clear()  # kept by refresh token for the whole process, whatever server gave it
    credentials = {
        "refresh_token": seller["refresh_token"],
        "lwa_app_id": seller["client_id"],
        "lwa_client_secret": seller["client_secret"],
    }
    return kind(Marketplace, credentials=credentials, auth_token_client_class=Tokens, timeout=60)


def test_it_reads_stock(sandbox: SandboxServer) -> None:
    payload = client_of(sandbox, Inventories).get_inventory_summary_marketplace(details=True).payload
    assert payload["granularity"]["granularityType"] == "Marketplace"
    assert len(payload["inventorySummaries"]) > 20


def test_it_reads_every_page_of_transactions(sandbox: SandboxServer) -> None:
    api = client_of(sandbox, FinancesV20240619)
    query = {"postedAfter": "2026-11-20T00:00:00Z"}
    answer = api.list_transactions(**query)
    following = api.list_transactions(**query, nextToken=answer.payload["nextToken"])
    # Fees of the account have no id.
    rows = [row for page in (answer, following) for row in page.payload["transactions"]]
    ids = [row["transactionId"] for row in rows if "transactionId" in row]
    assert len(ids) == len(set(ids)) > 100
    with pytest.raises(SellingApiBadRequestException, match="nextToken"):
        api.list_transactions(postedAfter="2026-11-19T00:00:00Z", nextToken=answer.payload["nextToken"])


def test_it_reads_metrics(sandbox: SandboxServer) -> None:
    days = client_of(sandbox, Sales).get_order_metrics(
        ("2026-11-13T00:00:00-08:00", "2026-11-15T00:00:00-08:00"),
        Granularity.DAY,
        granularityTimeZone="America/Los_Angeles",
    )
    assert [day["unitCount"] > 0 for day in days.payload] == [True, True]


def test_it_reads_orders_of_both_versions(sandbox: SandboxServer) -> None:
    new = client_of(sandbox, OrdersV20260101).search_orders(
        lastUpdatedAfter="2026-11-21T00:00:00Z", includedData=["FULFILLMENT"]
    )
    old = client_of(sandbox, OrdersV0).get_orders(LastUpdatedAfter="2026-11-21T00:00:00Z")
    found = {order["orderId"] for order in new.payload["orders"]}
    assert {order["AmazonOrderId"] for order in old.payload["Orders"]} <= found
    with pytest.raises(SellingApiForbiddenException):
        client_of(sandbox, OrdersV20260101).search_orders(
            lastUpdatedAfter="2026-11-21T00:00:00Z", includedData=["BUYER"]
        )
