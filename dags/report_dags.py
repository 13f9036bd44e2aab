"""Builds an Airflow DAG from every valid report spec in include/config/reports: report__<source>__<name>."""

from __future__ import annotations

from sellerops_airflow.dag_factory.reports import dags_to_parse

for dag in dags_to_parse().dags:
    globals()[dag.dag_id] = dag
