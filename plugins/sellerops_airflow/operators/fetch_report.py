"""Fetches one slice's report: short work on a worker, all waiting in the triggerer."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowSkipException

from sellerops.calendar.slices import Slice
from sellerops_airflow.notifiers.refused_columns import send_refused_columns_notice
from sellerops_airflow.operators.loading import load_confirmed_empty
from sellerops_airflow.runs.run_context import priority_of, run_at, run_ref
from sellerops_airflow.runs.task_outcomes import slice_outcome
from sellerops_airflow.runtime import get_runtime

if TYPE_CHECKING:
    from sellerops.collect import Done, WaitFor
    from sellerops.ledger import RunRef
    from sellerops_airflow.runtime import CollectorLike
    from sellerops_airflow.triggers.report import ReportTrigger

log = logging.getLogger(__name__)

# The message that there is no data, for reports that do not come from an API.
_EMPTY = {"dropped": "The drop folder has no new file", "downloaded": "The page has no data"}


class FetchReportOperator(BaseOperator):
    """Downloads one slice's documents into the archive; returns the ids of their requests.

    Each step is recorded in the ledger, so the task may be killed, retried or cleared at any point and
    resumes where the slice stopped. Killing it does not cancel the report at Amazon.

    :param report: DAG id of the report, which names its spec.
    :param account_id: the account of ``accounts.yaml``.
    :param slice_: a Slice as plain values.
    """

    template_fields: Sequence[str] = ("slice_",)
    template_fields_renderers = {"slice_": "json"}  # noqa: RUF012 - the type Airflow declares
    ui_color = "#e6f4ea"

    def __init__(self, *, report: str, account_id: str, slice_: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.report = report
        self.account_id = account_id
        self.slice_ = slice_

    def execute(self, context: Context) -> list[int]:
        """Fetch the slice, deferring to the triggerer while Amazon works on it.

        Raises AirflowSkipException when there is no data for the slice, or Amazon no longer serves it.
        """
        return self._advance(context, None)

    def resume(self, context: Context, event: dict[str, Any]) -> list[int]:
        """Continue after a wait; ``event`` is a WaitResult as plain values."""
        return self._advance(context, event)

    def on_kill(self) -> None:
        """Cancel nothing at Amazon: the next try finds the report in the ledger."""
        log.info(
            "Stopped. Amazon continues with the report; this task's next try picks it up from the ledger."
        )

    def _advance(self, context: Context, event: dict[str, Any] | None) -> list[int]:
        from sellerops.collect import Done

        runtime = get_runtime()
        spec, account = runtime.spec(self.report), runtime.account(self.account_id)
        slice_, run = Slice.from_dict(self.slice_), run_ref(context, spec.name)
        reference = run_at(context, runtime.ledger.clock())
        with slice_outcome(runtime.ledger, context, run, slice_):
            collector = runtime.collector(spec, account, priority_of(context))
            step = self._step(collector, slice_, run, event, reference)
            if isinstance(step, Done) and step.evidence:
                load_confirmed_empty(runtime, spec, slice_, run, step)
        if isinstance(step, Done) and step.left_out:
            send_refused_columns_notice(runtime.ledger, spec, slice_, step.left_out)
        return self._finish(context, slice_, run, step, reference)

    def _step(
        self,
        collector: CollectorLike,
        slice_: Slice,
        run: RunRef,
        event: dict[str, Any] | None,
        reference: datetime,
    ) -> Done | WaitFor:
        from sellerops.collect import Done, Outcome, WaitOutcome, WaitResult

        if event is None:
            return collector.advance(slice_, run, reference=reference)
        waited = WaitResult.from_dict(event)
        log.info("Waiting ended: %s", waited.detail)
        waited.raise_if_failed()
        if waited.outcome is WaitOutcome.EMPTY:
            return Done((), Outcome.EMPTY, waited.request_ids)
        return collector.advance(slice_, run, request_ids=waited.request_ids, reference=reference)

    def _finish(
        self, context: Context, slice_: Slice, run: RunRef, step: Done | WaitFor, reference: datetime
    ) -> list[int]:
        from sellerops.collect import Outcome, WaitFor

        if isinstance(step, WaitFor):
            log.info("Waiting in the triggerer: %s", step.reason)
            self.defer(trigger=self._trigger(context, run, step, reference), method_name="resume")
        if step.outcome is Outcome.EXPIRED:
            raise AirflowSkipException(f"Amazon no longer serves {slice_.label}.")
        if step.outcome is Outcome.EMPTY:
            how = get_runtime().spec(self.report).request.how
            raise AirflowSkipException(f"{_EMPTY.get(how, 'Amazon has no data')} for {slice_.label}.")
        return list(step.request_ids)

    def _trigger(self, context: Context, run: RunRef, step: WaitFor, reference: datetime) -> ReportTrigger:
        from sellerops_airflow.triggers.report import ReportTrigger

        return ReportTrigger(
            report=self.report,
            account_id=self.account_id,
            slice_=self.slice_,
            run=asdict(run),
            request_ids=list(step.request_ids),
            reference=reference.isoformat(),
            priority=str(priority_of(context)),
        )
