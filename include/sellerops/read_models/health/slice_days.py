"""What the ledger knows about some days of one report, account and marketplace."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel

from sellerops.read_models.queries import Connection, select


class SliceDay(BaseModel):
    """One day, or one of its snapshots. ``stored`` and ``rejected``: rows of its newest load.

    ``dag_id``, ``run_id``, ``task_id``, ``map_index``: the task that wrote the state. ``reported_at``: when
    Amazon made the document. Times are in UTC.
    """

    day: date
    state: str
    error: str | None
    remedy: str | None
    dag_id: str | None
    run_id: str | None
    task_id: str | None
    map_index: int | None
    request_id: int | None
    load_id: int | None
    updated_at: datetime
    snapshot_at: datetime | None
    stored: int | None
    rejected: int | None
    reported_at: datetime | None


def read_slice_days(
    connection: Connection, report: str, account_id: str, marketplace_id: str, start: date, end: date
) -> list[SliceDay]:
    """The days from ``start`` to ``end``, both included, oldest first."""
    values = {"report": report, "account_id": account_id, "marketplace_id": marketplace_id, "start": start,
              "end": end}  # fmt: skip
    return select(connection, __file__, SliceDay, values)
