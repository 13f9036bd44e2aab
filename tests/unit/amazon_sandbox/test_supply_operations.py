"""AWD, inbound, catalogue and fees: they agree with stock, ledger and fee preview, and are strict."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from httpx import Response
from support.sandbox_app import NOW, Api, days_made, epoch

from amazon_sandbox.core.quotas import UsagePlan
from amazon_sandbox.inbound import data as inbound_data
from amazon_sandbox.simulation import Simulation, awd, inbound, inventory_ledger
from amazon_sandbox.simulation.inventory import DAY, stock_at

US, GB = "ATVPDKIKX0DER", "A1F83G8C2ARO7P"
BULK = "/awd/2024-05-09"
PLANS = "/inbound/fba/2024-03-20/inboundPlans"
V0 = "/fba/inbound/v0"
CATALOGUE = "/catalog/2022-04-01/items"
FEES = "/products/fees/v0/feesEstimate"
EVERY = "WORKING,SHIPPED,RECEIVING,CLOSED"
RANGE = {
    "QueryType": "DATE_RANGE",
    "MarketplaceId": US,
    "LastUpdatedAfter": "2026-10-01T00:00:00Z",
    "LastUpdatedBefore": NOW,
}
ITEM = {
    "IdType": "SellerSKU",
    "IdValue": "x",
    "FeesEstimateRequest": {
        "MarketplaceId": US,
        "Identifier": "mine",
        "PriceToEstimateFees": {"ListingPrice": {"CurrencyCode": "USD", "Amount": 10}},
    },
}


@pytest.fixture
def api(na: Api, monkeypatch: pytest.MonkeyPatch) -> Api:
    """The seller in US, CA, MX, with the plans of a quarter; quotas have a test of their own."""
    for module in (inbound, inbound_data):
        monkeypatch.setattr(module, "KEPT_DAYS", 90)
    for operation in na.sandbox.quotas.published:
        na.sandbox.quotas.set_plan(operation, None, UsagePlan(1e6, 1e6), epoch(NOW))
    return na


def ask(api: Api, path: str, **query: Any) -> Response:
    answer: Response = api.http.get(path, params=query, headers={"x-amz-access-token": api.token})
    return answer


def fetch(api: Api, path: str, **query: Any) -> dict[str, Any]:
    answer = ask(api, path, **query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def estimated(api: Api, *items: Any) -> Response:
    answer: Response = api.http.post(FEES, json=list(items), headers={"x-amz-access-token": api.token})
    return answer


def v0_rows(api: Api, path: str, name: str, query: dict[str, str]) -> list[dict[str, Any]]:
    """All pages; a token goes with the marketplace alone."""
    payload = fetch(api, f"{V0}/{path}", **query)["payload"]
    rows = list(payload[name])
    while "NextToken" in payload:
        following = {"QueryType": "NEXT_TOKEN", "MarketplaceId": US, "NextToken": payload["NextToken"]}
        payload = fetch(api, f"{V0}/{path}", **following)["payload"]
        rows += payload[name]
    return rows


def test_bulk_stock_is_constant_within_a_day_and_follows_its_shipments(api: Api) -> None:
    """Over half a year: never negative; it rises by what a shipment brought, and falls by cases else."""
    first = fetch(api, f"{BULK}/inventory", details="SHOW", maxResults="200")
    api.later(8 * 3600)
    assert fetch(api, f"{BULK}/inventory", details="SHOW", maxResults="200") == first
    storefront = api.sandbox.simulation.storefront(api.seller, US)
    now = int(epoch(NOW))
    arrived = {
        (shipment.received_at, line.sku.listing.sku): line.received * line.sku.case_size
        for shipment in awd.shipments_seen(storefront, now)
        for line in shipment.lines
    }
    rises = 0
    for day in range(now // DAY - 180, now // DAY):
        before = {stock.sku.listing.sku: stock for stock in awd.stock_at(storefront, day * DAY - 1)}
        for stock in awd.stock_at(storefront, day * DAY):
            sku = stock.sku.listing.sku
            assert min(stock.on_hand, stock.inbound, stock.reserved, stock.replenishing) >= 0
            assert stock.on_hand == stock.available + stock.reserved
            if sku in before:
                change = stock.on_hand - before[sku].on_hand
                brought = arrived.get((day * DAY, sku), 0)
                rises += brought > 0
                assert change <= brought
                assert (change - brought) % stock.sku.case_size == 0
    assert rises > 20


def test_bulk_shipments_take_their_states_in_order(api: Api) -> None:
    states = []
    (newest,) = fetch(api, f"{BULK}/inboundShipments", sortBy="CREATED_AT", maxResults="1")["shipments"]
    for _ in range(30):
        shipment = fetch(api, f"{BULK}/inboundShipments/{newest['shipmentId']}", skuQuantities="SHOW")
        states.append(shipment["shipmentStatus"])
        assert ("receivedQuantity" in shipment) == (
            "receivedQuantity" in shipment["shipmentSkuQuantities"][0]
        )
        api.later(DAY)
    order = [status.value for status in awd.Status]
    assert [order.index(state) for state in states] == sorted(order.index(state) for state in states)
    assert states[-1] == "CLOSED"
    assert len(set(states)) >= 4


def test_pages_of_bulk_shipments_are_bound_to_their_arguments(api: Api) -> None:
    query = {"sortBy": "UPDATED_AT", "sortOrder": "ASCENDING", "maxResults": "5"}
    page = fetch(api, f"{BULK}/inboundShipments", **query)
    following = fetch(api, f"{BULK}/inboundShipments", **query, nextToken=page["nextToken"])
    times = [one["updatedAt"] for one in [*page["shipments"], *following["shipments"]]]
    assert times == sorted(times)
    assert len(times) == 10
    wrong = query | {"sortOrder": "DESCENDING"}
    assert ask(api, f"{BULK}/inboundShipments", **wrong, nextToken=page["nextToken"]).status_code == 400


def test_shipments_are_the_ledgers_receipts_and_the_stocks_inbound(api: Api) -> None:
    storefront = api.sandbox.simulation.storefront(api.seller, US)
    shipments = v0_rows(api, "shipments", "ShipmentData", {**RANGE, "ShipmentStatusList": EVERY})
    items = {one["ShipmentId"]: one for one in v0_rows(api, "shipmentItems", "ItemData", RANGE)}
    status = {one["ShipmentId"]: one["ShipmentStatus"] for one in shipments}
    assert set(status) <= set(items)
    days = range(date(2026, 10, 15).toordinal(), date(2026, 11, 10).toordinal())
    receipts: dict[str, int] = {}
    for movement in inventory_ledger.movements(storefront, days, int(epoch(NOW))):
        if movement.event is inventory_ledger.Event.RECEIPTS:
            receipts[movement.reference] = receipts.get(movement.reference, 0) + movement.quantity
    assert len(receipts) > 20
    assert {name: items[name]["QuantityReceived"] for name in receipts} == receipts
    stock = stock_at(storefront, int(epoch(NOW)))
    for name, item in items.items():
        assert 0 <= item["QuantityShipped"] - item["QuantityReceived"] <= 3 or status.get(name) != "CLOSED"
        if status.get(name) == "SHIPPED":
            assert 0 <= item["QuantityShipped"] - stock[item["SellerSKU"]].inbound_shipped <= 3
            assert item["QuantityReceived"] == 0


def test_a_shipment_goes_from_its_plan_to_its_close(api: Api) -> None:
    """Both versions agree at every moment."""
    plans = fetch(api, PLANS, status="ACTIVE", sortBy="CREATION_TIME", sortOrder="DESC")["inboundPlans"]
    plan_id = plans[0]["inboundPlanId"]
    marketplace_id = plans[0]["marketplaceIds"][0]
    states, updates = [], []
    for _ in range(20):
        plan = fetch(api, f"{PLANS}/{plan_id}")
        shipment = fetch(api, f"{PLANS}/{plan_id}/shipments/{plan['shipments'][0]['shipmentId']}")
        query = {"QueryType": "SHIPMENT", "MarketplaceId": marketplace_id}
        query["ShipmentIdList"] = shipment["shipmentConfirmationId"]
        (old,) = fetch(api, f"{V0}/shipments", **query)["payload"]["ShipmentData"]
        assert old["ShipmentStatus"] == shipment["status"] == plan["shipments"][0]["status"]
        assert old["DestinationFulfillmentCenterId"] == shipment["destination"]["warehouseId"]
        states.append(shipment["status"])
        updates.append(plan["lastUpdatedAt"])
        api.later(DAY)
    assert list(dict.fromkeys(states)) == ["WORKING", "SHIPPED", "RECEIVING", "CLOSED"]
    assert updates == sorted(updates)
    assert fetch(api, f"{PLANS}/{plan_id}")["status"] == "SHIPPED"


def test_every_plan_is_listed_once_whatever_the_order(api: Api) -> None:
    newest: list[dict[str, Any]] = []
    query = {"pageSize": "30", "sortBy": "LAST_UPDATED_TIME", "sortOrder": "DESC"}
    token: dict[str, str] = {}
    while len(newest) < 120:
        page = fetch(api, PLANS, **query, **token)
        newest += page["inboundPlans"]
        token = {"paginationToken": page["pagination"]["nextToken"]}
    assert len({plan["inboundPlanId"] for plan in newest}) == len(newest)
    times = [datetime.fromisoformat(plan["lastUpdatedAt"]) for plan in newest]
    assert times == sorted(times, reverse=True)
    assert {plan["marketplaceIds"][0] for plan in newest} == set(api.seller.marketplace_ids)
    assert all(len(plan["inboundPlanId"]) == 38 for plan in newest)


@pytest.fixture
def demo() -> Simulation:
    """Of its own: some of these tests count the days it makes."""
    return Simulation(7)


def test_unknown_ids_are_refused_without_generating_orders(na: Api) -> None:
    """Ids depend on the stock cycles alone; two years of orders are not made to find that one is unknown."""
    storefronts = [na.sandbox.simulation.storefront(na.seller, each) for each in na.seller.marketplace_ids]
    by_id = {"QueryType": "SHIPMENT", "MarketplaceId": US, "ShipmentIdList": "FBA15NOSUCH1"}
    assert fetch(na, f"{V0}/shipments", **by_id) == {"payload": {"ShipmentData": []}}
    assert ask(na, f"{PLANS}/wf{'0' * 36}").status_code == 404
    assert ask(na, f"{V0}/shipments/FBA15NOSUCH1/items", MarketplaceId=US).status_code == 404
    assert fetch(na, PLANS, status="VOIDED") == {"inboundPlans": []}
    assert [days_made(storefront) for storefront in storefronts] == [0, 0, 0]


def test_what_is_open_or_oldest_needs_no_more_orders_than_those_that_empty_it(na: Api) -> None:
    """Not those of the two years that are kept."""
    storefronts = [na.sandbox.simulation.storefront(na.seller, each) for each in na.seller.marketplace_ids]
    assert fetch(na, PLANS, status="ACTIVE", pageSize="30")["inboundPlans"]
    assert fetch(na, PLANS, sortOrder="ASC")["inboundPlans"]
    opened = {"QueryType": "SHIPMENT", "MarketplaceId": US, "ShipmentStatusList": "WORKING,SHIPPED,RECEIVING"}
    assert fetch(na, f"{V0}/shipments", **opened)["payload"]["ShipmentData"]
    # At either end of the two years.
    longest = 2 * (2 * inbound.BLOCK_DAYS + inventory_ledger.LONGEST_CYCLE_DAYS)
    assert all(0 < days_made(storefront) <= longest for storefront in storefronts)


def test_what_is_found_by_id_or_state_is_what_reading_all_finds(api: Api) -> None:
    """In the same order, though only what can be of an id or a state is made."""
    now = int(epoch(NOW))
    storefronts = [api.sandbox.simulation.storefront(api.seller, each) for each in api.seller.marketplace_ids]
    plans = list(inbound_data.newest_plans(storefronts, now, by_update=True))
    every = [one.confirmation_id for plan in plans for one in plan.shipments]
    assert len(set(every)) == len(every) > 200
    assert inbound_data.plans_with(storefronts, every, now) == plans
    some = plans[::7]
    assert inbound_data.plans_with(storefronts, [plan.plan_id for plan in some], now) == some
    for by_update in (True, False):
        newest = list(inbound_data.newest_plans(storefronts, now, by_update=by_update))
        assert list(inbound_data.oldest_plans(storefronts, now, by_update=by_update)) == newest[::-1]
    active = [plan for plan in plans if plan.status(now) == "ACTIVE"]
    assert active
    assert list(inbound_data.newest_plans(storefronts, now, by_update=True, status="ACTIVE")) == active

    query = {"QueryType": "SHIPMENT", "MarketplaceId": US}
    states = v0_rows(api, "shipments", "ShipmentData", query | {"ShipmentStatusList": EVERY})
    for state in EVERY.split(","):
        found = v0_rows(api, "shipments", "ShipmentData", query | {"ShipmentStatusList": state})
        assert found == [row for row in states if row["ShipmentStatus"] == state]


def test_the_catalogue_finds_items_by_every_identifier(api: Api) -> None:
    """ASIN, SKU, EAN and UPC lead to one item; parents have children and neither size nor rank."""
    storefront = api.sandbox.simulation.storefront(api.seller, US)
    listing = next(one for one in storefront.listings if one.asin != one.parent_asin)
    included = "identifiers,relationships,dimensions,salesRanks"
    query = {"marketplaceIds": US, "includedData": included}
    item = fetch(api, f"{CATALOGUE}/{listing.asin}", **query)
    codes = {one["identifierType"]: one["identifier"] for one in item["identifiers"][0]["identifiers"]}
    assert sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(codes["EAN"])) % 10 == 0
    wanted = {"ASIN": listing.asin, "SKU": listing.sku, **codes}
    for kind, value in wanted.items():
        owner = {"sellerId": api.seller.seller_id} if kind == "SKU" else {}
        found = fetch(api, CATALOGUE, **query, identifiers=value, identifiersType=kind, **owner)
        assert (found["numberOfResults"], found["items"]) == (1, [item])
    parent = fetch(api, f"{CATALOGUE}/{listing.parent_asin}", **query)
    assert listing.asin in parent["relationships"][0]["relationships"][0]["childAsins"]
    assert "package" not in parent["dimensions"][0]
    assert "displayGroupRanks" not in parent["salesRanks"][0]
    missing = fetch(api, CATALOGUE, **query, identifiers="B000000000", identifiersType="ASIN")
    assert missing == {"numberOfResults": 0, "items": []}


def test_items_that_cannot_be_estimated_fail_one_by_one(api: Api) -> None:
    """The rest of the batch succeeds, in its order."""
    storefront = api.sandbox.simulation.storefront(api.seller, US)
    sku = storefront.listings[0].sku
    request = ITEM["FeesEstimateRequest"]
    assert isinstance(request, dict)
    foreign = {**request, "MarketplaceId": GB}
    euros = {**request, "PriceToEstimateFees": {"ListingPrice": {"CurrencyCode": "EUR", "Amount": 1}}}
    answer = estimated(
        api,
        ITEM,
        {**ITEM, "IdValue": sku},
        {**ITEM, "IdValue": sku, "FeesEstimateRequest": foreign},
        {**ITEM, "IdValue": sku, "FeesEstimateRequest": euros},
    ).json()
    assert [one["Status"] for one in answer] == ["ClientError", "Success", "ClientError", "ClientError"]
    assert [one["FeesEstimateIdentifier"]["SellerInputIdentifier"] for one in answer] == ["mine"] * 4
    fees = {one["FeeType"]: one["FinalFee"]["Amount"] for one in answer[1]["FeesEstimate"]["FeeDetailList"]}
    assert fees == {"ReferralFee": 1.5, "VariableClosingFee": 0.0, "PerItemFee": 0.0}


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        (f"{BULK}/inventory", {"details": "YES"}, 400),
        (f"{BULK}/inventory", {"maxResults": "201"}, 400),
        (f"{BULK}/inventory", {"nextToken": "x"}, 400),
        (f"{BULK}/inboundShipments", {"updatedAfter": "yesterday"}, 400),
        (f"{BULK}/inboundShipments", {"shipmentStatus": "LOST"}, 400),
        (f"{BULK}/inboundShipments/STAR-NOBODYS", {}, 404),
        (PLANS, {"pageSize": "31"}, 400),
        (PLANS, {"status": "ERRORED"}, 400),
        (f"{PLANS}/short", {}, 400),
        (f"{PLANS}/{'0' * 38}", {}, 404),
        (f"{V0}/shipments", {"QueryType": "DATE_RANGE"}, 400),
        (f"{V0}/shipments", RANGE, 400),
        (f"{V0}/shipments", {**RANGE, "QueryType": "ALL"}, 400),
        (f"{V0}/shipments", {**RANGE, "MarketplaceId": GB, "ShipmentStatusList": EVERY}, 403),
        (f"{V0}/shipments", {"QueryType": "NEXT_TOKEN", "MarketplaceId": US, "NextToken": "x"}, 400),
        (f"{V0}/shipmentItems", {"QueryType": "SHIPMENT", "MarketplaceId": US}, 400),
        (f"{V0}/shipments/FBA15NOBODYS/items", {}, 404),
        (CATALOGUE, {"marketplaceIds": US}, 400),
        (CATALOGUE, {"marketplaceIds": US, "keywords": "a", "identifiers": "b"}, 400),
        (CATALOGUE, {"marketplaceIds": US, "identifiers": "b"}, 400),
        (
            CATALOGUE,
            {"marketplaceIds": US, "identifiers": ",".join("b" * 21), "identifiersType": "ASIN"},
            400,
        ),
        (CATALOGUE, {"marketplaceIds": GB, "keywords": "a"}, 403),
        (CATALOGUE, {"marketplaceIds": US, "keywords": "a", "includedData": "vendorDetails"}, 403),
        (f"{CATALOGUE}/B000000000", {"marketplaceIds": US}, 404),
    ],
)
def test_what_the_models_do_not_allow_is_refused(
    api: Api, path: str, query: dict[str, str], status: int
) -> None:
    answer = ask(api, path, **query)
    assert answer.status_code == status, answer.text
    assert answer.json()["errors"][0]["code"]


@pytest.mark.parametrize(
    "items",
    [
        [],
        [ITEM] * 21,
        ["x"],
        [{**ITEM, "IdType": "EAN"}],
        [{**ITEM, "IdValue": ""}],
        [{**ITEM, "FeesEstimateRequest": {"MarketplaceId": US}}],
    ],
)
def test_a_body_that_is_not_a_batch_is_refused(api: Api, items: list[Any]) -> None:
    assert estimated(api, *items).status_code == 400
