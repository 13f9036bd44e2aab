"""Defines no Airflow DAG. Raises when a file of include/marts is invalid, so that the UI shows why."""

from __future__ import annotations

from sellerops_airflow.dag_factory.marts import raise_for_invalid_marts

raise_for_invalid_marts()
