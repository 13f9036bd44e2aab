"""What a load records in the ledger in its own transaction: counts, rejects, drift and watermarks.

It is the same for every destination, and needs a connection whose rows are tuples.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from sellerops.destinations.jobs import LoadJob
from sellerops.formats.rows import DriftReport, RowReject
from sellerops.ledger.models import LoadCounts
from sellerops.settings.specs import WriteDisposition

Connection = psycopg.Connection[Any]
_JSON = ("slice", "document")
_PRESENT = frozenset({"added", "duplicated"})
_ABSENT = frozenset({"dropped", "missing"})


def write_rejects(connection: Connection, load_id: int, rejects: Iterable[RowReject]) -> None:
    """Write all rejected rows of a load with COPY."""
    statement = (
        "COPY sellerops.rejected_row (load_id, source_line, reason, column_name, value, raw_line) FROM STDIN"
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rejects:
            copy.write_row(
                (load_id, row.source_line, str(row.reason), row.column_name, row.value, row.raw_line)
            )


def load_values(
    job: LoadJob, destination: str, load_id: int, started_at: datetime, counts: LoadCounts
) -> dict[str, Any]:
    """The load's row by column. All values except times and days are JSON-ready."""
    days = job.slice.days if job.slice.first_day else []
    run = job.request.run
    return {
        "id": load_id,
        "request_id": job.request.request_id,
        "report": job.spec.name,
        "account_id": job.slice.account_id,
        "marketplace_id": job.ledger_marketplace,
        "table_name": job.full_name,
        "destination": destination,
        "first_day": days[0] if days else None,
        "last_day": days[-1] if days else None,
        "started_at": started_at,
        "slice": job.slice.to_dict(),
        "document": {
            "uri": None if job.is_confirmed_empty else job.request.where,
            "content_type": job.request.content_type,
            "marketplace_ids": list(job.request.marketplace_ids),
            "facts": dict(job.request.facts),
        },
        "reported_at": job.request.reported_at,
        "dag_id": run.dag_id if run else None,
        "run_id": run.run_id if run else None,
        "task_id": run.task_id if run else None,
        "map_index": run.map_index if run else None,
        **asdict(counts),
    }


def write_load(connection: Connection, values: Mapping[str, Any]) -> None:
    """Insert ``load_values``; the database refuses counts that do not add up."""
    row = {name: Jsonb(value) if name in _JSON else value for name, value in values.items()}
    columns = ", ".join(row)
    places = ", ".join(f"%({name})s" for name in row)
    connection.execute(f"INSERT INTO sellerops.load ({columns}) VALUES ({places})", row)


def note_rewritten(connection: Connection, destination: str, table: str) -> None:
    """Note for the marts of ``destination`` that any row of ``table`` may have changed without a load.

    Loads are noted by a trigger on ``sellerops.load``. Call this after the rows are replaced, or in the
    transaction that replaces them.
    """
    with connection.transaction():
        # As the trigger does: a process that changes mart_input waits for this note.
        connection.execute("SELECT pg_advisory_xact_lock_shared(hashtextextended('sellerops.mart_input', 0))")
        connection.execute(
            "INSERT INTO sellerops.table_change (table_name, destination, account_id) "
            "SELECT DISTINCT table_name, destination, '' FROM sellerops.mart_input "
            "WHERE table_name = %s AND destination = %s",
            (table, destination),
        )


def has_columns(job: LoadJob) -> bool:
    """Whether the document has columns to compare; an empty list of JSON rows has none."""
    return bool(job.rows.rows_in_file) or not (job.is_confirmed_empty or job.spec.format.kind == "json")


@dataclass(frozen=True)
class Watermarks:
    """Which document each day's rows come from, in a table of one destination, for an account and place."""

    connection: Connection
    destination: str
    table: str
    account_id: str
    place: str

    @classmethod
    def of(cls, connection: Connection, destination: str, job: LoadJob) -> Watermarks:
        """The watermarks that a load of ``job`` reads and raises."""
        place = job.place
        if job.table_spec.write_disposition is WriteDisposition.SNAPSHOT:
            # Each moment of a marketplace's snapshots has a newest document of its own.
            moment = datetime.fromisoformat(job.slice.snapshot_at or "").astimezone(UTC).isoformat()
            place = f"{place}@{moment}"
        return cls(connection, destination, job.full_name, job.slice.account_id, place)

    @property
    def _at(self) -> tuple[str, str, str, str]:
        return self.destination, self.table, self.account_id, self.place

    def newer_days(self, days: Sequence[date], reported_at: datetime) -> list[date]:
        """The days among ``days`` whose rows come from a document newer than ``reported_at``."""
        rows = self.connection.execute(f"{_DAYS} AND day = ANY(%s) AND reported_at > %s",
                                       (*self._at, list(days), reported_at))  # fmt: skip
        return [day for (day,) in rows]

    def loaded_days(self, days: Sequence[date]) -> list[date]:
        """The days among ``days`` for which any document was loaded."""
        rows = self.connection.execute(f"{_DAYS} AND day = ANY(%s)", (*self._at, list(days)))
        return [day for (day,) in rows]

    def record(self, days: Sequence[date], reported_at: datetime, load_id: int) -> None:
        """Record that the rows of ``days`` now come from a document of ``reported_at``."""
        self.connection.execute(
            "INSERT INTO sellerops.table_watermark "
            "(destination, table_name, account_id, place, day, reported_at, load_id) "
            "SELECT %s, %s, %s, %s, day, %s, %s FROM unnest(%s::date[]) AS day "
            "ON CONFLICT (destination, table_name, account_id, place, day) DO UPDATE "
            "SET reported_at = excluded.reported_at, load_id = excluded.load_id",
            (*self._at, reported_at, load_id, list(days)),
        )


