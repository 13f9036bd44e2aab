"""The loads that wrote rows, with their document and Airflow run, and the run that built a mart."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row

from sellerops.marts.specs import MartSpec
from sellerops.marts.tracing.keys import Keys

Connection = psycopg.Connection[Any]
_LOADS = """
    SELECT l.id, l.report, l.account_id, l.marketplace_id, l.reported_at, l.recorded_at, l.rows_in_file,
           CASE WHEN l.document IS NOT NULL THEN l.request_id END AS request_id,
           coalesce(l.dag_id, '') AS dag_id, coalesce(l.run_id, '') AS run_id
    FROM sellerops.load AS l WHERE l.id = ANY (%s) ORDER BY l.reported_at DESC NULLS LAST, l.id DESC
"""
_BUILD = """
    SELECT b.built_at, coalesce(b.dag_id, '') AS dag_id, coalesce(b.run_id, '') AS run_id
    FROM sellerops.mart_build AS b
    WHERE b.mart = %(mart)s AND b.destination = 'postgres'
      AND (b.first_day IS NULL OR %(last)s::date IS NULL OR b.first_day <= %(last)s)
      AND (b.last_day IS NULL OR %(first)s::date IS NULL OR b.last_day >= %(first)s)
    ORDER BY b.id DESC LIMIT 1
"""


@dataclass(frozen=True)
class LoadRun:
    """A load of a document. ``request_id``: identifies the document's page; None if it is not archived.

    ``reported_at``: when Amazon made the document (UTC); ``recorded_at``: when it was loaded. ``dag_id`` and
    ``run_id``: the Airflow run that loaded it; empty if a command loaded it.
    """

    id: int
    report: str
    account_id: str
    marketplace_id: str
    reported_at: datetime | None
    recorded_at: datetime
    rows_in_file: int
    request_id: int | None
    dag_id: str
    run_id: str


@dataclass(frozen=True)
class BuildRun:
    """When a mart's rows were last built, and by which Airflow run; ids are empty if a command built them."""

    built_at: datetime
    dag_id: str
    run_id: str


def read_loads(connection: Connection, ids: Collection[int]) -> list[LoadRun]:
    """These loads, the newest document first."""
    with connection.cursor(row_factory=class_row(LoadRun)) as cursor:
        return cursor.execute(_LOADS, (list(ids),)).fetchall()


def read_build(connection: Connection, mart: MartSpec, keys: Keys) -> BuildRun | None:
    """The last rebuild of any of these days in Postgres; None if unknown."""
    values = {"mart": mart.name, "first": keys.first_day, "last": keys.last_day}
    with connection.cursor(row_factory=class_row(BuildRun)) as cursor:
        return cursor.execute(_BUILD, values).fetchone()
