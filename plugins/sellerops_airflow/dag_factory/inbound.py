"""What the FBA inbound DAGs share: their forms from the configuration, and their defaults."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import Param

from sellerops.inbound.settings import INBOUND
from sellerops.settings.accounts import load_accounts
from sellerops.settings.specs import Schedule
from sellerops_airflow.dag_factory.dag_defaults import dag_defaults
from sellerops_airflow.runs.inbound_form import inbound_form
from sellerops_airflow.timetables import ReportTimetable

TAGS = {"sellerops", "inbound"}
# Per DAG. Waiting runs hold no worker, so many plans may be in progress at once.
MANY_RUNS = 100


def inbound_defaults() -> dict[str, Any]:
    """Arguments for ``DAG``. Steps that are not needed are skipped, and the next ones still run."""
    defaults = dag_defaults(retry_delay=timedelta(minutes=1))
    defaults["default_args"] |= {
        "retries": 5,
        "retry_exponential_backoff": 2.0,
        "max_retry_delay": timedelta(minutes=30),
        "trigger_rule": "none_failed",
    }
    return defaults


def form_of_configuration() -> dict[str, Param]:
    """The form of ``fba_inbound``, from the last valid configuration."""
    return inbound_form(INBOUND.load(), load_accounts())


def accounts_that_ship() -> list[str]:
    """Ids of the accounts that have an address to ship from, sorted."""
    settings = INBOUND.load()
    return sorted(name for name in load_accounts() if settings.addresses_of(name))


def following_schedule(dag_id: str) -> ReportTimetable:
    """The schedule for following confirmed shipments: once a day."""
    following = INBOUND.load().following
    hour, minute = following.at.split(":")
    cron = f"{int(minute)} {int(hour)} * * *"
    return ReportTimetable(Schedule(cron=cron, timezone=following.timezone), dag_id)
