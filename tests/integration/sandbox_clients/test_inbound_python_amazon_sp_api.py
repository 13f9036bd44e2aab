"""python-amazon-sp-api walks the inbound workflow: a client per version, as it needs."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from integration.sandbox_clients import inbound_requests as requests
from integration.sandbox_clients.inbound_requests import LTL, OWN, PARCEL, PARTNERED, US
from integration.sandbox_clients.test_operations_python_amazon_sp_api import client_of
from sp_api.api import FulfillmentInboundV0, FulfillmentInboundV20240320
from sp_api.base.exceptions import SellingApiBadRequestException
from support.sandbox import SandboxServer

READ = {"PageType": "PackageLabel_Thermal", "LabelType": "BARCODE_2D"}


class Walk:
    """One plan, from its creation to its documents."""

    def __init__(self, sandbox: SandboxServer) -> None:
        self.api = client_of(sandbox, FulfillmentInboundV20240320)
        self.old = client_of(sandbox, FulfillmentInboundV0)
        self.plan_id = ""

    def wait(self, started: Any) -> None:
        """Until the operation has ended, which must be with SUCCESS."""
        operation = self.api.get_inbound_operation_status(started.payload["operationId"]).payload
        assert operation["operationStatus"] == "SUCCESS", operation

    def create(self, name: str) -> list[dict[str, Any]]:
        """A plan of two SKUs that have a prep classification; its items."""
        newest = self.api.list_inbound_plans(pageSize=30).payload["inboundPlans"]
        mskus = {
            item["msku"]
            for plan in newest
            if plan["marketplaceIds"] == [US]
            for item in self.api.list_inbound_plan_items(plan["inboundPlanId"]).payload["items"]
        }
        asked = {"marketplaceId": US, "mskus": sorted(mskus)[:20]}
        details = self.api.list_prep_details(**asked).payload["mskuPrepDetails"]
        known = [one for one in details if one["prepCategory"] != "UNKNOWN"][:2]
        items = [
            {
                "msku": one["msku"],
                "quantity": 12,
                "expiration": "2028-06-30",
                **requests.accepted_owners(one),
            }
            for one in known
        ]
        created = self.api.create_inbound_plan(**requests.plan(items, name))
        self.plan_id = created.payload["inboundPlanId"]
        self.wait(created)
        return items

    def pack(self, items: list[dict[str, Any]]) -> None:
        """Pack now."""
        by_msku = {item["msku"]: item for item in items}
        self.wait(self.api.generate_packing_options(self.plan_id))
        option = self.api.list_packing_options(self.plan_id).payload["packingOptions"][0]
        self.wait(self.api.confirm_packing_option(self.plan_id, option["packingOptionId"]))
        groupings = []
        for group in option["packingGroups"]:
            found = self.api.list_packing_group_items(self.plan_id, group).payload["items"]
            groupings.append(requests.grouping([by_msku[one["msku"]] for one in found], packingGroupId=group))
        self.wait(self.api.set_packing_information(self.plan_id, packageGroupings=groupings))

    def place(self) -> dict[str, Any]:
        """The first placement option; the library sends a body only because it adds marketplaces to it."""
        self.wait(self.api.generate_placement_options(self.plan_id, customPlacement=[]))
        options = self.api.list_placement_options(self.plan_id).payload["placementOptions"]
        return dict(options[0])

    def confirm_placement(self, placement: dict[str, Any]) -> None:
        """For ever."""
        self.wait(self.api.confirm_placement_option(self.plan_id, placement["placementOptionId"]))

    def offer(self, placement: dict[str, Any], *, is_freight: bool) -> list[dict[str, Any]]:
        """Transportation options of a placement option."""
        body = requests.transportation(
            placement["placementOptionId"], placement["shipmentIds"], is_freight=is_freight
        )
        self.wait(self.api.generate_transportation_options(self.plan_id, **body))
        found = self.api.list_transportation_options(
            self.plan_id, placementOptionId=placement["placementOptionId"], pageSize=20
        )
        return list(found.payload["transportationOptions"])

    def choose_windows(self, placement: dict[str, Any]) -> None:
        """A delivery window for every shipment."""
        for shipment in placement["shipmentIds"]:
            self.wait(self.api.generate_delivery_window_options(self.plan_id, shipment))
            listed = self.api.list_delivery_window_options(self.plan_id, shipment, pageSize=100)
            window = next(
                one["deliveryWindowOptionId"]
                for one in listed.payload["deliveryWindowOptions"]
                if one["availabilityType"] == "AVAILABLE"
            )
            self.wait(self.api.confirm_delivery_window_options(self.plan_id, shipment, window))

    def confirm_carriers(
        self, options: list[dict[str, Any]], mode: str, solution: str
    ) -> list[dict[str, Any]]:
        """The first option of a mode and solution for every shipment."""
        chosen = {
            one["shipmentId"]: one["transportationOptionId"]
            for one in options[::-1]
            if (one["shippingMode"], one["shippingSolution"]) == (mode, solution)
        }
        selections = [{"shipmentId": key, "transportationOptionId": value} for key, value in chosen.items()]
        self.wait(self.api.confirm_transportation_options(self.plan_id, transportationSelections=selections))
        return [self.api.get_shipment(self.plan_id, each).payload for each in chosen]


@pytest.fixture
def walk(sandbox: SandboxServer) -> Walk:
    requests.without_waiting(sandbox)
    return Walk(sandbox)


def test_parcels_packed_later_with_amazons_carrier(walk: Walk) -> None:
    """Boxes after the placement; labels that carry the carrier's; the plan is SHIPPED in time."""
    items = {item["msku"]: item for item in walk.create("Parcels later")}
    placement = walk.place()
    walk.confirm_placement(placement)
    groupings = []
    for shipment in placement["shipmentIds"]:
        lines = walk.api.list_shipment_items(walk.plan_id, shipment).payload["items"]
        found = [{**items[one["msku"]], "quantity": one["quantity"]} for one in lines]
        groupings.append(requests.grouping(found, shipmentId=shipment))
    walk.wait(walk.api.set_packing_information(walk.plan_id, packageGroupings=groupings))
    options = walk.offer(placement, is_freight=False)
    for shipment in walk.confirm_carriers(options, PARCEL, PARTNERED):
        confirmation_id = shipment["shipmentConfirmationId"]
        url = walk.old.get_labels(confirmation_id, **READ).payload["DownloadURL"]
        assert httpx.get(url).content.startswith(b"%PDF")
        query = {"QueryType": "SHIPMENT", "ShipmentIdList": confirmation_id, "MarketplaceId": US}
        (old,) = walk.old.get_shipments(**query).payload["ShipmentData"]
        assert old["ShipmentStatus"] == "READY_TO_SHIP"
        received = walk.old.shipment_items_by_shipment(confirmation_id).payload["ItemData"]
        assert {one["QuantityReceived"] for one in received} == {0}


