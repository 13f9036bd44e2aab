"""What the inbound API holds while the server runs."""

from __future__ import annotations

from typing import Any

from amazon_sandbox.core.sandbox import FamilyState, Sandbox
from amazon_sandbox.inbound.documents import DocumentStore
from amazon_sandbox.inbound.ids import Ids
from amazon_sandbox.inbound.operations_queue import OperationQueue
from amazon_sandbox.inbound.overlay import created_shipment
from amazon_sandbox.inbound.prep_store import PrepStore
from amazon_sandbox.inbound.records import PlanRecord, ShipmentRecord


class InboundStore(FamilyState):
    """Created plans, prep classifications, operations and documents."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self.ids = Ids(sandbox.simulation.seed)
        self.operations = OperationQueue(self.ids)
        self.prep = PrepStore()
        self.documents = DocumentStore(sandbox)
        self.taxes: dict[tuple[str, str, str], dict[str, Any]] = {}
        self._plans: dict[str, PlanRecord] = {}

    def add(self, plan: PlanRecord) -> None:
        """Keep a plan."""
        self._plans[plan.plan_id] = plan

    def find(self, plan_id: str, seller_id: str) -> PlanRecord | None:
        """A created plan of this seller."""
        plan = self._plans.get(plan_id)
        return plan if plan is not None and plan.seller_id == seller_id else None

    def plans(self, seller_id: str | None = None) -> list[PlanRecord]:
        """The created plans (of a seller), oldest first."""
        return [plan for plan in self._plans.values() if seller_id in (None, plan.seller_id)]

    def confirmed_shipments(self, seller_id: str) -> list[tuple[PlanRecord, ShipmentRecord]]:
        """The created shipments that have a confirmation id, oldest first."""
        return [
            (plan, shipment)
            for plan in self.plans(seller_id)
            for shipment in plan.shipments
            if shipment.confirmation_id is not None
        ]

    def catch_up(self) -> None:
        """End the operations that are due, and show what they changed in the simulation."""
        if self.operations.advance(self._sandbox.clock.now()):
            self.show()

    def show(self) -> None:
        """Show the shipments of confirmed placements as they are now in all reports and APIs."""
        self._sandbox.show_created(
            created_shipment(plan, shipment) for plan in self._plans.values() for shipment in plan.shipments
        )

    def reset(self) -> None:
        """Forget all; the numbering of ids continues."""
        self._plans.clear()
        self.operations.clear()
        self.prep.clear()
        self.documents.clear()
        self.taxes.clear()
