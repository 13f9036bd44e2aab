"""The table ``notice``: who tells people about something, so that nobody is told twice."""

from __future__ import annotations

import uuid

from sellerops.ledger.database import Connection
from sellerops.ledger.redaction import redact


def claim(connection: Connection, key: str, token: uuid.UUID) -> bool:
    """True for the first caller with ``key``. The same ``token`` again gets the same answer."""
    won = connection.execute(
        """
        INSERT INTO sellerops.notice AS stored (key, claim_token) VALUES (%(key)s, %(token)s)
        ON CONFLICT (key) DO UPDATE SET claim_token = stored.claim_token
        WHERE stored.claim_token = excluded.claim_token
        """,
        {"key": redact(key), "token": token},
    )
    return won.rowcount == 1


def release(connection: Connection, key: str) -> None:
    """Give the claim back: the message could not be sent."""
    connection.execute("DELETE FROM sellerops.notice WHERE key = %s", (redact(key),))
