"""What a step of an inbound run gets, and how it begins operations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

from sellerops.base.errors import GiveUpError
from sellerops.inbound.amazon_lists import plan_path
from sellerops.inbound.models import InboundRequest
from sellerops.inbound.operations import Intent, carry_out, carry_out_again
from sellerops.inbound.services import Services
from sellerops.inbound.store import InboundRun, InboundStore, StepRow
from sellerops.writes.model import Look

_Params = ParamSpec("_Params")
_Result = TypeVar("_Result")


@dataclass
class Step:
    """One step of one run, in progress. ``run``: as it was when the step began or was last reloaded."""

    name: str
    run: InboundRun
    services: Services

    @property
    def request(self) -> InboundRequest:
        return self.run.request

    @property
    def store(self) -> InboundStore:
        return self.services.store

    @property
    def plan_id(self) -> str:
        """Amazon's id of the plan. Raises GiveUpError before the plan is created."""
        if self.run.plan_id is None:
            raise GiveUpError(
                "the plan has not been created at Amazon yet.",
                where=f"inbound run {self.run.id}, step {self.name}",
                remedy="Clear the task `create_plan` and those after it.",
            )
        return self.run.plan_id

    def path(self, *parts: str) -> str:
        """The path of the plan, or of a resource in it."""
        return plan_path(self.plan_id, *parts)

    async def reload(self) -> None:
        self.run = await self.blocking(self.store.run, self.run.id)

    async def blocking(
        self, work: Callable[_Params, _Result], *args: _Params.args, **kwargs: _Params.kwargs
    ) -> _Result:
        """Run a statement of the store in a thread."""
        return await self.services.blocking(work, *args, **kwargs)

    async def operation(
        self,
        operation: str,
        method: str,
        path: str,
        *,
        found_by: str,
        look: Look | None = None,
        body: Mapping[str, Any] | Callable[[StepRow], Mapping[str, Any]] | None = None,
        subject: str = "",
        step: str = "",
        again: bool = False,
    ) -> StepRow:
        """Have an operation carried out once for this step and subject; ``again``: once more.

        ``step``: the name of the step that it belongs to, if that is not this one.
        """
        intent = Intent(step or self.name, operation, method, path, found_by, look, body, subject)
        work = carry_out_again if again else carry_out
        return await work(self.services, self.run.id, intent)
