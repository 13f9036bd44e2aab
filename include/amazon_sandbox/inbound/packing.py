"""Packing options: which items may share boxes, and what is in the boxes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from amazon_sandbox.inbound import boxes, views
from amazon_sandbox.inbound.bodies import CONTENT_SOURCES, PACKING_INFORMATION
from amazon_sandbox.inbound.calls import body_of, now_of, open_plan, paged, plan_of, start, store_of
from amazon_sandbox.inbound.choices import chosen, incentive, local_minor
from amazon_sandbox.inbound.contents import ItemLine
from amazon_sandbox.inbound.operations_queue import Problem
from amazon_sandbox.inbound.options import (
    ACCEPTED,
    EXPIRED,
    FTL,
    LTL,
    OWN,
    PARTNERED,
    SMALL_PARCEL,
    PackingGroup,
    PackingOption,
)
from amazon_sandbox.inbound.products import BULKY, HAZMAT, packing_class
from amazon_sandbox.inbound.records import PlanRecord
from amazon_sandbox.inbound.shapes import bad_request
from amazon_sandbox.inbound.state import checked_id, not_found
from amazon_sandbox.sp_api.operations import Answer, Operation

LIFETIME = 96 * 3600
_EVERY_MODE = {PARTNERED: (SMALL_PARCEL, LTL, FTL), OWN: (SMALL_PARCEL, LTL, FTL)}
_MIXED_MODES = {PARTNERED: (SMALL_PARCEL,), OWN: (SMALL_PARCEL, LTL, FTL)}
_LIGHT = {"NA": (33.0, "LB"), "EU": (15.0, "KG"), "FE": (15.0, "KG")}
_USUAL = {"NA": (50.0, "LB"), "EU": (23.0, "KG"), "FE": (23.0, "KG")}


async def generate_packing_options(call: Operation) -> Answer:
    """generatePackingOptions: replaces those offered before; refused once an option is confirmed."""
    plan = await open_plan(call)
    _refuse_after_choice(plan)

    def effect(at: float) -> None:
        _refuse_after_choice(plan)
        plan.packing_options = _options(call, plan, at)

    return start(call, effect, plan=plan, topic="packing")


async def list_packing_options(call: Operation) -> Answer:
    """listPackingOptions."""
    plan, now = await plan_of(call), now_of(call)
    return paged(
        call,
        "packingOptions",
        plan.packing_options,
        lambda option: views.packing_option(option, now),
        most=20,
    )


async def confirm_packing_option(call: Operation) -> Answer:
    """confirmPackingOption."""
    plan = await open_plan(call)
    _refuse_after_choice(plan)
    option = chosen(call, plan.packing_options, "packingOptionId", call.request.path_params["option_id"])

    def effect(at: float) -> None:
        _refuse_after_choice(plan)
        for each in plan.packing_options:
            each.state = ACCEPTED if each is option else EXPIRED
        _forget_placements(plan)

    return start(call, effect, plan=plan, topic="packing")


async def list_packing_group_items(call: Operation) -> Answer:
    """listPackingGroupItems."""
    plan = await plan_of(call)
    group, _ = _group_of(plan, call.request.path_params["group_id"])
    return paged(call, "items", group.items, views.item, most=100)


async def list_packing_group_boxes(call: Operation) -> Answer:
    """listPackingGroupBoxes: none until setPackingInformation."""
    plan = await plan_of(call)
    group, _ = _group_of(plan, call.request.path_params["group_id"])
    return paged(call, "boxes", group.boxes or (), lambda box: views.box(box, plan, None), most=100)


async def set_packing_information(call: Operation) -> Answer:
    """setPackingInformation: for packing groups before the placement is confirmed, for shipments after."""
    plan = await open_plan(call)
    body = body_of(call, PACKING_INFORMATION)
    changes, seen = [], set()
    for grouping in body["packageGroupings"]:
        group_id, shipment_id = grouping.get("packingGroupId"), grouping.get("shipmentId")
        if (group_id is None) == (shipment_id is None):
            raise bad_request("ERROR: Exactly one of packingGroupId and shipmentId must be provided.")
        if (group_id or shipment_id) in seen:
            raise bad_request("ERROR: A packing group or shipment is repeated.", group_id or shipment_id)
        seen.add(group_id or shipment_id)
        change = _pack_group if group_id is not None else _pack_shipment
        changes.append(change(call, plan, group_id or shipment_id, grouping["boxes"]))

    def effect(at: float) -> list[Problem]:
        for change in changes:
            change()
        return boxes.heavy_boxes(body)

    return start(call, effect, plan=plan, topic="boxes")


def _pack_group(
    call: Operation, plan: PlanRecord, group_id: str, described: Sequence[dict[str, Any]]
) -> Callable[[], None]:
    _refuse_groups(plan)
    if plan.packing is None:
        raise bad_request("ERROR: A packing option must be confirmed before packing information is set.")
    group, option = _group_of(plan, group_id)
    if option is not plan.packing:
        raise bad_request(
            "ERROR: The packing group does not belong to the confirmed packing option.", group_id
        )
    read = boxes.read_boxes(
        described,
        group.items,
        f"Package group {group_id}",
        store_of(call).ids,
        methods=option.methods,
        heaviest=option.heaviest,
        is_bulky=has_bulky(group.items),
    )

    def change() -> None:
        _refuse_groups(plan)
        group.boxes = read
        _forget_placements(plan)

    return change


def _pack_shipment(
    call: Operation, plan: PlanRecord, shipment_id: str, described: Sequence[dict[str, Any]]
) -> Callable[[], None]:
    if plan.placement is None:
        raise bad_request("ERROR: shipmentId can only be provided after placement confirmation.")
    shipment = next((each for each in plan.shipments if each.shipment_id == shipment_id), None)
    if shipment is None:
        raise bad_request(
            "ERROR: The shipment does not belong to the confirmed placement option.", shipment_id
        )
    _refuse_boxes(plan)
    ids = store_of(call).ids
    read = boxes.read_boxes(
        described,
        shipment.items,
        f"Shipment {shipment_id}",
        ids,
        methods=CONTENT_SOURCES,
        is_bulky=has_bulky(shipment.items),
    )

    def change() -> None:
        _refuse_boxes(plan)
        shipment.boxes = boxes.single(read, ids)
        plan.transportation_options = [
            option for option in plan.transportation_options if option.shipment_id != shipment_id
        ]

    return change


def _forget_placements(plan: PlanRecord) -> None:
    """Forget options that were made for other boxes."""
    plan.placement_options = []
    plan.transportation_options = []


def _refuse_groups(plan: PlanRecord) -> None:
    if plan.placement is not None:
        raise bad_request("ERROR: packingGroupId can only be provided before placement confirmation.")


def _refuse_boxes(plan: PlanRecord) -> None:
    if plan.carriers_confirmed_at is not None:
        raise bad_request("ERROR: Packing information cannot be set after transportation confirmation.")


def _refuse_after_choice(plan: PlanRecord) -> None:
    if plan.packing is not None:
        raise bad_request("ERROR: A packing option has already been confirmed for the inbound plan.")
    if plan.placement is not None:
        raise bad_request("ERROR: A placement option has already been confirmed for the inbound plan.")


def _group_of(plan: PlanRecord, group_id: str) -> tuple[PackingGroup, PackingOption]:
    checked_id("packingGroupId", group_id)
    for option in plan.packing_options:
        for group in option.groups:
            if group.group_id == group_id:
                return group, option
    raise not_found("packingGroupId", group_id)


def has_bulky(items: Sequence[ItemLine]) -> bool:
    """Whether larger boxes are allowed: for items that need them."""
    return any(packing_class(line.listing) == BULKY for line in items)


def _options(call: Operation, plan: PlanRecord, at: float) -> list[PackingOption]:
    """One option by class of item; if it saves groups, one with all but hazmat together in lighter boxes."""
    apart = _grouped(plan.items, packing_class)
    together = _grouped(
        plan.items, lambda listing: HAZMAT if packing_class(listing) == HAZMAT else "anything"
    )
    marketplace = plan.storefront.marketplace
    region = marketplace.region
    store = store_of(call)
    expires_at = at + call.sandbox.clock.lifetime(LIFETIME)

    def option(groups: list[list[ItemLine]]) -> PackingOption:
        made = PackingOption(store.ids.make("po"), expires_at)
        made.groups = [PackingGroup(store.ids.make("pg"), tuple(items)) for items in groups]
        made.modes, made.methods, made.heaviest = _EVERY_MODE, CONTENT_SOURCES, _USUAL[region]
        return made

    offered = [option(apart)]
    if len(together) < len(apart):
        mixed = option(together)
        mixed.modes, mixed.methods = _MIXED_MODES, ("BOX_CONTENT_PROVIDED",)
        mixed.heaviest = _LIGHT[region]
        fee = local_minor(marketplace, 0.02 * sum(line.quantity for line in plan.items))
        mixed.fees = [incentive(marketplace, "FEE", fee, "Mixed sizes in one box")]
        offered.append(mixed)
    return offered


def _grouped(items: Sequence[ItemLine], key: Callable[[Any], str]) -> list[list[ItemLine]]:
    groups: dict[str, list[ItemLine]] = {}
    for line in items:
        groups.setdefault(key(line.listing), []).append(line)
    return list(groups.values())
