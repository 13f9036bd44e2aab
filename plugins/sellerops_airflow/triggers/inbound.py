"""Carries out FBA inbound work in the triggerer, so that waiting for quota or for Amazon holds no worker."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from sellerops.base.errors import CredentialsError, RetryableError, SellerOpsError
from sellerops_airflow.runs.trigger_events import error_to_values
from sellerops_airflow.runtime import get_runtime
from sellerops_airflow.triggers.report import FIRST_EVENT_AFTER_S

if TYPE_CHECKING:
    from sellerops.inbound.services import Services


class InboundTrigger(BaseTrigger):
    """Base of the triggers that do the work. Fires one event, ``{"result": ...}`` or ``{"error": ...}``.

    All state is in the ledger and at Amazon, so the triggerer may be killed and restarted at any point, and
    the same work may run in two triggerers for a moment. Subclasses name their arguments in ``_arguments``,
    which Airflow stores.
    """

    _arguments: tuple[str, ...]

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Class path and arguments, as Airflow stores them."""
        values = {name: getattr(self, name) for name in self._arguments}
        return f"{type(self).__module__}.{type(self).__name__}", values

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Work and yield one event, at the earliest ``FIRST_EVENT_AFTER_S`` seconds after the start."""
        started = time.monotonic()
        event = await self._event()
        await asyncio.sleep(max(0.0, FIRST_EVENT_AFTER_S - (time.monotonic() - started)))
        yield TriggerEvent(event)  # type: ignore[no-untyped-call]

    async def _event(self) -> dict[str, Any]:
        await asyncio.to_thread(_load_modules)
        try:
            return {"result": await self._work()}
        except SellerOpsError as error:
            failure = error
        except Exception as error:
            # Last handler in the triggerer: an exception that escapes here would lose its cause.
            from sellerops.base.redaction import redact

            self.log.exception("The work failed")
            failure = RetryableError(redact(f"{type(error).__name__}: {error}"), where="triggerer")
        if isinstance(failure, CredentialsError):
            await asyncio.to_thread(self._forget_credentials)
        return {"error": error_to_values(failure)}

    async def _work(self) -> dict[str, Any]:
        raise NotImplementedError

    def _account_id(self) -> str:
        """The account whose credentials the work uses. Blocking."""
        raise NotImplementedError

    def _services(self) -> Services:
        """Blocking: reads connections and files."""
        runtime = get_runtime()
        return runtime.inbound_services(runtime.account(self._account_id()))

    def _forget_credentials(self) -> None:
        runtime = get_runtime()
        runtime.forget_credentials(runtime.account(self._account_id()))


class OneRunTrigger(InboundTrigger):
    """Base of the triggers that work on one run of the ledger."""

    inbound_run_id: int

    def _account_id(self) -> str:
        return str(get_runtime().inbound_store.run(self.inbound_run_id).account_id)


class InboundStepTrigger(OneRunTrigger):
    """Carries out one step of a run; the result has ``state`` (a StepState) and ``summary``.

    :param step: name of a step in ``sellerops.inbound.workflow.STEPS``.
    :param inbound_run_id: id of the run in the ledger.
    """

    _arguments = ("step", "inbound_run_id")

    def __init__(self, *, step: str, inbound_run_id: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.step = step
        self.inbound_run_id = inbound_run_id

    async def _work(self) -> dict[str, Any]:
        from sellerops.inbound.workflow import run_step

        services = await asyncio.to_thread(self._services)
        outcome = await run_step(self.step, self.inbound_run_id, services)
        return {"state": str(outcome.state), "summary": outcome.summary}


class ValidateRequestTrigger(InboundTrigger):
    """Checks a request against Amazon's data and opens its run.

    The result has ``inbound_run_id``, ``name``, ``notes`` and ``left_out``: steps not needed, with reasons.

    :param values: the trigger form's values.
    :param account_id: the account of the request.
    :param dag_id: with ``run_id``, the DAG run that asks; the same one always gets the same inbound run.
    :param run_id: see ``dag_id``.
    :param requested_by: who started the DAG run; empty when unknown.
    """

    _arguments = ("values", "account_id", "dag_id", "run_id", "requested_by")

    def __init__(
        self, *, values: dict[str, Any], account_id: str, dag_id: str, run_id: str, requested_by: str = ""
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.values = values
        self.account_id = account_id
        self.dag_id = dag_id
        self.run_id = run_id
        self.requested_by = requested_by

    def _account_id(self) -> str:
        return self.account_id

    async def _work(self) -> dict[str, Any]:
        from sellerops.inbound.facts import read_facts
        from sellerops.inbound.requests.form import parse_form
        from sellerops.inbound.requests.validation import (
            find_notes,
            find_problems,
            raise_problems,
            with_owners,
        )
        from sellerops.inbound.workflow import left_out
        from sellerops.settings.marketplaces import marketplace

        request = await asyncio.to_thread(parse_form, self.values)
        services = await asyncio.to_thread(self._services)
        facts = await read_facts(request, services, (self.dag_id, self.run_id))
        raise_problems(await asyncio.to_thread(find_problems, request, facts))
        run = await asyncio.to_thread(
            services.store.start_run,
            with_owners(request, facts),
            marketplace_id=marketplace(request.marketplace).id,
            dag_id=self.dag_id,
            run_id=self.run_id,
            requested_by=self.requested_by or None,
            asked=request,
        )
        return {
            "inbound_run_id": run.id,
            "name": run.name,
            "notes": list(find_notes(request, facts)),
            "left_out": left_out(run.request),
        }


def _load_modules() -> None:
    """Import in a thread: the first import takes up to a second, which would block the event loop."""
    import sellerops.inbound.services
    import sellerops.inbound.workflow
    import sellerops.sources.amazon_sp.source  # noqa: F401
