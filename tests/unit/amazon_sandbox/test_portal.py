"""The local portal without a browser: users, steps of signing in, sessions, the picker, faults of pages."""

from __future__ import annotations

from typing import Any

import pyotp
import pytest
from starlette.testclient import TestClient

from amazon_sandbox.core.sandbox import Sandbox
from amazon_sandbox.portal.accounts import PortalUser, one_time_password
from amazon_sandbox.portal.sign_in import steps_after_email
from amazon_sandbox.portal.state import PortalState

EVERYTHING = ["device_choice", "phone_suggestion", "captcha", "new_device", "consent", "unknown"]


@pytest.fixture
def state(sandbox: Sandbox) -> PortalState:
    found = sandbox.state(PortalState)
    found.settings.challenges = []
    return found


@pytest.fixture
def user(state: PortalState) -> PortalUser:
    return next(each for each in state.users if each.role == "northwind_na")


def _sign_in(http: TestClient, user: PortalUser, now: float, **changed: str) -> Any:
    """E-mail, password and code; the answer to the last."""
    http.post("/ap/signin", data={"email": user.email})
    http.post("/ap/signin", data={"password": changed.get("password", user.password)})
    code = one_time_password(user.totp_secret, int(now) // 30)
    return http.post("/ap/mfa", data={"otpCode": changed.get("code", code)})


def test_codes_are_those_of_an_authenticator_app(user: PortalUser) -> None:
    now = 1_790_000_000
    assert one_time_password(user.totp_secret, now // 30) == pyotp.TOTP(user.totp_secret).at(now)
    assert user.accepts_code(pyotp.TOTP(user.totp_secret).at(now - 30), now)
    assert not user.accepts_code(pyotp.TOTP(user.totp_secret).at(now - 90), now)


def test_the_order_of_steps_varies_and_stays_possible() -> None:
    orders = {tuple(steps_after_email(7, attempt, "a@b.example", EVERYTHING)) for attempt in range(60)}
    assert len(orders) > 30
    for order in orders:
        assert sorted(order) == sorted([*EVERYTHING, "password", "code"])
        assert order.index("password") < order.index("device_choice") < order.index("code")
        assert order.index("device_choice") + 1 == order.index("code")
    drawn = [steps_after_email(7, attempt, "a@b.example", None) for attempt in range(40)]
    assert {len(each) for each in drawn} == {2, 3, 4}
    assert drawn == [steps_after_email(7, attempt, "a@b.example", None) for attempt in range(40)]


def test_a_single_seller_is_shown_at_once(http: TestClient, sandbox: Sandbox, user: PortalUser) -> None:
    assert _sign_in(http, user, sandbox.clock.real_now()).url.path == "/home"
    shown = http.get("/home").text
    assert "Northwind NA | United States" in shown
    assert 'name="anti-csrftoken-a2z"' in shown


@pytest.mark.parametrize(
    ("wrong", "words"),
    [({"password": "no"}, "password is incorrect"), ({"code": "000000"}, "not valid")],
)
def test_wrong_credentials(
    http: TestClient, sandbox: Sandbox, user: PortalUser, wrong: dict[str, str], words: str
) -> None:
    answer = _sign_in(http, user, sandbox.clock.real_now(), **wrong)
    if "password" in wrong:
        # The code was sent to a page that is not due: it changed nothing.
        assert answer.url.path == "/ap/signin"
        answer = http.post("/ap/signin", data={"password": "no"})
    assert words in answer.text
    assert http.get("/home").url.path.startswith("/ap/")


def test_what_a_person_resolved_stays_resolved(
    http: TestClient, sandbox: Sandbox, state: PortalState, user: PortalUser, control: Any
) -> None:
    control("POST", "/faults", {"fault": "portal_captcha"})
    control("POST", "/faults", {"fault": "portal_consent"})
    http.post("/ap/signin", data={"email": user.email})
    session = state.sessions()[-1]
    for _ in range(9):
        if session.is_signed_in:
            break
        form = {
            "guess": session.captcha,
            "password": user.password,
            "otpCode": one_time_password(user.totp_secret, int(sandbox.clock.real_now()) // 30),
        }
        http.post(http.get("/ap/signin").url.path, data=form)
    assert {"captcha", "consent"} <= set(session.shown)
    control("POST", "/portal", {"sign_out": True})
    assert http.get("/home").url.path == "/ap/signin"
    before = len(session.shown)
    assert _sign_in(http, user, sandbox.clock.real_now()).url.path == "/home"
    assert not {"captcha", "consent"} & set(session.shown[before:])


def test_sessions_end_after_pages_and_after_minutes(
    http: TestClient, sandbox: Sandbox, user: PortalUser, control: Any
) -> None:
    control("POST", "/portal", {"session_pages": 3})
    _sign_in(http, user, sandbox.clock.real_now())
    assert [http.get("/home").url.path for _ in range(3)] == ["/home", "/home", "/ap/signin"]
    control("POST", "/portal", {"session_pages": None, "session_minutes": 30})
    _sign_in(http, user, sandbox.clock.real_now())
    assert http.get("/home").url.path == "/home"
    sandbox.clock.change(jump=1801)
    assert http.get("/home").url.path == "/ap/signin"


def test_the_picker_shows_stores_in_the_language(
    http: TestClient, sandbox: Sandbox, state: PortalState, control: Any
) -> None:
    both = next(each for each in state.users if each.role == "logistics")
    control("POST", "/portal", {"language": "de_DE"})
    assert _sign_in(http, both, sandbox.clock.real_now()).url.path.startswith("/account-switcher/")
    chosen = {"account": "northwind_eu", "country": "DE", "returnTo": "/home"}
    assert http.post("/account-switcher/choose", data=chosen).url.path == "/home"
    picker = http.get("/account-switcher/default/merchantMarketplace").text
    assert "Deutschland (aktuell)" in picker and "Vereinigtes Königreich<" in picker
    assert "Northwind EU (aktuell)" in picker and "Northwind NA<" in picker
    # Another account's store is refused.
    http.post("/account-switcher/choose", data={**chosen, "country": "US"})
    assert "Northwind EU | Deutschland" in http.get("/home").text


def test_faults_of_pages(http: TestClient, sandbox: Sandbox, user: PortalUser, control: Any) -> None:
    _sign_in(http, user, sandbox.clock.real_now())
    control("POST", "/faults", {"fault": "portal_page_drift", "times": 1, "options": {"text": "Home"}})
    assert "<h1></h1>" in http.get("/home").text
    control("POST", "/faults", {"fault": "portal_not_allowed", "times": 1})
    assert http.get("/home").url.path == "/authorization/failed"
    control("POST", "/faults", {"fault": "portal_other_store", "times": 1, "options": {"country": "CA"}})
    assert "| Canada" in http.get("/home").text
    control("POST", "/faults", {"fault": "portal_signed_out", "operation": "home", "times": 1})
    assert http.get("/home").url.path == "/ap/signin"


def test_unknown_pages_and_operations_are_refused(http: TestClient) -> None:
    answer = http.post("/_sandbox/portal", json={"page": "nowhere", "version": 2})
    assert answer.status_code == 400 and "unknown page" in answer.json()["error"]["message"]
