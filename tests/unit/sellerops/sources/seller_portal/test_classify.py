"""Pages for signing in are recognised from their address and HTML alone."""

from __future__ import annotations

from functools import partial

import pytest
from starlette.testclient import TestClient

from amazon_sandbox.app import FAMILIES, create_app
from amazon_sandbox.core.sandbox import Sandbox
from amazon_sandbox.portal import sign_in
from amazon_sandbox.portal.accounts import one_time_password
from amazon_sandbox.portal.state import PortalState
from amazon_sandbox.simulation import Simulation
from sellerops.sources.seller_portal.classify import PageKind, classify, is_sign_in, problem_of

KINDS = {
    "email": PageKind.EMAIL,
    "password": PageKind.PASSWORD,
    "code": PageKind.CODE,
    "device_choice": PageKind.DEVICE_CHOICE,
    "phone_suggestion": PageKind.PHONE_SUGGESTION,
    "captcha": PageKind.CAPTCHA,
    "new_device": PageKind.NEW_DEVICE,
    "passkey": PageKind.PASSKEY,
    "consent": PageKind.CONSENT,
    "unknown": PageKind.UNKNOWN,
}
SITE = "https://sellercentral.amazon.com"


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return Sandbox(partial(Simulation, 7), FAMILIES, render_in_process=True)


@pytest.mark.parametrize("language", ["en_US", "de_DE", "ja_JP"])
def test_every_page_of_the_local_sign_in(sandbox: Sandbox, language: str) -> None:
    """In every language, by what a browser would show: the whole loop in one sign-in, then the picker."""
    state = sandbox.state(PortalState)
    state.settings.languages[""] = language
    everything = [step for step in KINDS if step not in ("email", "password", "code", "passkey")]
    state.settings.challenges = everything
    user = next(each for each in state.users if each.role == "logistics")
    seen: dict[PageKind, int] = {}
    with TestClient(create_app(sandbox), base_url=SITE) as browser:
        answer = browser.get("/home")
        for _ in range(20):
            kind = classify(str(answer.url), answer.text)
            seen[kind] = seen.get(kind, 0) + 1
            if kind is PageKind.ACCOUNT_PICKER:
                break
            session = state.sessions()[-1]
            form = {
                "email": user.email,
                "password": user.password,
                "otpCode": one_time_password(user.totp_secret, int(sandbox.clock.real_now()) // 30),
                "guess": session.captcha,
                "code": "123456",
                "otpDeviceContext": "authenticator, TOTP",
            }
            answer = browser.post(answer.url.path, data=form)
    assert seen == dict.fromkeys(
        [KINDS[step] for step in ("email", "password", "code", *everything)] + [PageKind.ACCOUNT_PICKER], 1
    )


def test_an_account_with_a_passkey_only(sandbox: Sandbox) -> None:
    assert sign_in.steps_after_email(7, 0, "a@example.com", ["passkey"])[0] == "passkey"
    html = '<form><button id="auth-signin-via-passkey-btn">Sign in</button></form>'
    assert classify(f"{SITE}/ap/signin", html) is PageKind.PASSKEY
    # A password field beside it: nobody is needed.
    assert classify(f"{SITE}/ap/signin", html + '<input type="password">') is PageKind.PASSWORD


@pytest.mark.parametrize(
    ("path", "html", "kind"),
    [
        ("/ap/signin", '<input id="ap_email_login">', PageKind.EMAIL),
        ("/ap/signin", '<input type="hidden" id="ap_email"><input id="ap_password">', PageKind.PASSWORD),
        ("/datarova/login", '<input type="email"><input type="password">', PageKind.CREDENTIALS),
        ("/ap/signin", '<input id="ap_password"><input name="guess">', PageKind.CAPTCHA),
        ("/ap/signin", '<iframe id="aa-challenge-whole-page-iframe"></iframe>', PageKind.CAPTCHA),
        ("/ap/cvf/verify", "<p>Approve the notification</p>", PageKind.NEW_DEVICE),
        ("/authorization/failed", '<meta name="anti-csrftoken-a2z">', PageKind.NOT_ALLOWED),
        ("/home", '<button aria-label="Settings"></button>', PageKind.SIGNED_IN),
        ("/home", '<input type="email" name="newsletter">', PageKind.UNKNOWN),
        ("/home", "<h1>Sorry</h1>", PageKind.UNKNOWN),
    ],
)
def test_anchors(path: str, html: str, kind: PageKind) -> None:
    """Those of public robots that the local pages do not show."""
    assert classify(SITE + path, html) is kind


def test_being_signed_in_is_no_step_of_signing_in() -> None:
    """A robot that took the picker for a sign-in page reported signed-out sessions."""
    assert not any(
        map(is_sign_in, (PageKind.ACCOUNT_PICKER, PageKind.NOT_ALLOWED, PageKind.SIGNED_IN, PageKind.UNKNOWN))
    )
    assert all(map(is_sign_in, (PageKind.EMAIL, PageKind.CAPTCHA, PageKind.CONSENT, PageKind.CREDENTIALS)))


def test_what_an_error_box_says() -> None:
    html = (
        '<div id="auth-error-message-box"><h4>There was a problem</h4> <p>Wrong<br>code</p></div><p>Else</p>'
    )
    assert problem_of(html) == "There was a problem Wrong code"
    assert problem_of("<p>Fine</p>") == ""
