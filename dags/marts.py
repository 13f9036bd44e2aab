"""Builds an Airflow DAG from every group of include/marts: marts__<group>."""

from __future__ import annotations

from sellerops_airflow.dag_factory.marts import mart_groups_to_parse

for dag in mart_groups_to_parse():
    globals()[dag.dag_id] = dag
