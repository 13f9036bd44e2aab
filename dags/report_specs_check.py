"""Defines no Airflow DAG. Raises when a report spec is invalid, so that the UI shows why a DAG is missing."""

from __future__ import annotations

from sellerops_airflow.dag_factory.spec_check import raise_for_invalid_specs

raise_for_invalid_specs()
