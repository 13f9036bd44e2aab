"""updateShipmentTrackingDetails: tracking numbers of the client's own carrier."""

from __future__ import annotations

from typing import Any

from amazon_sandbox.inbound.bodies import TRACKING
from amazon_sandbox.inbound.calls import body_of, created_plan, now_of, placed_shipment_of, start
from amazon_sandbox.inbound.options import SMALL_PARCEL
from amazon_sandbox.inbound.records import ShipmentRecord, Tracking
from amazon_sandbox.inbound.shapes import bad_request
from amazon_sandbox.sp_api.operations import Answer, Operation


async def update_shipment_tracking_details(call: Operation) -> Answer:
    """updateShipmentTrackingDetails: for boxes of a parcel shipment, or the bill of a freight shipment."""
    plan = await created_plan(call)
    shipment = placed_shipment_of(call, plan)
    details = body_of(call, TRACKING)["trackingDetails"]
    parcels, freight = details.get("spdTrackingDetail"), details.get("ltlTrackingDetail")
    if (parcels is None) == (freight is None):
        raise bad_request("ERROR: Exactly one of spdTrackingDetail and ltlTrackingDetail must be provided.")
    _check_shipment(shipment, now_of(call), is_freight=freight is not None)
    if parcels is not None:
        numbers = _numbers(shipment, parcels["spdTrackingItems"])

    def effect(at: float) -> None:
        if freight is not None:
            bill = str(freight["freightBillNumber"][0])
            shipment.tracking = Tracking(at, [], bill, freight.get("billOfLadingNumber"))
        else:
            shipment.tracking = Tracking(at, numbers)

    return start(call, effect, plan=plan, topic=f"tracking {shipment.shipment_id}")


def _check_shipment(shipment: ShipmentRecord, now: float, *, is_freight: bool) -> None:
    carrier = shipment.transportation
    if carrier is None:
        raise bad_request("ERROR: Transportation options must be confirmed before tracking details.")
    if carrier.is_partnered:
        raise bad_request("ERROR: Tracking details are provided by the Amazon-partnered carrier.")
    if is_freight is (carrier.mode == SMALL_PARCEL):
        needed = "spdTrackingDetail" if carrier.mode == SMALL_PARCEL else "ltlTrackingDetail"
        raise bad_request(f"ERROR: A {carrier.mode} shipment requires {needed}.")
    if shipment.status(now) in ("CLOSED", "CANCELLED", "DELETED"):
        raise bad_request(f"ERROR: Shipment {shipment.shipment_id} is {shipment.status(now)}.")


def _numbers(shipment: ShipmentRecord, items: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Box id and tracking number; boxes that are not named keep theirs."""
    known = [box.box_id for box in shipment.boxes or () if box.box_id is not None]
    found = dict(shipment.tracking.numbers) if shipment.tracking else {}
    for item in items:
        if item["boxId"] not in known:
            raise bad_request(
                f"ERROR: Box {item['boxId']} does not belong to shipment {shipment.shipment_id}."
            )
        found[item["boxId"]] = item["trackingId"]
    return [(box_id, found[box_id]) for box_id in known if box_id in found]
