"""The report trigger's former name, kept for tasks that were deferred before it was renamed."""

from __future__ import annotations

from sellerops_airflow.triggers import report


class SpApiReportTrigger(report.ReportTrigger):
    """A ``ReportTrigger``; the task's next wait uses that name."""
