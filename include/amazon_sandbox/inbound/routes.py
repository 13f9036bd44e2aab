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


def _route(method: str, path: str, handler: Handler) -> Route:
    """The operation has the handler's name, in Amazon's spelling."""
    first, *others = handler.__name__.split("_")
    name = first + "".join(word.title() for word in others)
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
_PREVIEWS = f"{_SHIPMENT}/contentUpdatePreviews"
_SLOTS = f"{_SHIPMENT}/selfShipAppointmentSlots"

routes: list[BaseRoute] = [
    _route("GET", data.PLANS_PATH, plan_lists.list_inbound_plans),
    _route("POST", data.PLANS_PATH, plan_creation.create_inbound_plan),
    _route("GET", _PLAN, plan_operations.get_inbound_plan),
    _route("GET", f"{_PLAN}/items", plan_operations.list_inbound_plan_items),
    _route("GET", f"{_PLAN}/boxes", plan_operations.list_inbound_plan_boxes),
    _route("GET", f"{_PLAN}/pallets", plan_operations.list_inbound_plan_pallets),
    _route("PUT", f"{_PLAN}/name", plan_operations.update_inbound_plan_name),
    _route("PUT", f"{_PLAN}/cancellation", plan_operations.cancel_inbound_plan),
    _route("GET", _PACKING, packing.list_packing_options),
    _route("POST", _PACKING, packing.generate_packing_options),
    _route("POST", f"{_PACKING}/{{option_id}}/confirmation", packing.confirm_packing_option),
    _route("GET", f"{_GROUP}/items", packing.list_packing_group_items),
    _route("GET", f"{_GROUP}/boxes", packing.list_packing_group_boxes),
    _route("POST", f"{_PLAN}/packingInformation", packing.set_packing_information),
    _route("GET", _PLACEMENT, placement.list_placement_options),
    _route("POST", _PLACEMENT, placement.generate_placement_options),
    _route("POST", f"{_PLACEMENT}/{{option_id}}/confirmation", placement.confirm_placement_option),
    _route("GET", _TRANSPORTATION, transportation.list_transportation_options),
    _route("POST", _TRANSPORTATION, transportation.generate_transportation_options),
    _route("POST", f"{_TRANSPORTATION}/confirmation", transportation.confirm_transportation_options),
    _route("GET", _SHIPMENT, plan_operations.get_shipment),
    _route("GET", f"{_SHIPMENT}/items", plan_operations.list_shipment_items),
    _route("GET", f"{_SHIPMENT}/boxes", plan_operations.list_shipment_boxes),
    _route("GET", f"{_SHIPMENT}/pallets", plan_operations.list_shipment_pallets),
    _route("PUT", f"{_SHIPMENT}/name", plan_operations.update_shipment_name),
    _route("PUT", f"{_SHIPMENT}/sourceAddress", plan_operations.update_shipment_source_address),
    _route("PUT", f"{_SHIPMENT}/trackingDetails", tracking.update_shipment_tracking_details),
    _route("GET", _WINDOWS, delivery_windows.list_delivery_window_options),
    _route("POST", _WINDOWS, delivery_windows.generate_delivery_window_options),
    _route(
        "POST", f"{_WINDOWS}/{{window_id}}/confirmation", delivery_windows.confirm_delivery_window_options
    ),
    _route("GET", _PREVIEWS, content_updates.list_shipment_content_update_previews),
    _route("POST", _PREVIEWS, content_updates.generate_shipment_content_update_previews),
    _route("GET", f"{_PREVIEWS}/{{preview_id}}", content_updates.get_shipment_content_update_preview),
    _route(
        "POST",
        f"{_PREVIEWS}/{{preview_id}}/confirmation",
        content_updates.confirm_shipment_content_update_preview,
    ),
    _route("GET", _SLOTS, self_ship.get_self_ship_appointment_slots),
    _route("POST", _SLOTS, self_ship.generate_self_ship_appointment_slots),
    _route("POST", f"{_SLOTS}/{{slot_id}}/schedule", self_ship.schedule_self_ship_appointment),
    _route("PUT", f"{_SHIPMENT}/selfShipAppointmentCancellation", self_ship.cancel_self_ship_appointment),
    _route("GET", f"{_SHIPMENT}/deliveryChallanDocument", compliance.get_delivery_challan_document),
    _route("GET", f"{_ITEMS}/compliance", compliance.list_item_compliance_details),
    _route("PUT", f"{_ITEMS}/compliance", compliance.update_item_compliance_details),
    _route("GET", f"{_ITEMS}/prepDetails", prep.list_prep_details),
    _route("POST", f"{_ITEMS}/prepDetails", prep.set_prep_details),
    _route("POST", f"{_ITEMS}/labels", item_labels.create_marketplace_item_labels),
    _route("GET", f"{_OPERATIONS}/{{operation_id}}", plan_operations.get_inbound_operation_status),
    _route("GET", _V0, v0_shipments.get_shipments),
    _route("GET", f"{data.V0_PATH}/shipmentItems", v0_shipments.get_shipment_items),
    _route("GET", f"{_V0}/{{shipment_id}}/items", v0_shipments.get_shipment_items_by_shipment_id),
    _route("GET", f"{data.V0_PATH}/prepInstructions", prep_instructions.get_prep_instructions),
    _route("GET", f"{_V0}/{{shipment_id}}/labels", labels.get_labels),
    _route("GET", f"{_V0}/{{shipment_id}}/billOfLading", labels.get_bill_of_lading),
    Route(f"{documents.PREFIX}{{document_id}}", downloads.download, methods=["GET"]),
]
