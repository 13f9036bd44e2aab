"""Documents whose figures are so unlike those before that a person decides whether they are stored.

Each waits as a task of its own under *Required Actions*, with the old and the new figures. *Release* stores
the document, *Reject* keeps the rows there are. What nobody answers within a day is asked again. The same is
done by `sellerops quarantine`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, task_group

from sellerops_airflow.dag_factory.dag_defaults import dag_defaults, docs_page
from sellerops_airflow.operators.quarantine import (
    ApplyDecisionOperator,
    FindQuarantinesOperator,
    RequestDecisionOperator,
)

with DAG(
    dag_id="sellerops__quarantine",
    description="Asks people about documents that are held back.",
    doc_md=docs_page(__doc__),
    # A skipped load sends no asset event to be woken by; a look that finds nothing costs 0.2 s.
    schedule="*/10 * * * *",
    # A run lasts while its questions are open, a day at most; later runs ask what came since.
    max_active_runs=32,
    tags={"sellerops", "quarantine"},
    **dag_defaults(retry_delay=timedelta(minutes=1)),
):
    found = FindQuarantinesOperator(task_id="find")

    @task_group(group_id="document")
    def ask_and_decide(quarantine: Any) -> None:
        """One held document: the question, then what follows from the answer."""
        asked = RequestDecisionOperator(
            task_id="ask", quarantine=quarantine, map_index_template="{{ task.quarantine['label'] }}"
        )
        ApplyDecisionOperator(
            task_id="decide", answer=asked.output, map_index_template="{{ task.answer['label'] }}"
        )

    ask_and_decide.expand(quarantine=found.output)
