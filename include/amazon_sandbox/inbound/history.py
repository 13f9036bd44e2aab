"""Plans of the generated history as records, so that all reads treat them like created ones."""

from __future__ import annotations

from amazon_sandbox.inbound.contents import Box, ItemLine
from amazon_sandbox.inbound.ids import derived_id
from amazon_sandbox.inbound.options import (
    ACCEPTED,
    CONFIRMED_WINDOW,
    OWN,
    SMALL_PARCEL,
    PackingGroup,
    PackingOption,
    TransportationOption,
)
from amazon_sandbox.inbound.records import PlacementOption, PlanRecord, ShipmentRecord, Tracking
from amazon_sandbox.simulation.addresses import SELLERS_WAREHOUSE, Address
from amazon_sandbox.simulation.inbound import Plan, Shipment
from amazon_sandbox.simulation.inventory import DAY
from amazon_sandbox.simulation.sizes import size_of
from amazon_sandbox.simulation.storefront import Storefront
from amazon_sandbox.simulation.streams import token


def plan_record(plan: Plan, seller_id: str) -> PlanRecord:
    """A generated plan: packed, placed and with confirmed carriers, each shipment one box of one SKU."""
    storefront = plan.storefront
    items = [_item(shipment) for shipment in plan.shipments]
    shipments = [_shipment(storefront, plan, shipment) for shipment in plan.shipments]
    group = PackingGroup(derived_id("pg", plan.packing_option_id), tuple(items))
    group.boxes = [box for shipment in shipments for box in shipment.boxes or ()]
    packing = PackingOption(
        plan.packing_option_id, None, state=ACCEPTED, groups=[group], modes={OWN: (SMALL_PARCEL,)}
    )
    placement = PlacementOption(plan.placement_option_id, None, state=ACCEPTED, shipments=shipments)
    return PlanRecord(
        plan_id=plan.plan_id,
        seller_id=seller_id,
        storefront=storefront,
        name=plan.name,
        source_address=written_address(SELLERS_WAREHOUSE[storefront.marketplace.region]),
        items=items,
        created_at=plan.made_at,
        listed_at=plan.made_at,
        changes=[plan.made_at],
        is_created=True,
        packing_options=[packing],
        placement_options=[placement],
        transportation_options=[one.transportation for one in shipments if one.transportation],
        carriers_confirmed_at=plan.made_at,
    )


def written_address(address: Address) -> dict[str, str]:
    """An address in the model's form."""
    shown = {
        "addressLine1": address.line,
        "city": address.city,
        "countryCode": address.country,
        "name": address.name,
        "postalCode": address.postal_code,
        "stateOrProvinceCode": address.state,
    }
    return shown | ({"phoneNumber": address.phone} if address.phone else {})


def _item(shipment: Shipment) -> ItemLine:
    return ItemLine(shipment.listing, shipment.shipped, "SELLER", "NONE", ("ITEM_NO_PREP",))


def _shipment(storefront: Storefront, plan: Plan, shipment: Shipment) -> ShipmentRecord:
    carrier = TransportationOption(
        derived_id("to", shipment.shipment_id),
        plan.placement_option_id,
        shipment.shipment_id,
        SMALL_PARCEL,
        OWN,
        "Other",
        "OTHER",
        preconditions=(CONFIRMED_WINDOW,),
    )
    tracking = "1Z" + token("0123456789", 16, shipment.shipment_id, "tracking")
    box_id = f"{shipment.confirmation_id}U000001"
    return ShipmentRecord(
        shipment_id=shipment.shipment_id,
        placement_option_id=plan.placement_option_id,
        name=f"{plan.name} {shipment.centre}",
        centre=shipment.centre,
        items=[_item(shipment)],
        source_address=written_address(SELLERS_WAREHOUSE[storefront.marketplace.region]),
        history=[
            (shipment.made_at, "WORKING"),
            (shipment.left_at, "SHIPPED"),
            (shipment.receiving_at, "RECEIVING"),
            (shipment.closed_at, "CLOSED"),
        ],
        boxes=[_box(storefront, shipment, box_id)],
        confirmation_id=shipment.confirmation_id,
        ready_at=shipment.left_at,
        transportation=carrier,
        tracking=Tracking(shipment.left_at - DAY, [(box_id, tracking)]),
        received={shipment.listing.sku: shipment.received},
        received_at=shipment.received_at,
    )


def _box(storefront: Storefront, shipment: Shipment, box_id: str) -> Box:
    size = size_of(shipment.listing, storefront.marketplace)
    is_american = size.side_unit == "inches"
    sides = (
        {"length": 24.0, "width": 16.0, "height": 16.0}
        if is_american
        else {"length": 60.0, "width": 40.0, "height": 40.0}
    )
    return Box(
        package_id=derived_id("pk", shipment.shipment_id),
        source="BOX_CONTENT_PROVIDED",
        dimensions={**sides, "unitOfMeasurement": "IN" if is_american else "CM"},
        weight={
            "value": round(float(size.weight) * shipment.shipped, 2),
            "unit": "LB" if is_american else "KG",
        },
        quantity=1,
        items=(_item(shipment),),
        box_id=box_id,
    )
