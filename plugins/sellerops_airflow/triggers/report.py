"""Waits for Amazon in the triggerer: for quota, creation, processing and the document's lease."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from sellerops.base.errors import CredentialsError, RetryableError, SellerOpsError
from sellerops.calendar.slices import Slice
from sellerops.calendar.telemetry import fields_of, observed
from sellerops_airflow.runtime import get_runtime

if TYPE_CHECKING:
    from sellerops.collect import WaitResult
    from sellerops_airflow.runtime import CollectorLike

# Earliest event after deferring. Airflow 3.3.2 fails a task whose trigger fires within about 3 s, because the
# executor's late report of the deferral then meets a task that is queued again (apache/airflow #71580).
FIRST_EVENT_AFTER_S = 10.0


class ReportTrigger(BaseTrigger):
    """Waits until a worker can continue with a slice; its event is a WaitResult as plain values.

    All state is in the ledger and in the arguments, so the triggerer may be restarted. Clearing or failing
    the task ends only the wait: the report stays at Amazon, and the next try finds it.

    :param report: DAG id of the report.
    :param account_id: the account of ``accounts.yaml``.
    :param slice_: a Slice as plain values.
    :param run: a RunRef as plain values.
    :param request_ids: the slice's requests in the ledger so far.
    :param reference: the end of the run's data interval (ISO, UTC); newer documents are reused.
    :param priority: quota priority, a value of ``Priority``.
    :param piece: the former name of ``slice_``, in tasks deferred before version 0.1.0.
    """

    def __init__(
        self,
        *,
        report: str,
        account_id: str,
        slice_: dict[str, Any] | None = None,
        run: dict[str, Any],
        request_ids: list[int],
        reference: str,
        priority: str,
        piece: dict[str, Any] | None = None,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.report = report
        self.account_id = account_id
        self.slice_: dict[str, Any] = slice_ or piece or {}
        self.run_values = run
        self.request_ids = request_ids
        self.reference = reference
        self.priority = priority

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Class path and arguments, as Airflow stores them."""
        return (
            "sellerops_airflow.triggers.report.ReportTrigger",
            {
                "report": self.report,
                "account_id": self.account_id,
                "slice_": self.slice_,
                "run": self.run_values,
                "request_ids": self.request_ids,
                "reference": self.reference,
                "priority": self.priority,
            },
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Wait and yield one event, at the earliest ``FIRST_EVENT_AFTER_S`` seconds after the start."""
        started = time.monotonic()
        fields = fields_of(Slice.from_dict(self.slice_))
        with observed("wait", fields, quiet=(asyncio.CancelledError,)):
            result = await self._wait()
        await asyncio.sleep(max(0.0, FIRST_EVENT_AFTER_S - (time.monotonic() - started)))
        yield TriggerEvent(result.to_dict())  # type: ignore[no-untyped-call]

    async def _wait(self) -> WaitResult:
        await asyncio.to_thread(_load_drivers, self.slice_["source"])
        from sellerops.base.redaction import redact
        from sellerops.collect import WaitOutcome, WaitResult
        from sellerops.ledger import RunRef

        try:
            collector = await asyncio.to_thread(self._collector)
            result = await collector.wait(
                Slice.from_dict(self.slice_),
                RunRef(**self.run_values),
                request_ids=tuple(self.request_ids),
                reference=datetime.fromisoformat(self.reference),
            )
        except SellerOpsError as error:
            result = WaitResult(WaitOutcome.FAILED, error.cause, error=error)
        except Exception as error:
            # Last handler in the triggerer: an exception that escapes here would lose its cause.
            self.log.exception("The wait failed")
            cause = RetryableError(redact(f"{type(error).__name__}: {error}"), where="triggerer")
            result = WaitResult(WaitOutcome.FAILED, cause.cause, error=cause)
        if isinstance(result.error, CredentialsError):
            await asyncio.to_thread(self._forget_credentials)
        return result

    def _collector(self) -> CollectorLike:
        """Blocking: reads connections and files."""
        from sellerops.rate_limits import Priority

        runtime = get_runtime()
        account = runtime.account(self.account_id)
        return runtime.collector(runtime.spec(self.report), account, Priority(self.priority))

    def _forget_credentials(self) -> None:
        runtime = get_runtime()
        runtime.forget_credentials(runtime.account(self.account_id))


def _load_drivers(source: str) -> None:
    """Import in a thread: the first import takes up to a second, which would block the event loop."""
    import sellerops.collect  # noqa: F401
    from sellerops.sources.registry import source_of

    source_of(source)
