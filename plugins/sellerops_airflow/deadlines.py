"""The former module of ``notify_late``: deadlines of runs created before 0.1.0 name it. Goes with 0.2.0."""

from __future__ import annotations

from sellerops_airflow.housekeeping.deadlines import notify_late as tell_late

__all__ = ["tell_late"]
