"""Builds the Airflow DAG of business alerts: marts__alerts."""

from __future__ import annotations

from sellerops_airflow.dag_factory.alerts import alerts_to_parse

for dag in alerts_to_parse():
    globals()[dag.dag_id] = dag
