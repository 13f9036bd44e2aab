"""Enters a site: signs in if need be, and shows the account's store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sellerops.sources.seller_portal.challenges import permission_missing
from sellerops.sources.seller_portal.classify import PageKind, is_sign_in
from sellerops.sources.seller_portal.password_tries import PasswordTry, Refusals
from sellerops.sources.seller_portal.portal import START_PATHS
from sellerops.sources.seller_portal.sign_in import sign_in
from sellerops.sources.seller_portal.stores import show_store

if TYPE_CHECKING:
    from sellerops.sources.seller_portal.credentials import PortalCredentials
    from sellerops.sources.seller_portal.portal import Portal


class Entrance:
    """Enters a login's site. ``sign_ins``: how often that needed credentials.

    No job tries refused credentials again before the connection changes; only ``portal_sign_in`` does, once.
    """

    def __init__(self, credentials: PortalCredentials, refusals: Refusals) -> None:
        self.sign_ins = 0
        self._credentials = credentials
        self._refusals = refusals

    def enter(self, portal: Portal) -> None:
        """Sign in if the site asks for it, and show the wanted store.

        This opens Seller Central's start page. Other sites have no stores: on them it only signs in, if the
        page that is shown already asks for it.

        Raises PersonNeeded, PermissionMissing, LoginRefused, AmazonUnavailable, PageChanged and
        ConfigurationError.
        """
        if portal.has_stores:
            portal.session.goto(portal.url(START_PATHS[portal.session.login.site]))
        kind = portal.kind()
        if is_sign_in(kind) or kind is PageKind.UNKNOWN:
            kind = self._sign_in(portal)
        if kind is PageKind.NOT_ALLOWED:
            raise permission_missing(portal)
        if portal.has_stores:
            show_store(portal)

    def _sign_in(self, portal: Portal) -> PageKind:
        self._credentials.check()
        password = PasswordTry(self._refusals, portal.session.login.id, self._credentials)
        password.refuse_known(portal)
        self.sign_ins += 1
        return sign_in(portal, self._credentials, password)
