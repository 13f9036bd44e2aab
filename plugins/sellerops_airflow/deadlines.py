"""The former module of ``notify_late``, named by deadlines from before 0.1.0. Remove it in 0.2.0."""

from __future__ import annotations

from sellerops_airflow.housekeeping.deadlines import notify_late as tell_late

__all__ = ["tell_late"]
