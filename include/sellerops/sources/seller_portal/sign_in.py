"""Signs a browser in: looks at the page, does what it asks for, and looks again, until it is in."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sellerops.sources.seller_portal.credentials import PortalCredentials
    from sellerops.sources.seller_portal.portal import Portal


def sign_in(portal: Portal, credentials: PortalCredentials) -> None:
    """Sign in from whatever page is shown.

    Raises PersonNeeded for what only a person may do (captcha, new device, passkey, consent, unknown page),
    LoginRefused when the site refuses the password: it was tried once and is never tried again.
    """
    raise NotImplementedError
