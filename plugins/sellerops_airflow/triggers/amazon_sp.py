"""The former name of the report trigger: waits that were deferred before it was renamed are kept under it."""

from __future__ import annotations

from sellerops_airflow.triggers import report


class SpApiReportTrigger(report.ReportTrigger):
    """A ``ReportTrigger``; its next wait is deferred under that name."""
