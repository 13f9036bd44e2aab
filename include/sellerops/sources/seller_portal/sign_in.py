"""Signs a browser in: looks at the page, does what it asks for, and looks again, until it is signed in.

What only a person may do is left to a person: nothing here solves or avoids a challenge.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sellerops.base.errors import AmazonUnavailable, LoginRefused, PageChanged
from sellerops.sources.seller_portal.challenges import person_needed
from sellerops.sources.seller_portal.classify import PageKind, is_sign_in, problem_of
from sellerops.sources.seller_portal.error_pages import refuse_error_page
from sellerops.sources.seller_portal.sign_in_errors import (
    CHECK_CLOCK,
    CORRECT_IT,
    refused,
    unanswered,
    unusable,
)

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from sellerops.sources.seller_portal.credentials import PortalCredentials
    from sellerops.sources.seller_portal.password_tries import PasswordTry
    from sellerops.sources.seller_portal.portal import Portal

log = logging.getLogger(__name__)

MOST_STEPS = 20
# A second code, from the next 30 seconds, distinguishes a late code from a wrong secret.
MOST_CODES = 2
_CODE_SECONDS = 30
_NAVIGATION_MS = 15_000.0

# If one of these is shown again after the password, it was refused or did not arrive.
_BEFORE_PASSWORD = (PageKind.EMAIL, PageKind.PASSWORD, PageKind.CREDENTIALS)
# If one of these is shown with a problem after the password, it was refused, and a person is needed as well.
_INSTEAD = (PageKind.CAPTCHA, PageKind.NEW_DEVICE, PageKind.PASSKEY)
_EMAIL = 'input[type="email"]:visible, #ap_email:visible, #ap_email_login:visible'
_PASSWORD = 'input[type="password"]:visible'
_CODE = "#auth-mfa-otpcode, input[name=otpCode]"
_SUBMIT = "input[type=submit]:visible, button[type=submit]:visible"


def sign_in(
    portal: Portal,
    credentials: PortalCredentials,
    password: PasswordTry,
    *,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    wait: Callable[[float], None] = time.sleep,
) -> PageKind:
    """Sign in from whatever page is shown. Returns the kind of page that is shown afterwards: the site's own,
    its account picker, or one that says that something is not allowed.

    Raises PersonNeeded for what only a person may do, LoginRefused when the site says that it refuses the
    credentials (a password is tried once), AmazonUnavailable when the site answers with an error page or not
    at all, PageChanged when a control is missing or ``MOST_STEPS`` are not enough.

    :param password: records what the site does with the password.
    :param now: real time, from which one-time codes are made.
    :param wait: sleeps for real seconds, until the next code.
    """
    attempt = _Attempt(portal, credentials, password, now, wait)
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
    """One sign-in, and what it has tried so far."""

    def __init__(
        self,
        portal: Portal,
        credentials: PortalCredentials,
        password: PasswordTry,
        now: Callable[[], datetime],
        wait: Callable[[float], None],
    ) -> None:
        self._portal = portal
        self._credentials = credentials
        self._password = password
        self._is_open = False
        self._now = now
        self._wait = wait
        self._emails = self._codes = 0
        self._problem = ""

    @property
    def _page(self) -> Page:
        return self._portal.page

    def look(self) -> PageKind:
        """Classify what is shown, and note what it says about the password that was sent."""
        self._page.wait_for_load_state("domcontentloaded")
        kind = self._portal.kind()
        self._problem = problem_of(self._page.content())
        try:
            if kind is PageKind.UNKNOWN:
                refuse_error_page(self._page, f"page {self._portal.page_name}")
            if self._is_open:
                self._settle(kind)
        except AmazonUnavailable:
            if self._is_open:
                self._password.unanswered()
            raise
        if kind is PageKind.UNKNOWN:
            raise person_needed(self._portal, kind)
        return kind

    def _settle(self, kind: PageKind) -> None:
        """Record what the page after the password says about it. An unknown page says nothing."""
        if kind in _BEFORE_PASSWORD and not self._problem:
            raise unanswered(self._portal, "the password")
        if kind in _BEFORE_PASSWORD:
            raise self._refused("the password")
        if self._problem and kind in _INSTEAD:
            self._refused("the password")
        elif kind is not PageKind.UNKNOWN:
            self._password.accepted()
        self._is_open = False

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
        if self._emails and self._problem:
            raise self._refused("the user")
        if self._emails > 1:
            raise unanswered(self._portal, "the user")
        self._emails += 1
        self._fill("e-mail field", _EMAIL, self._credentials.user)
        self._send("#continue:visible, " + _SUBMIT)

    def _enter_password(self) -> None:
        self._fill("password field", _PASSWORD, self._credentials.password)
        self._send_password()

    def _enter_both(self) -> None:
        self._fill("e-mail field", _EMAIL, self._credentials.user)
        self._fill("password field", _PASSWORD, self._credentials.password)
        self._send_password()

    def _send_password(self) -> None:
        """Happens once per sign-in: ``look`` records the outcome before ``act`` handles another page."""
        self._password.sent()
        self._is_open = True
        self._send("#signInSubmit:visible, " + _SUBMIT)

    def _enter_code(self) -> None:
        if self._codes and not self._problem:
            raise unanswered(self._portal, "the one-time code")
        if self._codes >= MOST_CODES:
            # The password is right, so no refusal is recorded, and a job may try again.
            raise refused(self._portal, self._credentials, "the one-time code", self._problem, CHECK_CLOCK)
        if self._codes:
            self._wait(_CODE_SECONDS - self._now().timestamp() % _CODE_SECONDS)
        self._codes += 1
        self._fill("one-time code field", _CODE, self._credentials.code_at(self._now()))
        self._send("#auth-signin-button:visible, " + _SUBMIT)

    def _choose_app(self) -> None:
        """Choose the authenticator app, never a phone: its code would need a person."""
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
            # Without the cause, whose text repeats what was typed.
            raise unusable(control) from None

    def _send(self, selector: str) -> None:
        """Click, and wait for the next page; some steps change the page without leaving it."""
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
            raise unusable(control)
        return found

    def _refused(self, what: str) -> LoginRefused:
        """Record the refusal, and return the error for it."""
        error = refused(self._portal, self._credentials, what, self._problem, CORRECT_IT)
        self._password.refused(error.cause)
        self._is_open = False
        return error
