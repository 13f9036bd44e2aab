"""Signing in and choosing a store with a real Chromium at the local portal."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from support.portal import (
    EnterPortal,
    MemoryRefusals,
    password_try,
    portal_account,
    portal_credentials,
)
from support.sandbox import SandboxServer

from sellerops.base.errors import (
    AmazonUnavailable,
    ConfigurationError,
    LoginRefused,
    PermissionMissing,
    PersonNeeded,
)
from sellerops.settings.marketplaces import marketplace
from sellerops.sources.seller_portal.classify import PageKind, is_sign_in
from sellerops.sources.seller_portal.credentials import PortalCredentials
from sellerops.sources.seller_portal.portal import Portal, SessionEnded
from sellerops.sources.seller_portal.sign_in import sign_in
from sellerops.sources.seller_portal.stores import show_store, shown_store

# What a person does at each page, in the browser.
PERSONS_WORK = {
    "portal_captcha": ("captcha", "input[name=guess]"),
    "portal_new_device": ("new_device", "#cvf-input-code"),
    "portal_consent": ("consent", None),
    "portal_passkey": ("passkey", None),
    "portal_unknown_page": ("unknown", None),
}


def _shown(sandbox: SandboxServer) -> list[str]:
    """The pages of signing in that the browser was shown so far."""
    return [step for each in sandbox.control("GET", "/portal")["sessions"] for step in each["shown"]]


def _sign_in(portal: Portal, credentials: PortalCredentials, **time: Any) -> PageKind:
    return sign_in(portal, credentials, password_try(credentials), **time)


class _Time:
    """A clock that only waiting moves, beside the real one."""

    def __init__(self) -> None:
        self.waited = 0.0

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.waited)

    def wait(self, seconds: float) -> None:
        self.waited += seconds


def test_challenges_in_any_order(enter_portal: EnterPortal, sandbox: SandboxServer) -> None:
    """Eight sign-ins in one browser, each in its own order; nothing but what it takes is done."""
    with enter_portal(is_entered=False) as portal:
        credentials = portal_credentials(sandbox)
        orders = set()
        for seed in range(8):
            sandbox.control("POST", "/portal", json={"challenge_seed": seed, "sign_out": True})
            before = len(_shown(sandbox))
            portal.session.goto(portal.url("/home"))
            assert _sign_in(portal, credentials) is PageKind.ACCOUNT_PICKER
            order = _shown(sandbox)[before:]
            assert len(order) == len(set(order)), f"seed {seed}: a page was shown twice: {order}"
            orders.add(tuple(order))
    assert len(orders) >= 3
    assert {step for order in orders for step in order} == {
        *("email", "password", "code", "device_choice", "phone_suggestion")
    }


@pytest.mark.parametrize("fault", PERSONS_WORK)
def test_what_only_a_person_may_do(enter_portal: EnterPortal, sandbox: SandboxServer, fault: str) -> None:
    """It is left alone and reported; when a person has done it in the browser, the next job signs in."""
    kind, field = PERSONS_WORK[fault]
    sandbox.faults(fault, times=1)
    sandbox.control("POST", "/portal", json={"challenges": []})
    with pytest.raises(PersonNeeded) as caught, enter_portal():
        pass
    details = caught.value.details
    assert details["kind"] == kind and details["login"] == "northwind"
    assert details["url"].startswith(sandbox.url) and "?" not in details["url"]
    assert details["evidence"] and "browser of login northwind" in caught.value.remedy

    with enter_portal(is_entered=False) as portal:
        # The next job meets the same page: nothing went round it.
        portal.session.goto(portal.url("/home"))
        with pytest.raises(PersonNeeded, match=caught.value.cause.split(".")[0]):
            _sign_in(portal, portal_credentials(sandbox))
        _do_as_a_person(portal, field)
        portal.enter_again()
        assert portal.store == "United States"
    assert _shown(sandbox).count(kind) >= 2


def _do_as_a_person(portal: Portal, field: str | None) -> None:
    """Look at the page and use it."""
    page = portal.page
    portal.session.goto(portal.url("/ap/signin"))
    if field == "input[name=guess]":
        picture = page.locator("#auth-captcha-image").get_attribute("src") or ""
        page.evaluate("source => window.picture = fetch(source).then(found => found.text())", picture)
        word = str(page.evaluate("() => window.picture")).split("</text>")[0].rsplit(">", 1)[1]
        page.fill(field, word)
    elif field:
        page.fill(field, "123456")
    with page.expect_navigation():
        page.locator("[type=submit]").first.click()


def test_a_wrong_password_is_tried_once(enter_portal: EnterPortal, sandbox: SandboxServer) -> None:
    """By all jobs together, until the connection changes."""
    sandbox.control("POST", "/portal", json={"challenges": []})
    refusals = MemoryRefusals()
    wrong = portal_credentials(sandbox, password="test-wrong-password")
    with (
        pytest.raises(LoginRefused, match="password is incorrect") as caught,
        enter_portal(credentials=wrong, refusals=refusals),
    ):
        pass
    assert caught.value.where == "connection seller_portal_northwind_logistics"
    sandbox.clear_calls()
    with (
        pytest.raises(LoginRefused, match="has not changed since"),
        enter_portal(credentials=wrong, refusals=refusals),
    ):
        pass
    assert "test-wrong-password" not in repr(refusals.known)
    # Only the page was looked at; nothing was sent.
    assert {call["status"] for call in sandbox.calls(operation="signIn")} <= {200, 302}
    with enter_portal(refusals=refusals) as portal:
        assert portal.store == "United States"
    assert not refusals.known


def test_a_late_code_is_followed_by_the_next_one(enter_portal: EnterPortal, sandbox: SandboxServer) -> None:
    """And by no third one."""
    sandbox.control("POST", "/portal", json={"challenges": []})
    credentials = portal_credentials(sandbox)
    for refused in (1, 2):
        sandbox.control("POST", "/portal", json={"sign_out": True})
        sandbox.faults("portal_code_refused", times=refused)
        time = _Time()
        with enter_portal(is_entered=False) as portal:
            portal.session.goto(portal.url("/home"))
            if refused == 1:
                assert _sign_in(portal, credentials, now=time.now, wait=time.wait) is PageKind.ACCOUNT_PICKER
            else:
                with pytest.raises(LoginRefused, match="one-time code") as caught:
                    _sign_in(portal, credentials, now=time.now, wait=time.wait)
                assert "clock" in caught.value.remedy
        assert 0 < time.waited <= 30


@pytest.mark.parametrize(
    ("version", "language", "code", "store"),
    [
        (1, "en_US", "en", "United Kingdom"),
        (2, "de_DE", "de", "Vereinigtes Königreich"),
        (2, "ja_JP", "ja", "イギリス"),
    ],
)
def test_the_picker(
    enter_portal: EnterPortal, sandbox: SandboxServer, version: int, language: str, code: str, store: str
) -> None:
    """Both accounts of one login, in one session."""
    sandbox.control("POST", "/portal", json={"version": version, "language": language})
    with enter_portal("GB", account="northwind_eu") as portal:
        assert (portal.store, portal.language) == (store, code)
        portal.account, portal.marketplace = portal_account("northwind_na"), marketplace("CA")
        show_store(portal)
        session = sandbox.control("GET", "/portal")["sessions"][-1]
        assert (session["account"], session["country"]) == ("northwind_na", "CA")


def test_stores_that_the_picker_does_not_have(enter_portal: EnterPortal, sandbox: SandboxServer) -> None:
    with (
        pytest.raises(PermissionMissing, match="does not offer the store Germany") as caught,
        enter_portal("DE", role="northwind_na"),
    ):
        pass
    assert caught.value.details["login"] == "northwind" and "remove northwind_na" in caught.value.remedy
    sandbox.control("POST", "/portal", json={"sign_out": True})
    # Two accounts that may both be meant: a name decides, nothing else.
    world = replace(portal_account("northwind_na"), marketplaces=(marketplace("US"), marketplace("GB")))
    with enter_portal(is_entered=False) as portal:
        portal.account, portal.marketplace = world, None
        portal.session.goto(portal.url("/home"))
        assert _sign_in(portal, portal_credentials(sandbox)) is PageKind.ACCOUNT_PICKER
        with pytest.raises(ConfigurationError, match="Northwind NA, Northwind EU") as wrong:
            show_store(portal)
        assert "picker_names: {northwind_na:" in wrong.value.remedy
        # Not even when one of them is shown.
        portal.session.goto(portal.url("/account-switcher/default/merchantMarketplace"))
        portal.page.locator(".full-page-account-switcher-account > button").nth(1).click()
        portal.page.locator('[data-country="GB"]').click()
        with portal.page.expect_navigation():
            portal.controls.button("Select account").click()
        with pytest.raises(ConfigurationError, match="Northwind NA, Northwind EU"):
            show_store(portal)
    names = {"picker_names": {"northwind_na": "Northwind NA"}}
    with enter_portal(is_entered=False, login=names) as portal:
        portal.account, portal.marketplace = world, None
        portal.session.goto(portal.url("/home"))
        assert shown_store(portal.page).account == "Northwind EU"
        show_store(portal)
        assert (portal.store, portal.account_name) == ("United States", "Northwind NA")
    names = {"picker_names": {"northwind_na": "Northwind EU"}}
    with enter_portal(is_entered=False, login=names) as portal:
        portal.account, portal.marketplace = world, None
        portal.session.goto(portal.url("/home"))
        show_store(portal)
        assert portal.store == "United Kingdom"


def test_sessions_that_end_in_the_middle(enter_portal: EnterPortal, sandbox: SandboxServer) -> None:
    """Renewed once; a site that ends them at once is not asked again and again."""
    with enter_portal("CA") as portal:
        sandbox.faults("portal_signed_out", operation="home", times=1)
        portal.goto("/home")
        assert portal.store == "Canada" and "Canada" in portal.page.content()
        sandbox.faults("portal_signed_out", operation="home", times=1)
        with pytest.raises(SessionEnded):
            portal.goto("/home")
    with enter_portal("CA") as portal:
        # Another tab, or the site itself, has switched the store.
        sandbox.faults("portal_other_store", operation="home", times=1, options={"country": "MX"})
        portal.goto("/home")
        assert "Canada" in portal.page.content()


def test_a_page_that_is_not_allowed(enter_portal: EnterPortal, sandbox: SandboxServer) -> None:
    with enter_portal() as portal:
        sandbox.faults("portal_not_allowed", operation="home", times=1)
        with pytest.raises(PermissionMissing, match="may not see this page") as caught:
            portal.goto("/home")
    assert caught.value.details["page"] == "test" and "User Permissions" in caught.value.remedy


def test_a_site_in_trouble_needs_nobody(
    enter_portal: EnterPortal, sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An outage with status 200 is neither for a person nor a changed page: Airflow tries again."""
    monkeypatch.setattr("sellerops.sources.seller_portal.controls.CONTROL_MS", 300.0)
    with enter_portal() as portal:
        sandbox.faults("html_200", operation="home", times=1)
        portal.goto("/home")
        with pytest.raises(AmazonUnavailable, match="We will be back soon"):
            portal.controls.button("Settings")
        sandbox.control("POST", "/portal", json={"sign_out": True})
        sandbox.faults("html_200", operation="signIn", times=1)
        portal.session.goto(portal.url("/ap/signin"))
        with pytest.raises(AmazonUnavailable, match="We will be back soon"):
            _sign_in(portal, portal_credentials(sandbox))


