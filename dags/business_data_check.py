"""Defines no Airflow DAG. Raises when a file of alerts or reference data is invalid, for the UI to show."""

from __future__ import annotations

from sellerops_airflow.dag_factory.alerts import raise_for_invalid_business_data

raise_for_invalid_business_data()
