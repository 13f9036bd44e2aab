"""Schemathesis with Amazon's own models of the read operations: a few requests of each, valid and not."""

from __future__ import annotations

import importlib.util
import json
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest
from integration.sandbox_clients.test_schemathesis import MODELS, NO_MODEL, command
from support.sandbox import SandboxServer

MODELS_OF = {
    "getInventorySummaries": "fbaInventory.json",
    "listTransactions": "finances_2024-06-19.json",
    "getOrderMetrics": "sales.json",
    "searchOrders": "orders_2026-01-01.json",
    "getOrders": "ordersV0.json",
    "listInventory": "awd_2024-05-09.json",
    "listInboundShipments": "awd_2024-05-09.json",
    "getInboundShipment": "awd_2024-05-09.json",
    "listInboundPlans": "fulfillmentInbound_2024-03-20.json",
    "getInboundPlan": "fulfillmentInbound_2024-03-20.json",
    "listInboundPlanItems": "fulfillmentInbound_2024-03-20.json",
    "getShipment": "fulfillmentInbound_2024-03-20.json",
    "getShipments": "fulfillmentInboundV0.json",
    "getShipmentItems": "fulfillmentInboundV0.json",
    "getShipmentItemsByShipmentId": "fulfillmentInboundV0.json",
    "searchCatalogItems": "catalogItems_2022-04-01.json",
    "getCatalogItem": "catalogItems_2022-04-01.json",
    "getMyFeesEstimates": "productFeesV0.json",
}
MARKETPLACE, DAY = ["ATVPDKIKX0DER"], ["2026-11-19T00:00:00Z"]
# Parameters that go together and values this seller can use; with any words nearly every request would be
# refused, and the check of answers would see none.
USABLE: dict[str, dict[str, list[str] | None]] = {
    "getInventorySummaries": {
        "granularityType": None,
        "granularityId": MARKETPLACE,
        "marketplaceIds": MARKETPLACE,
        "details": None,
        "startDateTime": DAY,
    },
    "listTransactions": {
        "postedAfter": DAY,
        "postedBefore": ["2026-11-20T00:00:00Z"],
        "marketplaceId": MARKETPLACE,
        "transactionStatus": ["DEFERRED", "RELEASED"],
    },
    "getOrderMetrics": {
        "marketplaceIds": MARKETPLACE,
        "interval": ["2026-11-18T00:00:00Z--2026-11-20T00:00:00Z"],
        "granularity": None,
        "granularityTimeZone": ["UTC"],
        "buyerType": None,
        "firstDayOfWeek": None,
    },
    "searchOrders": {
        "lastUpdatedAfter": DAY,
        "marketplaceIds": MARKETPLACE,
        "fulfillmentStatuses": None,
        "fulfilledBy": None,
        "includedData": ["PROCEEDS", "PROMOTION", "CANCELLATION", "FULFILLMENT"],
    },
    "getOrders": {
        "LastUpdatedAfter": DAY,
        "MarketplaceIds": MARKETPLACE,
        "FulfillmentChannels": ["AFN", "MFN"],
    },
    "listInventory": {"sortOrder": None, "details": None, "maxResults": None},
    "listInboundShipments": {"sortBy": None, "sortOrder": None, "shipmentStatus": None, "updatedAfter": DAY},
    "getInboundShipment": {"shipmentId": None, "skuQuantities": None},
    "listInboundPlans": {"pageSize": None, "status": None, "sortBy": None},
    "getInboundPlan": {"inboundPlanId": None},
    "listInboundPlanItems": {"inboundPlanId": None, "pageSize": None},
    "getShipment": {"inboundPlanId": None, "shipmentId": None},
    "getShipments": {
        "QueryType": ["DATE_RANGE"],
        "ShipmentStatusList": None,
        "LastUpdatedAfter": DAY,
        "LastUpdatedBefore": ["2026-11-20T00:00:00Z"],
        "MarketplaceId": MARKETPLACE,
    },
    "getShipmentItems": {
        "QueryType": ["DATE_RANGE"],
        "LastUpdatedAfter": DAY,
        "LastUpdatedBefore": ["2026-11-20T00:00:00Z"],
        "MarketplaceId": MARKETPLACE,
    },
    "getShipmentItemsByShipmentId": {"shipmentId": None},
    "searchCatalogItems": {
        "keywords": ["northwind", "nothing"],
        "marketplaceIds": MARKETPLACE,
        "includedData": ["summaries", "dimensions", "salesRanks", "relationships", "identifiers", "images"],
        "pageSize": None,
    },
    "getCatalogItem": {
        "asin": None,
        "marketplaceIds": MARKETPLACE,
        "includedData": ["summaries", "dimensions"],
    },
    "getMyFeesEstimates": {"body": None},
}
NEEDED = {
    "postedAfter", "granularityTimeZone", "lastUpdatedAfter", "LastUpdatedAfter", "LastUpdatedBefore",
    "ShipmentStatusList", "keywords",
}  # fmt: skip
NOBODYS = "0" * 38


