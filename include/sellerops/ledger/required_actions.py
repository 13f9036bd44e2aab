"""The table ``required_action``: what a person has to do in a login's browser, one open at a time."""

from __future__ import annotations

from typing import Any

from sellerops.base.errors import PersonNeeded
from sellerops.base.redaction import redact
from sellerops.ledger.database import Connection
from sellerops.ledger.ledger import Ledger
from sellerops.ledger.logins import ActionOutcome, RequiredAction, RequiredActionKind

_COLUMNS = "id, login_id, kind, message, page_url, evidence_uri, opened_at, ended_at, outcome, job_id"


def open_action(
    ledger: Ledger,
    login_id: str,
    kind: RequiredActionKind,
    message: str,
    *,
    page_url: str | None = None,
    evidence_uri: str | None = None,
    job_id: int | None = None,
) -> RequiredAction:
    """The login's open action; a new one if it has none. ``message``: for the person, without secrets."""
    values = {
        "login_id": login_id,
        "kind": str(kind),
        "message": redact(message),
        "page_url": page_url and redact(page_url),
        "evidence_uri": evidence_uri and redact(evidence_uri),
        "job_id": job_id,
    }
    return ledger.database.run(lambda c: _open(c, values))


def require_person(ledger: Ledger, login_id: str, error: PersonNeeded) -> RequiredAction:
    """The login's open action; if it has none, a new one from the details of a visit's error."""
    kinds = {str(kind): kind for kind in RequiredActionKind}
    details = error.details
    return open_action(
        ledger,
        login_id,
        kinds.get(str(details.get("kind")), RequiredActionKind.UNKNOWN),
        error.cause,
        page_url=details.get("url"),
        evidence_uri=details.get("evidence"),
        job_id=details.get("job_id"),
    )


def action_of(ledger: Ledger, login_id: str) -> RequiredAction | None:
    """The login's open action; None if it needs no person."""
    return ledger.database.run(lambda c: _one(c, "login_id = %s AND ended_at IS NULL", login_id))


def find_action(ledger: Ledger, action_id: int) -> RequiredAction | None:
    """One action, open or ended; None if it never existed or its retention has passed."""
    return ledger.database.run(lambda c: _one(c, "id = %s", action_id))


def open_actions(ledger: Ledger) -> list[RequiredAction]:
    """What people have to do now, oldest first."""
    return ledger.database.run(_all_open)


def end_action(ledger: Ledger, action_id: int, outcome: ActionOutcome, by: str | None = None) -> bool:
    """End an open action; False if it had already ended differently, which does not change.

    :param by: the person; None for a time-out.
    """
    return ledger.database.run(lambda c: _end(c, action_id, outcome, by))


def _open(connection: Connection, values: dict[str, Any]) -> RequiredAction:
    with connection.transaction():
        connection.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
            (f"sellerops.required_action {values['login_id']}",),
        )
        found = _one(connection, "login_id = %s AND ended_at IS NULL", values["login_id"])
        if found:
            return found
        row = connection.execute(
            f"""
            INSERT INTO sellerops.required_action (login_id, kind, message, page_url, evidence_uri, job_id)
            VALUES (%(login_id)s, %(kind)s, %(message)s, %(page_url)s, %(evidence_uri)s, %(job_id)s)
            RETURNING {_COLUMNS}
            """.encode(),
            values,
        ).fetchone()
    assert row is not None
    return _action(row)


def _all_open(connection: Connection) -> list[RequiredAction]:
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM sellerops.required_action WHERE ended_at IS NULL ORDER BY id".encode()
    )
    return [_action(row) for row in rows]


def _one(connection: Connection, condition: str, value: object) -> RequiredAction | None:
    row = connection.execute(
        f"SELECT {_COLUMNS} FROM sellerops.required_action WHERE {condition}".encode(), (value,)
    ).fetchone()
    return _action(row) if row else None


def _end(connection: Connection, action_id: int, outcome: ActionOutcome, by: str | None) -> bool:
    ended = connection.execute(
        """
        UPDATE sellerops.required_action SET outcome = %(outcome)s, ended_by = %(by)s,
            ended_at = sellerops.now()
        WHERE id = %(id)s AND (
            ended_at IS NULL OR (outcome = %(outcome)s AND ended_by IS NOT DISTINCT FROM %(by)s))
        """,
        {"id": action_id, "outcome": str(outcome), "by": by},
    )
    return ended.rowcount == 1


def _action(row: dict[str, Any]) -> RequiredAction:
    return RequiredAction(
        **{
            **row,
            "kind": RequiredActionKind(row["kind"]),
            "outcome": ActionOutcome(row["outcome"]) if row["outcome"] else None,
        }
    )