def test_nothing_secret_is_left_behind(
    enter_portal: EnterPortal, sandbox: SandboxServer, tmp_path: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """In the evidence of a sign-in that needs a person."""
    caplog.set_level("DEBUG")
    sandbox.faults("portal_consent", times=1)
    credentials = portal_credentials(sandbox)
    with pytest.raises(PersonNeeded) as caught, enter_portal():
        pass
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert written
    texts = (caplog.text + str(caught.value.details) + str(caught.value)).encode() + written
    for secret in (credentials.password, credentials.totp_secret):
        assert secret.encode() not in texts


@pytest.mark.parametrize(
    ("site", "role", "path"),
    [("ads_console", "ads", "/choose-account"), ("datarova", "market_data", "/downloads")],
)
def test_sites_without_stores(
    enter_portal: EnterPortal, sandbox: SandboxServer, site: str, role: str, path: str
) -> None:
    """They are signed in to by the first page that is opened, and once more when the session ends."""
    with enter_portal(None, site=site, role=role) as portal:
        for _ in range(2):
            portal.goto(path)
            assert not is_sign_in(portal.kind()) and portal.page.url.startswith(portal.base)
            sandbox.control("POST", "/portal", json={"sign_out": True})
        with pytest.raises(SessionEnded):
            portal.goto(path)
