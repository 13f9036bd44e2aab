"""The ledger table ``table_export`` with a row for each export run, and the lock on a sheet."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sellerops.base.errors import GiveUpError, RetryableError
from sellerops.base.redaction import error_fields
from sellerops.exports.spec import ExportSpec
from sellerops.ledger import Ledger, RunRef

_KILLED = "the export was killed before it could report a result."


@contextmanager
def exclusive_sheet(ledger: Ledger, spreadsheet_id: str, tab: str) -> Iterator[None]:
    """Lock the sheet for this process; the lock also ends if the process dies.

    Raises RetryableError if another export is writing to it.
    """
    with ledger.connection() as connection:
        row = connection.execute(
            "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0)) AS got",
            (f"sellerops.export|{spreadsheet_id}|{tab}",),
        ).fetchone()
        if not row or not row["got"]:
            raise RetryableError(
                "another run is writing to this sheet.",
                where=f"sheet {tab!r} of spreadsheet {spreadsheet_id}",
                wait_seconds=60,
            )
        yield


def record_start(ledger: Ledger, spec: ExportSpec, spreadsheet_id: str, run: RunRef | None) -> int:
    """Insert a row, and close the rows of killed runs of the same sheet; returns the row's id.

    Call it while the sheet is locked.
    """
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
        raise GiveUpError("the ledger returned no row.", where="sellerops.table_export")
    return int(row["id"])


def record_end(ledger: Ledger, export_id: int, values: dict[str, Any]) -> None:
    """Record the end of an export; ``values`` by column name."""
    assignments = ", ".join(f"{name} = %({name})s" for name in values)
    with ledger.connection() as connection:
        connection.execute(
            f"UPDATE sellerops.table_export SET ended_at = sellerops.now(), {assignments} "
            "WHERE id = %(id)s".encode(),
            {**values, "id": export_id},
        )


def record_failure(ledger: Ledger, export_id: int, error: BaseException) -> None:
    """Record why an export failed."""
    record_end(ledger, export_id, {"error": error_fields(error)[1] or type(error).__name__})


def last_titles(ledger: Ledger, spec: ExportSpec, spreadsheet_id: str) -> tuple[str, ...]:
    """The titles of the columns that the last successful export to this sheet filled."""
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
