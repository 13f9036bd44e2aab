"""Paths of Airflow's pages and of ours, relative to Airflow's own address, which the hub's pages know."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import quote

_PAGES = "sellerops"


@dataclass(frozen=True)
class Question:
    """A question under Airflow's *Required Actions* that nobody has answered yet."""

    dag_id: str
    run_id: str
    task_id: str
    map_index: int
    subject: str

    @property
    def path(self) -> str:
        """The path of its page."""
        mapped = f"/mapped/{self.map_index}" if self.map_index >= 0 else ""
        return f"{run_path(self.dag_id, self.run_id)}/tasks/{quote(self.task_id)}{mapped}/required_actions"


def dag_path(dag_id: str) -> str:
    """The DAG's page, where you start a backfill."""
    return f"dags/{quote(dag_id, safe='')}"


def run_path(dag_id: str | None, run_id: str | None) -> str | None:
    """The run's page; None without a run."""
    return f"{dag_path(dag_id)}/runs/{quote(run_id, safe='')}" if dag_id and run_id else None


def task_page_path(
    dag_id: str | None, run_id: str | None, task_id: str | None, map_index: int | None, page: str
) -> str | None:
    """One of our pages about a task (``slice``, ``shipment``, ...); None without a task."""
    if not (dag_id and run_id and task_id) or map_index is None:
        return None
    return f"{_PAGES}/{run_path(dag_id, run_id)}/tasks/{quote(task_id, safe='')}/{map_index}/{page}"


def label_path(dag_id: str, run_id: str, document_id: int) -> str:
    """The path of a label file of an FBA inbound run."""
    return f"{_PAGES}/{run_path(dag_id, run_id)}/labels/{document_id}"


def paused_dags() -> frozenset[str]:
    """Ids of the DAGs that are paused in Airflow."""
    from airflow.models.dag import DagModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        return frozenset(session.scalars(select(DagModel.dag_id).where(DagModel.is_paused)))


def open_questions(dag_ids: Collection[str]) -> list[Question]:
    """Unanswered questions of these DAGs, oldest first."""
    from airflow.models.hitl import HITLDetail
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session
    from sqlalchemy import select

    wanted = (
        select(
            TaskInstance.dag_id,
            TaskInstance.run_id,
            TaskInstance.task_id,
            TaskInstance.map_index,
            HITLDetail.subject,
        )
        .join(HITLDetail, HITLDetail.ti_id == TaskInstance.id)
        .where(TaskInstance.dag_id.in_(dag_ids), HITLDetail.responded_at.is_(None))
        .order_by(HITLDetail.created_at)
    )
    with create_session() as session:
        return [Question(*row) for row in session.execute(wanted)]


__all__ = [
    "Question",
    "dag_path",
    "label_path",
    "open_questions",
    "paused_dags",
    "run_path",
    "task_page_path",
]
