"""The inbound workflow: packed now and later, parcels and freight, in the US and in Europe."""

from __future__ import annotations

import pytest
from support.inbound_api import CONTACT, DE, FREIGHT, PALLETS, V0, Inbound
from support.sandbox_app import Api

PARTNERED, OWN = "AMAZON_PARTNERED_CARRIER", "USE_YOUR_OWN_CARRIER"
PARCEL, LTL = "GROUND_SMALL_PARCEL", "FREIGHT_LTL"


@pytest.fixture
def us(na: Api) -> Inbound:
    return Inbound(na)


@pytest.fixture
def germany(eu: Api) -> Inbound:
    return Inbound(eu, DE)


def test_packed_now_by_partnered_parcel(us: Inbound) -> None:
    """Two packing groups, options that differ in price and shipments, labels, and units that arrive."""
    first, second = us.listings("standard")[:2]
    bulky = us.listings("bulky")[0]
    plan = us.plan(us.item(first, 40), us.item(second, 20), us.item(bulky, 12))
    us.pack(plan)
    placements = us.place(plan)
    assert [len(each["shipmentIds"]) for each in placements] == [1, 2, 4]
    fees = [sum(fee["value"]["amount"] for fee in each["fees"]) for each in placements]
    assert fees[0] > fees[1] > fees[2] == 0
    assert placements[2]["discounts"][0]["target"] == "Fulfillment Fee Discount"
    offers = {len(each["shipmentIds"]): us.offer(plan, each) for each in placements}
    shipments = [us.get(f"{plan}/shipments/{each}") for each in placements[2]["shipmentIds"]]
    warehouses = {each["destination"]["warehouseId"] for each in shipments}
    assert len(warehouses) == 3
    us.confirm_placement(plan, placements[1])
    shipments = us.confirm_carriers(plan, offers[2], PARCEL, PARTNERED)
    assert {each["status"] for each in shipments} == {"WORKING"}
    units: dict[str, int] = {}
    for shipment in shipments:
        assert us.labels(shipment).startswith(b"%PDF-1.4")
        ready = us.get(f"{plan}/shipments/{shipment['shipmentId']}")
        assert ready["status"] == "READY_TO_SHIP"
        boxes = us.get(f"{plan}/shipments/{shipment['shipmentId']}/boxes")["boxes"]
        assert boxes[0]["boxId"] == f"{shipment['shipmentConfirmationId']}U000001"
        for line in us.get(f"{plan}/shipments/{shipment['shipmentId']}/items")["items"]:
            units[line["msku"]] = units.get(line["msku"], 0) + line["quantity"]
    assert units == {first.sku: 40, second.sku: 20, bulky.sku: 12}


def test_packed_later_by_own_carrier(us: Inbound) -> None:
    """Boxes after the placement; delivery windows and tracking numbers of the client's carrier."""
    first, second = us.listings("standard")[:2]
    plan = us.plan(us.item(first, 30), us.item(second, 7))
    placements = us.place(plan)
    us.offer(plan, placements[0])
    us.confirm_placement(plan, placements[0])
    (shipment_id,) = placements[0]["shipmentIds"]
    path = f"{plan}/shipments/{shipment_id}"
    items = us.as_input(us.get(f"{path}/items")["items"])
    boxes = {"packageGroupings": [{"shipmentId": shipment_id, "boxes": [us.box(items)]}]}
    us.done("POST", f"{plan}/packingInformation", boxes)
    assert us.get(f"{plan}/transportationOptions") == {"transportationOptions": []}
    options = us.offer(plan, placements[0])
    us.done("POST", f"{path}/deliveryWindowOptions")
    windows = us.get(f"{path}/deliveryWindowOptions", pageSize=100)["deliveryWindowOptions"]
    window = next(each for each in windows if each["availabilityType"] == "AVAILABLE")
    us.done("POST", f"{path}/deliveryWindowOptions/{window['deliveryWindowOptionId']}/confirmation")
    (shipment,) = us.confirm_carriers(plan, options, PARCEL, OWN)
    assert shipment["selectedDeliveryWindow"]["startDate"] == window["startDate"]
    us.labels(shipment)
    box_id = f"{shipment['shipmentConfirmationId']}U000001"
    numbers = {"spdTrackingItems": [{"boxId": box_id, "trackingId": "1Z999AA10123456784"}]}
    us.done("PUT", f"{path}/trackingDetails", {"trackingDetails": {"spdTrackingDetail": numbers}})
    states = []
    for _ in range(2):
        (item,) = us.get(path)["trackingDetails"]["spdTrackingDetail"]["spdTrackingItems"]
        states.append(item["trackingNumberValidationStatus"])
        us.api.later(86_400)
    assert states == ["NOT_VALIDATED", "VALIDATED"]


def test_partnered_freight_in_germany(germany: Inbound) -> None:
    """Pallets, a contact and a freight class; a bill of lading and four labels per pallet."""
    listing = germany.listings("standard")[0]
    plan = germany.plan(germany.item(listing, 80))
    germany.pack(plan)
    placement = germany.place(plan)[0]
    assert placement["fees"] == []
    pallets = [{**PALLETS[0], "weight": {"value": 300, "unit": "KG"}}]
    freight = {**FREIGHT, "declaredValue": {"amount": 900, "code": "EUR"}}
    options = germany.offer(
        plan, placement, pallets=pallets, contactInformation=CONTACT, freightInformation=freight
    )
    costs = {
        (each["shippingMode"], each["shippingSolution"]): each["quote"]["cost"]["code"]
        for each in options
        if "quote" in each
    }
    assert costs[LTL, PARTNERED] == "EUR"
    germany.confirm_placement(plan, placement)
    (shipment,) = germany.confirm_carriers(plan, options, LTL, PARTNERED)
    assert shipment["amazonReferenceId"].startswith("LTL")
    content = germany.labels(shipment, LabelType="PALLET", NumberOfPallets=2)
    assert content.count(b"/Type /Page ") == 8
    lading = germany.get(f"{V0}/shipments/{shipment['shipmentConfirmationId']}/billOfLading")
    assert b"BILL OF LADING" in germany.api.http.get(lading["payload"]["DownloadURL"]).content