def test_freight_packed_now_with_an_own_carrier(walk: Walk) -> None:
    """Pallets and windows; labels in pages; a freight bill, with all the ids that the library adds to it."""
    items = walk.create("Freight now")
    walk.pack(items)
    placement = walk.place()
    walk.offer(placement, is_freight=True)
    walk.confirm_placement(placement)
    walk.choose_windows(placement)
    shipment, *_ = walk.confirm_carriers(walk.offer(placement, is_freight=True), LTL, OWN)
    confirmation_id = shipment["shipmentConfirmationId"]
    with pytest.raises(SellingApiBadRequestException, match="PageSize"):
        walk.old.get_labels(confirmation_id, **READ)
    labels = walk.old.get_labels(confirmation_id, **READ, PageSize=100, PageStartIndex=0)
    assert httpx.get(labels.payload["DownloadURL"]).content.startswith(b"%PDF")
    bill = {"ltlTrackingDetail": {"freightBillNumber": ["PRO123456"]}}
    walk.wait(
        walk.api.update_shipment_tracking_details(walk.plan_id, shipment["shipmentId"], trackingDetails=bill)
    )
    shown = walk.api.get_shipment(walk.plan_id, shipment["shipmentId"]).payload["trackingDetails"]
    assert shown == bill
    walk.api.update_inbound_plan_name(walk.plan_id, name="Renamed")
    assert walk.api.get_inbound_plan(walk.plan_id).payload["name"] == "Renamed"
    walk.wait(walk.api.cancel_inbound_plan(walk.plan_id))
    assert walk.api.get_inbound_plan(walk.plan_id).payload["status"] == "VOIDED"
