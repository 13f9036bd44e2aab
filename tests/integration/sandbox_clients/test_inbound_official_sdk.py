"""The official Python SDK walks the inbound workflow: its models check every answer."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from integration.sandbox_clients import inbound_requests as requests
from integration.sandbox_clients.inbound_requests import LTL, OWN, PARCEL, PARTNERED, US
from integration.sandbox_clients.test_operations_official_sdk import client
from spapi import ApiException, SPAPIClient
from spapi.api.fulfillment_inbound_v0.fba_inbound_v0_api import FbaInboundV0Api
from spapi.api.fulfillment_inbound_v2024_03_20.fba_inbound_api import FbaInboundApi
from support.sandbox import SandboxServer

__all__ = ["client"]


class Walk:
    """One plan, from its creation to its documents."""

    def __init__(self, api: Any, old: Any) -> None:
        self.api = api
        self.old = old
        self.plan_id = ""

    def wait(self, started: Any) -> None:
        """Until the operation has ended, which must be with SUCCESS."""
        operation = self.api.get_inbound_operation_status(started.operation_id)
        assert operation.operation_status == "SUCCESS", operation

    def create(self, name: str) -> list[dict[str, Any]]:
        """A plan of three SKUs, one of them classified first; its items."""
        newest = self.api.list_inbound_plans(page_size=30).inbound_plans
        of_us = [plan.inbound_plan_id for plan in newest if plan.marketplace_ids == [US]]
        mskus = {item.msku for plan in of_us for item in self.api.list_inbound_plan_items(plan).items}
        details = self.api.list_prep_details(US, sorted(mskus)[:40]).msku_prep_details
        unknown = [one.msku for one in details if one.prep_category == "UNKNOWN"]
        if unknown:
            classified = [
                {"msku": msku, "prepCategory": "NONE", "prepTypes": ["ITEM_NO_PREP"]} for msku in unknown
            ]
            self.wait(self.api.set_prep_details({"marketplaceId": US, "mskuPrepDetails": classified}))
            details = self.api.list_prep_details(US, sorted(mskus)[:40]).msku_prep_details
        items = []
        for one in details[:3]:
            constraints = {
                "prepOwnerConstraint": one.prep_owner_constraint,
                "labelOwnerConstraint": one.label_owner_constraint,
            }
            owners = requests.accepted_owners({key: value for key, value in constraints.items() if value})
            items.append({"msku": one.msku, "quantity": 12, "expiration": "2028-06-30", **owners})
        created = self.api.create_inbound_plan(requests.plan(items, name))
        self.plan_id = created.inbound_plan_id
        self.wait(created)
        assert self.api.get_inbound_plan(self.plan_id).status == "ACTIVE"
        return items

    def pack(self, items: list[dict[str, Any]]) -> None:
        """Pack now."""
        by_msku = {item["msku"]: item for item in items}
        self.wait(self.api.generate_packing_options(self.plan_id))
        option = self.api.list_packing_options(self.plan_id).packing_options[0]
        groups = {
            group: [
                by_msku[one.msku]
                for one in self.api.list_packing_group_items(self.plan_id, group, page_size=100).items
            ]
            for group in option.packing_groups
        }
        self.wait(self.api.confirm_packing_option(self.plan_id, option.packing_option_id))
        groupings = [requests.grouping(found, packingGroupId=group) for group, found in groups.items()]
        self.wait(self.api.set_packing_information(self.plan_id, {"packageGroupings": groupings}))
        for group in option.packing_groups:
            assert self.api.list_packing_group_boxes(self.plan_id, group).boxes[0].quantity == 2

    def offer(self, placement: Any, *, is_freight: bool) -> list[Any]:
        """Transportation options of a placement option, all pages."""
        body = requests.transportation(
            placement.placement_option_id, placement.shipment_ids, is_freight=is_freight
        )
        self.wait(self.api.generate_transportation_options(self.plan_id, body))
        found: list[Any] = []
        query: dict[str, Any] = {"placement_option_id": placement.placement_option_id, "page_size": 3}
        while True:
            page = self.api.list_transportation_options(self.plan_id, **query)
            found += page.transportation_options
            if page.pagination is None:
                return found
            query["pagination_token"] = page.pagination.next_token

    def choose_windows(self, placement: Any) -> None:
        """A delivery window for every shipment."""
        for shipment in placement.shipment_ids:
            self.wait(self.api.generate_delivery_window_options(self.plan_id, shipment))
            windows = self.api.list_delivery_window_options(self.plan_id, shipment, page_size=100)
            window = next(
                one for one in windows.delivery_window_options if one.availability_type == "AVAILABLE"
            )
            self.wait(
                self.api.confirm_delivery_window_options(
                    self.plan_id, shipment, window.delivery_window_option_id
                )
            )

    def confirm_carriers(self, options: list[Any], mode: str, solution: str) -> list[Any]:
        """The first option of a mode and solution for every shipment."""
        chosen = {
            one.shipment_id: one.transportation_option_id
            for one in options[::-1]
            if (one.shipping_mode, one.shipping_solution) == (mode, solution)
        }
        selections = [{"shipmentId": key, "transportationOptionId": value} for key, value in chosen.items()]
        body = {"transportationSelections": selections}
        self.wait(self.api.confirm_transportation_options(self.plan_id, body))
        return [self.api.get_shipment(self.plan_id, each) for each in chosen]

    def labels(self, shipment: Any, **query: Any) -> bytes:
        """Box labels."""
        confirmation_id = shipment.shipment_confirmation_id
        answer = self.old.get_labels(confirmation_id, "PackageLabel_Thermal", "UNIQUE", **query)
        return httpx.get(answer.payload.download_url).raise_for_status().content


@pytest.fixture
def walk(client: SPAPIClient, sandbox: SandboxServer) -> Walk:
    requests.without_waiting(sandbox)
    return Walk(FbaInboundApi(client.api_client), FbaInboundV0Api(client.api_client))


def test_parcels_packed_now_with_an_own_carrier(walk: Walk) -> None:
    """Windows, labels of boxes and items, tracking, names, a content update, and what v0 says of it."""
    items = walk.create("Parcels now")
    walk.pack(items)
    walk.wait(walk.api.generate_placement_options(walk.plan_id, {}))
    placements = walk.api.list_placement_options(walk.plan_id).placement_options
    assert len({len(one.shipment_ids) for one in placements}) == len(placements) > 1
    for placement in placements:
        options = walk.offer(placement, is_freight=False)
        assert {one.shipment_id for one in options} == set(placement.shipment_ids)
    placement = placements[0]
    walk.wait(walk.api.confirm_placement_option(walk.plan_id, placement.placement_option_id))
    walk.choose_windows(placement)
    shipments = walk.confirm_carriers(walk.offer(placement, is_freight=False), PARCEL, OWN)
    shipment, path = shipments[0], (walk.plan_id, shipments[0].shipment_id)
    assert walk.labels(shipment).startswith(b"%PDF")
    confirmation_id = shipment.shipment_confirmation_id
    (shown,) = walk.old.get_shipments(
        "SHIPMENT", US, shipment_id_list=[confirmation_id]
    ).payload.shipment_data
    assert shown.shipment_status == walk.api.get_shipment(*path).status == "READY_TO_SHIP"
    boxes = walk.api.list_shipment_boxes(*path, page_size=1000).boxes
    numbers = [{"boxId": box.box_id, "trackingId": "1Z999AA10123456784"} for box in boxes]
    details = {"trackingDetails": {"spdTrackingDetail": {"spdTrackingItems": numbers}}}
    walk.wait(walk.api.update_shipment_tracking_details(*path, details))
    tracked = walk.api.get_shipment(*path).tracking_details.spd_tracking_detail.spd_tracking_items
    assert {one.tracking_number_validation_status for one in tracked} == {"NOT_VALIDATED"}
    walk.api.update_inbound_plan_name(walk.plan_id, {"name": "Renamed"})
    walk.api.update_shipment_name(*path, {"name": "First shipment"})
    assert walk.api.get_inbound_plan(walk.plan_id).name == "Renamed"
    mine = {item["msku"]: item for item in items}
    lines = [mine[one.msku] for one in walk.api.list_shipment_items(*path).items]
    body = {
        "items": lines,
        "boxes": [{**requests.grouping(lines, shipmentId=path[1])["boxes"][0], "quantity": requests.BOXES}],
    }
    walk.wait(walk.api.generate_shipment_content_update_previews(*path, body))
    (preview,) = walk.api.list_shipment_content_update_previews(*path).content_update_previews
    preview_id = preview.content_update_preview_id
    assert walk.api.get_shipment_content_update_preview(*path, preview_id).expiration
    walk.wait(walk.api.confirm_shipment_content_update_preview(*path, preview_id))
    quantities = [{"msku": lines[0]["msku"], "quantity": 3}]
    labels = {"marketplaceId": US, "labelType": "STANDARD_FORMAT", "pageType": "Letter_30"}
    made = walk.api.create_marketplace_item_labels({**labels, "mskuQuantities": quantities})
    assert httpx.get(made.document_downloads[0].uri).content.startswith(b"%PDF")
    received = walk.old.get_shipment_items_by_shipment_id(confirmation_id).payload.item_data
    assert {one.seller_sku for one in received} == {line["msku"] for line in lines}
    prep = walk.old.get_prep_instructions("US", seller_sku_list=[line["msku"] for line in lines])
    assert len(prep.payload.sku_prep_instructions_list) == len(lines)
    assert walk.api.list_item_compliance_details([lines[0]["msku"]], US).compliance_details


def test_freight_packed_later_with_amazons_carrier(walk: Walk) -> None:
    """Boxes after the placement, pallets, a bill of lading; then the plan is cancelled."""
    items = walk.create("Freight later")
    walk.wait(walk.api.generate_placement_options(walk.plan_id, {}))
    placement = walk.api.list_placement_options(walk.plan_id).placement_options[0]
    walk.wait(walk.api.confirm_placement_option(walk.plan_id, placement.placement_option_id))
    mine = {item["msku"]: item for item in items}
    groupings = []
    for shipment in placement.shipment_ids:
        lines = walk.api.list_shipment_items(walk.plan_id, shipment).items
        found = [{**mine[one.msku], "quantity": one.quantity} for one in lines]
        groupings.append(requests.grouping(found, shipmentId=shipment))
    walk.wait(walk.api.set_packing_information(walk.plan_id, {"packageGroupings": groupings}))
    options = walk.offer(placement, is_freight=True)
    shipments = walk.confirm_carriers(options, LTL, PARTNERED)
    assert all(one.amazon_reference_id for one in shipments)
    confirmation_id = shipments[0].shipment_confirmation_id
    pallets = walk.old.get_labels(
        confirmation_id, "PackageLabel_Letter_2", "PALLET", number_of_pallets=1
    ).payload.download_url
    lading = walk.old.get_bill_of_lading(confirmation_id).payload.download_url
    for url in (pallets, lading):
        assert httpx.get(url).content.startswith(b"%PDF")
    assert walk.api.list_shipment_pallets(walk.plan_id, shipments[0].shipment_id).pallets
    assert walk.api.list_inbound_plan_pallets(walk.plan_id).pallets
    assert len(walk.api.list_inbound_plan_boxes(walk.plan_id).boxes) >= 2
    walk.wait(walk.api.cancel_inbound_plan(walk.plan_id))
    assert walk.api.get_inbound_plan(walk.plan_id).status == "VOIDED"


def test_what_is_refused_is_an_exception(walk: Walk) -> None:
    walk.create("Refused")
    with pytest.raises(ApiException) as refused:
        walk.api.confirm_placement_option(walk.plan_id, "pl" + "0" * 36)
    assert refused.value.status == 404
    with pytest.raises(ApiException) as refused:
        walk.api.set_packing_information(
            walk.plan_id, {"packageGroupings": [requests.grouping([], packingGroupId="pg" + "0" * 36)]}
        )
    assert refused.value.status == 400
