"""Registers what Airflow finds only through a plugin: the timetable of the report DAGs."""

from __future__ import annotations

from airflow.plugins_manager import AirflowPlugin

from sellerops_airflow.timetables import ReportTimetable


class SellerOpsPlugin(AirflowPlugin):
    """No listener, here or elsewhere in this project: one would change how deferred tasks may end."""

    name = "sellerops"
    timetables = [ReportTimetable]  # noqa: RUF012 - the type Airflow declares
