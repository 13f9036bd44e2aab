"""What people do with a confirmed run: ship other quantities, and cancel it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from integration.inbound.walks import RETRIES, Harbour, Walk, go

from sellerops.base.errors import RetryableError
from sellerops.inbound.content_update import (
    ContentUpdate,
    confirm_content_update,
    offer_content_update,
    question_about,
)
from sellerops.inbound.services import Services
from sellerops.inbound.steps.cancellation import cancel_run
from sellerops.inbound.store import Choice


def approve_update(harbour: Harbour, walk: Walk, update: ContentUpdate) -> None:
    offer = harbour.offer(walk.run.id)
    harbour.store.decide(
        walk.run.id,
        Choice.APPROVED,
        offer=offer,
        combination=offer.combinations[0],
        decided_by="ops",
        asked_about=question_about(update.preview_id),
    )


def take_a_unit_out(harbour: Harbour, walk: Walk) -> None:
    """One unit less in the largest shipment, previewed, approved and confirmed."""
    shipment = max(harbour.store.shipments(walk.run.id, chosen=True), key=lambda each: each.total_units)
    sku, units = max(shipment.units.items(), key=lambda each: each[1])
    update = as_a_task(
        harbour,
        walk,
        lambda services: offer_content_update(services, walk.run.id, shipment.shipment_id, {sku: units - 1}),
    )
    approve_update(harbour, walk, update)
    as_a_task(
        harbour,
        walk,
        lambda services: confirm_content_update(
            services, walk.run.id, shipment.shipment_id, update.preview_id
        ),
    )


def cancel(harbour: Harbour, walk: Walk) -> None:
    as_a_task(harbour, walk, lambda services: cancel_run(services, walk.run.id))


def as_a_task(harbour: Harbour, walk: Walk, work: Callable[[Services], Awaitable[Any]]) -> Any:
    """Retried as Airflow would."""
    for attempt in range(RETRIES + 1):
        try:
            return go(work(harbour.services(walk.run.account_id)))
        except RetryableError:
            if attempt == RETRIES:
                raise
            harbour.jump(seconds=300)
    raise AssertionError("unreachable")
