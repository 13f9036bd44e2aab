"""Addresses of runs, tasks and our own pages in Airflow's UI."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from airflow.sdk import conf

if TYPE_CHECKING:
    from sellerops.ledger.logins import BrowserJob

# Where the api-server mounts our own pages.
PAGES = "/sellerops"


def run_url(dag_id: str, run_id: str) -> str:
    """The run's page in Airflow's UI, below ``[api] base_url``."""
    return f"{dag_url(dag_id)}/runs/{quote(run_id)}"


def dag_url(dag_id: str) -> str:
    """The DAG's page in Airflow's UI, where you trigger it."""
    base = str(conf.get("api", "base_url", fallback="") or "http://localhost:8080").rstrip("/")
    return f"{base}/dags/{dag_id}"


def page_url(dag_id: str, run_id: str, task_id: str, page: str) -> str:
    """A page of ``pages`` about a task, below ``[api] base_url``."""
    base = dag_url("").removesuffix("/dags/")
    ids = f"dags/{quote(dag_id, safe='')}/runs/{quote(run_id, safe='')}/tasks/{quote(task_id, safe='')}"
    return f"{base}{PAGES}/{ids}/-1/{page}"


def log_url(dag_id: str, run_id: str, task_id: str, map_index: int) -> str:
    """The task instance's page in Airflow's UI, which opens with its log."""
    mapped = f"/mapped/{map_index}" if map_index >= 0 else ""
    return f"{run_url(dag_id, run_id)}/tasks/{task_id}{mapped}"


def evidence_url(job: BrowserJob) -> str:
    """The page with the evidence of a browser job; empty if it left none."""
    if not job.ref.dag_id or not job.evidence_uri:
        return ""
    base = dag_url("").removesuffix("/dags/")
    return f"{base}{PAGES}/dags/{quote(job.ref.dag_id, safe='')}/evidence/{job.id}"


def required_action_url(dag_id: str, run_id: str, task_id: str) -> str:
    """The page on which a task's question is answered."""
    return f"{run_url(dag_id, run_id)}/tasks/{task_id}/required_actions"
