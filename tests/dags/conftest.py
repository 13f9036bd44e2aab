"""The DAG files as Airflow's dag-processor loads them, once per session."""

from __future__ import annotations

import pytest
from support.airflow_home import PROJECT_ROOT, prepare_airflow

prepare_airflow()

from airflow.dag_processing.dagbag import DagBag  # noqa: E402
from support.channels import sent  # noqa: E402

__all__ = ["bag", "sent"]


@pytest.fixture(scope="session")
def bag() -> DagBag:
    return DagBag(dag_folder=str(PROJECT_ROOT / "dags"))
