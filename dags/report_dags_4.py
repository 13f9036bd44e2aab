"""Builds an Airflow DAG, report__<source>__<name>, from each valid report spec of one part of the catalogue.

Eight such files share the specs (docs/decisions/report-dags-in-eight-files.md); a new report needs no change.
"""

from __future__ import annotations

from sellerops_airflow.dag_factory.reports import dags_to_parse

for dag in dags_to_parse(part=4).dags:
    globals()[dag.dag_id] = dag
