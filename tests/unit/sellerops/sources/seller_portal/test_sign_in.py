"""What becomes of a password: tried once, whatever happens meanwhile; a right one is never locked out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
from support.portal import MemoryRefusals, portal_login

from sellerops.base.errors import (
    AmazonUnavailable,
    BrowserUnavailable,
    LedgerUnavailable,
    LoginRefused,
    PersonNeeded,
)
from sellerops.ledger.login_refusals import TryState
from sellerops.sources.seller_portal.classify import classify
from sellerops.sources.seller_portal.credentials import PortalCredentials
from sellerops.sources.seller_portal.entrance import Entrance
from sellerops.sources.seller_portal.password_tries import MOST_UNANSWERED, PasswordTry
from sellerops.sources.seller_portal.portal import Portal
from sellerops.sources.seller_portal.sign_in import sign_in

CREDENTIALS = PortalCredentials("ann@example.com", "test-password", "JBSWY3DPEHPK3PXP", connection="c")
PROBLEM = '<div id="auth-error-message-box">Your password is incorrect</div>'
OTP_PROBLEM = '<div id="auth-error-message-box">The code is not valid</div>'
EMAIL = ("/ap/signin", '<input id="ap_email" type="email"><input id="continue" type="submit">')
PASSWORD = ("/ap/signin", '<input id="ap_password" type="password"><input id="signInSubmit" type="submit">')
# As sites have it from the beginning, hidden by a style sheet.
MISSING = '<div id="auth-password-missing-alert" class="hidden">Enter your password</div>'
SLOW = (PASSWORD[0], MISSING + PASSWORD[1])
WRONG = (PASSWORD[0], PROBLEM + PASSWORD[1])
CODE = (
    "/ap/mfa",
    '<input id="auth-mfa-otpcode" name="otpCode"><input id="auth-signin-button" type="submit">',
)
WRONG_CODE = (CODE[0], OTP_PROBLEM + CODE[1])
CAPTCHA = ("/ap/captcha", '<img id="auth-captcha-image">')
WRONG_CAPTCHA = (CAPTCHA[0], PROBLEM + CAPTCHA[1])
UNKNOWN = ("/ap/new", "<p>Hello</p>")
HOME = ("/home", '<meta name="anti-csrftoken-a2z" content="x">')
Shown = tuple[str, str]


class Site:
    """A browser page that shows the next page of the script after each click."""

    def __init__(self, *pages: Shown | Exception) -> None:
        self._pages, self.typed = list(pages), []
        self.typed: list[str] = []
        self._now = cast(Shown, self._pages.pop(0))

    @property
    def url(self) -> str:
        return f"https://example.com{self._now[0]}"

    def content(self) -> str:
        return self._now[1]

    def wait_for_load_state(self, state: str) -> None:
        pass

    @contextmanager
    def expect_navigation(self, **options: Any) -> Iterator[None]:
        from playwright.sync_api import TimeoutError as PlaywrightTimeout

        yield
        following = self._pages.pop(0)
        if isinstance(following, Exception):
            raise following
        if following is self._now:
            raise PlaywrightTimeout("Timeout 15000ms exceeded.")
        self._now = following

    def locator(self, selector: str) -> Any:
        element = SimpleNamespace(count=lambda: 1, fill=self.typed.append, click=lambda: None)
        found = SimpleNamespace(first=element, count=lambda: 1)
        found.filter = lambda visible: found
        return found

    def evaluate(self, script: str) -> int:
        return 200  # its HTTP status

    @property
    def passwords(self) -> int:
        return self.typed.count(CREDENTIALS.password)


def portal_of(site: Site) -> Portal:
    @contextmanager
    def private() -> Iterator[None]:
        yield

    session = SimpleNamespace(private=private, login=portal_login(port=9222))
    made = SimpleNamespace(
        session=session,
        page=site,
        page_name="test",
        has_stores=False,
        kind=lambda: classify(site.url, site.content()),
    )
    return cast(Portal, made)


def enter(refusals: MemoryRefusals, *pages: Shown | Exception) -> Site:
    """Another job's sign-in; how it ended is in ``raised``."""
    site = Site(*pages)
    Entrance(CREDENTIALS, refusals).enter(portal_of(site))
    return site


def state_of(refusals: MemoryRefusals) -> TryState | None:
    known = refusals.known.get("northwind_logistics")
    return known.state if known else None


