"""What the inbound API refuses, as Amazon does: at once with 400, or by an operation that fails."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from support.inbound_api import ADDRESSES, ALL_READY, CONTACT, FREIGHT, PALLETS, PLANS, US, V0, Inbound
from support.sandbox_app import Api

from amazon_sandbox.inbound import compliance
from amazon_sandbox.inbound.prep_store import PrepStore
from amazon_sandbox.inbound.products import needs_expiration
from amazon_sandbox.inbound.store import InboundStore
from amazon_sandbox.simulation.catalogue import Listing

PARTNERED, OWN = "AMAZON_PARTNERED_CARRIER", "USE_YOUR_OWN_CARRIER"
PARCEL, LTL = "GROUND_SMALL_PARCEL", "FREIGHT_LTL"
HOUR, DAY = 3600, 86_400


@pytest.fixture
def us(na: Api) -> Inbound:
    return Inbound(na)


def with_prep(us: Inbound, needs_prep: bool) -> Listing:
    storefront = us.api.sandbox.simulation.storefront(us.api.seller, us.marketplace_id)
    return next(each for each in us.listings() if PrepStore().of(storefront, each).needs_prep is needs_prep)


def without_phone(us: Inbound) -> dict[str, Any]:
    address = {key: value for key, value in ADDRESSES["NA"].items() if key != "phoneNumber"}
    return us.plan_body(us.item(us.listings()[0], 1), sourceAddress=address)


def of_one_item(needs_prep: bool, **changed: Any) -> Callable[[Inbound], dict[str, Any]]:
    def body(us: Inbound) -> dict[str, Any]:
        return us.plan_body(us.item(with_prep(us, needs_prep), 1) | changed)

    return body


def two_dates(us: Inbound) -> dict[str, Any]:
    listing = us.listings()[0]
    dates = ("2027-10-01", "2027-11-01")
    return us.plan_body(*(us.item(listing, 1, expiration=each) for each in dates))


def without_date(us: Inbound) -> dict[str, Any]:
    storefront = us.api.sandbox.simulation.storefront(us.api.seller, us.marketplace_id)
    perishable = next(each for each in storefront.listings if needs_expiration(each) and each.fnsku)
    return us.plan_body(us.item(perishable, 1))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (without_phone, "sourceAddress.phoneNumber is required"),
        (of_one_item(True, prepOwner="AMAZON"), r"requires prepOwner but AMAZON .*\[SELLER\]"),
        (of_one_item(True, labelOwner="AMAZON"), r"requires labelOwner but AMAZON .*\[SELLER\]"),
        (of_one_item(True, prepOwner="NONE"), r"NW-.* requires prepOwner but NONE .*\[SELLER\]"),
        (of_one_item(False, prepOwner="SELLER"), r"NW-.* does not require prepOwner but SELLER .*\[NONE\]"),
        (of_one_item(False, msku="NW-NONE"), "MSKU NW-NONE does not exist"),
        (of_one_item(False, quantity=0), r"items\[0\].quantity: it must be from 1 to 500000"),
        (of_one_item(False, quantity=500_001), r"items\[0\].quantity"),
        (of_one_item(False, expiration="2027-02-30"), r"items\[0\].expiration: it must be a day"),
        (two_dates, "several expiration dates"),
        (without_date, "requires an expiration date"),
        (lambda us: us.plan_body(), "items: it must have 1 to 2000 elements"),
        (lambda us: us.plan_body(us.item(us.listings()[0], 1), name="x" * 41), "name: it must have 1 to 40"),
        (
            lambda us: us.plan_body(us.item(us.listings()[0], 1), destinationMarketplaces=["badMarketplace"]),
            "Invalid destinationMarketplace provided",
        ),
        (
            lambda us: us.plan_body(us.item(us.listings()[0], 1), destinationMarketplaces=[US, US]),
            "destinationMarketplaces: it must have 1 to 1",
        ),
    ],
)
def test_a_plan_is_refused(us: Inbound, make: Callable[[Inbound], dict[str, Any]], message: str) -> None:
    """And none is created."""
    assert re.search(message, us.refused("POST", "/inboundPlans", make(us)))
    assert us.api.sandbox.state(InboundStore).plans() == []


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'"x"', b"\xff", b"[" * 5000])
def test_a_body_that_is_no_object_is_refused(us: Inbound, body: bytes) -> None:
    headers = {"x-amz-access-token": us.api.token, "content-type": "application/json"}
    answer = us.api.http.post(PLANS, content=body, headers=headers)
    assert answer.status_code == 400, answer.text
    headers["content-type"] = "text/plain"
    assert us.api.http.post(PLANS, content=b"{}", headers=headers).status_code == 415


def test_values_that_json_cannot_hold_are_refused(us: Inbound) -> None:
    """Half a character, and numbers without end: they would break the answers."""
    headers = {"x-amz-access-token": us.api.token, "content-type": "application/json"}
    body = json.dumps(us.plan_body(us.item(us.listings()[0], 1)))
    for wrong in (body.replace("Autumn", "\\ud800"), body.replace(": 1,", ": Infinity,", 1)):
        assert wrong != body
        answer = us.api.http.post(PLANS, content=wrong.encode(), headers=headers)
        assert answer.status_code == 400, answer.text


def test_a_missing_prep_classification_fails_the_operation(us: Inbound) -> None:
    """Setting it repairs that, but only for a SKU with an FNSKU."""
    storefront = us.api.sandbox.simulation.storefront(us.api.seller, US)
    unknown = next(
        each
        for each in storefront.listings
        if each.fnsku
        and PrepStore().of(storefront, each).category == "UNKNOWN"
        and not needs_expiration(each)
    )
    item = {"msku": unknown.sku, "quantity": 2, "prepOwner": "NONE", "labelOwner": "SELLER"}
    started = us.start("POST", "/inboundPlans", us.plan_body(item))
    operation = us.ended(started)
    assert operation["operationStatus"] == "FAILED"
    assert [each["code"] for each in operation["operationProblems"]] == ["FBA_INB_0182"]
    assert unknown.sku in operation["operationProblems"][0]["message"]
    assert us.get(f"/inboundPlans/{started['inboundPlanId']}")["status"] == "ERRORED"
    merchant = next(each for each in storefront.listings if each.is_merchant)
    details = [
        {"msku": each.sku, "prepCategory": "NONE", "prepTypes": ["ITEM_NO_PREP"]}
        for each in (unknown, merchant)
    ]
    us.done("POST", "/items/prepDetails", {"marketplaceId": US, "mskuPrepDetails": details})
    shown = us.get("/items/prepDetails", marketplaceId=US, mskus=[unknown.sku, merchant.sku])
    known, still = shown["mskuPrepDetails"]
    assert known["prepTypes"] == ["ITEM_NO_PREP", "ITEM_LABELING"]
    assert known["prepOwnerConstraint"] == "NONE_ONLY"
    assert still["prepCategory"] == "UNKNOWN"
    us.plan(item)


@pytest.mark.parametrize(
    ("category", "types"),
    [
        ("NONE", ["ITEM_BOXING"]),
        ("NONE", []),
        ("SHARP", ["ITEM_NO_PREP"]),
        ("FC_PROVIDED", ["ITEM_BOXING"]),
        ("UNKNOWN", ["ITEM_BOXING"]),
    ],
)
def test_prep_details_are_refused(us: Inbound, category: str, types: list[str]) -> None:
    detail = {"msku": us.listings()[0].sku, "prepCategory": category, "prepTypes": types}
    body = {"marketplaceId": US, "mskuPrepDetails": [detail]}
    assert us.listings()[0].sku in us.refused("POST", "/items/prepDetails", body)


def test_a_date_too_near_fails_the_operation(us: Inbound) -> None:
    started = us.start(
        "POST", "/inboundPlans", us.plan_body(us.item(us.listings()[0], 1, expiration="2026-12-24"))
    )
    assert us.ended(started)["operationProblems"][0]["code"] == "FBA_INB_0181"


def test_boxes_are_checked(us: Inbound) -> None:
    """Limits, contents that add up, and the packing group they are of."""
    listing, other = us.listings("standard")[:2]
    plan = us.plan(us.item(listing, 10))
    us.done("POST", f"{plan}/packingOptions")
    (option,) = us.get(f"{plan}/packingOptions")["packingOptions"]
    (group,) = option["packingGroups"]
    path = f"{plan}/packingInformation"

    def sent(*boxes: dict[str, Any], **place: str) -> dict[str, Any]:
        return {"packageGroupings": [{"boxes": list(boxes), **(place or {"packingGroupId": group})}]}

    whole = us.box([us.item(listing, 5)], 2)
    assert "packing option must be confirmed" in us.refused("POST", path, sent(whole))
    us.done("POST", f"{plan}/packingOptions/{option['packingOptionId']}/confirmation")
    assert "already been confirmed" in us.refused("POST", f"{plan}/packingOptions")
    heavy = {**whole, "weight": {"value": 51, "unit": "LB"}}
    assert "at most 50 LB" in us.refused("POST", path, sent(heavy))
    long = {**whole, "dimensions": {**whole["dimensions"], "length": 26}}
    assert "longer than 25 IN" in us.refused("POST", path, sent(long))
    assert "length 0" in us.refused(
        "POST", path, sent({**whole, "dimensions": {**whole["dimensions"], "length": 0}})
    )
    short = us.refused("POST", path, sent(us.box([us.item(listing, 4)], 2)))
    assert "did not contain expected items" in short
    assert f"{listing.sku}: 10 (packed 8)" in short
    assert "is not in it" in us.refused("POST", path, sent(us.box([us.item(other, 5)], 2)))
    wrong = us.box([us.item(listing, 5, labelOwner="NONE", prepOwner="NONE")], 2)
    if us.item(listing, 1)["labelOwner"] != "NONE":
        assert "labelOwner must be" in us.refused("POST", path, sent(wrong))
    assert "items must be empty" in us.refused(
        "POST", path, sent({**whole, "contentInformationSource": "MANUAL_PROCESS"})
    )
    both = {"packingGroupId": group, "shipmentId": "sh" + "0" * 36}
    assert "Exactly one of" in us.refused("POST", path, sent(whole, **both))
    assert "after placement confirmation" in us.refused("POST", path, sent(whole, shipmentId="sh" + "0" * 36))
    assert "Packing information is missing" in us.refused("POST", f"{plan}/placementOptions", {})
    us.done("POST", path, sent(whole))
    placement = us.place(plan)[0]
    us.confirm_placement(plan, placement)
    assert "before placement confirmation" in us.refused("POST", path, sent(whole))


def test_placement_is_confirmed_once(us: Inbound) -> None:
    plan = us.plan(us.item(us.listings()[0], 10))
    path = f"{plan}/placementOptions"
    assert "body is missing" in us.refused("POST", path)
    custom = {"customPlacement": [{"warehouseId": "PHX7", "items": [us.item(us.listings()[0], 10)]}]}
    assert "only available in the IN" in us.refused("POST", path, custom)
    old = us.place(plan)[0]["placementOptionId"]
    first, second, *_ = us.place(plan)
    assert us.call("POST", f"{path}/{old}/confirmation").status_code == 404
    us.api.later(80 * HOUR)
    assert {each["status"] for each in us.get(path)["placementOptions"]} == {"EXPIRED"}
    assert "is EXPIRED" in us.refused("POST", f"{path}/{first['placementOptionId']}/confirmation")
    first, second, *_ = us.place(plan)
    us.start("POST", f"{path}/{first['placementOptionId']}/confirmation")
    assert "is in progress" in us.refused("POST", f"{path}/{second['placementOptionId']}/confirmation")
    us.api.later(60)
    assert "already been confirmed" in us.refused(
        "POST", f"{path}/{second['placementOptionId']}/confirmation"
    )
    assert "already been confirmed" in us.refused("POST", path, {})
    details = us.get(plan)
    assert details["placementOptions"] == [
        {"placementOptionId": first["placementOptionId"], "status": "ACCEPTED"}
    ]
    assert [each["status"] for each in details["shipments"]] == ["WORKING"]


def test_carriers_are_confirmed_once_for_every_shipment(us: Inbound) -> None:
    """With an option each that is still offered, whose preconditions are met."""
    plan = us.plan(us.item(us.listings("standard")[0], 40))
    us.pack(plan)
    _, placement, *_ = us.place(plan)
    path = f"{plan}/transportationOptions"
    one, two = placement["shipmentIds"]
    incomplete = {
        "placementOptionId": placement["placementOptionId"],
        "shipmentTransportationConfigurations": [{"shipmentId": one, "readyToShipWindow": ALL_READY}],
    }
    assert "Exactly one configuration" in us.refused("POST", path, incomplete)
    configurations = [
        {"shipmentId": each, "readyToShipWindow": {"start": "2026-11-02T08:00Z"}} for each in (one, two)
    ]
    late = incomplete | {"shipmentTransportationConfigurations": configurations}
    assert "must not be in the past" in us.refused("POST", path, late)

    def picked(options: list[dict[str, Any]], solution: str = PARTNERED) -> list[dict[str, Any]]:
        return [
            {"shipmentId": each["shipmentId"], "transportationOptionId": each["transportationOptionId"]}
            for each in options
            if each["shippingSolution"] == solution and each["carrier"]["alphaCode"] != "OTHER"
        ]

    def confirmed(*selections: dict[str, Any]) -> tuple[str, str, dict[str, Any]]:
        return "POST", f"{path}/confirmation", {"transportationSelections": list(selections)}

    old = picked(us.offer(plan, placement))
    options = us.offer(plan, placement)
    fresh, own = picked(options), picked(options, OWN)
    assert "placement option must be confirmed" in us.refused(*confirmed(*fresh))
    us.confirm_placement(plan, placement)
    assert "Exactly one transportation option" in us.refused(*confirmed(fresh[0]))
    assert "Exactly one transportation option" in us.refused(*confirmed(*fresh, fresh[0]))
    assert "not offered" in us.refused(*confirmed(*old))
    assert "requires a confirmed delivery window" in us.refused(*confirmed(fresh[0], own[1]))
    us.api.later(49 * HOUR)
    assert "is EXPIRED" in us.refused(*confirmed(*fresh))
    fresh = picked(us.offer(plan, placement))
    us.done(*confirmed(*fresh))
    assert "already been confirmed" in us.refused(*confirmed(*fresh))
    assert "already been confirmed" in us.refused("POST", path, late)
    address = {"address": ADDRESSES["NA"]}
    assert "cannot be updated" in us.refused("PUT", f"{plan}/shipments/{one}/sourceAddress", address)


def test_an_operation_that_came_too_late_fails(us: Inbound) -> None:
    """Boxes that were under way when the placement was confirmed do not undo it."""
    plan = us.plan(us.item(us.listings("standard")[0], 40))
    us.pack(plan)
    placement = us.place(plan)[0]
    packing = us.get(f"{plan}/packingOptions")["packingOptions"][0]
    boxes = [us.box([us.item(us.listings("standard")[0], 20)], 2)]
    us.api.sandbox.faults.add("operation_slow", operation="setPackingInformation", options={"seconds": 600})
    grouping = {"packingGroupId": packing["packingGroups"][0], "boxes": boxes}
    started = us.start("POST", f"{plan}/packingInformation", {"packageGroupings": [grouping]})
    us.confirm_placement(plan, placement)
    us.api.later(900)
    operation = us.get(f"/operations/{started['operationId']}")
    assert operation["operationStatus"] == "FAILED"
    assert "before placement confirmation" in operation["operationProblems"][0]["message"]
    assert us.get(plan)["placementOptions"][0]["status"] == "ACCEPTED"


def test_boxes_come_before_carriers(us: Inbound) -> None:
    """Packed later: options without boxes are estimates."""
    plan = us.plan(us.item(us.listings("standard")[0], 40))
    placement = us.place(plan)[0]
    options = us.offer(plan, placement)
    us.confirm_placement(plan, placement)
    selection = {
        "shipmentId": placement["shipmentIds"][0],
        "transportationOptionId": options[0]["transportationOptionId"],
    }
    body = {"transportationSelections": [selection]}
    assert "Packing information is missing" in us.refused(
        "POST", f"{plan}/transportationOptions/confirmation", body
    )


def test_delivery_windows_are_after_the_placement(us: Inbound) -> None:
    """A blocked or outdated one is refused; once confirmed, another listed one may be chosen."""
    plan = us.plan(us.item(us.listings("standard")[0], 40))
    us.pack(plan)
    placement = us.place(plan)[0]
    us.offer(plan, placement)
    path = f"{plan}/shipments/{placement['shipmentIds'][0]}/deliveryWindowOptions"
    assert "placement option must be confirmed" in us.refused("POST", path)
    us.confirm_placement(plan, placement)
    us.done("POST", path)
    windows = us.get(path, pageSize=100)["deliveryWindowOptions"]
    kinds = {each["availabilityType"]: each["deliveryWindowOptionId"] for each in windows}
    assert {"AVAILABLE", "CONGESTED"} <= set(kinds)
    if "BLOCKED" in kinds:
        assert "is BLOCKED" in us.refused("POST", f"{path}/{kinds['BLOCKED']}/confirmation")
    us.done("POST", f"{path}/{kinds['CONGESTED']}/confirmation")
    assert "already been confirmed" in us.refused("POST", path)
    us.done("POST", f"{path}/{kinds['AVAILABLE']}/confirmation")
    us.api.later(DAY)
    assert "no longer valid" in us.refused("POST", f"{path}/{kinds['CONGESTED']}/confirmation")


def shipped(us: Inbound, mode: str, solution: str, **changed: Any) -> tuple[str, dict[str, Any]]:
    """A plan with one shipment and a confirmed carrier."""
    plan = us.plan(us.item(us.listings("standard")[0], 40))
    us.pack(plan)
    placement = us.place(plan)[0]
    options = us.offer(plan, placement, **changed)
    us.confirm_placement(plan, placement)
    if solution == OWN:
        path = f"{plan}/shipments/{placement['shipmentIds'][0]}/deliveryWindowOptions"
        us.done("POST", path)
        window = next(
            each
            for each in us.get(path, pageSize=100)["deliveryWindowOptions"]
            if each["availabilityType"] == "AVAILABLE"
        )
        us.done("POST", f"{path}/{window['deliveryWindowOptionId']}/confirmation")
    (shipment,) = us.confirm_carriers(plan, options, mode, solution)
    return plan, shipment


@pytest.mark.parametrize(("waits", "charged"), [(HOUR, False), (25 * HOUR, True)])
def test_a_plan_is_cancelled(us: Inbound, waits: int, charged: bool) -> None:
    """Outside the void window the carrier charges for it, as a warning says."""
    plan, shipment = shipped(us, PARCEL, PARTNERED)
    us.api.later(waits)
    operation = us.ended(us.start("PUT", f"{plan}/cancellation"))
    assert operation["operationStatus"] == "SUCCESS"
    assert [each["severity"] for each in operation["operationProblems"]] == ["WARNING"] * charged
    assert us.get(plan)["status"] == "VOIDED"
    assert us.get(f"{plan}/shipments/{shipment['shipmentId']}")["status"] == "CANCELLED"
    listed = us.get("/inboundPlans", status="VOIDED")["inboundPlans"]
    assert [f"/inboundPlans/{each['inboundPlanId']}" for each in listed] == [plan]
    assert "is VOIDED" in us.refused("PUT", f"{plan}/cancellation")
    assert "is VOIDED" in us.refused("PUT", f"{plan}/name", {"name": "x"})
    labels = f"{V0}/shipments/{shipment['shipmentConfirmationId']}/labels"
    assert "is cancelled" in us.refused("GET", labels, PageType="PackageLabel_Thermal", LabelType="UNIQUE")
    (charge,) = us.api.sandbox.simulation.created
    assert bool(list(charge.charges())) is charged


def test_shipped_plans_are_not_cancelled(us: Inbound) -> None:
    plan, shipment = shipped(us, PARCEL, PARTNERED)
    us.labels(shipment)
    us.api.later(6 * DAY)
    assert "is SHIPPED" in us.refused("PUT", f"{plan}/cancellation")


def test_labels_are_checked(us: Inbound) -> None:
    plan, shipment = shipped(us, PARCEL, PARTNERED)
    path = f"{V0}/shipments/{shipment['shipmentConfirmationId']}/labels"
    usual = {"PageType": "PackageLabel_Letter_6", "LabelType": "BARCODE_2D"}
    for name, value, message in (
        ("PageType", "PackageLabel_A4_4", "not supported"),
        ("PageType", "PackageLabel_Thermal_NonPCP", "not supported"),
        ("PageType", "PackageLabel_Letter_7", "Invalid value"),
        ("LabelType", "PALLET", "LTL and FTL"),
        ("PackageLabelsToPrint", "FBA0U000001", "do not match"),
        ("PageSize", "1001", "from 1 to 1000"),
        ("NumberOfPackages", "0", "from 1"),
    ):
        assert message in us.refused("GET", path, **{**usual, name: value})
    assert "One or more required" in us.refused("GET", path, LabelType="UNIQUE")
    assert us.call("GET", f"{V0}/shipments/FBA19NOBODYS/labels", **usual).status_code == 404
    assert "partnered LTL" in us.refused("GET", path.replace("labels", "billOfLading"))
    assert us.get(f"{plan}/shipments/{shipment['shipmentId']}")["status"] == "WORKING"
    url = us.get(path, **usual)["payload"]["DownloadURL"]
    http = us.api.http
    assert http.get(url).headers["content-type"] == "application/pdf"
    assert http.get(url[:-1] + ("0" if url[-1] != "0" else "1")).status_code == 403
    us.api.later(HOUR)
    assert http.get(url).status_code == 403


def test_own_freight_needs_pages_and_a_freight_bill(us: Inbound) -> None:
    freight = {"pallets": PALLETS, "contactInformation": CONTACT, "freightInformation": FREIGHT}
    plan, shipment = shipped(us, LTL, OWN, **freight)
    path = f"{V0}/shipments/{shipment['shipmentConfirmationId']}/labels"
    usual = {"PageType": "PackageLabel_Thermal", "LabelType": "UNIQUE"}
    assert "PageSize" in us.refused("GET", path, **usual)
    us.labels(shipment, PageSize=10, PageStartIndex=0)
    assert "NumberOfPallets" in us.refused("GET", path, **{**usual, "LabelType": "PALLET"})
    assert us.get(f"{plan}/shipments/{shipment['shipmentId']}/pallets")["pallets"][0]["quantity"] == 2
    tracking = f"{plan}/shipments/{shipment['shipmentId']}/trackingDetails"
    parcels = {"spdTrackingDetail": {"spdTrackingItems": [{"boxId": "x", "trackingId": "y"}]}}
    assert "requires ltlTrackingDetail" in us.refused("PUT", tracking, {"trackingDetails": parcels})
    bills = {"ltlTrackingDetail": {"freightBillNumber": ["1", "2"]}}
    assert "1 to 1 elements" in us.refused("PUT", tracking, {"trackingDetails": bills})
    bill = {"ltlTrackingDetail": {"freightBillNumber": ["PRO123456"], "billOfLadingNumber": "BOL1"}}
    us.done("PUT", tracking, {"trackingDetails": bill})
    shown = us.get(f"{plan}/shipments/{shipment['shipmentId']}")["trackingDetails"]
    assert shown == {"ltlTrackingDetail": {"freightBillNumber": ["PRO123456"], "billOfLadingNumber": "BOL1"}}


def test_tracking_is_of_known_boxes_of_an_own_carrier(us: Inbound) -> None:
    plan, shipment = shipped(us, PARCEL, OWN)
    path = f"{plan}/shipments/{shipment['shipmentId']}/trackingDetails"
    item = {"boxId": "FBA0U000001", "trackingId": "1Z1"}
    body = {"trackingDetails": {"spdTrackingDetail": {"spdTrackingItems": [item]}}}
    assert "does not belong" in us.refused("PUT", path, body)
    assert "Exactly one of" in us.refused("PUT", path, {"trackingDetails": {}})
    plan, shipment = shipped(us, PARCEL, PARTNERED)
    path = f"{plan}/shipments/{shipment['shipmentId']}/trackingDetails"
    assert "partnered carrier" in us.refused("PUT", path, body)


def test_contents_are_updated_before_the_shipment_leaves(us: Inbound) -> None:
    """A preview shows the price; an expired one is refused."""
    plan, shipment = shipped(us, PARCEL, PARTNERED)
    path = f"{plan}/shipments/{shipment['shipmentId']}"
    listing = us.listings("standard")[0]
    boxes = us.get(f"{path}/boxes")["boxes"]
    kept = [us.box([us.item(listing, 10)], packageId=box["packageId"]) for box in boxes[:3]]
    body = {"items": [us.item(listing, 33)], "boxes": [*kept, us.box([us.item(listing, 3)])]}
    foreign = {**body, "boxes": [*kept, us.box([us.item(listing, 3)], packageId="pk" + "0" * 36)]}
    assert "does not belong" in us.refused("POST", f"{path}/contentUpdatePreviews", foreign)
    wrong = {**body, "items": [us.item(listing, 34)]}
    assert "did not contain" in us.refused("POST", f"{path}/contentUpdatePreviews", wrong)
    for waits in (25 * HOUR, 0):
        us.done("POST", f"{path}/contentUpdatePreviews", body)
        preview = us.get(f"{path}/contentUpdatePreviews")["contentUpdatePreviews"][-1]
        confirmation = f"{path}/contentUpdatePreviews/{preview['contentUpdatePreviewId']}"
        assert us.get(confirmation) == preview
        us.api.later(waits)
        if waits:
            assert "has expired" in us.refused("POST", f"{confirmation}/confirmation")
    us.done("POST", f"{confirmation}/confirmation")
    assert us.get(f"{path}/items")["items"][0]["quantity"] == 33
    after = us.get(f"{path}/boxes")["boxes"]
    assert [box["packageId"] for box in after[:3]] == [box["packageId"] for box in boxes[:3]]
    assert [box["boxId"][-2:] for box in after] == ["01", "02", "03", "04"]
    us.labels(shipment)
    us.api.later(6 * DAY)
    assert "is SHIPPED" in us.refused("POST", f"{path}/contentUpdatePreviews", body)


def test_appointments_are_made_in_some_countries_only(na: Api) -> None:
    """Not in the US; in Mexico they are scheduled, moved with a reason, and cancelled."""
    us, mexico = Inbound(na), Inbound(na, "A1AM78C64UM0Y8")
    for inbound in (us, mexico):
        plan = inbound.plan(inbound.item(inbound.listings()[0], 10))
        placement = inbound.place(plan)[0]
        inbound.confirm_placement(plan, placement)
        path = f"{plan}/shipments/{placement['shipmentIds'][0]}"
        if inbound is us:
            assert "not available" in us.refused("POST", f"{path}/selfShipAppointmentSlots", {})
            continue
        answer = mexico.call("POST", f"{path}/selfShipAppointmentSlots", {})
        assert answer.status_code == 201, answer.text
        assert mexico.ended(answer.json())["operationStatus"] == "SUCCESS"
        shown = mexico.get(f"{path}/selfShipAppointmentSlots", pageSize=100)
        slots = shown["selfShipAppointmentSlotsAvailability"]["slots"]
        assert len(slots) > 12
        schedule = f"{path}/selfShipAppointmentSlots/{slots[3]['slotId']}/schedule"
        made = mexico.call("POST", schedule, {}).json()["selfShipAppointmentDetails"]
        assert made["appointmentSlotTime"] == slots[3]["slotTime"]
        assert "reasonComment is required" in mexico.refused("POST", schedule, {})
        mexico.done("PUT", f"{path}/selfShipAppointmentCancellation", {"reasonComment": "VEHICLE_DELAY"})
        assert "selfShipAppointmentDetails" not in mexico.get(path)
        mexico.api.later(HOUR)
        assert "have expired" in mexico.refused("POST", schedule, {})


def test_indias_rules_apply_in_india_only(us: Inbound) -> None:
    listing = us.listings()[0]
    body = {"msku": listing.sku, "taxDetails": {"hsnCode": "8211"}}
    assert "IN marketplace" in us.refused("PUT", "/items/compliance", body, marketplaceId=US)
    details = us.get("/items/compliance", marketplaceId=US, mskus=[listing.sku])["complianceDetails"]
    assert details == [{"msku": listing.sku, "asin": listing.asin, "fnsku": listing.fnsku}]
    plan, shipment = shipped(us, PARCEL, PARTNERED)
    path = f"{plan}/shipments/{shipment['shipmentId']}/deliveryChallanDocument"
    assert "IN marketplace" in us.refused("GET", path)


def test_indias_rules_where_they_apply(us: Inbound, monkeypatch: pytest.MonkeyPatch) -> None:
    """No simulated account sells in India, so this one's marketplace takes its place."""
    monkeypatch.setattr(compliance, "COUNTRIES", ("US",))
    listing = us.listings()[0]
    taxes = {"hsnCode": "8211", "taxRates": [{"gstRate": 12, "taxType": "IGST"}]}
    answer = us.call("PUT", "/items/compliance", {"msku": listing.sku, "taxDetails": taxes}, marketplaceId=US)
    assert us.ended(answer.json())["operationStatus"] == "SUCCESS"
    details = us.get("/items/compliance", marketplaceId=US, mskus=[listing.sku])["complianceDetails"]
    assert details[0]["taxDetails"] == taxes
    plan, shipment = shipped(us, PARCEL, PARTNERED)
    challan = us.get(f"{plan}/shipments/{shipment['shipmentId']}/deliveryChallanDocument")
    content = us.api.http.get(challan["documentDownload"]["uri"]).content
    assert b"DELIVERY CHALLAN" in content


