"""The operations of Fulfillment Inbound 2024-03-20 and of what remains of v0, and their paths."""

from __future__ import annotations

from starlette.routing import BaseRoute, Route

from amazon_sandbox.inbound import (
    compliance,
    content_updates,
    data,
    delivery_windows,
    documents,
    downloads,
    item_labels,
    labels,
    packing,
    placement,
    plan_creation,
    plan_lists,
    plan_operations,
    prep,
    prep_instructions,
    self_ship,
    tracking,
    transportation,
    v0_shipments,
)
from amazon_sandbox.inbound.subjects import find_subject
from amazon_sandbox.sp_api.operations import Handler, endpoint


def _route(method: str, path: str, name: str, handler: Handler) -> Route:
    return Route(path, endpoint(name, handler, find_subject), methods=[method])


_PLAN = f"{data.PLANS_PATH}/{{plan_id}}"
_PACKING = f"{_PLAN}/packingOptions"
_GROUP = f"{_PLAN}/packingGroups/{{group_id}}"
_PLACEMENT = f"{_PLAN}/placementOptions"
_TRANSPORTATION = f"{_PLAN}/transportationOptions"
_SHIPMENT = f"{_PLAN}/shipments/{{shipment_id}}"
_WINDOWS = f"{_SHIPMENT}/deliveryWindowOptions"
_ITEMS, _OPERATIONS = f"{data.BASE_PATH}/items", f"{data.BASE_PATH}/operations"
_V0 = f"{data.V0_PATH}/shipments"

