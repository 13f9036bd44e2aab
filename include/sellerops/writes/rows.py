"""The rows of ``write_call``. Each function is one idempotent transaction: an outage may repeat it."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from psycopg.types.json import Jsonb

from sellerops.base.errors import GiveUpError
from sellerops.base.redaction import error_fields, redact_values
from sellerops.ledger import Ledger
from sellerops.ledger.database import Connection
from sellerops.writes.model import Write, WriteState

_COLUMNS = """
    id, account_id, operation, method, path, body_hash, state, holder, held_until, sends, answer,
    coalesce(held_until > sellerops.now(), false) AS is_held
"""


@dataclass(frozen=True)
class WriteRow:
    """A row as it was when it was read.

    ``holder``: who sent the call and has not seen it end. ``is_held``: until ``held_until`` it must not be
    sent again, because the call may be in progress or its effect may not be visible yet.
    """

    id: int
    state: WriteState
    holder: uuid.UUID | None
    held_until: datetime | None
    is_held: bool
    sends: int
    answer: Mapping[str, Any] | None


def open_row(ledger: Ledger, account_id: str, write: Write) -> WriteRow:
    """The row of the write's key, created if missing. Raises GiveUpError if the key is another call's."""
    values = {
        "key": write.key,
        "account_id": account_id,
        "operation": write.operation,
        "method": write.method,
        "path": f"{write.path}?{urlencode(sorted(write.query.items()))}" if write.query else write.path,
        "body_hash": hash_body(write.body),
    }

    def work(connection: Connection) -> WriteRow:
        connection.execute(
            """
            INSERT INTO sellerops.write_call (
                key, account_id, operation, method, path, body_hash, found_by, state, sent_at, held_until)
            SELECT %(key)s, %(account_id)s, %(operation)s, %(method)s, %(path)s, %(body_hash)s, %(found_by)s,
                   CASE WHEN is_lost THEN 'sent' ELSE 'intended' END,
                   CASE WHEN is_lost THEN sellerops.now() END, CASE WHEN is_lost THEN sellerops.now() END
            -- Of an intention older than a restore the row may be lost: as if sent, so it is looked for.
            FROM (SELECT coalesce(max(restored_at) > coalesce(%(began_at)s, '-infinity'::timestamptz), false)
                         AS is_lost
                  FROM sellerops.deployment) AS restored
            ON CONFLICT (key) DO NOTHING
            """,
            {**values, "found_by": write.found_by, "began_at": write.began_at},
        )
        row = connection.execute(
            f"SELECT {_COLUMNS} FROM sellerops.write_call WHERE key = %(key)s", values
        ).fetchone()
        assert row is not None
        changed = [name for name in values if name != "key" and row[name] != values[name]]
        if changed:
            raise GiveUpError(
                f"the same write was started with a different {' and '.join(changed)}; it is not sent.",
                where=f"{write.operation}, write {write.key}",
                remedy="The first call is in sellerops.write_call; to send something else, start a new run.",
                key=write.key,
            )
        return _row(row)

    return ledger.database.run(work)


def read_row(ledger: Ledger, row_id: int) -> WriteRow:
    """The row as it is now."""
    return ledger.database.run(lambda connection: _read(connection, row_id))


def may_show_later(ledger: Ledger, key: str) -> bool:
    """Whether the write was sent so recently that looking may not show its effect yet."""
    return ledger.database.run(
        lambda connection: (
            connection.execute(
                "SELECT 1 FROM sellerops.write_call "
                "WHERE key = %s AND state = 'sent' AND held_until > sellerops.now()",
                (key,),
            ).fetchone()
            is not None
        )
    )


def state_of(ledger: Ledger, key: str) -> WriteState | None:
    """The state of the write with this key; None if there is none."""

    def work(connection: Connection) -> WriteState | None:
        row = connection.execute("SELECT state FROM sellerops.write_call WHERE key = %s", (key,)).fetchone()
        return WriteState(row["state"]) if row else None

    return ledger.database.run(work)


def stamp_sent(ledger: Ledger, row_id: int, token: uuid.UUID, sends: int, held_for: timedelta) -> bool:
    """Mark the row as sent by the holder ``token``, for the ``sends``-th time; False if it must not be sent.

    It must not be sent once it has an answer, if another process has sent it since, or while an earlier call
    may have an effect that is not visible yet.
    """
    values = {"id": row_id, "token": token, "sends": sends, "held_for": held_for}
    return ledger.database.run(
        lambda connection: (
            connection.execute(
                """
                UPDATE sellerops.write_call
                SET state = 'sent', holder = %(token)s, sends = %(sends)s, sent_at = sellerops.now(),
                    held_until = sellerops.now() + %(held_for)s,
                    status = NULL, error_type = NULL, error_code = NULL, error = NULL
                WHERE id = %(id)s AND state <> 'answered' AND (
                    holder = %(token)s
                    OR (sends = %(sends)s - 1 AND (state <> 'sent' OR held_until <= sellerops.now())))
                """,
                values,
            ).rowcount
            == 1
        )
    )


def record_answer(
    ledger: Ledger,
    row_id: int,
    answer: Mapping[str, Any],
    *,
    status: int | None = None,
    was_found: bool = False,
) -> WriteRow:
    """Mark the row as answered, unless it already has an answer; the answer is stored without secrets."""
    values = {
        "id": row_id,
        "answer": Jsonb(redact_values(answer)),
        "status": status,
        "was_found": was_found,
    }

    def work(connection: Connection) -> WriteRow:
        connection.execute(
            """
            UPDATE sellerops.write_call
            SET state = 'answered', holder = NULL, held_until = NULL, answered_at = sellerops.now(),
                answer = %(answer)s, status = %(status)s, was_found = %(was_found)s,
                error_type = NULL, error_code = NULL, error = NULL
            WHERE id = %(id)s AND state <> 'answered'
            """,
            values,
        )
        return _read(connection, row_id)

    return ledger.database.run(work)


def record_lost(
    ledger: Ledger, row_id: int, token: uuid.UUID, error: BaseException, *, is_repeatable: bool
) -> None:
    """Record that the call ended without an answer: the row stays sent.

    A repeatable call may be sent again at once.
    """
    held_until = "sellerops.now()" if is_repeatable else "held_until"
    _end(ledger, row_id, token, f"held_until = {held_until}", error)


def record_without_effect(
    ledger: Ledger, row_id: int, token: uuid.UUID, before: WriteState, error: BaseException
) -> None:
    """Record that the call certainly had no effect: the row becomes intended again, or stays sent if the
    answer of an earlier call was lost.
    """
    if before is WriteState.SENT:
        _end(ledger, row_id, token, "held_until = sellerops.now()", error)
    else:
        _end(ledger, row_id, token, "state = 'intended', held_until = NULL", error)


def record_refused(ledger: Ledger, row_id: int, token: uuid.UUID, error: BaseException) -> None:
    """Mark the row as refused, with Amazon's reason."""
    _end(ledger, row_id, token, "state = 'refused', held_until = NULL", error)


