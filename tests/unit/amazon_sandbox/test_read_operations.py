"""Stock, transactions, metrics and orders: in agreement with the reports, and strict as Amazon is."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from httpx import Response
from support.sandbox_app import INVENTORY, NOW, ORDERS, Api, epoch
from unit.amazon_sandbox.simulation.reading import is_balance, is_balance_transaction

from amazon_sandbox.core.quotas import UsagePlan
from amazon_sandbox.fba_inventory import data as fba_inventory
from amazon_sandbox.finances import data as finances
from amazon_sandbox.simulation.settlements import currency_groups

US = "ATVPDKIKX0DER"
STOCK = "/fba/inventory/v1/summaries"
MONEY = "/finances/2024-06-19/transactions"
METRICS = "/sales/v1/orderMetrics"
SEARCH = "/orders/2026-01-01/orders"
V0 = "/orders/v0/orders"
STOCK_QUERY = {"granularityType": "Marketplace", "granularityId": US, "marketplaceIds": US, "details": "true"}
DAY = {
    "marketplaceIds": US,
    "granularity": "Day",
    "granularityTimeZone": "America/Los_Angeles",
    "interval": "2026-11-13T00:00:00-08:00--2026-11-16T00:00:00-08:00",
}


def ask(api: Api, path: str, **query: Any) -> Response:
    answer: Response = api.http.get(path, params=query, headers={"x-amz-access-token": api.token})
    return answer


def fetch(api: Api, path: str, **query: Any) -> dict[str, Any]:
    answer = ask(api, path, **query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def unlimited(api: Api) -> Api:
    """Quotas have a test of their own."""
    for operation in api.sandbox.quotas.published:
        api.sandbox.quotas.set_plan(operation, None, UsagePlan(1e6, 1e6), epoch(NOW))
    return api


def rows_of(text: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.decode("cp1252")), delimiter="\t", quoting=csv.QUOTE_NONE))


def test_stock_is_the_inventory_reports(na: Api) -> None:
    """The same figures at the same moment, the report's from when it was requested."""
    report_id = na.create(INVENTORY)
    summaries = fetch(na, STOCK, **STOCK_QUERY)["payload"]["inventorySummaries"]
    na.later(600)
    report = {row["sku"]: row for row in rows_of(na.download(na.report(report_id)))}
    assert {one["sellerSku"] for one in summaries} == set(report)
    for one in summaries:
        details, row = one["inventoryDetails"], report[one["sellerSku"]]
        assert str(details["fulfillableQuantity"]) == row["afn-fulfillable-quantity"]
        assert str(details["reservedQuantity"]["totalReservedQuantity"]) == row["afn-reserved-quantity"]
        unsellable = details["unfulfillableQuantity"]["totalUnfulfillableQuantity"]
        assert str(unsellable) == row["afn-unsellable-quantity"]
        assert str(one["totalQuantity"]) == row["afn-total-quantity"]
        assert (one["fnSku"], one["asin"]) == (row["fnsku"], row["asin"])


def test_pages_of_stock_show_one_moment_and_expire_after_30_seconds(
    na: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fba_inventory, "PAGE_SIZE", 20)
    whole = fetch(na, STOCK, **STOCK_QUERY)
    token = whole["pagination"]["nextToken"]
    na.sandbox.clock.change(jump=29)
    second = fetch(na, STOCK, **STOCK_QUERY, nextToken=token)
    skus = [row["sellerSku"] for page in (whole, second) for row in page["payload"]["inventorySummaries"]]
    assert len(skus) == len(set(skus)) == 40
    na.sandbox.clock.change(jump=2)
    late = ask(na, STOCK, **STOCK_QUERY, nextToken=token)
    assert late.status_code == 400
    assert "expired" in late.text
    fresh = fetch(na, STOCK, **STOCK_QUERY)["pagination"]["nextToken"]
    na.sandbox.clock.change(jump=1)
    assert ask(na, STOCK, **{**STOCK_QUERY, "details": "false"}, nextToken=fresh).status_code == 400


