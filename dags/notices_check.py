"""Defines no Airflow DAG. Raises when notices.yaml is invalid, because no notice could report that."""

from __future__ import annotations

from sellerops_airflow.notifiers.check import raise_for_invalid_routes

raise_for_invalid_routes()
