"""Builds an Airflow DAG from every valid file in include/config/exports: export__<name>."""

from __future__ import annotations

from sellerops_airflow.dag_factory.exports import exports_to_parse

for dag in exports_to_parse():
    globals()[dag.dag_id] = dag
