"""Checks the request of an FBA inbound run before anything is created at Amazon, and opens the run."""

from __future__ import annotations

import json
import logging
from typing import Any

from airflow.sdk import BaseOperator, Context

from sellerops_airflow.operators.inbound import COLOR, LEFT_OUT
from sellerops_airflow.runs.task_outcomes import task_outcome
from sellerops_airflow.runs.trigger_events import result_of

log = logging.getLogger(__name__)


class ValidateRequestOperator(BaseOperator):
    """Validates the run's trigger form; returns the id of its run in the ledger.

    Steps that the request rules out are pushed as XCom ``left_out``, so that they are skipped without
    waiting.

    All problems are reported at once, and nothing is created if there is one. A DAG run has one inbound run:
    when cleared, the task finds it again. A changed form changes that inbound run while Amazon has no plan,
    and is an error afterwards.

    :param values: the form's values by key (``sellerops.inbound.requests.form``); by default this run's.
    """

    ui_color = COLOR

    def __init__(self, *, values: dict[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.values = values

    def execute(self, context: Context) -> int:
        """Read the form, then have the triggerer compare it with Amazon's data.

        Raises InvalidRequest with every problem of the form; ``resume`` does so for problems of its meaning.
        """
        from sellerops.inbound.requests.form import parse_form
        from sellerops_airflow.triggers.inbound import ValidateRequestTrigger

        values = dict(self.values if self.values is not None else context["params"])
        with task_outcome(context):
            request = parse_form(values)
        dag_run: Any = context["dag_run"]
        trigger = ValidateRequestTrigger(
            values=json.loads(json.dumps(values, default=str)),
            account_id=request.account_id,
            dag_id=dag_run.dag_id,
            run_id=dag_run.run_id,
            requested_by=getattr(dag_run, "triggering_user_name", None) or "",
        )
        self.defer(trigger=trigger, method_name="resume")

    def resume(self, context: Context, event: dict[str, Any]) -> int:
        """Return the run's id. Raises InvalidRequest with every problem."""
        with task_outcome(context):
            result = result_of(event)
        context["ti"].xcom_push(key=LEFT_OUT, value=result.get("left_out") or {})
        for note in result.get("notes") or ():
            log.info("%s", note)
        log.info("Inbound run %s: %s", result["inbound_run_id"], result["name"])
        return int(result["inbound_run_id"])
