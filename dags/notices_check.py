"""Defines no DAG of Airflow. Raises when notices.yaml is invalid, so that the UI shows an import error."""

from __future__ import annotations

from sellerops_airflow.notifiers.check import raise_for_invalid_routes

raise_for_invalid_routes()
