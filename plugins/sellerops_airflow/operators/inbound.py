"""Steps of an FBA inbound run: workers start and end them, the triggerer carries them out."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, NoReturn

from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowSkipException, DownstreamTasksSkipped

from sellerops.base.errors import FormError
from sellerops_airflow.notifiers.inbound import send_cancellation_notice, send_documents_notice
from sellerops_airflow.runs.task_outcomes import task_outcome
from sellerops_airflow.runs.trigger_events import result_of
from sellerops_airflow.runs.urls import page_url
from sellerops_airflow.runtime import get_runtime

log = logging.getLogger(__name__)

COLOR = "#fff4e5"
VALIDATE, CANCEL = "validate", "cancel_plan"
LEFT_OUT = "left_out"
# The run's id in the ledger, from the task that opened it.
INBOUND_RUN_ID = f"{{{{ ti.xcom_pull(task_ids='{VALIDATE}') or '' }}}}"


# Why this step is not needed, from the same task; empty if that is known only later.
_REASON = f"{{{{ (ti.xcom_pull(task_ids='{VALIDATE}', key='{LEFT_OUT}') or {{}}).get(task.task_id, '') }}}}"


class InboundStepOperator(BaseOperator):
    """Carries out one step of a run; returns its summary. A step that is not needed is skipped.

    All state is in the ledger and at Amazon. The task may be cleared, retried or killed at any time: the step
    then finds out what has already been done, and nothing is done twice.

    :param task_id: the step's name in ``sellerops.inbound.workflow.STEPS``.
    :param inbound_run_id: id of the run in the ledger.
    :param not_needed: why the step is left out; empty if it is needed.
    """

    template_fields: Sequence[str] = ("inbound_run_id", "not_needed")
    ui_color = COLOR

    def __init__(
        self, *, inbound_run_id: Any = INBOUND_RUN_ID, not_needed: str = _REASON, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.inbound_run_id = inbound_run_id
        self.not_needed = not_needed

    def execute(self, context: Context) -> str:
        """Hand the step to the triggerer."""
        if str(self.inbound_run_id).strip() in ("", "None"):
            raise AirflowSkipException("Not needed: nothing was created.")
        if self.not_needed:
            raise AirflowSkipException(self.not_needed)
        self.start_step()

    def start_step(self) -> NoReturn:
        """Defer until the triggerer has carried out the step."""
        from sellerops_airflow.triggers.inbound import InboundStepTrigger

        run_id = inbound_run_id_of(self.inbound_run_id)
        self.defer(trigger=InboundStepTrigger(step=self.task_id, inbound_run_id=run_id), method_name="resume")

    def resume(self, context: Context, event: dict[str, Any]) -> str:
        """Return the step's summary. Raises AirflowSkipException if it was not needed, or its error."""
        from sellerops.inbound.workflow import StepState

        with task_outcome(context):
            result = result_of(event)
        log.info("%s: %s", result["state"], result["summary"])
        if result["state"] == StepState.NOT_NEEDED:
            raise AirflowSkipException(result["summary"])
        return str(result["summary"])

    def on_kill(self) -> None:
        """Cancel nothing at Amazon: the next try finds what has been done."""
        log.info("Stopped. The next try of this task checks what Amazon has already done.")


def inbound_run_id_of(value: Any) -> int:
    """The id as a number. Raises FormError for anything else."""
    text = str(value).strip()
    if not text.isascii() or not text.isdecimal():
        raise FormError(
            f"{text!r} is not the number of an inbound run.",
            where="Trigger form, Inbound run",
            remedy="Use a number that `sellerops inbound list` shows, and trigger the run again.",
        )
    return int(text)


def skip_to_cancellation(context: Context) -> None:
    """Skip everything downstream except the task that cancels the plan; this task succeeds."""
    following = context["task"].get_flat_relatives(upstream=False)
    rest = sorted(task.task_id for task in following if task.task_id != CANCEL)
    if rest:
        raise DownstreamTasksSkipped(tasks=rest)  # type: ignore[no-untyped-call]


class CancelPlanOperator(InboundStepOperator):
    """Cancels the plan of a rejected request or a dry run, and sends a notice of the result."""

    def execute(self, context: Context) -> str:
        """Hand the step to the triggerer, unless the shipments are confirmed, as they usually are."""
        if str(self.inbound_run_id).strip() not in ("", "None"):
            with task_outcome(context):
                run = get_runtime().inbound_store.run(inbound_run_id_of(self.inbound_run_id))
            if run.state.is_confirmed:
                raise AirflowSkipException("Not needed: the shipments are confirmed.")
        return super().execute(context)

    def resume(self, context: Context, event: dict[str, Any]) -> str:
        """Return the result in one line. Raises AirflowSkipException when there is nothing to cancel."""
        summary = super().resume(context, event)
        runtime = get_runtime()
        with task_outcome(context):
            run = runtime.inbound_store.run(inbound_run_id_of(self.inbound_run_id))
        send_cancellation_notice(runtime.ledger, run, summary)
        return summary


class FetchDocumentsOperator(InboundStepOperator):
    """Archives labels or bills of lading, and sends a notice that says where to print them."""

    def resume(self, context: Context, event: dict[str, Any]) -> str:
        """Return what was archived. The log has the address of the page."""
        summary = super().resume(context, event)
        ti, runtime = context["ti"], get_runtime()
        url = page_url(ti.dag_id, ti.run_id, ti.task_id, "shipment")
        log.info("Labels and shipment: %s", url)
        with task_outcome(context):
            run = runtime.inbound_store.run(inbound_run_id_of(self.inbound_run_id))
        send_documents_notice(runtime.ledger, run, summary, url)
        return summary
