"""The table ``quarantine``: documents kept out of a table until a person decides, and what was decided.

The functions take a connection with rows as mappings; ``record``, ``state_of`` and ``supersede`` are also the
destinations', which call them within a load.
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
    """OPEN waits for a person; SUPERSEDED: a newer document of the same days came in between."""

    OPEN = "OPEN"
    RELEASED = "RELEASED"
    REJECTED = "REJECTED"
    SUPERSEDED = "SUPERSEDED"


@dataclass(frozen=True)
class Quarantine:
    """One document that is kept out of one table.

    ``place``: marketplace id, or the region. ``slice``: the slice it was asked for, as plain values.
    ``figures``: a mapping for each implausible day with ``day``, ``shop``, ``new``, ``stored``, ``median``.
    ``asked_until`` is real time, all other times the ledger's.
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
        """``sales_daily US 2026-11-20``: table, shop and days."""
        return f"{self.table_name.split('.')[-1]} {self.slice['label']}"


def record(connection: AnyConnection, values: Mapping[str, Any]) -> int:
    """Open a question; the id of the same one where it was asked before."""
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
    """Close open questions that older documents raised about the same days.

    ``itself``: the destination that has taken this document; its question is closed where that asked it.
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
    """One question. Raises GiveUpError when there is none."""
    row = connection.execute("SELECT * FROM sellerops.quarantine WHERE id = %s", (quarantine_id,)).fetchone()
    if row is None:
        raise GiveUpError(
            "there is no such quarantine.",
            where=f"quarantine {quarantine_id}",
            remedy="`sellerops quarantine list` shows those there are.",
        )
    return _quarantine(row)


def listed(
    connection: Connection, states: Collection[QuarantineState] | None, limit: int
) -> list[Quarantine]:
    """Questions, oldest first; ``states`` None takes all. With more than ``limit`` the newest are listed."""
    if states is None:
        where = "true"
    elif set(states) == {QuarantineState.OPEN}:
        where = "state = 'OPEN'"  # spelled as in the partial index, whatever plan the server keeps
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
    """All questions about exactly this slice, oldest first."""
    rows = connection.execute(
        """
        SELECT * FROM sellerops.quarantine
        WHERE report = %(report)s AND account_id = %(account_id)s AND slice = %(slice)s ORDER BY id
        """,
        {"report": slice_["report"], "account_id": slice_["account_id"], "slice": Jsonb(dict(slice_))},
    )
    return [_quarantine(row) for row in rows]


def claim(connection: Connection, run_id: str, lifetime: timedelta, limit: int) -> list[Quarantine]:
    """The open questions that ``run_id`` now asks: no other run does so for ``lifetime`` (real time).

    Claimed again by the same run they are the same, so a run may be cleared.
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
    """Nobody answered: another run may ask."""
    connection.execute(
        "UPDATE sellerops.quarantine SET asked_run_id = NULL, asked_until = NULL "
        "WHERE id = %s AND asked_run_id = %s",
        (quarantine_id, run_id),
    )


def decide(
    connection: Connection, quarantine_id: int, state: QuarantineState, decided_by: str, note: str
) -> Quarantine:
    """Write the decision; who decided first stands, and the same decision again changes nothing.

    A rejected document may still be released; the note then keeps who had rejected it. Whether the
    decision is the caller's is told by the returned row.
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
    """The id a statement returns, whatever shape the connection gives its rows."""
    cursor = connection.cursor(row_factory=psycopg.rows.scalar_row)
    found = cursor.execute(statement, values).fetchone()
    assert found is not None
    return int(found)
