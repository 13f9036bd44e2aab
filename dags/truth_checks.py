"""Every file of include/config/checks becomes a DAG of Airflow: check__<name>."""

from __future__ import annotations

from sellerops_airflow.check_factory import checks_to_parse

for dag in checks_to_parse():
    globals()[dag.dag_id] = dag
