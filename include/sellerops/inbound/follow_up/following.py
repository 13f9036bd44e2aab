"""Follows confirmed shipments at Amazon until they are closed: reads them once a day and stores what it
finds.

Runs in the triggerer. Calls per open run: getInboundPlan, and getShipment for shipments whose status changed
or whose tracking or delivery window may change without it. Version 0 is read for all runs of a marketplace
together (``v0_units`` beside this module). Amazon's lists may disagree for hours and list shipments late, so
a missing value does not replace a known one, and a status never goes back.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sellerops.base.errors import (
    CredentialsError,
    LedgerUnavailable,
    RequestRefused,
    SellerOpsError,
    UnexpectedAnswer,
)
from sellerops.inbound.amazon_lists import plan_path
from sellerops.inbound.follow_up import readings as followed
from sellerops.inbound.follow_up import shipment_status
from sellerops.inbound.follow_up.readings import FollowedRun, FollowedShipment, ShipmentReading
from sellerops.inbound.follow_up.v0_units import UnitReadings, read_arrivals
from sellerops.inbound.steps.tracking import tracking_of

if TYPE_CHECKING:
    from sellerops.inbound.services import Services
    from sellerops.ledger.database import Connection

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class FollowResult:
    """A run after following it. ``statuses``: of its shipments, by Amazon's shipment id in the plan."""

    inbound_run_id: int
    name: str
    state: str
    statuses: Mapping[str, str] = field(default_factory=dict)

    @property
    def summary(self) -> str:
        shown = ", ".join(sorted(self.statuses.values())) or "no confirmed shipment"
        return f"inbound run {self.inbound_run_id} ({self.name}): {self.state}; {shown}"


@dataclass(frozen=True)
class FollowResults:
    """All open runs of an account. ``failed``: errors by run id; the other runs were followed."""

    followed: tuple[FollowResult, ...] = ()
    failed: Mapping[int, SellerOpsError] = field(default_factory=dict)


@dataclass(frozen=True)
class _PlanReading:
    status: str | None
    shipments: tuple[ShipmentReading, ...]


async def follow(services: Services, inbound_run_id: int) -> FollowResult:
    """Read and store the state of one run's shipments; a run that is not followed (any more) is left alone.

    Raises GiveUpError for an unknown id, and the typed errors of the calls.
    """
    found = await follow_open_runs(services, only=inbound_run_id)
    for error in found.failed.values():
        raise error
    if found.followed:
        return found.followed[0]
    state = await _run(services, lambda c: followed.state_of(c, inbound_run_id))
    return FollowResult(inbound_run_id, "", state)


async def follow_open_runs(services: Services, *, only: int | None = None) -> FollowResults:
    """Follow every open run of the account. An error of one run does not affect the others; an error that
    concerns all of them (credentials, the ledger) is raised.
    """
    runs = await _run(services, lambda c: followed.open_runs(c, services.account.id, only))
    failed: dict[int, SellerOpsError] = {}
    plans: dict[int, _PlanReading] = {}
    for run in runs:
        try:
            plans[run.id] = await _read_plan(services, run)
        except (CredentialsError, LedgerUnavailable):
            raise
        except SellerOpsError as error:
            log.warning("%s: %s", run.label, error)
            failed[run.id] = error
    # A run whose plan cannot be read still has its units read.
    seen = [_with_plan(run, plans.get(run.id)) for run in runs]
    results = []
    for marketplace_id in sorted({run.marketplace_id for run in seen}):
        of_marketplace = [run for run in seen if run.marketplace_id == marketplace_id]
        arrivals = await _arrivals(services, marketplace_id, of_marketplace, failed)
        for run in of_marketplace:
            results.append(await _store(services, run, plans.get(run.id), arrivals))
    return FollowResults(tuple(each for each in results if each.inbound_run_id not in failed), failed)


async def _arrivals(
    services: Services, marketplace_id: str, runs: Sequence[FollowedRun], failed: dict[int, SellerOpsError]
) -> UnitReadings:
    """Version 0's answers for the runs of a marketplace; an error counts for all of them."""
    try:
        return await read_arrivals(services, marketplace_id, [one for run in runs for one in run.shipments])
    except (CredentialsError, LedgerUnavailable):
        raise
    except SellerOpsError as error:
        log.warning("received units of marketplace %s: %s", marketplace_id, error)
        for run in runs:
            failed.setdefault(run.id, error)
        return UnitReadings()


