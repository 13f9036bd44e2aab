"""Schemathesis with Amazon's own models of Fulfillment Inbound: every operation, on plans in every state."""

from __future__ import annotations

import copy
import importlib.util
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from integration.sandbox_clients import inbound_requests as requests
from integration.sandbox_clients.inbound_requests import PARCEL, PARTNERED, US
from integration.sandbox_clients.test_inbound_python_amazon_sp_api import READ, Walk
from integration.sandbox_clients.test_schemathesis import MODELS, NO_MODEL, command
from support.sandbox import SandboxServer

NEW, OLD = "fulfillmentInbound_2024-03-20.json", "fulfillmentInboundV0.json"
NOBODYS = "0" * 38
LABELS = {"PageType": ["PackageLabel_Thermal"], "LabelType": ["BARCODE_2D", "UNIQUE"]}
# Of v0: parameters that go together, with values this seller can use.
USABLE: dict[str, dict[str, list[str] | None]] = {
    "getLabels": {"shipmentId": None, **LABELS},
    "getBillOfLading": {"shipmentId": None},
    "getPrepInstructions": {"ShipToCountryCode": ["US"], "SellerSKUList": None},
}
# Nothing a random request could get right: contents that add up, one option for each shipment, numbers of
# known boxes, India or (for appointments) Mexico, a bill of lading of a parcel shipment.
ALWAYS_REFUSED = {
    "updateShipmentTrackingDetails",
    "setPackingInformation", "generateTransportationOptions", "confirmTransportationOptions",
    "generateShipmentContentUpdatePreviews", "updateItemComplianceDetails", "getDeliveryChallanDocument",
    "generateSelfShipAppointmentSlots", "getSelfShipAppointmentSlots", "scheduleSelfShipAppointment",
    "cancelSelfShipAppointment", "getBillOfLading",
}  # fmt: skip


Ids = dict[str, str]
# Which of the plans an operation is tried on: what changes a plan must not spoil it for others.
PLAN_OF = {
    "cancelInboundPlan": "doomed",
    "generatePackingOptions": "fresh",
    "generatePlacementOptions": "fresh",
    "confirmPackingOption": "packing",
    "listPackingOptions": "packing",
    "listPackingGroupItems": "packing",
    "listPackingGroupBoxes": "packing",
    "confirmPlacementOption": "placing",
    "listPlacementOptions": "placing",
    "listTransportationOptions": "placing",
    "generateDeliveryWindowOptions": "placed",
    "updateShipmentSourceAddress": "placed",
}


def some_plans(walk: Walk) -> tuple[dict[str, Ids], list[dict[str, Any]]]:
    """Ids by parameter name of plans in every state, and the items of a plan."""
    plans: dict[str, Ids] = {}
    for name in ("doomed", "fresh"):
        items = walk.create(name)
        plans[name] = {"inboundPlanId": walk.plan_id}
    walk.create("packing")
    walk.wait(walk.api.generate_packing_options(walk.plan_id))
    (packing, *_) = walk.api.list_packing_options(walk.plan_id).payload["packingOptions"]
    plans["packing"] = {
        "inboundPlanId": walk.plan_id,
        "packingOptionId": packing["packingOptionId"],
        "packingGroupId": packing["packingGroups"][0],
    }
    for name in ("placing", "placed"):
        walk.pack(walk.create(name))
        placement = walk.place()
        walk.offer(placement, is_freight=False)
        plans[name] = {
            "inboundPlanId": walk.plan_id,
            "placementOptionId": placement["placementOptionId"],
            "shipmentId": placement["shipmentIds"][0],
        }
    walk.confirm_placement(placement)
    plans["confirmed"] = confirmed_plan(walk)
    return plans, items


def confirmed_plan(walk: Walk) -> Ids:
    """A plan with confirmed carriers, a delivery window and a content update preview."""
    items = walk.create("confirmed")
    walk.pack(items)
    placement = walk.place()
    options = walk.offer(placement, is_freight=False)
    walk.confirm_placement(placement)
    walk.choose_windows(placement)
    shipment, *_ = walk.confirm_carriers(options, PARCEL, PARTNERED)
    path = (walk.plan_id, shipment["shipmentId"])
    lines = walk.api.list_shipment_items(*path).payload["items"]
    by_msku = {item["msku"]: item for item in items}
    found = [{**by_msku[one["msku"]], "quantity": one["quantity"]} for one in lines]
    preview = {"items": found, "boxes": requests.grouping(found, shipmentId=path[1])["boxes"]}
    started = walk.api.generate_shipment_content_update_previews(*path, **preview)
    walk.wait(started)
    previews = walk.api.list_shipment_content_update_previews(*path).payload["contentUpdatePreviews"]
    walk.old.get_labels(shipment["shipmentConfirmationId"], **READ)
    return {
        "inboundPlanId": walk.plan_id,
        "shipmentId": shipment["shipmentId"],
        "deliveryWindowOptionId": shipment["selectedDeliveryWindow"]["deliveryWindowOptionId"],
        "contentUpdatePreviewId": previews[0]["contentUpdatePreviewId"],
        "operationId": started.payload["operationId"],
        "confirmation": shipment["shipmentConfirmationId"],
    }


