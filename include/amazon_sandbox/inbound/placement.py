"""Placement options: how a plan is split into shipments, to which warehouses, and for what fee."""

from __future__ import annotations

from amazon_sandbox.inbound import views
from amazon_sandbox.inbound.bodies import PLACEMENT
from amazon_sandbox.inbound.calls import body_of, now_of, open_plan, paged, plan_of, start, store_of
from amazon_sandbox.inbound.choices import chosen, incentive, local_minor
from amazon_sandbox.inbound.faults import option_of
from amazon_sandbox.inbound.options import ACCEPTED, EXPIRED
from amazon_sandbox.inbound.records import PlacementOption, PlanRecord, ShipmentRecord
from amazon_sandbox.inbound.shapes import bad_request
from amazon_sandbox.inbound.splits import Share, split_plan
from amazon_sandbox.simulation.refunds import CENTRES
from amazon_sandbox.simulation.streams import uniforms
from amazon_sandbox.sp_api.operations import Answer, Operation

LIFETIME = 72 * 3600
_CUSTOM_PLACEMENT = ("IN",)
# Shipments per class of item, the fee per unit and litre in dollars, and the discount per unit.
_OFFERS = (
    (1, 0.27, 0.07, 0.0, "Placement service fee represents service to inbound with minimal shipment splits"),
    (2, 0.13, 0.03, 0.0, "Placement service fee represents service to inbound with partial shipment splits"),
    (4, 0.0, 0.0, 0.05, "Discount for inbound with Amazon-optimized shipment splits"),
)
_REGION_WITH_FEES = "NA"


async def generate_placement_options(call: Operation) -> Answer:
    """generatePlacementOptions: replaces those offered before; refused once one is confirmed."""
    plan = await open_plan(call)
    body = body_of(call, PLACEMENT)
    if body.get("customPlacement") and plan.storefront.marketplace.country not in _CUSTOM_PLACEMENT:
        raise bad_request("ERROR: customPlacement is only available in the IN marketplace.")
    _refuse_after_choice(plan)
    _require_packing(plan)
    factor = price_factor(call)

    def effect(at: float) -> None:
        _refuse_after_choice(plan)
        _require_packing(plan)
        plan.placement_options = _options(call, plan, at, factor)
        plan.transportation_options = []

    return start(call, effect, plan=plan, topic="placement")


async def list_placement_options(call: Operation) -> Answer:
    """listPlacementOptions."""
    plan, now = await plan_of(call), now_of(call)
    return paged(
        call,
        "placementOptions",
        plan.placement_options,
        lambda option: views.placement_option(option, now),
        most=20,
    )


async def confirm_placement_option(call: Operation) -> Answer:
    """confirmPlacementOption: possible once, and final."""
    plan = await open_plan(call)
    _refuse_after_choice(plan)
    wanted = call.request.path_params["option_id"]
    option = chosen(call, plan.placement_options, "placementOptionId", wanted)

    def effect(at: float) -> None:
        _refuse_after_choice(plan)
        if option not in plan.placement_options:
            raise bad_request(f"ERROR: Placement option {wanted} is EXPIRED.")
        for each in plan.placement_options:
            each.state = ACCEPTED if each is option else EXPIRED
        plan.transportation_options = [
            each for each in plan.transportation_options if each.placement_option_id == option.option_id
        ]
        for shipment in option.shipments:
            shipment.history = [(at, "WORKING")]

    return start(call, effect, plan=plan, topic="placement")


def price_factor(call: Operation) -> float:
    """What prices are multiplied by: 1 unless a fault changes them."""
    return option_of(call, "prices_changed", "factor", usual=1.25, without=1.0)


def _refuse_after_choice(plan: PlanRecord) -> None:
    if plan.placement is not None:
        raise bad_request("ERROR: A placement option has already been confirmed for the inbound plan.")


def _require_packing(plan: PlanRecord) -> None:
    """Refuse a plan whose confirmed packing option has groups without packing information."""
    missing = [group.group_id for group in plan.packing.groups if group.boxes is None] if plan.packing else []
    if missing:
        raise bad_request(
            "ERROR: Packing information is missing for some packing groups.", ", ".join(missing)
        )


def _options(call: Operation, plan: PlanRecord, at: float, factor: float) -> list[PlacementOption]:
    offered: list[PlacementOption] = []
    known: set[int] = set()
    for splits, per_unit, per_litre, discount, description in _OFFERS:
        shares = split_plan(plan, splits, store_of(call).ids)
        if len(shares) in known:
            continue
        known.add(len(shares))
        option = PlacementOption(store_of(call).ids.make("pl"), at + call.sandbox.clock.lifetime(LIFETIME))
        option.shipments = [
            _shipment(call, plan, option.option_id, share, index, at) for index, share in enumerate(shares)
        ]
        _price(plan, option, (per_unit * factor, per_litre * factor, discount), description)
        offered.append(option)
    return offered


def _price(
    plan: PlanRecord, option: PlacementOption, rates: tuple[float, float, float], description: str
) -> None:
    marketplace = plan.storefront.marketplace
    per_unit, per_litre, discount = rates
    units = sum(line.quantity for line in plan.items)
    litres = sum(line.quantity * line.listing.litres for line in plan.items)
    fee = local_minor(marketplace, per_unit * units + per_litre * litres)
    if fee and marketplace.region == _REGION_WITH_FEES:
        option.fees = [incentive(marketplace, "FEE", fee, description)]
        option.placement_fee = fee
    saved = local_minor(marketplace, discount * units)
    if saved:
        option.discounts = [incentive(marketplace, "DISCOUNT", saved, description)]


def _shipment(
    call: Operation, plan: PlanRecord, option_id: str, share: Share, index: int, at: float
) -> ShipmentRecord:
    centre = _centre(plan, index)
    return ShipmentRecord(
        shipment_id=store_of(call).ids.make("sh"),
        placement_option_id=option_id,
        name=f"{plan.name}-{centre}-{index + 1}"[:100],
        centre=centre,
        items=share.items,
        source_address=dict(plan.source_address),
        history=[(at, "UNCONFIRMED")],
        boxes=share.boxes,
    )


def _centre(plan: PlanRecord, index: int) -> str:
    """Warehouses in turn, from one that depends on the plan; every third shipment joins the one before."""
    centres = CENTRES.get(plan.storefront.marketplace.country, ("XEU1",))
    first = int(uniforms(plan.plan_id, "centre")[0] * len(centres))
    return centres[(first + index - (index + 1) // 3) % len(centres)]


def placement_of(plan: PlanRecord, option_id: str) -> PlacementOption | None:
    """One of the plan's placement options."""
    return next((each for each in plan.placement_options if each.option_id == option_id), None)