async def _read_plan(services: Services, run: FollowedRun) -> _PlanReading:
    """Read the plan, and those of its shipments that must be read individually."""
    answer = await services.reads.get("getInboundPlan", plan_path(run.plan_id))
    listed = {
        each["shipmentId"]: each.get("status")
        for each in answer.get("shipments") or ()
        if isinstance(each, Mapping) and each.get("shipmentId")
    }
    shipments = []
    for known in run.shipments:
        status = shipment_status.latest_status(known.status, listed.get(known.shipment_id))
        details: dict[str, Any] = {}
        if known.needs_details or status != known.status:
            own, details = await _read_shipment(services, run, known)
            status = shipment_status.latest_status(status, own)
        shipments.append(ShipmentReading(known.shipment_id, status, details))
    return _PlanReading(answer.get("status"), tuple(shipments))


async def _read_shipment(
    services: Services, run: FollowedRun, known: FollowedShipment
) -> tuple[str | None, dict[str, Any]]:
    """Status and columns of one shipment; nothing if Amazon does not find it at the moment."""
    path = plan_path(run.plan_id, "shipments", known.shipment_id)
    try:
        answer = await services.reads.get("getShipment", path)
    except RequestRefused as error:
        if error.details.get("status") != 404:
            raise
        log.warning("%s: Amazon does not find shipment %s at the moment", run.label, known.shipment_id)
        return None, {}
    return answer.get("status"), _details(answer, path)


def _details(shipment: Mapping[str, Any], where: str) -> dict[str, Any]:
    window = shipment.get("selectedDeliveryWindow") or {}
    return {
        "name": shipment.get("name"),
        "confirmation_id": shipment.get("shipmentConfirmationId"),
        "amazon_reference_id": shipment.get("amazonReferenceId"),
        "warehouse_id": (shipment.get("destination") or {}).get("warehouseId"),
        "tracking": tracking_of(shipment) or None,
        "delivery_window_start": _instant(window.get("startDate"), where),
        "delivery_window_end": _instant(window.get("endDate"), where),
        "delivery_window_editable_until": _instant(window.get("editableUntil"), where),
    }


def _instant(text: str | None, where: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError as error:
        raise UnexpectedAnswer(f"getShipment answered with the time {text!r}.", where=where) from error


def _with_plan(run: FollowedRun, plan: _PlanReading | None) -> FollowedRun:
    """The run with what its plan has just shown, so that version 0 can be read."""
    seen = {each.shipment_id: each for each in plan.shipments} if plan else {}
    shipments = []
    for known in run.shipments:
        shown = seen.get(known.shipment_id) or ShipmentReading(known.shipment_id, known.status)
        confirmation_id = known.confirmation_id or shown.details.get("confirmation_id")
        shipments.append(replace(known, status=shown.status, confirmation_id=confirmation_id))
    return replace(run, shipments=tuple(shipments))


async def _store(
    services: Services, run: FollowedRun, plan: _PlanReading | None, arrivals: UnitReadings
) -> FollowResult:
    """Store what both APIs showed about a run, in one transaction."""
    details = {each.shipment_id: each.details for each in plan.shipments} if plan else {}
    shipments = [
        ShipmentReading(
            known.shipment_id,
            shipment_status.latest_status(known.status, arrivals.statuses.get(known.confirmation_id or "")),
            details.get(known.shipment_id, {}),
        )
        for known in run.shipments
    ]
    statuses = {each.shipment_id: each.status for each in shipments}
    plan_status = plan.status if plan else None
    state = shipment_status.next_state(run.state, plan_status, list(statuses.values()))
    ids = {each.confirmation_id for each in run.shipments}

    def work(connection: Connection) -> None:
        with connection.transaction():
            followed.record_shipments(connection, run.id, shipments)
            followed.record_units(
                connection,
                [each for each in arrivals.units if each.confirmation_id in ids],
                [each for each in arrivals.read if each in ids],
            )
            followed.record_state(connection, run.id, run.state, state, _problem(state, plan_status))

    await _run(services, work)
    return FollowResult(run.id, run.name, state, statuses)


def _problem(state: str, plan_status: str | None) -> str | None:
    if state != "cancelled":
        return None
    if plan_status == shipment_status.VOIDED_PLAN:
        return "The plan was cancelled at Amazon, outside of this run."
    return "All shipments were cancelled at Amazon, outside of this run."


async def _run(services: Services, work: Any) -> Any:
    return await services.blocking(services.ledger.database.run, work)
