"""The daily summary, sent at the time that ``config/notices.yaml`` sets."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from airflow.sdk import Context

from sellerops.notices import load_routes
from sellerops.settings.specs import Schedule
from sellerops_airflow.runs.run_context import run_at
from sellerops_airflow.runs.urls import run_url
from sellerops_airflow.timetables import ReportTimetable

if TYPE_CHECKING:
    from sellerops.ledger import Ledger

log = logging.getLogger(__name__)

_DAY = timedelta(days=1)


def summary_schedule(dag_id: str) -> ReportTimetable | None:
    """When the summary is sent; None without ``summary`` in the file. Raises ConfigurationError."""
    wanted = load_routes().summary
    if wanted is None:
        return None
    hour, minute = wanted.at.split(":")
    cron = f"{int(minute)} {int(hour)} * * *"
    return ReportTimetable(Schedule(cron=cron, timezone=wanted.timezone), dag_id)


def send_summary(ledger: Ledger, context: Context) -> str:
    """Send the summary of the 24 hours before the run's time. Returns its headline.

    When the local Amazon sets the clock, these are the 24 hours before its present: the run's time is real.
    """
    from sellerops.completeness.summary import summarize
    from sellerops.notices.summary import summary_notice
    from sellerops.settings.accounts import load_accounts
    from sellerops_airflow.notifiers import send_notice

    clock = ledger.clock()
    until = clock.now() if clock.is_virtual else run_at(context, clock)
    wanted = load_routes().summary
    summary = summarize(ledger, load_accounts(), until - _DAY, until)
    dag_id, run_id = context["dag_run"].dag_id, context["run_id"]
    timezone = wanted.timezone if wanted else "UTC"
    notice = summary_notice(summary, timezone, run_id, run_url(dag_id, run_id))
    send_notice(ledger, notice)
    log.info("%s", notice.text)
    return notice.headline


__all__ = ["send_summary", "summary_schedule"]
