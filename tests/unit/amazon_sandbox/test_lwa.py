from __future__ import annotations

import pytest
from starlette.testclient import TestClient
from support.sandbox_app import SALES, Api

from amazon_sandbox.core.sandbox import Sandbox


def test_a_refresh_token_buys_an_access_token_for_an_hour(na: Api, http: TestClient) -> None:
    """The answer has Amazon's fields and the refresh token again."""
    answer = http.post("/auth/o2/token", data=na.grant())
    body = answer.json()
    assert body["access_token"].startswith("Atza|")
    assert len(body["access_token"]) > 300
    assert body["refresh_token"] == na.seller.refresh_token
    assert (body["token_type"], body["expires_in"]) == ("bearer", 3600)


def test_json_bodies_are_accepted_too(na: Api, http: TestClient) -> None:
    """As Amazon does."""
    assert http.post("/auth/o2/token", json=na.grant()).status_code == 200


@pytest.mark.parametrize(
    ("changed", "status", "error"),
    [
        ({"client_secret": "amzn1.oa2-cs.v1.wrong"}, 401, "invalid_client"),
        ({"client_id": "amzn1.application-oa2-client.nobody"}, 401, "invalid_client"),
        ({"refresh_token": "Atzr|revoked"}, 400, "invalid_grant"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": ""}, 400, "invalid_request"),
        ({"refresh_token": ""}, 400, "invalid_request"),
        ({"grant_type": "client_credentials", "scope": "everything"}, 400, "invalid_scope"),
    ],
)
def test_wrong_grants_get_amazons_errors(
    na: Api, http: TestClient, changed: dict[str, str], status: int, error: str
) -> None:
    """error and error_description, no errors[]."""
    answer = http.post("/auth/o2/token", data=na.grant(**changed))
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.json()["error_description"]


def test_a_refresh_token_of_another_application_is_refused(na: Api, eu: Api, http: TestClient) -> None:
    """Each region has its own application here."""
    answer = http.post("/auth/o2/token", data=na.grant(refresh_token=eu.seller.refresh_token))
    assert (answer.status_code, answer.json()["error"]) == (400, "unauthorized_client")


def test_an_access_token_expires_after_an_hour_of_the_virtual_clock(na: Api, sandbox: Sandbox) -> None:
    """403 whose details mention expiry; a new token works."""
    sandbox.clock.change(jump=3599)
    assert na.call("GET", "/reports", params={"reportTypes": SALES}).status_code == 200
    sandbox.clock.change(jump=1)
    answer = na.call("GET", "/reports", params={"reportTypes": SALES})
    assert answer.status_code == 403
    assert answer.json()["errors"][0] == {
        "code": "Unauthorized",
        "message": "Access to requested resource is denied.",
        "details": "The access token you provided has expired.",
    }
    na.login()
    assert na.call("GET", "/reports", params={"reportTypes": SALES}).status_code == 200


@pytest.mark.parametrize("headers", [{"x-amz-access-token": ""}, {"x-amz-access-token": "Atza|made-up"}])
def test_calls_without_a_known_token_are_refused(na: Api, headers: dict[str, str]) -> None:
    """403, and no rate header."""
    answer = na.call("GET", "/reports", params={"reportTypes": SALES}, headers=headers)
    assert answer.status_code == 403
    assert "x-amzn-ratelimit-limit" not in answer.headers
    assert answer.headers["x-amzn-requestid"]


def test_a_grantless_token_opens_no_reports(na: Api, http: TestClient) -> None:
    """It belongs to no seller."""
    form = na.grant(grant_type="client_credentials", scope="sellingpartnerapi::notifications")
    token = http.post("/auth/o2/token", data=form).json()["access_token"]
    answer = na.call("GET", "/reports", params={"reportTypes": SALES}, headers={"x-amz-access-token": token})
    assert answer.status_code == 403


def test_on_a_fast_clock_it_is_valid_for_half_a_real_minute(na: Api, sandbox: Sandbox) -> None:
    """Otherwise a call that a busy machine sends late would be refused."""
    sandbox.clock.change(speed=600)
    na.login()
    sandbox.clock.change(jump=17_999)
    assert na.call("GET", "/reports", params={"reportTypes": SALES}).status_code == 200
    sandbox.clock.change(jump=1)
    assert na.call("GET", "/reports", params={"reportTypes": SALES}).status_code == 403