def test_pages_have_their_maximum(us: Inbound) -> None:
    plan = us.plan(us.item(us.listings()[0], 1))
    for path, most in (
        ("/packingOptions", 20),
        ("/placementOptions", 20),
        ("/transportationOptions", 20),
        ("/items", 1000),
        ("/boxes", 1000),
        ("/pallets", 1000),
    ):
        us.get(plan + path, pageSize=most)
        assert "pageSize" in us.refused("GET", plan + path, pageSize=most + 1)
        assert "paginationToken" in us.refused("GET", plan + path, paginationToken="x")


def test_the_generated_history_is_read_and_not_changed(us: Inbound) -> None:
    """Its plans have options, boxes and labels; no call changes them."""
    (listed,) = us.get("/inboundPlans", pageSize=1)["inboundPlans"]
    plan = f"/inboundPlans/{listed['inboundPlanId']}"
    details = us.get(plan)
    shipment = us.get(f"{plan}/shipments/{details['shipments'][0]['shipmentId']}")
    for name in ("packingOptions", "placementOptions", "transportationOptions", "items", "boxes"):
        assert us.get(f"{plan}/{name}")[name]
    assert us.labels(shipment).startswith(b"%PDF")
    for path, body in (("cancellation", None), ("name", {"name": "x"})):
        assert "not created through this API" in us.refused("PUT", f"{plan}/{path}", body)
    assert us.get(plan) == details