def hash_body(body: object) -> str:
    """SHA-256 of a body as canonical JSON; no body counts as ``null``."""
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _end(ledger: Ledger, row_id: int, token: uuid.UUID, changes: str, error: BaseException) -> None:
    """End the holder's call; nothing changes if the row is no longer its own."""
    kind, text, _ = error_fields(error)
    details: Mapping[str, Any] = getattr(error, "details", {})
    values = {
        "id": row_id,
        "token": token,
        "status": details.get("status"),
        "error_type": kind,
        "error_code": str(details.get("code") or "") or None,
        "error": text,
    }
    statement = f"""
        UPDATE sellerops.write_call
        SET {changes}, holder = NULL, status = %(status)s, error_type = %(error_type)s,
            error_code = %(error_code)s, error = %(error)s
        WHERE id = %(id)s AND holder = %(token)s AND state = 'sent'
    """
    ledger.database.run(lambda connection: connection.execute(statement.encode(), values))


def _read(connection: Connection, row_id: int) -> WriteRow:
    return _row(
        connection.execute(f"SELECT {_COLUMNS} FROM sellerops.write_call WHERE id = %s", (row_id,)).fetchone()
    )


def _row(found: Mapping[str, Any] | None) -> WriteRow:
    assert found is not None
    return WriteRow(
        found["id"],
        WriteState(found["state"]),
        found["holder"],
        found["held_until"],
        found["is_held"],
        found["sends"],
        found["answer"],
    )
