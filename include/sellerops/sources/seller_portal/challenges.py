"""What a page asks of a person, in words for that person."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from sellerops.base.errors import PermissionMissing, PersonNeeded
from sellerops.ledger.logins import RequiredActionKind
from sellerops.sources.seller_portal.classify import PageKind

if TYPE_CHECKING:
    from sellerops.sources.seller_portal.portal import Portal

# Kind of page: kind of action, what happened, what to do.
_CHALLENGES = {
    PageKind.CAPTCHA: (
        RequiredActionKind.CAPTCHA,
        "The site shows a picture with characters to type.",
        "Type the characters and continue until you are signed in.",
    ),
    PageKind.NEW_DEVICE: (
        RequiredActionKind.NEW_DEVICE,
        "The site wants to verify the sign-in with a code that it sends to a phone or an e-mail address.",
        "Enter that code in the browser itself and continue until you are signed in. To avoid this in "
        "future, add an authenticator app to the user's two-step verification.",
    ),
    PageKind.PASSKEY: (
        RequiredActionKind.PASSKEY,
        "The site accepts only a passkey for this user.",
        "Sign in with the passkey. For automatic sign-ins, give the user a password and "
        "an authenticator app.",
    ),
    PageKind.CONSENT: (
        RequiredActionKind.CONSENT,
        "The site asks to accept new terms.",
        "Read them and decide whether to accept them. sellerops never does.",
    ),
    PageKind.UNKNOWN: (
        RequiredActionKind.UNKNOWN,
        "The site shows a page that sellerops does not know.",
        "Look at the screenshot, do what the page asks for, and continue until you see the site's home page.",
    ),
}


def person_needed(portal: Portal, kind: PageKind, cause: str = "", remedy: str = "") -> PersonNeeded:
    """The error for what the page shows. ``cause`` and ``remedy`` replace the usual texts of its kind."""
    action, what, to_do = _CHALLENGES[kind]
    return asks_for(portal, action, cause or what, remedy or to_do)


def asks_for(portal: Portal, action: RequiredActionKind, cause: str, to_do: str) -> PersonNeeded:
    """PersonNeeded with ``details``: ``kind``, ``login``, ``page`` and ``url`` (without the query, which may
    have tokens).
    """
    login = portal.session.login
    return PersonNeeded(
        f"{cause} {to_do}",
        where=f"login {login.id}",
        remedy=f"Do this in the browser of login {login.id}, then answer the required action.",
        kind=str(action),
        **_place(portal),
    )


def permission_missing(portal: Portal, cause: str = "", remedy: str = "") -> PermissionMissing:
    """The error for a page or store that the user may not see. Nobody can fix that in the browser, and other
    pages still work.
    """
    login = portal.session.login
    return PermissionMissing(
        cause or "The login's user may not see this page.",
        where=f"page {portal.page_name}, login {login.id}",
        remedy=remedy
        or "Ask the account's administrator to give the user the permission (Settings > User Permissions), "
        "then clear the task.",
        **_place(portal),
    )


def _place(portal: Portal) -> dict[str, str]:
    parts = urlsplit(portal.page.url)
    return {
        "login": portal.session.login.id,
        "page": portal.page_name,
        "url": urlunsplit((parts.scheme, parts.netloc, parts.path, "", "")),
    }
