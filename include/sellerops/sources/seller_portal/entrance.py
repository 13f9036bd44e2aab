"""Enters a site: signs in if need be, and shows the account's store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from sellerops.base.errors import LoginRefused
from sellerops.ledger.login_refusals import LoginRefusal, forget_refusal, refusal_of, remember_refusal
from sellerops.sources.seller_portal.challenges import person_needed
from sellerops.sources.seller_portal.classify import PageKind, is_sign_in
from sellerops.sources.seller_portal.portal import START_PATHS
from sellerops.sources.seller_portal.sign_in import sign_in
from sellerops.sources.seller_portal.stores import show_store

if TYPE_CHECKING:
    from sellerops.ledger import Ledger
    from sellerops.sources.seller_portal.credentials import PortalCredentials
    from sellerops.sources.seller_portal.portal import Portal


class Refusals(Protocol):
    """The credentials that a site refused last, by login."""

    def find(self, login_id: str) -> LoginRefusal | None: ...

    def remember(self, login_id: str, digest: str, reason: str) -> None: ...

    def forget(self, login_id: str) -> None: ...


class LedgerRefusals:
    """Kept in the ledger, for all jobs of all machines."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def find(self, login_id: str) -> LoginRefusal | None:
        return refusal_of(self._ledger, login_id)

    def remember(self, login_id: str, digest: str, reason: str) -> None:
        remember_refusal(self._ledger, login_id, digest, reason)

    def forget(self, login_id: str) -> None:
        forget_refusal(self._ledger, login_id)


class Entrance:
    """Enters a login's site. ``sign_ins``: how often that needed credentials.

    Refused credentials are not tried again, by whatever job, before the connection changes.
    """

    def __init__(self, credentials: PortalCredentials, refusals: Refusals) -> None:
        self.sign_ins = 0
        self._credentials = credentials
        self._refusals = refusals

    def enter(self, portal: Portal) -> None:
        """Sign in if the site asks for it, and show the wanted store.

        Seller Central is opened for that. Other sites have no stores: here they are only signed in to when
        they show a page for it.

        Raises PersonNeeded, LoginRefused, AmazonUnavailable, PageChanged and ConfigurationError.
        """
        if portal.has_stores:
            portal.session.goto(portal.url(START_PATHS[portal.session.login.site]))
        kind = portal.kind()
        if is_sign_in(kind) or kind is PageKind.UNKNOWN:
            kind = self._sign_in(portal)
        if kind is PageKind.NOT_ALLOWED:
            raise person_needed(portal, kind)
        if portal.has_stores:
            show_store(portal)

    def _sign_in(self, portal: Portal) -> PageKind:
        login_id = portal.session.login.id
        self._credentials.check()
        self._refuse_known(login_id)
        self.sign_ins += 1
        try:
            kind = sign_in(portal, self._credentials)
        except LoginRefused as error:
            self._refusals.remember(login_id, self._credentials.digest(), error.cause)
            raise
        self._refusals.forget(login_id)
        return kind

    def _refuse_known(self, login_id: str) -> None:
        known = self._refusals.find(login_id)
        if known is None or not self._credentials.has_digest(known.digest):
            return
        raise LoginRefused(
            f"{known.reason} That was on {known.refused_at:%Y-%m-%d at %H:%M} UTC; the connection has not "
            "changed since.",
            where=f"connection {self._credentials.connection}",
            remedy="Correct it in Admin > Connections, then clear the task. The same credentials are not "
            "tried again, so that the site does not lock the account.",
        )
