"""Transportation options: how each shipment may travel, what that costs, and the confirmation of carriers."""

from __future__ import annotations

from typing import Any

from amazon_sandbox.core.instants import parse_instant
from amazon_sandbox.inbound import carriers, lifecycle, views
from amazon_sandbox.inbound.bodies import CONFIRM_TRANSPORTATION, TRANSPORTATION
from amazon_sandbox.inbound.boxes import read_pallets
from amazon_sandbox.inbound.calls import body_of, now_of, open_plan, paged, plan_of, start, store_of
from amazon_sandbox.inbound.faults import drawn, option_of
from amazon_sandbox.inbound.options import CONFIRMED_WINDOW, OFFERED, SMALL_PARCEL, TransportationOption
from amazon_sandbox.inbound.placement import placement_of, price_factor
from amazon_sandbox.inbound.records import PlacementOption, PlanRecord, ShipmentRecord
from amazon_sandbox.inbound.shapes import bad_request
from amazon_sandbox.inbound.state import checked_id, not_found
from amazon_sandbox.sp_api.operations import Answer, Operation

_DAY = 86_400


async def generate_transportation_options(call: Operation) -> Answer:
    """generateTransportationOptions: for one placement option, replacing its earlier ones."""
    plan = await open_plan(call)
    body = body_of(call, TRANSPORTATION)
    _refuse_after_confirmation(plan)
    placement = _placement(call, plan, body["placementOptionId"])
    configurations = _configurations(call, placement, body["shipmentTransportationConfigurations"])
    factor, ids, lifetime = price_factor(call), store_of(call).ids, call.sandbox.clock.lifetime

    def effect(at: float) -> None:
        _refuse_after_confirmation(plan)
        if placement not in plan.placement_options:
            raise bad_request(f"ERROR: Placement option {placement.option_id} is EXPIRED.")
        made = []
        for shipment, configuration in configurations:
            _configure(call, shipment, configuration)
            made += carriers.offer(plan, shipment, at, factor, ids, lifetime)
        plan.transportation_options = [
            option
            for option in plan.transportation_options
            if option.placement_option_id != placement.option_id
        ] + made

    return start(call, effect, plan=plan, topic=f"transportation {placement.option_id}")


async def list_transportation_options(call: Operation) -> Answer:
    """listTransportationOptions: of a placement option, of a shipment, or all."""
    plan, query = await plan_of(call), call.request.query_params
    found = plan.transportation_options
    for name in ("placementOptionId", "shipmentId"):
        if name in query:
            wanted = checked_id(name, query[name])
            known = [each.option_id for each in plan.placement_options] + [
                each.shipment_id for each in plan.all_shipments()
            ]
            if wanted not in known:
                raise not_found(name, wanted)
            found = [each for each in found if wanted in (each.placement_option_id, each.shipment_id)]
    return paged(
        call, "transportationOptions", found, lambda option: views.transportation(option, plan), most=20
    )


async def confirm_transportation_options(call: Operation) -> Answer:
    """confirmTransportationOptions: one option for every shipment of the confirmed placement, once."""
    plan = await open_plan(call)
    body = body_of(call, CONFIRM_TRANSPORTATION)
    if plan.placement is None:
        raise bad_request("ERROR: A placement option must be confirmed before transportation options.")
    _refuse_after_confirmation(plan)
    selections = body["transportationSelections"]
    _apply_faults(call, plan, selections)
    wanted = sorted(shipment.shipment_id for shipment in plan.shipments)
    if sorted(selection["shipmentId"] for selection in selections) != wanted:
        raise bad_request(
            "ERROR: Exactly one transportation option must be selected for each shipment.",
            f"Shipments of the confirmed placement option: {', '.join(wanted)}",
        )
    chosen = [(_shipment(plan, each["shipmentId"]), _selected(call, plan, each), each) for each in selections]
    for shipment, option, selection in chosen:
        _check_preconditions(call, plan, shipment, option, selection)
    lost = option_of(call, "units_lost", "units", usual=1, without=-1)

    def effect(at: float) -> None:
        _refuse_after_confirmation(plan)
        if gone := [each.option_id for _, each, _ in chosen if each not in plan.transportation_options]:
            raise bad_request(f"ERROR: Transportation options are EXPIRED: {', '.join(gone)}.")
        plan.carriers_confirmed_at = at
        plan.transportation_options = [option for _, option, _ in chosen]
        for shipment, option, selection in chosen:
            shipment.contact = selection.get("contactInformation") or shipment.contact
            shipment.missing_units = int(lost) if lost >= 0 else None
            lifecycle.confirm_carrier(shipment, option, at, call.sandbox.clock.lifetime)

    return start(call, effect, plan=plan, topic="carriers")


