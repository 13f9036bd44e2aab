"""Builds an Airflow DAG from every file in include/config/checks: check__<name>."""

from __future__ import annotations

from sellerops_airflow.dag_factory.checks import checks_to_parse

for dag in checks_to_parse():
    globals()[dag.dag_id] = dag
