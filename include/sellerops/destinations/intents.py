"""A write-ahead record for loads whose rows commit outside the ledger's database.

Rows and ledger commit separately, so a crash may come between the two. Therefore, under the lock of the
table's place:

1. ``record``: the ledger commits what it will record (``load_intent``) and the name of the job that writes;
2. the destination runs that job in a transaction of its own;
3. ``complete``: in one transaction, the ledger moves the details into its tables and deletes the intent.

The next load of the same place first calls ``recover``. A crash before step 2 leaves an intent whose job
never ran: the intent is discarded and the retry loads again. A crash after step 2 leaves one whose job ran:
the intent is completed, so watermarks, changed cells and counts match the stored rows; the retry then finds
its own rows and changes nothing. A lost response is the same case. The job runs at most once because its name
is used only once: ``has_run`` must make sure that a job it reports as not run can never run later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from sellerops.destinations.ledger_rows import Watermarks, write_load, write_new_changes, write_rejects
from sellerops.destinations.quarantining import supersede
from sellerops.destinations.restatement_history import UNRECORDED, lock_history_of
from sellerops.formats.rows import RowReject

Connection = psycopg.Connection[Any]
_CHANGE = (
    "table_name, account_id, marketplace_id, key, day, age_days, column_name, old_value, new_value, "
    "old_load_id, new_load_id, old_reported_at, new_reported_at, new_loaded_at"
)


@dataclass(frozen=True)
class Change:
    """A cell that a load changes in a stored row; an empty ``column`` means the whole row, as JSON text."""

    marketplace_id: str | None
    key: Mapping[str, Any]
    day: date | None
    age_days: int | None
    column: str
    old_value: str | None
    new_value: str | None
    old_load_id: int | None
    old_reported_at: datetime | None


@dataclass(frozen=True)
class Intent:
    """What the ledger will record about one load.

    ``load``: ``ledger_rows.load_values``. ``place``: the place whose lock is held; ``marked_place`` and
    ``days``: the watermarks that rise. ``quarantine``: ``quarantining.quarantine_key`` if the table can
    quarantine documents.
    """

    load: Mapping[str, Any]
    place: str
    job_id: str
    marked_place: str = ""
    days: tuple[date, ...] = ()
    columns: tuple[tuple[str, str], ...] = ()
    quarantine: Mapping[str, Any] | None = None
    rejects: Iterable[RowReject] = field(default=(), repr=False)
    changes: Iterable[Change] = field(default=(), repr=False)


def record(connection: Connection, intent: Intent) -> None:
    """Record ``intent`` with its rejected rows and changed cells, in one transaction."""
    load = intent.load
    details = {
        "load": _plain(load),
        "marked_place": intent.marked_place,
        "days": [day.isoformat() for day in intent.days],
        "columns": intent.columns,
        # Named as in intents stored by earlier versions.
        "question": _plain(intent.quarantine) if intent.quarantine else None,
    }
    with connection.transaction():
        connection.execute(
            "INSERT INTO sellerops.load_intent "
            "(load_id, destination, table_name, account_id, place, job_id, details) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s)",
            (load["id"], load["destination"], load["table_name"], load["account_id"], intent.place,
             intent.job_id, Jsonb(details)),
        )  # fmt: skip
        write_rejects(connection, load["id"], intent.rejects)
        _write_changes(connection, load, intent.changes)


def complete(
    connection: Connection, load_id: int, measured: Mapping[str, Any] | None = None
) -> dict[str, str]:
    """Record the load as done; returns the newly recorded kind of change by column.

    ``measured``: columns of the load's row that are known only after the write.
    """
    with connection.transaction():
        row = connection.execute(
            "SELECT place, details FROM sellerops.load_intent WHERE load_id = %s FOR UPDATE", (load_id,)
        ).fetchone()
        assert row is not None
        place, details = row
        load = {**details["load"], **(measured or {})}
        table, account_id, destination = load["table_name"], load["account_id"], load["destination"]
        lock_history_of(connection, table, account_id, place)
        _move_changes(connection, load_id, destination)
        marks = Watermarks(connection, destination, table, account_id, details["marked_place"])
        days = [date.fromisoformat(day) for day in details["days"]]
        marks.record(days, datetime.fromisoformat(load["reported_at"]), load_id)
        if details["question"]:
            supersede(connection, details["question"], destination)
        news = write_new_changes(connection, load, details["columns"])
        write_load(connection, load)
        connection.execute("DELETE FROM sellerops.load_intent WHERE load_id = %s", (load_id,))
    return news


def discard(connection: Connection, load_id: int) -> None:
    """Delete all traces of a load whose rows were not written and never will be."""
    with connection.transaction():
        connection.execute("DELETE FROM sellerops.restatement_intent WHERE new_load_id = %s", (load_id,))
        connection.execute("DELETE FROM sellerops.rejected_row WHERE load_id = %s", (load_id,))
        connection.execute("DELETE FROM sellerops.load_intent WHERE load_id = %s", (load_id,))


def recover(
    connection: Connection,
    destination: str,
    table: str,
    account_id: str,
    place: str,
    has_run: Callable[[str], bool],
) -> None:
    """Complete or discard the open intents of a place. Called under its lock, before anything is read."""
    left = connection.execute(
        "SELECT load_id, job_id FROM sellerops.load_intent WHERE destination = %s AND table_name = %s "
        "AND account_id = %s AND place = %s ORDER BY load_id",
        (destination, table, account_id, place),
    ).fetchall()
    for load_id, job_id in left:
        if has_run(job_id):
            complete(connection, load_id)
        else:
            discard(connection, load_id)


def _write_changes(connection: Connection, load: Mapping[str, Any], changes: Iterable[Change]) -> None:
    statement = f"COPY sellerops.restatement_intent ({_CHANGE}) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for each in changes:
            copy.write_row(
                (
                    load["table_name"], load["account_id"], each.marketplace_id, Jsonb(dict(each.key)),
                    each.day, each.age_days, each.column, each.old_value, each.new_value,
                    each.old_load_id, load["id"],
                    each.old_reported_at, load["reported_at"], load["started_at"],
                )
            )  # fmt: skip


def _move_changes(connection: Connection, load_id: int, destination: str) -> None:
    own = _CHANGE.removesuffix(", new_loaded_at")
    cells = ", ".join(f"c.{name}" for name in own.split(", "))
    connection.execute(
        f"INSERT INTO sellerops.restatement ({own}, old_loaded_at, new_loaded_at) "
        f"SELECT {cells}, l.recorded_at, sellerops.now() FROM sellerops.restatement_intent AS c "
        f"LEFT JOIN sellerops.load AS l ON l.id = c.old_load_id "
        f"WHERE c.new_load_id = %(load_id)s AND {UNRECORDED}",
        {"load_id": load_id, "destination": destination},
    )
    connection.execute("DELETE FROM sellerops.restatement_intent WHERE new_load_id = %s", (load_id,))


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values with days and times as text."""
    return {
        name: value.isoformat() if isinstance(value, (date, datetime)) else value
        for name, value in values.items()
    }
