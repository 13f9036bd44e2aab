"""Defines no Airflow DAG. Raises when an export is invalid, so that the UI shows why its DAG is missing."""

from __future__ import annotations

from sellerops_airflow.dag_factory.exports import raise_for_invalid_exports

raise_for_invalid_exports()
