"""Checks that Airflow's own database answers and that its components are alive, by their heartbeats."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sellerops.base.redaction import redact
from sellerops.doctor.finding import Finding, State
from sellerops.doctor.installation import Installation

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

NAME = "airflow"
# By job type: the usual name, and the setting (section, key) with the seconds without a heartbeat after which
# Airflow itself considers it dead.
_COMPONENTS = {
    "SchedulerJob": ("scheduler", ("scheduler", "scheduler_health_check_threshold")),
    "TriggererJob": ("triggerer", ("triggerer", "triggerer_health_check_threshold")),
    "DagProcessorJob": ("dag-processor", ("scheduler", "scheduler_health_check_threshold")),
}

_IF_DEAD = "Start Postgres, or correct [database] sql_alchemy_conn; `airflow db check` says more."


def examine_components(installation: Installation) -> Iterator[Finding]:
    """One finding per component: how old the newest heartbeat of any of its instances is."""
    from airflow import settings
    from airflow.configuration import conf
    from sqlalchemy.exc import SQLAlchemyError

    try:
        with settings.get_engine().connect() as connection:  # type: ignore[no-untyped-call]
            newest = newest_heartbeats(connection)
    except SQLAlchemyError as error:
        cause = (str(error).strip().splitlines() or [type(error).__name__])[0]
        yield Finding(NAME, State.FAILED, redact(f"Airflow's database does not answer: {cause}"), _IF_DEAD)
        return
    yield Finding(NAME, State.OK, "Airflow's database answers.")
    now = datetime.now(UTC)
    for job_type, (name, setting) in _COMPONENTS.items():
        yield _judge(name, newest.get(job_type), now, timedelta(seconds=conf.getint(*setting)))


def _judge(name: str, heartbeat: datetime | None, now: datetime, threshold: timedelta) -> Finding:
    remedy = f"Start the {name}, or restart it; its log says why it stopped. Nothing is lost: tasks resume."
    if heartbeat is None:
        return Finding(NAME, State.FAILED, f"The {name} has never run.", remedy)
    if now - heartbeat > threshold:
        what = f"The {name} has sent no heartbeat since {heartbeat.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC."
        return Finding(NAME, State.FAILED, what, remedy)
    return Finding(NAME, State.OK, f"The {name} is alive.")


def newest_heartbeats(connection: Connection) -> dict[str, datetime]:
    """The newest heartbeat (aware) of any instance, by job type; types that have never run are left out."""
    from airflow.jobs.job import Job
    from sqlalchemy import func, select

    newest = (
        select(Job.job_type, func.max(Job.latest_heartbeat))
        .where(Job.job_type.in_(_COMPONENTS))
        .group_by(Job.job_type)
    )
    return {job_type: heartbeat for job_type, heartbeat in connection.execute(newest) if heartbeat}


__all__ = ["NAME", "examine_components", "newest_heartbeats"]
