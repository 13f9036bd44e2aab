"""Defines no DAG of Airflow. Raises when an export is invalid, so that the UI says why it is missing."""

from __future__ import annotations

from sellerops_airflow.dag_factory.exports import raise_for_invalid_exports

raise_for_invalid_exports()
