"""What goes wrong with inbound plans, as users of the API report it."""

from __future__ import annotations

from amazon_sandbox.core.faults import Fault, FaultKind, Stage
from amazon_sandbox.sp_api.operations import Operation

CONFIRMATIONS = (
    "confirmDeliveryWindowOptions",
    "confirmPackingOption",
    "confirmPlacementOption",
    "confirmTransportationOptions",
)
GENERATIONS = ("generatePlacementOptions", "generateTransportationOptions")
ASYNCHRONOUS = (
    *CONFIRMATIONS,
    *GENERATIONS,
    "cancelInboundPlan",
    "cancelSelfShipAppointment",
    "confirmShipmentContentUpdatePreview",
    "createInboundPlan",
    "generateDeliveryWindowOptions",
    "generatePackingOptions",
    "generateSelfShipAppointmentSlots",
    "generateShipmentContentUpdatePreviews",
    "setPackingInformation",
    "setPrepDetails",
    "updateItemComplianceDetails",
    "updateShipmentSourceAddress",
    "updateShipmentTrackingDetails",
)
OPTION_LISTS = (
    "listDeliveryWindowOptions",
    "listPackingOptions",
    "listPlacementOptions",
    "listTransportationOptions",
)
OPERATION_FAULTS = ("operation_failed", "operation_slow", "operation_stuck", "operation_warning")

MENU = (
    FaultKind(
        "operation_failed",
        Stage.INBOUND,
        "the operation ends FAILED, without effect unless the option says otherwise",
        {
            "code": "the problem's code, InternalServerError",
            "message": "its text, Something went wrong.",
            "effect": "whether it takes effect nevertheless, false",
        },
        ASYNCHRONOUS,
    ),
    FaultKind(
        "operation_warning",
        Stage.INBOUND,
        "the operation ends SUCCESS with a WARNING",
        {"code": "the problem's code, FBA_INB_0200", "message": "its text, see there"},
        ASYNCHRONOUS,
    ),
    FaultKind(
        "operation_slow",
        Stage.INBOUND,
        "the operation stays IN_PROGRESS for longer",
        {"seconds": "virtual seconds more, 1800"},
        ASYNCHRONOUS,
    ),
    FaultKind("operation_stuck", Stage.INBOUND, "the operation stays IN_PROGRESS for ever", {}, ASYNCHRONOUS),
    FaultKind(
        "option_vanished",
        Stage.INBOUND,
        "the options of a confirmation are gone: it is refused, and lists no longer show them",
        {},
        CONFIRMATIONS,
    ),
    FaultKind(
        "option_expired",
        Stage.INBOUND,
        "the options of a confirmation expire just before it",
        {},
        CONFIRMATIONS,
    ),
    FaultKind(
        "prices_changed",
        Stage.INBOUND,
        "the options that are generated have other prices",
        {"factor": "what fees and quotes are multiplied by, 1.25"},
        GENERATIONS,
    ),
    FaultKind(
        "option_left_out",
        Stage.INBOUND,
        "the list lacks its last entry, though other calls know it",
        {},
        OPTION_LISTS,
    ),
    FaultKind(
        "plan_outdated",
        Stage.INBOUND,
        "the plan is shown without its options and shipments",
        {},
        ("getInboundPlan",),
    ),
    FaultKind(
        "destination_hidden",
        Stage.INBOUND,
        "until its placement is confirmed, the shipment goes to AMAZON_OPTIMIZED, without a warehouse",
        {},
        ("getShipment",),
    ),
    FaultKind(
        "plan_listed_late",
        Stage.INBOUND,
        "lists show the new plan only after a while; by its id it is found at once",
        {"seconds": "virtual seconds, 60"},
        ("createInboundPlan",),
    ),
    FaultKind(
        "units_lost",
        Stage.INBOUND,
        "each shipment that is confirmed arrives with fewer units",
        {"units": "how many are missing in each, 1"},
        ("confirmTransportationOptions",),
    ),
)


def drawn(call: Operation, *names: str) -> list[Fault]:
    """The faults of these names that apply to this call, in the order they were set."""
    if not call.sandbox.faults:
        return []
    found = call.sandbox.faults.draw_all(Stage.INBOUND, call.subject(), names)
    if found:
        call.fault = found[-1].kind.name
    return found


def option_of(call: Operation, name: str, option: str, usual: float, without: float) -> float:
    """The number that a fault sets: `usual` if the fault has none, `without` if no such fault applies."""
    found = drawn(call, name)
    return float(found[0].options.get(option, usual)) if found else without