_DAYS = (
    "SELECT day FROM sellerops.table_watermark "
    "WHERE destination = %s AND table_name = %s AND account_id = %s AND place = %s"
)


def record_personal_columns(connection: Connection, job: LoadJob) -> None:
    """Record that the document has unknown columns of personal data, so that its archived copy expires.

    It has a transaction of its own, so that it holds even if the load fails.
    """
    if job.rows.drift.personal and not job.is_confirmed_empty:
        connection.execute(
            "INSERT INTO sellerops.personal_document AS known (uri, report, columns) VALUES (%s, %s, %s) "
            "ON CONFLICT (uri) DO UPDATE SET columns = "
            "ARRAY(SELECT DISTINCT unnest(known.columns || excluded.columns) ORDER BY 1)",
            (job.request.where, job.spec.name, sorted(job.rows.drift.personal)),
        )


def write_drift(
    connection: Connection, job: LoadJob, load_id: int, drift: DriftReport, stored_extra: Iterable[str]
) -> dict[str, str]:
    """Record ``drift_changes`` for the load; returns the kind of change by column."""
    changes = drift_changes(connection, job, drift, stored_extra)
    _insert_changes(connection, job.spec.name, job.full_name, load_id, changes)
    return dict(changes)


def drift_changes(
    connection: Connection, job: LoadJob, drift: DriftReport, stored_extra: Iterable[str]
) -> list[tuple[str, str]]:
    """What changed since the last load of the same account and place: column and kind.

    A change is recorded once, by the destination that loads it first. ``stored_extra``: unknown columns that
    the table has from earlier documents. Kind ``missing``: a column of the spec never seen here; ``dropped``:
    one seen before.
    """
    before, had_load = _states(connection, job.full_name, job.slice.account_id, job.ledger_marketplace)
    changes: list[tuple[str, str]] = []
    for name in drift.added:
        if before.get(name) not in _PRESENT:
            changes.append((name, "duplicated" if name in drift.duplicated else "added"))
    for name in job.table_spec.columns:
        if name not in drift.missing and before.get(name) in _ABSENT:
            changes.append((name, "added"))
    for name in drift.missing:
        if before.get(name) not in _ABSENT:
            changes.append((name, "dropped" if had_load else "missing"))
    for name in drift.personal:
        if before.get(name) != "personal":
            changes.append((name, "personal"))
    for name in stored_extra:
        if name not in drift.added and name not in drift.personal and before.get(name) in _PRESENT:
            changes.append((name, "dropped"))
    return changes


def write_new_changes(
    connection: Connection, load: Mapping[str, Any], changes: Iterable[Sequence[str]]
) -> dict[str, str]:
    """Record the ``changes`` of the load (``load_values``) that no other load has recorded meanwhile.

    Returns the kind of each recorded change by column.
    """
    before, _ = _states(connection, load["table_name"], load["account_id"], load["marketplace_id"])
    news = [(name, kind) for name, kind in changes if before.get(name) != kind]
    _insert_changes(connection, load["report"], load["table_name"], load["id"], news)
    return dict(news)


def _insert_changes(
    connection: Connection, report: str, table: str, load_id: int, changes: Sequence[tuple[str, str]]
) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO sellerops.schema_change (report, table_name, column_name, kind, load_id) "
            "VALUES (%s, %s, %s, %s, %s)",
            [(report, table, name, kind, load_id) for name, kind in changes],
        )


def _states(
    connection: Connection, table: str, account_id: str, marketplace_id: str
) -> tuple[dict[str, str], bool]:
    """The latest change of each column for this account and place, and whether there was a load before."""
    where = (table, account_id, marketplace_id)
    rows = connection.execute(
        """
        SELECT DISTINCT ON (schema_change.column_name) schema_change.column_name, schema_change.kind
        FROM sellerops.schema_change JOIN sellerops.load ON load.id = schema_change.load_id
        WHERE schema_change.table_name = %s AND load.account_id = %s AND load.marketplace_id = %s
        ORDER BY schema_change.column_name, schema_change.id DESC
        """,
        where,
    ).fetchall()
    loaded = connection.execute(
        "SELECT EXISTS (SELECT FROM sellerops.load WHERE table_name = %s AND account_id = %s "
        "AND marketplace_id = %s AND rows_in_file > 0)",
        where,
    ).fetchone()
    return dict(rows), bool(loaded and loaded[0])
