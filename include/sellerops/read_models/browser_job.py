"""One browser job of a DAG, for the page that shows what it saw."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Any

import psycopg
from psycopg.rows import class_row


@dataclass(frozen=True)
class SeenJob:
    """A row of ``browser_job``. Times are aware, UTC; ``evidence_uri`` is None if the job left none."""

    id: int
    login_id: str
    purpose: str
    state: str
    account_id: str | None
    report: str | None
    page: str | None
    dag_id: str | None
    run_id: str | None
    task_id: str | None
    map_index: int | None
    task_try: int | None
    host: str
    seconds: Decimal | None
    peak_memory_bytes: int | None
    sign_ins: int
    evidence_uri: str | None
    error_type: str | None
    error: str | None
    started_at: datetime
    ended_at: datetime | None


_COLUMNS = ", ".join(field.name for field in fields(SeenJob))


def find_browser_job(connection: psycopg.Connection[Any], dag_id: str, job_id: int) -> SeenJob | None:
    """A browser job by its id; None if it belongs to another DAG.

    A user who may read one DAG's logs may not read those of every DAG.
    """
    return _one(connection, "id = %s AND dag_id = %s", (job_id, dag_id))


def newest_job_of_task(
    connection: psycopg.Connection[Any], dag_id: str, run_id: str, task_id: str, map_index: int
) -> SeenJob | None:
    """The newest browser job of a task instance; the newest with evidence, if any left some."""
    task = (dag_id, run_id, task_id, map_index)
    where = "(dag_id, run_id, task_id) = (%s, %s, %s) AND coalesce(map_index, -1) = %s"
    return _one(connection, where, task)


def _one(connection: psycopg.Connection[Any], where: str, values: tuple[object, ...]) -> SeenJob | None:
    with connection.cursor(row_factory=class_row(SeenJob)) as cursor:
        return cursor.execute(
            f"""
            SELECT {_COLUMNS} FROM sellerops.browser_job WHERE {where}
            ORDER BY evidence_uri IS NOT NULL DESC, id DESC LIMIT 1
            """.encode(),
            values,
        ).fetchone()
