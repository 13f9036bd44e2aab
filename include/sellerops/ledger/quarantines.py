"""The table ``quarantine``: documents kept out of a table until a person decides, and the decisions.

The functions take a connection whose rows are mappings. ``record`` and ``supersede`` take any connection,
because destinations call them within a load.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from sellerops.base.errors import GiveUpError
from sellerops.base.redaction import redact
from sellerops.ledger.database import Connection

AnyConnection = psycopg.Connection[Any]


class QuarantineState(StrEnum):
    """OPEN: waits for a decision; SUPERSEDED: a newer document of the same days arrived first."""

    OPEN = "OPEN"
    RELEASED = "RELEASED"
    REJECTED = "REJECTED"
    SUPERSEDED = "SUPERSEDED"


@dataclass(frozen=True)
class Quarantine:
    """One document that is kept out of one table.

    ``place``: marketplace id, or the region. ``slice``: the requested slice, as plain values.
    ``figures``: a mapping for each implausible day with ``day``, ``shop``, ``new``, ``stored``, ``median``.
    ``asked_until`` is in real time, all other times are by the ledger's clock.
    """

    id: int
    source: str
    report: str
    table_name: str
    destination: str
    account_id: str
    place: str
    first_day: date
    last_day: date
    request_id: int | None
    reported_at: datetime
    slice: dict[str, Any]
    figures: list[dict[str, Any]]
    reason: str
    state: QuarantineState
    decided_by: str | None
    decided_at: datetime | None
    note: str
    asked_run_id: str | None
    asked_until: datetime | None
    created_at: datetime

    @property
    def label(self) -> str:
        """``sales_daily US 2026-11-20``: table, marketplace and days."""
        return f"{self.table_name.split('.')[-1]} {self.slice['label']}"


def record(connection: AnyConnection, values: Mapping[str, Any]) -> int:
    """Quarantine a document; returns the id of its row, the same one if it was quarantined before."""
    return _value(
        connection,
        """
        WITH made AS (
            INSERT INTO sellerops.quarantine (
                source, report, table_name, destination, account_id, place, first_day, last_day, request_id,
                reported_at, slice, figures, reason
            ) VALUES (
                %(source)s, %(report)s, %(table_name)s, %(destination)s, %(account_id)s, %(place)s,
                %(first_day)s, %(last_day)s, %(request_id)s, %(reported_at)s, %(slice)s, %(figures)s,
                %(reason)s
            )
            ON CONFLICT (table_name, account_id, place, first_day, last_day, request_id, reported_at)
            DO UPDATE SET reason = CASE WHEN quarantine.state = 'OPEN' THEN excluded.reason
                                        ELSE quarantine.reason END,
                          figures = CASE WHEN quarantine.state = 'OPEN' THEN excluded.figures
                                         ELSE quarantine.figures END
            RETURNING id
        )
        SELECT id FROM made
        """,
        {**values, "slice": Jsonb(values["slice"]), "figures": Jsonb(values["figures"])},
    )


def supersede(connection: AnyConnection, values: Mapping[str, Any], note: str, *, itself: str | None) -> None:
    """Mark open rows of older documents of the same days as superseded.

    ``itself``: the destination that loaded this document; a row it opened for this document is closed too.
    """
    connection.execute(
        """
        UPDATE sellerops.quarantine
        SET state = 'SUPERSEDED', decided_by = 'sellerops', decided_at = sellerops.now(), note = %(note)s
        WHERE state = 'OPEN' AND table_name = %(table_name)s AND account_id = %(account_id)s
          AND place = %(place)s AND first_day >= %(first_day)s AND last_day <= %(last_day)s
          AND (reported_at < %(reported_at)s OR (destination = %(itself)s AND reported_at = %(reported_at)s))
        """,
        {**values, "note": note, "itself": itself},
    )


def get(connection: Connection, quarantine_id: int) -> Quarantine:
    """One row. Raises GiveUpError if the id is unknown."""
    row = connection.execute("SELECT * FROM sellerops.quarantine WHERE id = %s", (quarantine_id,)).fetchone()
    if row is None:
        raise GiveUpError(
            "unknown quarantine id.",
            where=f"quarantine {quarantine_id}",
            remedy="`sellerops quarantine list --all` shows all ids.",
        )
    return _quarantine(row)


def find(connection: Connection, states: Collection[QuarantineState] | None, limit: int) -> list[Quarantine]:
    """Rows, oldest first; ``states`` None selects all. If there are more than ``limit``, the newest ones."""
    if states is None:
        where = "true"
    elif set(states) == {QuarantineState.OPEN}:
        where = "state = 'OPEN'"  # spelled as in the partial index, so that even a generic plan uses it
    else:
        where = "state = ANY (%(states)s)"
    rows = connection.execute(
        f"""
        SELECT * FROM (
            SELECT * FROM sellerops.quarantine WHERE {where} ORDER BY id DESC LIMIT %(limit)s
        ) AS newest ORDER BY id
        """,
        {"states": [str(each) for each in states or ()], "limit": limit},
    )
    return [_quarantine(row) for row in rows]


def find_by_slice(connection: Connection, slice_: Mapping[str, Any]) -> list[Quarantine]:
    """All rows of exactly this slice, oldest first."""
    rows = connection.execute(
        """
        SELECT * FROM sellerops.quarantine
        WHERE report = %(report)s AND account_id = %(account_id)s AND slice = %(slice)s ORDER BY id
        """,
        {"report": slice_["report"], "account_id": slice_["account_id"], "slice": Jsonb(dict(slice_))},
    )
    return [_quarantine(row) for row in rows]


def claim(connection: Connection, run_id: str, lifetime: timedelta, limit: int) -> list[Quarantine]:
    """Claim open rows for ``run_id``, the run that asks people to decide.

    No other run gets them for ``lifetime`` (real time). The same run gets the same rows again, so it may be
    cleared.
    """
    rows = connection.execute(
        """
        UPDATE sellerops.quarantine AS q
        SET asked_run_id = %(run_id)s, asked_until = clock_timestamp() + %(lifetime)s
        FROM (
            SELECT id FROM sellerops.quarantine
            WHERE state = 'OPEN' AND (asked_run_id IS NULL OR asked_run_id = %(run_id)s
                                      OR asked_until < clock_timestamp())
            ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
        ) AS free
        WHERE q.id = free.id
        RETURNING q.*
        """,
        {"run_id": run_id, "lifetime": lifetime, "limit": limit},
    ).fetchall()
    return sorted((_quarantine(row) for row in rows), key=lambda each: each.id)


def unclaim(connection: Connection, quarantine_id: int, run_id: str) -> None:
    """Release a claim that nobody answered, so that another run may ask."""
    connection.execute(
        "UPDATE sellerops.quarantine SET asked_run_id = NULL, asked_until = NULL "
        "WHERE id = %s AND asked_run_id = %s",
        (quarantine_id, run_id),
    )


def decide(
    connection: Connection, quarantine_id: int, state: QuarantineState, decided_by: str, note: str
) -> Quarantine:
    """Record a decision and return the row. The first decision wins, and repeating it changes nothing.

    A rejected document may still be released; the note then records who had rejected it. The returned row
    shows whose decision applies.
    """
    with connection.transaction():
        connection.execute(
            """
            UPDATE sellerops.quarantine SET
                state = %(state)s, decided_by = %(by)s, decided_at = sellerops.now(),
                note = concat_ws(' ', nullif(%(note)s, ''), CASE WHEN state = 'REJECTED' THEN
                    format('(Rejected before by %%s at %%s. %%s)', decided_by, decided_at, note) END)
            WHERE id = %(id)s AND (state = 'OPEN' OR (state = 'REJECTED' AND %(state)s = 'RELEASED'))
            """,
            {"id": quarantine_id, "state": str(state), "by": redact(decided_by), "note": redact(note)},
        )
        return get(connection, quarantine_id)


def _quarantine(row: Mapping[str, Any]) -> Quarantine:
    return Quarantine(**{**row, "state": QuarantineState(row["state"])})


def _value(connection: AnyConnection, statement: str, values: Mapping[str, Any]) -> int:
    """The id that a statement returns, whatever the connection's row factory is."""
    cursor = connection.cursor(row_factory=psycopg.rows.scalar_row)
    found = cursor.execute(statement, values).fetchone()
    assert found is not None
    return int(found)
