"""The tracking numbers that a person enters for shipments with the seller's own carrier."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sellerops.base.errors import FormError
from sellerops.inbound.models import InboundRequest
from sellerops.inbound.offers import OWN

if TYPE_CHECKING:
    from sellerops.inbound.store import InboundStore, ShipmentRow

_LINE = re.compile(r"(?:(?P<box>[\w-]{1,40})\s*:\s*)?(?P<number>[A-Za-z0-9][A-Za-z0-9 .-]{2,63})")
_BOX_DIGITS = 6


def shipments_to_track(store: InboundStore, inbound_run_id: int) -> list[ShipmentRow]:
    """The confirmed shipments that the seller's own carrier takes. Blocking."""
    own = {
        each.transportation_option_id for each in store.transportation(inbound_run_id) if each.solution == OWN
    }
    return [
        each for each in store.shipments(inbound_run_id, chosen=True) if each.transportation_option_id in own
    ]


def parse_numbers(text: str, request: InboundRequest, shipment: ShipmentRow) -> list[dict[str, str]]:
    """What a person entered, as ``inbound_shipment.tracking`` keeps it until Amazon has it.

    Parcels: ``boxId`` and ``trackingId`` per line, in the order of the boxes unless a line names its box
    (``3: 1Z...``, or Amazon's id of the box). Pallets: one ``freightBillNumber``. Raises FormError naming the
    line.
    Source: Amazon's model (SpdTrackingItemInput, LtlTrackingDetailInput): a box's id is the shipment's
    confirmation id, ``U`` and six digits.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if request.shipping.is_freight:
        if len(lines) > 1:
            raise _error(shipment, f"{len(lines)} freight bill numbers; Amazon takes one per shipment")
        return [{"freightBillNumber": _match(line, shipment)["number"].strip()} for line in lines]
    found: dict[str, str] = {}
    for position, line in enumerate(lines, 1):
        match = _match(line, shipment)
        box = _box_id(match["box"] or str(position), shipment)
        if box in found:
            raise _error(shipment, f"{line!r} is the second number of box {box}")
        found[box] = match["number"].strip()
    if shipment.boxes and len(found) > shipment.boxes:
        raise _error(shipment, f"{len(found)} numbers for {shipment.boxes} boxes")
    return [{"boxId": box, "trackingId": number} for box, number in found.items()]


def _match(line: str, shipment: ShipmentRow) -> re.Match[str]:
    match = _LINE.fullmatch(line)
    if match is None:
        raise _error(shipment, f"{line!r} is not a number")
    return match


def _box_id(box: str, shipment: ShipmentRow) -> str:
    if not box.isdecimal():
        return box
    return f"{shipment.confirmation_id}U{int(box):0{_BOX_DIGITS}d}"


def _error(shipment: ShipmentRow, cause: str) -> FormError:
    return FormError(
        f"{cause}.",
        where=f"tracking numbers of {shipment.confirmation_id or shipment.shipment_id}",
        remedy="Clear the task `ask_tracking` and enter the numbers again: one per line, or `box: number`.",
    )
