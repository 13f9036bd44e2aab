"""Asks you to decide about quarantined documents, whose numbers look implausible.

Each document and table is a task under *Required Actions*, with the old and the new figures. *Release* stores
the document, *Reject* keeps the existing rows. After a day without an answer the question is asked again.
`sellerops quarantine` does the same.
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
    description="Asks for decisions about quarantined documents.",
    doc_md=docs_page(__doc__),
    # A skipped load sends no asset event that could trigger this DAG; a run that finds nothing takes 0.2 s.
    schedule="*/10 * * * *",
    # A run lasts while its questions are open, at most a day; later runs ask about newer documents.
    max_active_runs=32,
    tags={"sellerops", "quarantine"},
    **dag_defaults(retry_delay=timedelta(minutes=1)),
):
    found = FindQuarantinesOperator(task_id="find")

    @task_group(group_id="document")
    def ask_and_decide(quarantine: Any) -> None:
        """One quarantined document: ask for a decision, then apply it."""
        asked = RequestDecisionOperator(
            task_id="ask", quarantine=quarantine, map_index_template="{{ task.quarantine['label'] }}"
        )
        ApplyDecisionOperator(
            task_id="decide", answer=asked.output, map_index_template="{{ task.answer['label'] }}"
        )

    ask_and_decide.expand(quarantine=found.output)
