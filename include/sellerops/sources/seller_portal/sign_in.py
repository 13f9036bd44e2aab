"""Signs a browser in: looks at the page, does what it asks for, and looks again, until it is in.

What only a person may do is left to a person: nothing here solves or avoids a challenge.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sellerops.base.errors import LoginRefused, PageChanged
from sellerops.sources.seller_portal.challenges import person_needed
from sellerops.sources.seller_portal.classify import PageKind, is_sign_in, problem_of
from sellerops.sources.seller_portal.error_pages import refuse_error_page

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from sellerops.sources.seller_portal.credentials import PortalCredentials
    from sellerops.sources.seller_portal.portal import Portal

log = logging.getLogger(__name__)

MOST_STEPS = 20
# A second code, of the next 30 seconds, tells a late code from a wrong secret.
MOST_CODES = 2
_CODE_SECONDS = 30
_NAVIGATION_MS = 15_000.0

_EMAIL = 'input[type="email"]:visible, #ap_email:visible, #ap_email_login:visible'
_PASSWORD = 'input[type="password"]:visible'
_CODE = "#auth-mfa-otpcode, input[name=otpCode]"
_SUBMIT = "input[type=submit]:visible, button[type=submit]:visible"


def sign_in(
    portal: Portal,
    credentials: PortalCredentials,
    *,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    wait: Callable[[float], None] = time.sleep,
) -> PageKind:
    """Sign in from whatever page is shown; what is shown then (the site, its account picker, or that
    something is not allowed).

    Raises PersonNeeded for what only a person may do, LoginRefused when the site refuses the credentials:
    a password is tried once. AmazonUnavailable when the site answers with an error page.

    :param now: real time, by which one-time codes are made.
    :param wait: sleeps for real seconds, until the next code.
    """
    attempt = _Attempt(portal, credentials, now, wait)
    with portal.session.private():
        for _ in range(MOST_STEPS):
            kind = attempt.look()
            if not is_sign_in(kind):
                return kind
            attempt.act(kind)
    raise PageChanged(
        f"Signing in did not finish within {MOST_STEPS} steps; the last page was {kind.value}.",
        where=f"page {portal.page_name}",
        page="sign_in",
        control=kind.value,
    )


class _Attempt:
    """One sign-in: what was tried so far."""

    def __init__(
        self,
        portal: Portal,
        credentials: PortalCredentials,
        now: Callable[[], datetime],
        wait: Callable[[float], None],
    ) -> None:
        self._portal = portal
        self._credentials = credentials
        self._now = now
        self._wait = wait
        self._emails = self._passwords = self._codes = 0
        self._problem = ""

    @property
    def _page(self) -> Page:
        return self._portal.page

    def look(self) -> PageKind:
        """Classify what is shown."""
        self._page.wait_for_load_state("domcontentloaded")
        kind = self._portal.kind()
        self._problem = problem_of(self._page.content())
        if kind is PageKind.UNKNOWN:
            refuse_error_page(self._page, f"page {self._portal.page_name}")
            raise person_needed(self._portal, kind)
        return kind

    def act(self, kind: PageKind) -> None:
        """Do what the page asks for."""
        log.info("Login %s: the site asks for: %s.", self._portal.session.login.id, kind.value)
        step = {
            PageKind.EMAIL: self._enter_email,
            PageKind.PASSWORD: self._enter_password,
            PageKind.CREDENTIALS: self._enter_both,
            PageKind.CODE: self._enter_code,
            PageKind.DEVICE_CHOICE: self._choose_app,
            PageKind.PHONE_SUGGESTION: self._skip_phone,
        }.get(kind)
        if step is None:
            raise person_needed(self._portal, kind)
        step()

    def _enter_email(self) -> None:
        if self._emails and (self._problem or self._emails > 1):
            raise self._refused("the user")
        self._emails += 1
        self._fill("e-mail field", _EMAIL, self._credentials.user)
        self._send("#continue:visible, " + _SUBMIT)

    def _enter_password(self) -> None:
        self._check_first_password()
        self._fill("password field", _PASSWORD, self._credentials.password)
        self._send("#signInSubmit:visible, " + _SUBMIT)

    def _enter_both(self) -> None:
        self._check_first_password()
        self._fill("e-mail field", _EMAIL, self._credentials.user)
        self._fill("password field", _PASSWORD, self._credentials.password)
        self._send("#signInSubmit:visible, " + _SUBMIT)

    def _check_first_password(self) -> None:
        if self._passwords:
            raise self._refused("the password")
        self._passwords += 1

    def _enter_code(self) -> None:
        if self._codes >= MOST_CODES:
            raise self._refused(
                "the one-time code", "check that this machine's clock is right, and enter the secret again"
            )
        if self._codes:
            self._wait(_CODE_SECONDS - self._now().timestamp() % _CODE_SECONDS)
        self._codes += 1
        self._fill("one-time code field", _CODE, self._credentials.code_at(self._now()))
        self._send("#auth-signin-button:visible, " + _SUBMIT)

    def _choose_app(self) -> None:
        """Never a phone: its code would need a person."""
        app = self._page.locator('input[name="otpDeviceContext"][value*="TOTP" i]')
        if not app.count():
            raise person_needed(self._portal, PageKind.NEW_DEVICE)
        app.first.check()
        self._send("#auth-send-code:visible, " + _SUBMIT)

    def _skip_phone(self) -> None:
        self._send("#ap-account-fixup-phone-skip-link:visible")

    def _fill(self, control: str, selector: str, text: str) -> None:
        from playwright.sync_api import Error

        field = self._find(control, selector)
        try:
            field.fill(text)
        except Error:
            # Without its cause, whose text repeats what was typed.
            raise self._changed(control) from None

    def _send(self, selector: str) -> None:
        """Click, and wait for the page that follows; some steps change the page without leaving it."""
        from playwright.sync_api import TimeoutError as PlaywrightTimeout

        button = self._find("button", selector)
        try:
            with self._page.expect_navigation(wait_until="domcontentloaded", timeout=_NAVIGATION_MS):
                button.click()
        except PlaywrightTimeout:
            return

    def _find(self, control: str, selector: str) -> Locator:
        found = self._page.locator(selector).first
        if not found.count():
            raise self._changed(control)
        return found

    def _changed(self, control: str) -> PageChanged:
        return PageChanged(
            f"The sign-in page has no usable {control}.",
            where="page sign_in",
            page="sign_in",
            control=control,
        )

    def _refused(self, what: str, remedy: str = "correct it") -> LoginRefused:
        problem = self._problem.replace(self._credentials.user, "***")
        said = f' It says: "{problem}"' if problem else ""
        where = f"connection {self._credentials.connection or self._portal.session.login.connection_id}"
        return LoginRefused(
            f"The site refused {what}.{said}",
            where=where,
            remedy=f"In Admin > Connections, {remedy}; then clear the task. The same credentials are not "
            "tried again, so that the site does not lock the account.",
        )
