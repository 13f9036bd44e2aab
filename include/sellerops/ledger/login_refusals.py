"""The table ``login_refusal``: credentials that a site refused are tried once, not again by every job.

Credentials are recorded before they are sent, so that they are known whatever happens to the job, the browser
or the ledger meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sellerops.base.redaction import redact
from sellerops.ledger.database import Connection
from sellerops.ledger.ledger import Ledger


class TryState(StrEnum):
    """How a site answered credentials.

    ``SENT``: unknown, because the answer is still awaited or the job has died. ``UNANSWERED``: not at all.
    """

    SENT = "sent"
    UNANSWERED = "unanswered"
    REFUSED = "refused"


@dataclass(frozen=True)
class LoginRefusal:
    """The credentials last sent for a login, as long as they are not known to work.

    ``digest``: of the credentials; ``reason``: what the site said; ``refused_at``: when that was recorded,
    aware, UTC; ``tries``: how often they were sent without an answer.
    """

    digest: str
    reason: str
    refused_at: datetime
    state: TryState = TryState.REFUSED
    tries: int = 1


def note_sent(ledger: Ledger, login_id: str, digest: str, tries: int) -> None:
    """Record that credentials are about to be sent, replacing what is known of the login's earlier ones."""
    _write(ledger, login_id, digest, TryState.SENT, "", tries)


def note_unanswered(ledger: Ledger, login_id: str, digest: str, tries: int) -> None:
    """Record that the site did not answer credentials that were sent."""
    _write(ledger, login_id, digest, TryState.UNANSWERED, "", tries)


def remember_refusal(ledger: Ledger, login_id: str, digest: str, reason: str) -> None:
    """Record refused credentials, replacing the login's earlier ones."""
    _write(ledger, login_id, digest, TryState.REFUSED, redact(reason), 1)


def refusal_of(ledger: Ledger, login_id: str) -> LoginRefusal | None:
    """The login's credentials that its site last refused or did not answer, if any."""
    return ledger.database.run(lambda c: _refusal(c, login_id))


def forget_refusal(ledger: Ledger, login_id: str) -> None:
    """Forget the login's credentials: it works again, or a person wants it to be tried again."""
    ledger.database.run(
        lambda c: c.execute("DELETE FROM sellerops.login_refusal WHERE login_id = %s", (login_id,)).rowcount
    )


def _write(ledger: Ledger, login_id: str, digest: str, state: TryState, reason: str, tries: int) -> None:
    values = {"login_id": login_id, "digest": digest, "state": str(state), "reason": reason, "tries": tries}
    ledger.database.run(lambda c: _upsert(c, values))


def _upsert(connection: Connection, values: dict[str, object]) -> None:
    connection.execute(
        """
        INSERT INTO sellerops.login_refusal (login_id, digest, state, reason, tries)
        VALUES (%(login_id)s, %(digest)s, %(state)s, %(reason)s, %(tries)s)
        ON CONFLICT (login_id) DO UPDATE SET
            digest = excluded.digest, state = excluded.state, reason = excluded.reason,
            tries = excluded.tries, refused_at = sellerops.now()
        """,
        values,
    )


def _refusal(connection: Connection, login_id: str) -> LoginRefusal | None:
    row = connection.execute(
        """
        SELECT digest, reason, refused_at, state, tries FROM sellerops.login_refusal WHERE login_id = %s
        """,
        (login_id,),
    ).fetchone()
    return LoginRefusal(**{**row, "state": TryState(row["state"])}) if row else None
