"""The DAG files as Airflow's dag-processor loads them, once per session."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from support.airflow_home import PROJECT_ROOT, prepare_airflow

prepare_airflow()

from airflow.dag_processing.dagbag import DagBag  # noqa: E402
from support.channels import sent  # noqa: E402
from support.portal_config import switch_on  # noqa: E402

__all__ = ["bag", "sent"]


@pytest.fixture(scope="session")
def bag() -> DagBag:
    return DagBag(dag_folder=str(PROJECT_ROOT / "dags"))


@pytest.fixture
def portal_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The shipped configuration with two logins and a report of each."""
    folder = tmp_path / "config"
    shutil.copytree(PROJECT_ROOT / "include" / "config", folder)
    for path in (folder / "reports").glob("amazon_*/*.yaml"):
        if path.stem not in ("defaults", "all_orders"):
            path.unlink()
    switch_on(folder)
    monkeypatch.setenv("SELLEROPS_CONFIG_DIR", str(folder))
    return folder
