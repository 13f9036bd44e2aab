"""Loads with rows that could not be stored."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel

from sellerops.read_models.queries import Connection, select
from sellerops.read_models.scope import Scope


class RejectingLoad(BaseModel):
    """One load that rejected ``rejected`` of ``rows_in_file`` rows. ``first_day``, ``last_day``: its days."""

    load_id: int
    report: str
    account_id: str
    marketplace: str
    table_name: str
    destination: str
    rejected: int
    rows_in_file: int
    recorded_at: datetime
    first_day: date | None
    last_day: date | None
    dag_id: str | None
    run_id: str | None
    task_id: str | None
    map_index: int | None


def read_rejecting_loads(connection: Connection, scope: Scope) -> list[RejectingLoad]:
    """Loads recorded on the scope's days or the day after, newest first; at most 10,000."""
    return select(connection, __file__, RejectingLoad, scope.values())