def narrowed(model: dict[str, Any], operation: str, ids: dict[tuple[str, str], str]) -> dict[str, Any]:
    """The model with this operation alone and usable values; ids: one that exists and one that does not."""
    (path, method, call) = next(
        (path, method, call)
        for path, methods in model["paths"].items()
        for method, call in methods.items()
        if method in ("get", "post") and call.get("operationId") == operation
    )
    usable = USABLE[operation]
    call["parameters"] = [one for one in call["parameters"] if one["name"] in usable]
    for parameter in call["parameters"]:
        if parameter["in"] == "body":
            continue
        values = usable[parameter["name"]]
        if parameter["in"] == "path":
            values = [ids[operation, parameter["name"]], NOBODYS]
        if values:
            place = parameter["items"] if parameter["type"] == "array" else parameter
            place["enum"] = values
            parameter.pop("format", None)
        if parameter["type"] == "array":
            parameter["minItems"] = 1
        if parameter["name"] in NEEDED:
            parameter["required"] = True
    if operation == "getMyFeesEstimates":
        narrow_fees(model["definitions"])
    return {**model, "paths": {path: {method: call}}}


def narrow_fees(definitions: dict[str, Any]) -> None:
    """What Amazon documents in prose: the number of items, that each has a price, and the types of values."""
    definitions["GetMyFeesEstimatesRequest"] |= {"minItems": 1, "maxItems": 20}
    item, request = definitions["FeesEstimateByIdRequest"], definitions["FeesEstimateRequest"]
    item["required"] = ["IdType", "IdValue", "FeesEstimateRequest"]
    for field in (
        item["properties"]["IdValue"],
        request["properties"]["MarketplaceId"],
        request["properties"]["Identifier"],
    ):
        field["pattern"] = "^[A-Z0-9]+$"
    definitions["MoneyType"]["properties"]["Amount"] |= {"minimum": 0, "maximum": 1_000_000_000}
    # A client in wide use sends null for what it leaves out.
    for name in ("MoneyType", "Points", "OptionalFulfillmentProgram"):
        definitions[name]["x-nullable"] = True


def some_ids(client: httpx.Client) -> dict[tuple[str, str], str]:
    """By operation and parameter: a shipment, a plan and its shipment, an item."""
    plans, old = "/inbound/fba/2024-03-20/inboundPlans", "/fba/inbound/v0"
    bulk = client.get("/awd/2024-05-09/inboundShipments").json()["shipments"][0]["shipmentId"]
    plan = client.get(plans).json()["inboundPlans"][0]["inboundPlanId"]
    shipment = client.get(f"{plans}/{plan}").json()["shipments"][0]["shipmentId"]
    details = client.get(f"{plans}/{plan}/shipments/{shipment}").json()
    item = client.get(
        "/catalog/2022-04-01/items", params={"keywords": "northwind", "marketplaceIds": MARKETPLACE[0]}
    ).json()["items"][0]
    assert client.get(f"{old}/shipments/{details['shipmentConfirmationId']}/items").status_code == 200
    return {
        ("getInboundShipment", "shipmentId"): bulk,
        ("getInboundPlan", "inboundPlanId"): plan,
        ("listInboundPlanItems", "inboundPlanId"): plan,
        ("getShipment", "inboundPlanId"): plan,
        ("getShipment", "shipmentId"): shipment,
        ("getShipmentItemsByShipmentId", "shipmentId"): details["shipmentConfirmationId"],
        ("getCatalogItem", "asin"): item["asin"],
    }


def together(ids: dict[tuple[str, str], str]) -> dict[str, Any]:
    """All operations in one model: starting the tool costs more than asking."""
    whole: dict[str, Any] = {"paths": {}, "definitions": {}}
    for operation, name in MODELS_OF.items():
        text = (MODELS / name).read_text().replace('"#/definitions/', f'"#/definitions/{operation}')
        model = narrowed(json.loads(text), operation, ids)
        whole = {**model, "paths": whole["paths"] | model["paths"], "definitions": whole["definitions"] | {
            f"{operation}{key}": value for key, value in model["definitions"].items()
        }}  # fmt: skip
    return whole


@pytest.mark.skipif(not MODELS.exists(), reason=NO_MODEL)
@pytest.mark.skipif(importlib.util.find_spec("schemathesis") is None, reason="schemathesis is not installed")
def test_the_read_operations_keep_to_amazons_models(sandbox: SandboxServer, tmp_path: Path) -> None:
    """All checks that apply, and of each operation at least one request that is answered."""
    token = sandbox.access_token()
    for operation in MODELS_OF:
        sandbox.quotas(operation=operation, rate=1e6, burst=1e6)
    model = tmp_path / "model.json"
    with httpx.Client(base_url=sandbox.url, headers={"x-amz-access-token": token}, timeout=30) as client:
        ids = some_ids(client)
    model.write_text(json.dumps(together(ids)))
    sandbox.clear_calls()
    words = command(model, sandbox.url, token)
    words[words.index("--max-examples") + 1] = "8"
    words[words.index("--phases") + 1] = "examples,fuzzing"
    ran = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=800, check=False)
    assert ran.returncode == 0, ran.stdout[-20_000:] + ran.stderr[-2_000:]
    counts = sandbox.call_counts()
    assert {name for name in MODELS_OF if counts.get(name, {}).get("200")} == set(MODELS_OF), counts
