"""Created shipments as the simulation shows them in its reports, stock, ledger and settlements."""

from __future__ import annotations

from amazon_sandbox.inbound.ids import confirmation_id
from amazon_sandbox.inbound.records import PlanRecord, ShipmentRecord
from amazon_sandbox.simulation.created_shipments import CreatedItem, CreatedShipment


def created_shipment(plan: PlanRecord, shipment: ShipmentRecord) -> CreatedShipment:
    """A shipment of a confirmed placement. Fees are divided among the shipments of its plan by units."""
    cancelled = _whole(shipment.reached("CANCELLED"))
    carrier = shipment.transportation
    carriage = carrier.cost or 0 if carrier is not None and carrier.is_partnered else 0
    voidable_until = carrier.voidable_until if carrier is not None else None
    return CreatedShipment(
        account=plan.storefront.account,
        country=plan.storefront.marketplace.country,
        plan_id=plan.plan_id,
        plan_name=plan.name,
        placement_option_id=shipment.placement_option_id,
        shipment_id=shipment.shipment_id,
        confirmation_id=shipment.confirmation_id or confirmation_id(shipment.shipment_id),
        centre=shipment.centre,
        items=tuple(
            CreatedItem(sku, units, shipment.received.get(sku, units))
            for sku, units in sorted(shipment.shipped_units().items())
        ),
        created_at=int(shipment.history[0][0]),
        left_at=_whole(shipment.reached("SHIPPED")),
        receiving_at=_whole(shipment.reached("RECEIVING")),
        received_at=_whole(shipment.received_at),
        closed_at=_whole(shipment.reached("CLOSED")),
        cancelled_at=cancelled,
        placement_fee=_placement_fee(plan, shipment),
        transportation_fee=carriage,
        charged_at=_whole(voidable_until) if carriage else None,
    )


def _placement_fee(plan: PlanRecord, shipment: ShipmentRecord) -> int:
    """The shipment's share of the plan's fee. Shares are rounded cumulatively, so that they add up to it."""
    fee = max(0, plan.placement.placement_fee) if plan.placement else 0
    units = [sum(each.shipped_units().values()) for each in plan.shipments]
    before = sum(units[: plan.shipments.index(shipment)])
    after = before + sum(shipment.shipped_units().values())
    return _share(fee, after, sum(units)) - _share(fee, before, sum(units))


def _share(fee: int, units: int, all_units: int) -> int:
    return round(fee * units / all_units) if all_units else 0


def _whole(at: float | None) -> int | None:
    return None if at is None else int(at)