_PLANS: tuple[tuple[str, str, str, Handler], ...] = (
    ("GET", data.PLANS_PATH, "listInboundPlans", plan_lists.list_inbound_plans),
    ("POST", data.PLANS_PATH, "createInboundPlan", plan_creation.create_inbound_plan),
    ("GET", _PLAN, "getInboundPlan", plan_operations.get_inbound_plan),
    ("GET", f"{_PLAN}/items", "listInboundPlanItems", plan_operations.list_inbound_plan_items),
    ("GET", f"{_PLAN}/boxes", "listInboundPlanBoxes", plan_operations.list_inbound_plan_boxes),
    ("GET", f"{_PLAN}/pallets", "listInboundPlanPallets", plan_operations.list_inbound_plan_pallets),
    ("PUT", f"{_PLAN}/name", "updateInboundPlanName", plan_operations.update_inbound_plan_name),
    ("PUT", f"{_PLAN}/cancellation", "cancelInboundPlan", plan_operations.cancel_inbound_plan),
    ("GET", _PACKING, "listPackingOptions", packing.list_packing_options),
    ("POST", _PACKING, "generatePackingOptions", packing.generate_packing_options),
    (
        "POST",
        f"{_PACKING}/{{option_id}}/confirmation",
        "confirmPackingOption",
        packing.confirm_packing_option,
    ),
    ("GET", f"{_GROUP}/items", "listPackingGroupItems", packing.list_packing_group_items),
    ("GET", f"{_GROUP}/boxes", "listPackingGroupBoxes", packing.list_packing_group_boxes),
    ("POST", f"{_PLAN}/packingInformation", "setPackingInformation", packing.set_packing_information),
    ("GET", _PLACEMENT, "listPlacementOptions", placement.list_placement_options),
    ("POST", _PLACEMENT, "generatePlacementOptions", placement.generate_placement_options),
    (
        "POST",
        f"{_PLACEMENT}/{{option_id}}/confirmation",
        "confirmPlacementOption",
        placement.confirm_placement_option,
    ),
    ("GET", _TRANSPORTATION, "listTransportationOptions", transportation.list_transportation_options),
    (
        "POST",
        _TRANSPORTATION,
        "generateTransportationOptions",
        transportation.generate_transportation_options,
    ),
    (
        "POST",
        f"{_TRANSPORTATION}/confirmation",
        "confirmTransportationOptions",
        transportation.confirm_transportation_options,
    ),
)
_SHIPMENTS: tuple[tuple[str, str, str, Handler], ...] = (
    ("GET", _SHIPMENT, "getShipment", plan_operations.get_shipment),
    ("GET", f"{_SHIPMENT}/items", "listShipmentItems", plan_operations.list_shipment_items),
    ("GET", f"{_SHIPMENT}/boxes", "listShipmentBoxes", plan_operations.list_shipment_boxes),
    ("GET", f"{_SHIPMENT}/pallets", "listShipmentPallets", plan_operations.list_shipment_pallets),
    ("PUT", f"{_SHIPMENT}/name", "updateShipmentName", plan_operations.update_shipment_name),
    (
        "PUT",
        f"{_SHIPMENT}/sourceAddress",
        "updateShipmentSourceAddress",
        plan_operations.update_shipment_source_address,
    ),
    (
        "PUT",
        f"{_SHIPMENT}/trackingDetails",
        "updateShipmentTrackingDetails",
        tracking.update_shipment_tracking_details,
    ),
    ("GET", _WINDOWS, "listDeliveryWindowOptions", delivery_windows.list_delivery_window_options),
    ("POST", _WINDOWS, "generateDeliveryWindowOptions", delivery_windows.generate_delivery_window_options),
    (
        "POST",
        f"{_WINDOWS}/{{window_id}}/confirmation",
        "confirmDeliveryWindowOptions",
        delivery_windows.confirm_delivery_window_options,
    ),
)
_PREVIEWS = f"{_SHIPMENT}/contentUpdatePreviews"
_SLOTS = f"{_SHIPMENT}/selfShipAppointmentSlots"
_LATER: tuple[tuple[str, str, str, Handler], ...] = (
    (
        "GET",
        _PREVIEWS,
        "listShipmentContentUpdatePreviews",
        content_updates.list_shipment_content_update_previews,
    ),
    (
        "POST",
        _PREVIEWS,
        "generateShipmentContentUpdatePreviews",
        content_updates.generate_shipment_content_update_previews,
    ),
    (
        "GET",
        f"{_PREVIEWS}/{{preview_id}}",
        "getShipmentContentUpdatePreview",
        content_updates.get_shipment_content_update_preview,
    ),
    (
        "POST",
        f"{_PREVIEWS}/{{preview_id}}/confirmation",
        "confirmShipmentContentUpdatePreview",
        content_updates.confirm_shipment_content_update_preview,
    ),
    ("GET", _SLOTS, "getSelfShipAppointmentSlots", self_ship.get_self_ship_appointment_slots),
    ("POST", _SLOTS, "generateSelfShipAppointmentSlots", self_ship.generate_self_ship_appointment_slots),
    (
        "POST",
        f"{_SLOTS}/{{slot_id}}/schedule",
        "scheduleSelfShipAppointment",
        self_ship.schedule_self_ship_appointment,
    ),
    (
        "PUT",
        f"{_SHIPMENT}/selfShipAppointmentCancellation",
        "cancelSelfShipAppointment",
        self_ship.cancel_self_ship_appointment,
    ),
    (
        "GET",
        f"{_SHIPMENT}/deliveryChallanDocument",
        "getDeliveryChallanDocument",
        compliance.get_delivery_challan_document,
    ),
)
_OTHERS: tuple[tuple[str, str, str, Handler], ...] = (
    ("GET", f"{_ITEMS}/compliance", "listItemComplianceDetails", compliance.list_item_compliance_details),
    ("PUT", f"{_ITEMS}/compliance", "updateItemComplianceDetails", compliance.update_item_compliance_details),
    ("GET", f"{_ITEMS}/prepDetails", "listPrepDetails", prep.list_prep_details),
    ("POST", f"{_ITEMS}/prepDetails", "setPrepDetails", prep.set_prep_details),
    (
        "POST",
        f"{_ITEMS}/labels",
        "createMarketplaceItemLabels",
        item_labels.create_marketplace_item_labels,
    ),
    (
        "GET",
        f"{_OPERATIONS}/{{operation_id}}",
        "getInboundOperationStatus",
        plan_operations.get_inbound_operation_status,
    ),
)
_OLD: tuple[tuple[str, str, str, Handler], ...] = (
    ("GET", _V0, "getShipments", v0_shipments.get_shipments),
    ("GET", f"{data.V0_PATH}/shipmentItems", "getShipmentItems", v0_shipments.get_shipment_items),
    (
        "GET",
        f"{_V0}/{{shipment_id}}/items",
        "getShipmentItemsByShipmentId",
        v0_shipments.get_shipment_items_by_shipment_id,
    ),
    (
        "GET",
        f"{data.V0_PATH}/prepInstructions",
        "getPrepInstructions",
        prep_instructions.get_prep_instructions,
    ),
    ("GET", f"{_V0}/{{shipment_id}}/labels", "getLabels", labels.get_labels),
    ("GET", f"{_V0}/{{shipment_id}}/billOfLading", "getBillOfLading", labels.get_bill_of_lading),
)

routes: list[BaseRoute] = [
    *(_route(*each) for each in (*_PLANS, *_SHIPMENTS, *_LATER, *_OTHERS, *_OLD)),
    Route(f"{documents.PREFIX}{{document_id}}", downloads.download, methods=["GET"]),
]
