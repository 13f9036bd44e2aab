"""Asynchronous operations: they take effect when they end, some seconds or minutes after the call."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from amazon_sandbox.core.answers import ApiError
from amazon_sandbox.core.faults import Fault
from amazon_sandbox.inbound.ids import Ids
from amazon_sandbox.inbound.records import VOIDED, PlanRecord
from amazon_sandbox.inbound.shapes import bad_request
from amazon_sandbox.simulation.streams import between, uniforms

IN_PROGRESS, SUCCESS, FAILED = "IN_PROGRESS", "SUCCESS", "FAILED"
USUAL_SECONDS = (3.0, 12.0)
# Operations for which Amazon takes longer.
SECONDS = {
    "createInboundPlan": (4.0, 20.0),
    "generatePlacementOptions": (20.0, 90.0),
    "generateTransportationOptions": (20.0, 90.0),
    "confirmTransportationOptions": (30.0, 120.0),
    "generateShipmentContentUpdatePreviews": (10.0, 45.0),
    "cancelInboundPlan": (5.0, 25.0),
}


class Problem(NamedTuple):
    """The model's OperationProblem. A warning comes together with SUCCESS."""

    code: str
    message: str
    severity: str = "ERROR"
    details: str = ""

    def as_dict(self) -> dict[str, str]:
        """As JSON."""
        return {name: value for name, value in self._asdict().items() if value}


class OperationFailed(Exception):
    """Raised by an effect to end its operation as FAILED."""

    def __init__(self, *problems: Problem) -> None:
        self.problems = list(problems)
        super().__init__("; ".join(problem.message for problem in problems))


# Takes the instant at which the operation ends and returns warnings. An effect must repeat the checks of its
# call, because another operation may have ended in between.
Effect = Callable[[float], list[Problem] | None]


@dataclass(slots=True)
class AsyncOperation:
    """One operation. `topic`: what it changes; until it ends, its plan takes no other one on that topic."""

    operation_id: str
    name: str
    seller_id: str
    plan: PlanRecord | None
    topic: str
    started_at: float
    due_at: float
    effect: Effect
    status: str = IN_PROGRESS
    problems: list[Problem] = field(default_factory=list)
    failure: list[Problem] = field(default_factory=list)
    fails_without_effect: bool = True

    def as_dict(self) -> dict[str, Any]:
        """The model's InboundOperationStatus."""
        return {
            "operation": self.name,
            "operationId": self.operation_id,
            "operationProblems": [problem.as_dict() for problem in self.problems],
            "operationStatus": self.status,
        }


class OperationQueue:
    """All operations by id; `seconds` overrides how long each takes (None: each its own time)."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self._all: dict[str, AsyncOperation] = {}
        self._waiting: list[AsyncOperation] = []
        self.seconds: float | None = None

    def start(
        self,
        name: str,
        seller_id: str,
        effect: Effect,
        now: float,
        *,
        plan: PlanRecord | None,
        topic: str,
        faults: list[Fault],
    ) -> AsyncOperation:
        """Start an operation that ends later. Raises ApiError while another one changes the same thing."""
        self._refuse_conflict(name, plan, topic)
        operation_id = self._ids.make()
        low, high = SECONDS.get(name, USUAL_SECONDS)
        takes = (
            between(uniforms(operation_id, "takes")[0], low, high) if self.seconds is None else self.seconds
        )
        started = AsyncOperation(operation_id, name, seller_id, plan, topic, now, now + takes, effect)
        for fault in faults:
            _apply(fault, started)
        self._all[operation_id] = started
        self._waiting.append(started)
        return started

    def find(self, operation_id: str, seller_id: str) -> AsyncOperation | None:
        """An operation of this seller."""
        found = self._all.get(operation_id)
        return found if found is not None and found.seller_id == seller_id else None

    def advance(self, now: float) -> bool:
        """End the due operations, in the order of their due times; return whether there were any.

        An effect may ask for the store and so call this again: it then ends the next ones itself.
        """
        has_ended = False
        while due := [each for each in self._waiting if each.due_at <= now]:
            operation = min(due, key=lambda each: each.due_at)
            self._waiting.remove(operation)
            _end(operation)
            has_ended = True
        return has_ended

    def of_plan(self, plan: PlanRecord) -> list[AsyncOperation]:
        """The operations of a plan, oldest first."""
        return [each for each in self._all.values() if each.plan is plan]

    def clear(self) -> None:
        """Forget all."""
        self._all.clear()
        self._waiting.clear()
        self.seconds = None

    def _refuse_conflict(self, name: str, plan: PlanRecord | None, topic: str) -> None:
        for other in self._waiting:
            blocks = other.name in ("createInboundPlan", "cancelInboundPlan") or other.topic == topic
            if plan is not None and other.plan is plan and blocks:
                raise bad_request(
                    f"Operation {name} cannot be processed: operation {other.name} is in progress.",
                    f"operationId {other.operation_id}",
                )


def _apply(fault: Fault, operation: AsyncOperation) -> None:
    options = fault.options
    if fault.kind.name == "operation_failed":
        code = str(options.get("code", "InternalServerError"))
        operation.failure.append(Problem(code, str(options.get("message", "Something went wrong."))))
        operation.fails_without_effect = not options.get("effect", False)
    elif fault.kind.name == "operation_warning":
        code = str(options.get("code", "FBA_INB_0200"))
        message = str(options.get("message", "WARNING: Some values were adjusted by Amazon."))
        operation.problems.append(Problem(code, message, "WARNING"))
    elif fault.kind.name == "operation_slow":
        operation.due_at += float(options.get("seconds", 1800))
    elif fault.kind.name == "operation_stuck":
        operation.due_at = math.inf


def _problems(error: OperationFailed | ApiError) -> list[Problem]:
    """Why an effect failed; an ApiError is the reason why its call would now be refused."""
    if isinstance(error, OperationFailed):
        return error.problems
    return [Problem(error.code, error.message, details=error.details)]


def _end(operation: AsyncOperation) -> None:
    # In whole seconds, as all times are written and compared.
    plan, at = operation.plan, int(operation.due_at)
    try:
        if plan is not None and plan.state == VOIDED:
            raise OperationFailed(Problem("FBA_INB_0049", f"ERROR: Inbound plan {plan.plan_id} is VOIDED."))
        if operation.failure and operation.fails_without_effect:
            raise OperationFailed(*operation.failure)
        operation.problems += operation.effect(at) or []
        operation.status = SUCCESS
        if operation.failure:
            operation.status, operation.problems = FAILED, list(operation.failure)
        if plan is not None:
            plan.changes.append(at)
    except (OperationFailed, ApiError) as error:
        operation.status = FAILED
        operation.problems = _problems(error)
        if plan is not None and operation.name == "createInboundPlan":
            plan.state = "ERRORED"
            plan.changes.append(at)
