"""Follows, changes and cancels confirmed FBA shipments in the triggerer."""

from __future__ import annotations

import asyncio
from typing import Any

from sellerops_airflow.runs.trigger_events import error_to_values
from sellerops_airflow.triggers import inbound


class FollowTrigger(inbound.InboundTrigger):
    """Reads the shipments of all open runs of an account.

    The result has ``followed``, a line per run, and ``failed``, the errors of other runs as plain values.

    :param account_id: the account of ``accounts.yaml``.
    """

    _arguments = ("account_id",)

    def __init__(self, *, account_id: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.account_id = account_id

    def _account_id(self) -> str:
        return self.account_id

    async def _work(self) -> dict[str, Any]:
        from sellerops.inbound.follow_up.following import follow_open_runs

        found = await follow_open_runs(await asyncio.to_thread(self._services))
        return {
            "followed": [each.summary for each in found.followed],
            "failed": [error_to_values(error) for error in found.failed.values()],
        }


class CancelTrigger(inbound.OneRunTrigger):
    """Cancels a run's plan at Amazon; the result has a ``summary``.

    :param inbound_run_id: id of the run in the ledger.
    :param accept_charges: cancel even if the partnered carrier can no longer be cancelled free of charge.
    """

    _arguments = ("inbound_run_id", "accept_charges")

    def __init__(self, *, inbound_run_id: int, accept_charges: bool) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.inbound_run_id = inbound_run_id
        self.accept_charges = accept_charges

    async def _work(self) -> dict[str, Any]:
        from sellerops.inbound.steps.cancellation import cancel_run

        services = await asyncio.to_thread(self._services)
        outcome = await cancel_run(services, self.inbound_run_id, accept_charges=self.accept_charges)
        return {"summary": outcome.summary}


class OfferContentUpdateTrigger(inbound.OneRunTrigger):
    """Gets Amazon's preview of new quantities of a shipment; the result is the ContentUpdate as plain values.

    :param inbound_run_id: id of the run in the ledger.
    :param shipment_id: Amazon's id of the shipment in the plan.
    :param quantities: SKU -> new units in the shipment.
    """

    _arguments = ("inbound_run_id", "shipment_id", "quantities")

    def __init__(self, *, inbound_run_id: int, shipment_id: str, quantities: dict[str, int]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.inbound_run_id = inbound_run_id
        self.shipment_id = shipment_id
        self.quantities = quantities

    async def _work(self) -> dict[str, Any]:
        from sellerops.inbound.content_update import offer_content_update

        services = await asyncio.to_thread(self._services)
        found = await offer_content_update(services, self.inbound_run_id, self.shipment_id, self.quantities)
        cost = {"amount": str(found.cost.amount), "currency": found.cost.currency} if found.cost else None
        return {
            "preview_id": found.preview_id,
            "shipment_id": found.shipment_id,
            "expires_at": found.expires_at.isoformat(),
            "units": {sku: list(units) for sku, units in found.units.items()},
            "cost": cost,
            "carrier": found.carrier,
        }


class ConfirmContentUpdateTrigger(inbound.OneRunTrigger):
    """Confirms a preview; the result has a ``summary``.

    :param inbound_run_id: id of the run in the ledger.
    :param shipment_id: Amazon's id of the shipment in the plan.
    :param preview_id: Amazon's id of the approved preview.
    """

    _arguments = ("inbound_run_id", "shipment_id", "preview_id")

    def __init__(self, *, inbound_run_id: int, shipment_id: str, preview_id: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.inbound_run_id = inbound_run_id
        self.shipment_id = shipment_id
        self.preview_id = preview_id

    async def _work(self) -> dict[str, Any]:
        from sellerops.inbound.content_update import confirm_content_update

        services = await asyncio.to_thread(self._services)
        outcome = await confirm_content_update(
            services, self.inbound_run_id, self.shipment_id, self.preview_id
        )
        return {"summary": outcome.summary}
