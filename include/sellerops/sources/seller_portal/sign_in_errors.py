"""The errors of signing in, worded for the people who correct them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sellerops.base.errors import AmazonUnavailable, LoginRefused, PageChanged

if TYPE_CHECKING:
    from sellerops.sources.seller_portal.credentials import PortalCredentials
    from sellerops.sources.seller_portal.portal import Portal

CORRECT_IT = (
    "In Admin > Connections, correct it, then clear the task. The same credentials are not tried again, so "
    "that the site does not lock the account."
)
CHECK_CLOCK = (
    "Check that this machine's clock is right and that the secret in Admin > Connections is the user's, then "
    "clear the task."
)


def unusable(control: str) -> PageChanged:
    """The error for a control of the sign-in page that is missing or cannot be used."""
    return PageChanged(
        f"The sign-in page has no usable {control}.", where="page sign_in", page="sign_in", control=control
    )


def unanswered(portal: Portal, what: str) -> AmazonUnavailable:
    """The error for a page that is still shown after ``what`` was sent, and says nothing."""
    return AmazonUnavailable(
        f"The page did not answer after {what} was sent.", where=f"login {portal.session.login.id}"
    )


def refused(
    portal: Portal, credentials: PortalCredentials, what: str, problem: str, remedy: str
) -> LoginRefused:
    """The error for a page that says that ``what`` is wrong."""
    said = f' It says: "{problem.replace(credentials.user, "***")}"' if problem else ""
    where = f"connection {credentials.connection or portal.session.login.connection_id}"
    return LoginRefused(f"The site refuses {what}.{said}", where=where, remedy=remedy)