def _refuse_after_confirmation(plan: PlanRecord) -> None:
    if plan.carriers_confirmed_at is not None:
        raise bad_request("ERROR: Transportation options have already been confirmed for the inbound plan.")


def _placement(call: Operation, plan: PlanRecord, option_id: str) -> PlacementOption:
    found = placement_of(plan, option_id)
    if found is None:
        raise not_found("placementOptionId", option_id)
    status = found.status(now_of(call))
    if found is not plan.placement and (plan.placement is not None or status != OFFERED):
        raise bad_request(f"ERROR: Placement option {option_id} is {status}.")
    return found


def _configurations(
    call: Operation, placement: PlacementOption, described: list[dict[str, Any]]
) -> list[tuple[ShipmentRecord, dict[str, Any]]]:
    known = {shipment.shipment_id: shipment for shipment in placement.shipments}
    if sorted(each["shipmentId"] for each in described) != sorted(known):
        raise bad_request(
            "ERROR: Exactly one configuration must be provided for each shipment of the placement option.",
            f"Shipments: {', '.join(known)}",
        )
    today = now_of(call) // _DAY * _DAY
    for configuration in described:
        ready = _ready_at(configuration)
        if ready < today:
            raise bad_request(
                "ERROR: The start of readyToShipWindow must not be in the past.",
                configuration["readyToShipWindow"]["start"],
            )
        read_pallets(configuration.get("pallets") or [], store_of(call).ids)
    return [(known[each["shipmentId"]], each) for each in described]


def _ready_at(configuration: dict[str, Any]) -> float:
    parsed = parse_instant(configuration["readyToShipWindow"]["start"])
    if parsed is None:
        raise bad_request("ERROR: readyToShipWindow.start is not a date-time.")
    # Amazon removes seconds.
    return parsed[0].timestamp() // 60 * 60


def _configure(call: Operation, shipment: ShipmentRecord, configuration: dict[str, Any]) -> None:
    shipment.configuration = configuration
    shipment.ready_at = _ready_at(configuration)
    shipment.contact = configuration.get("contactInformation")
    shipment.pallets = read_pallets(configuration.get("pallets") or [], store_of(call).ids)


def _shipment(plan: PlanRecord, shipment_id: str) -> ShipmentRecord:
    return next(each for each in plan.shipments if each.shipment_id == shipment_id)


def _apply_faults(call: Operation, plan: PlanRecord, selections: list[dict[str, Any]]) -> None:
    wanted = {selection["transportationOptionId"] for selection in selections}
    for fault in drawn(call, "option_vanished", "option_expired"):
        if fault.kind.name == "option_vanished":
            plan.transportation_options = [
                each for each in plan.transportation_options if each.option_id not in wanted
            ]
        for option in plan.transportation_options:
            if option.option_id in wanted:
                option.expires_at = now_of(call)


def _selected(call: Operation, plan: PlanRecord, selection: dict[str, Any]) -> TransportationOption:
    wanted = selection["transportationOptionId"]
    for option in plan.transportation_options:
        if option.option_id == wanted and option.shipment_id == selection["shipmentId"]:
            if option.expires_at is not None and option.expires_at <= now_of(call):
                raise bad_request(f"ERROR: Transportation option {wanted} is EXPIRED.")
            return option
    raise bad_request(
        f"ERROR: Transportation option {wanted} is not offered for shipment {selection['shipmentId']}.",
        "It may have been superseded: list the transportation options again.",
    )


def _check_preconditions(
    call: Operation,
    plan: PlanRecord,
    shipment: ShipmentRecord,
    option: TransportationOption,
    selection: dict[str, Any],
) -> None:
    if shipment.boxes is None:
        raise bad_request(f"ERROR: Packing information is missing for shipment {shipment.shipment_id}.")
    if CONFIRMED_WINDOW in option.preconditions and shipment.selected_window is None:
        raise bad_request(
            f"ERROR: Transportation option {option.option_id} requires a confirmed delivery window.",
            f"preconditions: {CONFIRMED_WINDOW}",
        )
    contact = selection.get("contactInformation") or shipment.contact
    if option.is_partnered and carriers.needs_contact(plan, option) and not contact:
        raise bad_request(
            f"ERROR: contactInformation is required by the partnered carrier of {shipment.shipment_id}."
        )
    if option.mode != SMALL_PARCEL and not shipment.pallets:
        raise bad_request(f"ERROR: Pallets are missing for shipment {shipment.shipment_id}.")