def test_pages_of_items_join_without_gap(us: Inbound) -> None:
    listings = us.listings()[:13]
    plan = us.plan(*(us.item(each, 1) for each in listings))
    first = us.get(f"{plan}/items")
    second = us.get(f"{plan}/items", paginationToken=first["pagination"]["nextToken"])
    mskus = [each["msku"] for page in (first, second) for each in page["items"]]
    assert mskus == [each.sku for each in listings]
    assert "pagination" not in second


def test_item_labels_have_an_fnsku(us: Inbound) -> None:
    listing = us.listings()[0]
    body = {
        "marketplaceId": US,
        "labelType": "STANDARD_FORMAT",
        "pageType": "Letter_30",
        "mskuQuantities": [{"msku": listing.sku, "quantity": 31}],
    }
    answer = us.call("POST", "/items/labels", body)
    (document,) = answer.json()["documentDownloads"]
    content = us.api.http.get(document["uri"]).content
    assert content.count(b"/Type /Page ") == 2
    assert content.count(listing.fnsku.encode()) == 31
    assert "pageType is required" in us.refused(
        "POST", "/items/labels", {key: value for key, value in body.items() if key != "pageType"}
    )
    assert "height and width" in us.refused(
        "POST", "/items/labels", {**body, "labelType": "THERMAL_PRINTING"}
    )