@pytest.fixture
def long_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of transactions: each page makes its first day once more."""
    monkeypatch.setattr(finances, "PAGE_SIZE", 5_000)


@pytest.mark.usefixtures("long_pages")
def test_transactions_are_the_settlements_lines(eu: Api) -> None:
    """To the cent, for the newest settlement of each currency, deferred money counted once."""
    api, now = unlimited(eu), datetime.fromisoformat(NOW)
    simulation = api.sandbox.simulation
    for marketplace_ids in currency_groups(api.seller).values():
        ref = [
            one
            for one in simulation.settlements(api.seller, now)
            if list(one.marketplace_ids) == marketplace_ids
        ][-1]
        document = simulation.settlement_document(api.seller, ref.settlement_id).read()
        lines = [row for row in rows_of(document)[1:] if not is_balance(row)]
        wanted = sum(Decimal(row["amount"].replace(",", ".")) for row in lines)
        rows = transactions(
            api, relatedIdentifierName="FINANCIAL_EVENT_GROUP_ID", relatedIdentifierValue=ref.settlement_id
        )
        amounts = [
            Decimal(str(row["totalAmount"]["currencyAmount"]))
            for row in rows
            if row["transactionStatus"] != "DEFERRED_RELEASED" and not is_balance_transaction(row)
        ]
        assert sum(amounts) == wanted
        (payout,) = [row for row in rows if row["transactionType"] == "Transfer"]
        total = Decimal(rows_of(document)[0]["total-amount"].replace(",", "."))
        assert Decimal(str(payout["totalAmount"]["currencyAmount"])) == total
        orders = {row["order-id"] for row in lines if row["transaction-type"] == "Order"}
        assert orders == {related(row)["ORDER_ID"] for row in rows if row["transactionType"] == "Shipment"}


def transactions(api: Api, **query: str) -> list[dict[str, Any]]:
    """All pages, each with the arguments of the first."""
    payload = fetch(api, MONEY, **query)["payload"]
    rows = list(payload["transactions"])
    while "nextToken" in payload:
        payload = fetch(api, MONEY, **query, nextToken=payload["nextToken"])["payload"]
        rows += payload["transactions"]
    return rows


def related(row: dict[str, Any]) -> dict[str, str]:
    return {one["relatedIdentifierName"]: one["relatedIdentifierValue"] for one in row["relatedIdentifiers"]}


def test_deferred_money_is_listed_twice_over_time(eu: Api) -> None:
    """DEFERRED today; a week after delivery DEFERRED_RELEASED, and RELEASED under another id."""
    api = unlimited(eu)
    window = {"postedAfter": "2026-11-17T00:00:00Z", "postedBefore": "2026-11-21T00:00:00Z"}
    before = {row.get("transactionId"): row for row in transactions(api, **window)}
    deferred = {name for name, row in before.items() if row["transactionStatus"] == "DEFERRED"}
    assert deferred
    api.later(12 * 86_400)  # four days on the way, seven after delivery
    after = {row.get("transactionId"): row for row in transactions(api, **window)}
    assert {after[name]["transactionStatus"] for name in deferred} == {"DEFERRED_RELEASED"}
    assert set(before) < set(after), "those of the last 48 hours came late"
    name = min(deferred)
    release = related(after[name])["RELEASE_TRANSACTION_ID"]
    (paid,) = [
        row
        for row in transactions(api, postedAfter="2026-11-17T00:00:00Z")
        if row.get("transactionId") == release
    ]
    assert paid["transactionStatus"] == "RELEASED"
    assert related(paid)["DEFERRED_TRANSACTION_ID"] == name
    assert paid["totalAmount"] == after[name]["totalAmount"]


def test_a_span_over_180_days_is_silently_empty(na: Api) -> None:
    assert fetch(na, MONEY, postedAfter="2026-05-01T00:00:00Z") == {"payload": {"transactions": []}}
    assert fetch(na, MONEY, postedAfter="2026-06-01T00:00:00Z")["payload"]["transactions"]


def test_metrics_are_sales_and_traffics(na: Api) -> None:
    """Units, items and sales of each day; hours add up to days, filters to the whole."""
    payload = fetch(na, METRICS, **DAY)["payload"]
    assert [day["interval"][:10] for day in payload] == ["2026-11-13", "2026-11-14", "2026-11-15"]
    for day in payload:
        expected_figures = na.http.get(
            "/_sandbox/expected-figures",
            params={"account": "northwind_na", "marketplace_id": US, "date": day["interval"][:10]},
        ).json()
        assert (day["unitCount"], day["orderItemCount"]) == (
            expected_figures["units_ordered"],
            expected_figures["order_items"],
        )
        assert float(day["totalSales"]["amount"]) == expected_figures["ordered_product_sales"]
        assert 0 < day["orderCount"] <= day["orderItemCount"]
    hours = fetch(na, METRICS, **{**DAY, "granularity": "Hour"})["payload"]
    assert len(hours) == 72
    assert sum(hour["unitCount"] for hour in hours) == sum(day["unitCount"] for day in payload)
    parts = [
        fetch(na, METRICS, **{**DAY, "granularity": "Total"}, fulfillmentNetwork=network)["payload"][0]
        for network in ("AFN", "MFN")
    ]
    assert sum(part["unitCount"] for part in parts) == sum(day["unitCount"] for day in payload)


def test_orders_are_the_order_files(na: Api) -> None:
    """Both versions and the report of the same window, made at one moment."""
    api = unlimited(na)
    window = ("2026-11-18T00:00:00Z", "2026-11-19T00:00:00Z")
    report_id = api.create(
        ORDERS,
        marketplaceIds=list(api.seller.marketplace_ids),
        dataStartTime=window[0],
        dataEndTime=window[1],
    )
    new = listed(api, SEARCH, "orders", "pagination", "paginationToken", {
        "lastUpdatedAfter": window[0], "lastUpdatedBefore": window[1], "maxResultsPerPage": "70",
        "includedData": "FULFILLMENT,PROCEEDS",
    })  # fmt: skip
    old = listed(api, V0, "Orders", "", "NextToken", {
        "LastUpdatedAfter": window[0], "LastUpdatedBefore": window[1],
        "MarketplaceIds": ",".join(api.seller.marketplace_ids),
    })  # fmt: skip
    api.later(600)
    lines = rows_of(api.download(api.report(report_id)))
    statuses = {row["amazon-order-id"]: row["order-status"].upper() for row in lines}
    assert {order["orderId"]: order["fulfillment"]["fulfillmentStatus"] for order in new} == statuses
    assert {order["AmazonOrderId"] for order in old} == set(statuses)
    items = {
        (order["orderId"], item["orderItemId"], str(item["quantityOrdered"]))
        for order in new
        for item in order["orderItems"]
    }
    assert items == {(row["amazon-order-id"], row["order-item-id"], row["quantity"]) for row in lines}


def listed(
    api: Api, path: str, name: str, holder: str, token_name: str, query: dict[str, str]
) -> list[dict[str, Any]]:
    """All pages of either orders API."""
    rows: list[dict[str, Any]] = []
    token: dict[str, str] = {}
    while True:
        body = fetch(api, path, **query, **token)
        body = body.get("payload", body)
        rows += body[name]
        following = body.get(holder, {}).get("nextToken") if holder else body.get("NextToken")
        if not following:
            return rows
        token = {token_name: following}


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        (STOCK, {}, 400),
        (STOCK, {**STOCK_QUERY, "granularityType": "Country"}, 400),
        (STOCK, {**STOCK_QUERY, "details": "yes"}, 400),
        (STOCK, {**STOCK_QUERY, "granularityId": "A2EUQ1WTGCTBG2"}, 400),
        (STOCK, {**STOCK_QUERY, "marketplaceIds": f"{US},A2EUQ1WTGCTBG2"}, 400),
        (STOCK, {**STOCK_QUERY, "startDateTime": "2025-01-01T00:00:00Z"}, 400),
        (STOCK, {**STOCK_QUERY, "sellerSkus": ",".join(["x"] * 51)}, 400),
        (STOCK, {**STOCK_QUERY, "nextToken": "x"}, 400),
        (STOCK, {**STOCK_QUERY, "granularityId": "A1F83G8C2ARO7P", "marketplaceIds": "A1F83G8C2ARO7P"}, 403),
        (MONEY, {}, 400),
        (MONEY, {"postedAfter": "yesterday"}, 400),
        (MONEY, {"postedAfter": "2026-11-21T08:59:00Z"}, 400),
        (MONEY, {"postedAfter": "2026-11-20T00:00:00Z", "postedBefore": "2026-11-21T08:59:00Z"}, 400),
        (MONEY, {"postedAfter": "2026-11-20T00:00:00Z", "postedBefore": "2026-11-19T00:00:00Z"}, 400),
        (MONEY, {"postedAfter": "2026-11-20T00:00:00Z", "transactionStatus": "PAID"}, 400),
        (MONEY, {"relatedIdentifierName": "ORDER_ID"}, 400),
        (METRICS, {**DAY, "granularityTimeZone": "UTC"}, 400),
        (METRICS, {name: DAY[name] for name in DAY if name != "granularityTimeZone"}, 400),
        (METRICS, {**DAY, "interval": "2026-11-13--2026-11-16"}, 400),
        (METRICS, {**DAY, "asin": "B0", "sku": "x"}, 400),
        (METRICS, {**DAY, "interval": "2024-01-01T00:00:00-08:00--2024-01-02T00:00:00-08:00"}, 400),
        (SEARCH, {}, 400),
        (SEARCH, {"createdAfter": "2026-11-20T00:00:00Z", "lastUpdatedAfter": "2026-11-20T00:00:00Z"}, 400),
        (SEARCH, {"createdAfter": "2026-11-20T00:00:00Z", "createdBefore": "2026-11-21T08:59:30Z"}, 400),
        (SEARCH, {"createdAfter": "2026-11-20T00:00:00Z", "maxResultsPerPage": "101"}, 400),
        (SEARCH, {"createdAfter": "2026-11-20T00:00:00Z", "includedData": "BUYER"}, 403),
        (V0, {"CreatedAfter": "2026-11-20T00:00:00Z"}, 400),
        (V0, {"MarketplaceIds": US, "CreatedAfter": "2026-11-20T00:00:00Z", "NextToken": "x"}, 400),
    ],
)
def test_what_the_model_does_not_allow_is_refused(
    na: Api, path: str, query: dict[str, str], status: int
) -> None:
    answer = ask(na, path, **query)
    assert answer.status_code == status, answer.text
    assert answer.json()["errors"][0]["code"]


def test_usage_plans_are_enforced(na: Api) -> None:
    """Two calls at once for stock; the third is refused without a rate."""
    for _ in range(2):
        assert ask(na, STOCK, **STOCK_QUERY).headers["x-amzn-RateLimit-Limit"] == "2.0"
    refused = ask(na, STOCK, **STOCK_QUERY)
    assert refused.status_code == 429
    assert "x-amzn-RateLimit-Limit" not in refused.headers


def test_a_page_of_transactions_is_bounded(na: Api) -> None:
    page = fetch(na, MONEY, postedAfter="2026-11-10T00:00:00Z")["payload"]
    assert len(page["transactions"]) == finances.PAGE_SIZE


@pytest.mark.parametrize(
    ("how", "left"), [("[]", {"transactions": []}), ("null", {"transactions": None}), ("missing", {})]
)
def test_an_answer_may_list_nothing(eu: Api, how: str, left: dict[str, Any]) -> None:
    api = unlimited(eu)
    api.sandbox.faults.add("nothing_listed", operation="listTransactions", options={"how": how})
    assert fetch(api, MONEY, postedAfter="2026-11-11T00:00:00Z") == {"payload": left}


@pytest.mark.usefixtures("long_pages")
def test_fees_of_the_account_have_no_marketplace_no_items_and_some_no_id(eu: Api) -> None:
    rows = transactions(unlimited(eu), postedAfter="2026-10-01T00:00:00Z")
    fees = [row for row in rows if row["transactionType"] == "ServiceFee"]
    of_account = [row for row in fees if row["description"].startswith(("Subscription", "Premium", "AWD"))]
    assert {"marketplaceDetails" in row or "items" in row for row in of_account} == {False}
    stored = [row for row in fees if row["description"] == "FBA Inventory Storage Fee"]
    assert stored and all("marketplaceDetails" in row and len(row["items"]) > 20 for row in stored)
    assert not any(item["contexts"] for row in stored for item in row["items"]), "without a SKU"
    assert {"transactionId" in row for row in fees} == {True, False}


def test_participations_are_the_sellers_marketplaces(na: Api) -> None:
    found = fetch(na, "/sellers/v1/marketplaceParticipations")["payload"]
    assert {each["marketplace"]["id"] for each in found} == set(na.seller.marketplace_ids)
    us = next(each for each in found if each["marketplace"]["id"] == US)
    assert (us["marketplace"]["countryCode"], us["marketplace"]["defaultCurrencyCode"]) == ("US", "USD")
    assert us["participation"] == {"isParticipating": True, "hasSuspendedListings": False}
