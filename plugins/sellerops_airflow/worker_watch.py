"""The former module of ``notify_stuck_run``, named by deadlines from before 0.1.0. Remove it in 0.2.0."""

from __future__ import annotations

from sellerops_airflow.housekeeping.worker_watch import notify_stuck_run as tell_no_worker

__all__ = ["tell_no_worker"]
