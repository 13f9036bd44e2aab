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


def test_a_shipment_goes_from_its_labels_to_its_close(us: Inbound) -> None:
    """Both versions of the API and the lists of plans agree at every moment."""
    listing = us.listings("standard")[0]
    plan = us.plan(us.item(listing, 40))
    us.pack(plan)
    placement = us.place(plan)[0]
    options = us.offer(plan, placement)
    us.confirm_placement(plan, placement)
    (shipment,) = us.confirm_carriers(plan, options, PARCEL, PARTNERED)
    confirmation_id = shipment["shipmentConfirmationId"]
    us.labels(shipment)
    states, plans, counts, updates = [], [], [], []
    for _ in range(4 * 24):
        current = us.get(f"{plan}/shipments/{shipment['shipmentId']}")
        query = {"QueryType": "SHIPMENT", "MarketplaceId": us.marketplace_id}
        (old,) = us.get(f"{V0}/shipments", **query, ShipmentIdList=confirmation_id)["payload"]["ShipmentData"]
        assert old["ShipmentStatus"] == current["status"]
        assert old["DestinationFulfillmentCenterId"] == current["destination"]["warehouseId"]
        (item,) = us.get(f"{V0}/shipments/{confirmation_id}/items")["payload"]["ItemData"]
        assert item["QuantityShipped"] == 40
        details = us.get(plan)
        states.append(current["status"])
        plans.append(details["status"])
        counts.append(item["QuantityReceived"])
        updates.append(details["lastUpdatedAt"])
        us.api.later(6 * 3600)
    assert list(dict.fromkeys(states)) == [
        "READY_TO_SHIP", "SHIPPED", "IN_TRANSIT", "DELIVERED", "CHECKED_IN", "RECEIVING", "CLOSED",
    ]  # fmt: skip
    assert list(dict.fromkeys(plans)) == ["ACTIVE", "SHIPPED"]
    assert updates == sorted(updates)
    assert counts == sorted(counts)
    assert counts[states.index("RECEIVING") - 1] == 0
    assert 37 <= counts[-1] <= 40


def test_a_shipment_without_labels_stays(us: Inbound) -> None:
    """Nobody can ship boxes without labels."""
    plan = us.plan(us.item(us.listings("standard")[0], 40))
    us.pack(plan)
    placement = us.place(plan)[0]
    options = us.offer(plan, placement)
    us.confirm_placement(plan, placement)
    (shipment,) = us.confirm_carriers(plan, options, PARCEL, PARTNERED)
    us.api.later(30 * 86_400)
    assert us.get(f"{plan}/shipments/{shipment['shipmentId']}")["status"] == "WORKING"


def test_hazardous_items_travel_apart(us: Inbound) -> None:
    """In a packing group and a shipment of their own, also when they are packed later."""
    hazardous, ordinary = us.listings("hazmat")[0], us.listings("standard")[0]
    plan = us.plan(us.item(hazardous, 8), us.item(ordinary, 8))
    us.done("POST", f"{plan}/packingOptions")
    (option,) = us.get(f"{plan}/packingOptions")["packingOptions"]
    assert len(option["packingGroups"]) == 2
    for placement in us.place(plan):
        for shipment in placement["shipmentIds"]:
            items = us.get(f"{plan}/shipments/{shipment}/items")["items"]
            assert len({item["msku"] for item in items}) == 1


def test_mixed_boxes_cost_more_and_weigh_less(us: Inbound) -> None:
    """The second packing option: one group, a fee, lighter boxes, no partnered freight."""
    plan = us.plan(us.item(us.listings("bulky")[0], 8), us.item(us.listings("standard")[0], 8))
    us.done("POST", f"{plan}/packingOptions")
    apart, mixed = us.get(f"{plan}/packingOptions")["packingOptions"]
    assert (len(apart["packingGroups"]), len(mixed["packingGroups"])) == (2, 1)
    assert (apart["fees"], mixed["fees"][0]["type"]) == ([], "FEE")
    weights = [
        each["supportedConfigurations"][0]["boxRequirements"]["weight"]["maximum"] for each in (apart, mixed)
    ]
    assert weights == [50.0, 33.0]
    modes = {
        each["solution"]: each["modes"]
        for each in mixed["supportedConfigurations"][0]["shippingRequirements"]
    }
    assert modes[PARTNERED] == [PARCEL]


def test_a_created_plan_is_listed_among_the_others(us: Inbound) -> None:
    """Once, in its place, whatever the order; and only with its status."""
    us.plan(us.item(us.listings()[0], 1), name="Among others")
    for order in ("ASC", "DESC"):
        for by in ("CREATION_TIME", "LAST_UPDATED_TIME"):
            field = "createdAt" if by == "CREATION_TIME" else "lastUpdatedAt"
            page = us.get("/inboundPlans", status="ACTIVE", sortBy=by, sortOrder=order, pageSize=30)
            plans = page["inboundPlans"]
            while "pagination" in page:
                token = page["pagination"]["nextToken"]
                page = us.get(
                    "/inboundPlans",
                    status="ACTIVE",
                    sortBy=by,
                    sortOrder=order,
                    pageSize=30,
                    paginationToken=token,
                )
                plans += page["inboundPlans"]
            times = [each[field] for each in plans]
            assert times == sorted(times, reverse=order == "DESC")
            assert [each["name"] for each in plans].count("Among others") == 1
