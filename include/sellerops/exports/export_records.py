"""The table ``table_export``: every copy to a sheet, and that one sheet has one writer at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sellerops.base.errors import GiveUpError, RetryableError
from sellerops.base.redaction import error_fields
from sellerops.exports.spec import ExportSpec
from sellerops.ledger import Ledger, RunRef

_KILLED = "the export ended without a word: its process was killed."


@dataclass(frozen=True)
class ExportRecord:
    """One row. Times are UTC; ``ended_at`` None: running, or killed."""

    export: str
    spreadsheet_id: str
    sheet: str
    mode: str
    destination: str
    written_range: str | None
    titles: tuple[str, ...]
    rows_read: int | None
    rows_known: int | None
    rows_written: int | None
    cells_written: int | None
    error: str | None
    started_at: datetime
    ended_at: datetime | None


@contextmanager
def exclusive_sheet(ledger: Ledger, spreadsheet_id: str, tab: str) -> Iterator[None]:
    """Hold the sheet for this process; given back also when the process dies.

    Raises RetryableError when another export writes to it.
    """
    with ledger.connection() as connection:
        row = connection.execute(
            "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0)) AS got",
            (f"sellerops.export|{spreadsheet_id}|{tab}",),
        ).fetchone()
        if not row or not row["got"]:
            raise RetryableError(
                "another run writes to this sheet.",
                where=f"sheet {tab!r} of spreadsheet {spreadsheet_id}",
                wait_seconds=60,
            )
        yield


def start(ledger: Ledger, spec: ExportSpec, spreadsheet_id: str, run: RunRef | None) -> int:
    """A new row; those of killed runs of the same sheet are closed. Call it while holding the sheet."""
    place = (spec.name, spreadsheet_id, spec.anchor.tab)
    with ledger.connection() as connection:
        connection.execute(
            "UPDATE sellerops.table_export SET ended_at = sellerops.now(), error = %s "
            "WHERE export = %s AND spreadsheet_id = %s AND sheet = %s AND ended_at IS NULL",
            (_KILLED, *place),
        )
        row = connection.execute(
            """
            INSERT INTO sellerops.table_export
                (export, spreadsheet_id, sheet, mode, destination, dag_id, run_id, try_number)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s) RETURNING id
            """,
            (
                *place, spec.mode.value, spec.destination,
                *((run.dag_id, run.run_id, run.try_number) if run else (None, None, None)),
            ),
        ).fetchone()  # fmt: skip
    if row is None:
        raise GiveUpError("the ledger gave no row.", where="sellerops.table_export")
    return int(row["id"])


def end(ledger: Ledger, export_id: int, values: dict[str, Any]) -> None:
    """What was written; ``values`` by column name."""
    assignments = ", ".join(f"{name} = %({name})s" for name in values)
    with ledger.connection() as connection:
        connection.execute(
            f"UPDATE sellerops.table_export SET ended_at = sellerops.now(), {assignments} "
            "WHERE id = %(id)s".encode(),
            {**values, "id": export_id},
        )


def fail(ledger: Ledger, export_id: int, error: BaseException) -> None:
    """Why nothing, or not all, was written."""
    end(ledger, export_id, {"error": error_fields(error)[1] or type(error).__name__})


def last_titles(ledger: Ledger, spec: ExportSpec, spreadsheet_id: str) -> tuple[str, ...]:
    """The titles that the last complete export of this sheet filled."""
    with ledger.connection() as connection:
        row = connection.execute(
            """
            SELECT titles FROM sellerops.table_export
            WHERE export = %s AND spreadsheet_id = %s AND sheet = %s
              AND ended_at IS NOT NULL AND error IS NULL
            ORDER BY id DESC LIMIT 1
            """,
            (spec.name, spreadsheet_id, spec.anchor.tab),
        ).fetchone()
    return tuple(row["titles"]) if row else ()


def exports(ledger: Ledger, name: str | None = None, limit: int = 50) -> list[ExportRecord]:
    """What was exported, newest first."""
    columns = ", ".join(ExportRecord.__dataclass_fields__)
    with ledger.connection() as connection:
        rows = connection.execute(
            f"SELECT {columns} FROM sellerops.table_export WHERE %(name)s::text IS NULL OR export = %(name)s "
            "ORDER BY id DESC LIMIT %(limit)s".encode(),
            {"name": name, "limit": limit},
        ).fetchall()
    return [ExportRecord(**{**row, "titles": tuple(row["titles"])}) for row in rows]
