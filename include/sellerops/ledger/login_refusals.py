"""The table ``login_refusal``: credentials that a site refused are tried once, not by every job anew."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sellerops.base.redaction import redact
from sellerops.ledger.database import Connection
from sellerops.ledger.ledger import Ledger


@dataclass(frozen=True)
class LoginRefusal:
    """``digest``: of the refused credentials; ``reason``: what the site said; ``refused_at``: aware, UTC."""

    digest: str
    reason: str
    refused_at: datetime


def remember_refusal(ledger: Ledger, login_id: str, digest: str, reason: str) -> None:
    """Remember refused credentials, in place of a login's earlier ones."""
    values = {"login_id": login_id, "digest": digest, "reason": redact(reason)}
    ledger.database.run(lambda c: _remember(c, values))


def refusal_of(ledger: Ledger, login_id: str) -> LoginRefusal | None:
    """The credentials of a login that its site refused last, if any."""
    return ledger.database.run(lambda c: _refusal(c, login_id))


def forget_refusal(ledger: Ledger, login_id: str) -> None:
    """The login works again."""
    ledger.database.run(
        lambda c: c.execute("DELETE FROM sellerops.login_refusal WHERE login_id = %s", (login_id,)).rowcount
    )


def _remember(connection: Connection, values: dict[str, str]) -> None:
    connection.execute(
        """
        INSERT INTO sellerops.login_refusal (login_id, digest, reason)
        VALUES (%(login_id)s, %(digest)s, %(reason)s)
        ON CONFLICT (login_id) DO UPDATE SET
            digest = excluded.digest, reason = excluded.reason, refused_at = sellerops.now()
        """,
        values,
    )


def _refusal(connection: Connection, login_id: str) -> LoginRefusal | None:
    row = connection.execute(
        "SELECT digest, reason, refused_at FROM sellerops.login_refusal WHERE login_id = %s", (login_id,)
    ).fetchone()
    return LoginRefusal(**row) if row else None