def test_a_right_password_leaves_no_note() -> None:
    refusals = MemoryRefusals()
    site = enter(refusals, EMAIL, PASSWORD, CODE, HOME)
    assert site.passwords == 1 and not refusals.known


@pytest.mark.parametrize(
    ("pages", "error", "state"),
    [
        # The site is slow: nothing says that the password is wrong.
        ((PASSWORD, PASSWORD), AmazonUnavailable, TryState.UNANSWERED),
        ((SLOW, SLOW), AmazonUnavailable, TryState.UNANSWERED),
        ((PASSWORD, WRONG), LoginRefused, TryState.REFUSED),
        # Refused, and a person is asked for something, too.
        ((PASSWORD, WRONG_CAPTCHA), PersonNeeded, TryState.REFUSED),
        ((PASSWORD, CAPTCHA), PersonNeeded, None),
        ((PASSWORD, UNKNOWN), PersonNeeded, TryState.SENT),
        ((PASSWORD, BrowserUnavailable("crashed")), BrowserUnavailable, TryState.SENT),
        # The code's secret or the clock is wrong, not the password.
        ((PASSWORD, CODE, WRONG_CODE, WRONG_CODE), LoginRefused, None),
        ((PASSWORD, CODE, CODE), AmazonUnavailable, None),
        ((EMAIL, EMAIL, EMAIL), AmazonUnavailable, None),
    ],
)
def test_what_a_page_says_about_the_password(
    pages: Sequence[Shown | Exception], error: type[Exception], state: TryState | None
) -> None:
    refusals = MemoryRefusals()
    site = Site(*pages)
    password = PasswordTry(refusals, "northwind_logistics", CREDENTIALS)
    with pytest.raises(error):
        sign_in(
            portal_of(site), CREDENTIALS, password, now=lambda: datetime.now(UTC), wait=lambda seconds: None
        )
    assert state_of(refusals) is state and site.passwords <= 1


def test_a_wrong_password_is_tried_once_whatever_dies() -> None:
    """After a crash of the browser, of the process, or without the ledger, a person is asked first."""

    def cannot(*args: Any) -> None:
        raise LedgerUnavailable("away")

    for page, break_note in ((BrowserUnavailable("crashed"), False), (WRONG, True)):
        refusals = MemoryRefusals()
        if break_note:
            refusals.remember = cannot  # type: ignore[method-assign]
        with pytest.raises((BrowserUnavailable, LedgerUnavailable)):
            enter(refusals, PASSWORD, page)
        for _ in range(2):
            with pytest.raises(PersonNeeded, match="it is unknown whether the site accepted it"):
                enter(refusals, PASSWORD, AssertionError("sent again"))
    refusals = MemoryRefusals()
    refusals.sent = cannot  # type: ignore[method-assign]
    with pytest.raises(LedgerUnavailable):
        enter(refusals, PASSWORD, AssertionError("sent without a note"))


def test_a_site_that_does_not_answer_is_tried_again_but_not_for_ever() -> None:
    refusals = MemoryRefusals()
    for _ in range(MOST_UNANSWERED):
        with pytest.raises(AmazonUnavailable, match="did not answer after the password"):
            enter(refusals, PASSWORD, PASSWORD)
    with pytest.raises(PersonNeeded):
        enter(refusals, PASSWORD, AssertionError("sent again"))
    refusals.forget("northwind_logistics")
    assert enter(refusals, PASSWORD, HOME).passwords == 1


def test_a_refused_code_is_tried_again_by_the_next_job() -> None:
    """Once the machine's clock is right, clearing the task is enough."""
    refusals = MemoryRefusals()
    site = Site(PASSWORD, CODE, WRONG_CODE, WRONG_CODE)
    with pytest.raises(LoginRefused, match="one-time code") as refused:
        sign_in(
            portal_of(site),
            CREDENTIALS,
            PasswordTry(refusals, "northwind_logistics", CREDENTIALS),
            wait=lambda seconds: None,
        )
    assert "clock is right" in refused.value.remedy
    assert enter(refusals, PASSWORD, CODE, HOME).passwords == 1


def test_a_refusal_names_two_ways_out() -> None:
    refusals = MemoryRefusals()
    for words in ("password is incorrect", "has not changed since"):
        with pytest.raises(LoginRefused, match=words) as refused:
            enter(refusals, PASSWORD, WRONG)
    assert "Admin > Connections" in refused.value.remedy and "portal_sign_in" in refused.value.remedy
