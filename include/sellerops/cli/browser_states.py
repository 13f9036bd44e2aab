"""What the ledger knows about logins, for the command `browsers`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sellerops.ledger import Ledger
from sellerops.ledger.login_locks import lock_of
from sellerops.ledger.required_actions import action_of

_SIGN_INS = """
    SELECT login_id, max(coalesce(ended_at, started_at))
    FROM sellerops.browser_job WHERE sign_ins > 0 AND login_id = ANY(%s) GROUP BY login_id
"""


@dataclass(frozen=True)
class LoginState:
    """The state of one login.

    ``signed_in_at``: when the last job that signed in ended, else started (UTC). ``used_by``: the job that
    holds the lock; empty if none does. ``action``: what a person has to do; empty if nothing. ``page_url``:
    the page that asks for it.
    """

    signed_in_at: datetime | None = None
    used_by: str = ""
    action: str = ""
    page_url: str = ""


def login_states(ledger: Ledger, login_ids: Iterable[str]) -> dict[str, LoginState]:
    """The state of each login."""
    ids = list(login_ids)
    signed_in = _last_sign_ins(ledger, ids)
    states = {}
    for login_id in ids:
        lock, action = lock_of(ledger, login_id), action_of(ledger, login_id)
        states[login_id] = LoginState(
            signed_in_at=signed_in.get(login_id),
            used_by=lock.held_by if lock and not lock.is_stale else "",
            action=f"{action.kind.value}: {action.message}" if action else "",
            page_url=(action.page_url or "") if action else "",
        )
    return states


def _last_sign_ins(ledger: Ledger, login_ids: list[str]) -> dict[str, datetime]:
    rows = ledger.database.run(lambda connection: connection.execute(_SIGN_INS, (login_ids,)).fetchall())
    return {row["login_id"]: row["max"] for row in rows}