def narrowed(plans: dict[str, Ids], items: list[dict[str, Any]]) -> dict[str, Any]:
    """Version 2024-03-20 with ids of these plans or nobody's, and items that can be shipped."""
    model: dict[str, Any] = json.loads((MODELS / NEW).read_text())
    for methods in model["paths"].values():
        for method, call in methods.items():
            if method not in ("get", "post", "put"):
                continue
            ids = plans[PLAN_OF.get(call["operationId"], "confirmed")]
            for parameter in call.get("parameters", ()):
                if parameter["name"] == "marketplaceId":
                    parameter["enum"] = [US]
                elif parameter["name"] == "mskus":
                    parameter["items"]["enum"] = [item["msku"] for item in items]
                elif parameter["in"] == "path" or parameter["name"] in ids:
                    others = [] if parameter["name"] in ("inboundPlanId", "shipmentId") else [NOBODYS]
                    parameter["enum"] = [ids.get(parameter["name"], NOBODYS), *others]
    narrow_bodies(model["definitions"], items[0])
    return model


def narrow_bodies(definitions: dict[str, Any], item: dict[str, Any]) -> None:
    """An item that Amazon accepts, its marketplace, and what a prep classification may contain."""
    definitions["PlannedItem"] = copy.deepcopy(definitions["ItemInput"])  # the other one is in answers, too
    for name in ("PlannedItem", "MskuQuantity", "MskuPrepDetailInput"):
        for field, value in item.items():
            if field in definitions[name]["properties"] and field != "quantity":
                definitions[name]["properties"][field] = {"type": "string", "enum": [value]}
    definitions["PlannedItem"]["required"].append("expiration")
    prep = definitions["MskuPrepDetailInput"]["properties"]
    prep["prepCategory"] = {"type": "string", "enum": ["NONE"]}
    prep["prepTypes"] = {
        "type": "array",
        "minItems": 1,
        "maxItems": 1,
        "items": {"type": "string", "enum": ["ITEM_NO_PREP"]},
    }
    plan = definitions["CreateInboundPlanRequest"]["properties"]
    plan["destinationMarketplaces"]["items"]["enum"] = [US]
    plan["items"] |= {"maxItems": 2, "items": {"$ref": "#/definitions/PlannedItem"}}
    definitions["GeneratePlacementOptionsRequest"]["properties"]["customPlacement"]["maxItems"] = 0
    for name in ("CreateMarketplaceItemLabelsRequest", "SetPrepDetailsRequest"):
        definitions[name]["properties"]["marketplaceId"]["enum"] = [US]
    labels = definitions["CreateMarketplaceItemLabelsRequest"]
    labels["required"] += ["pageType", "height", "width"]


def of_v0(confirmed: Ids, msku: str) -> dict[str, Any]:
    """The operations of v0 that other tests do not cover, with usable values."""
    # Both versions have an Address and an Error of their own.
    model: dict[str, Any] = json.loads(
        (MODELS / OLD).read_text().replace('"#/definitions/', '"#/definitions/V0')
    )
    paths: dict[str, Any] = {}
    for path, methods in model["paths"].items():
        call = methods.get("get", {})
        usable = USABLE.get(call.get("operationId", ""))
        if usable is None:
            continue
        call["parameters"] = [one for one in call["parameters"] if one["name"] in usable]
        for parameter in call["parameters"]:
            values = usable[parameter["name"]] or [confirmed["confirmation"], NOBODYS]
            if parameter["name"] == "SellerSKUList":
                parameter |= {"required": True, "minItems": 1}
                parameter["items"]["enum"] = [msku, "NOBODYS"]
            else:
                parameter["enum"] = values
        paths[path] = {"get": call}
    return {
        "paths": paths,
        "definitions": {f"V0{name}": value for name, value in model["definitions"].items()},
    }


def run(model: dict[str, Any], file: Path, sandbox: SandboxServer, token: str) -> None:
    file.write_text(json.dumps(model))
    words = command(file, sandbox.url, token)
    words[words.index("--max-examples") + 1] = "5"
    words[words.index("--phases") + 1] = "fuzzing"
    ran = subprocess.run(words, cwd=file.parent, capture_output=True, text=True, timeout=500, check=False)
    assert ran.returncode == 0, ran.stdout[-20_000:] + ran.stderr[-2_000:]


@pytest.mark.skipif(not (MODELS / NEW).exists(), reason=NO_MODEL)
@pytest.mark.skipif(importlib.util.find_spec("schemathesis") is None, reason="schemathesis is not installed")
def test_the_inbound_api_keeps_to_amazons_models(sandbox: SandboxServer, tmp_path: Path) -> None:
    """All checks that apply, all operations; most of them with a request that succeeds."""
    requests.without_waiting(sandbox)
    plans, items = some_plans(Walk(sandbox))
    token = sandbox.access_token()
    sandbox.clear_calls()
    model, old = narrowed(plans, items), of_v0(plans["confirmed"], items[0]["msku"])
    for part in ("paths", "definitions"):
        model[part] |= old[part]  # in one run: starting the tool costs more than asking
    run(model, tmp_path / "model.json", sandbox, token)
    counts = sandbox.call_counts()
    called = {
        call["operationId"]
        for methods in model["paths"].values()
        for method, call in methods.items()
        if method in ("get", "post", "put")
    }
    assert len(called) == 45 + len(USABLE)
    assert called <= set(counts)
    met = {name for name in called if set(counts[name]) & {"200", "201", "202", "204"}}
    refused = called - met - ALWAYS_REFUSED
    assert not refused, {name: counts[name] for name in refused}
    assert not any("500" in statuses for statuses in counts.values()), counts
