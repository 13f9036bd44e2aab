"""Tries a password only once: records what is known about a login's credentials before and after each try."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from sellerops.base.errors import LoginRefused
from sellerops.ledger.login_refusals import (
    LoginRefusal,
    TryState,
    forget_refusal,
    note_sent,
    note_unanswered,
    refusal_of,
    remember_refusal,
)
from sellerops.ledger.logins import RequiredActionKind
from sellerops.sources.seller_portal.challenges import asks_for

if TYPE_CHECKING:
    from sellerops.ledger import Ledger
    from sellerops.sources.seller_portal.credentials import PortalCredentials
    from sellerops.sources.seller_portal.portal import Portal

# After this many tries without an answer a person must look: the site may have read the password all the
# same.
MOST_UNANSWERED = 3


class Refusals(Protocol):
    """The credentials that a site last refused or did not answer, by login."""

    def find(self, login_id: str) -> LoginRefusal | None: ...

    def sent(self, login_id: str, digest: str, tries: int) -> None: ...

    def unanswered(self, login_id: str, digest: str, tries: int) -> None: ...

    def remember(self, login_id: str, digest: str, reason: str) -> None: ...

    def forget(self, login_id: str) -> None: ...


class LedgerRefusals:
    """Kept in the ledger, for all jobs of all machines."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def find(self, login_id: str) -> LoginRefusal | None:
        return refusal_of(self._ledger, login_id)

    def sent(self, login_id: str, digest: str, tries: int) -> None:
        note_sent(self._ledger, login_id, digest, tries)

    def unanswered(self, login_id: str, digest: str, tries: int) -> None:
        note_unanswered(self._ledger, login_id, digest, tries)

    def remember(self, login_id: str, digest: str, reason: str) -> None:
        remember_refusal(self._ledger, login_id, digest, reason)

    def forget(self, login_id: str) -> None:
        forget_refusal(self._ledger, login_id)


class PasswordTry:
    """One sign-in's use of the password. Each method records it before returning, or raises
    LedgerUnavailable.

    A try whose outcome was not recorded, because the job, the browser or the ledger died, is not repeated
    without a person.
    """

    def __init__(self, refusals: Refusals, login_id: str, credentials: PortalCredentials) -> None:
        self._refusals, self._login_id = refusals, login_id
        self._credentials = credentials
        self._digest = ""
        self._tries = 0

    def refuse_known(self, portal: Portal) -> None:
        """Raise LoginRefused if these credentials were refused, PersonNeeded if that is unknown or too many
        tries were not answered.
        """
        known = self._refusals.find(self._login_id)
        if known is None or not self._credentials.has_digest(known.digest):
            return
        self._digest = known.digest
        when = f"{known.refused_at:%Y-%m-%d at %H:%M} UTC"
        if known.state is TryState.REFUSED:
            raise LoginRefused(
                f"{known.reason} That was on {when}; the connection has not changed since.",
                where=f"connection {self._credentials.connection}",
                remedy="Correct it in Admin > Connections, then clear the task. The same credentials are not "
                "tried again, so that the site does not lock the account. If they are right, trigger "
                "`portal_sign_in` for the login: that tries them once more.",
            )
        if known.state is TryState.UNANSWERED and known.tries < MOST_UNANSWERED:
            self._tries = known.tries
            return
        raise asks_for(
            portal,
            RequiredActionKind.UNKNOWN,
            f"The password was sent on {when}, but it is unknown whether the site accepted it.",
            "Sign in yourself in the browser, or correct the connection if the password is wrong. After your "
            "answer it is tried once more.",
        )

    def sent(self) -> None:
        """Record that the password is about to be sent."""
        self._tries += 1
        self._digest = self._digest or self._credentials.digest()
        self._refusals.sent(self._login_id, self._digest, self._tries)

    def accepted(self) -> None:
        """Record that the site goes on, so the password is right."""
        self._refusals.forget(self._login_id)

    def unanswered(self) -> None:
        """Record that the site did not answer."""
        self._refusals.unanswered(self._login_id, self._digest, self._tries)

    def refused(self, reason: str) -> None:
        """Record that the site says that the user or the password is wrong."""
        self._refusals.remember(self._login_id, self._digest or self._credentials.digest(), reason)
