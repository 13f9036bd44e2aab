"""The time by which a run's days are promised: the reference of Airflow's deadline alerts.

Evaluated by the component that creates the run (scheduler or api-server) in Airflow's session, never by a
task.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk.definitions.deadline import BaseDeadlineReference

from sellerops.calendar.schedules import ScheduleCalendar
from sellerops.settings.specs import Schedule

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@dataclass(eq=False)
class PromisedTime(BaseDeadlineReference):
    """The first ``due`` (HH:MM, wall clock of ``timezone``) after the end of the run's data interval.

    Manual runs and backfills have no deadline, nor have runs created after their promised time: they catch up
    on old days. Registered by the plugin.
    """

    due: str = "09:00"
    timezone: str = "UTC"

    required_kwargs = frozenset({"dag_id", "run_id"})

    def serialize_reference(self) -> dict[str, Any]:
        """The values Airflow stores with the DAG."""
        return {"reference_type": self.reference_name, "due": self.due, "timezone": self.timezone}

    @classmethod
    def deserialize_reference(cls, reference_data: dict[str, Any]) -> PromisedTime:
        """The reference from the values Airflow stored."""
        return cls(due=reference_data["due"], timezone=reference_data["timezone"])

    def _evaluate_with(self, *, session: Session, dag_id: str, run_id: str) -> datetime | None:
        from airflow.models import DagRun
        from sqlalchemy import select

        query = select(DagRun.run_type, DagRun.data_interval_end).where(
            DagRun.dag_id == dag_id, DagRun.run_id == run_id
        )
        row = session.execute(query).one_or_none()
        if row is None or str(getattr(row[0], "value", row[0])) != "scheduled" or row[1] is None:
            return None
        promised = self.after(row[1])
        return promised if promised > datetime.now(UTC) else None

    def after(self, moment: datetime) -> datetime:
        """The promised time (UTC) of a run whose data interval ends at ``moment`` (aware)."""
        # Only the time zone matters; the cron is there because a Calendar requires one.
        calendar = ScheduleCalendar(Schedule(cron="0 0 * * *", timezone=self.timezone), "")
        return calendar.next_promised_time(self.due, moment)
