"""Defines no DAG of Airflow. Raises when notifications.yaml is invalid: who else would tell?"""

from __future__ import annotations

from sellerops_airflow.notifiers.check import raise_for_invalid_routes

raise_for_invalid_routes()
