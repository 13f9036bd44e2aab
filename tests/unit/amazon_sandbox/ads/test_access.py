"""Who may ask: tokens, headers, profiles."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient
from support.ads_api import AdsApi
from support.sandbox_app import Api

from amazon_sandbox.ads.accounts import AdsAccounts
from amazon_sandbox.core.sandbox import Sandbox


def test_profiles_are_one_of_each_marketplace_and_one_of_another_kind(us: AdsApi) -> None:
    answer = us.call("GET", "/v2/profiles")
    profiles = answer.json()
    sellers = [one for one in profiles if one["accountInfo"]["type"] == "seller"]
    assert [one["countryCode"] for one in sellers] == ["US", "CA", "MX"]
    assert sellers[0] == {
        "profileId": us.profile.id,
        "countryCode": "US",
        "currencyCode": "USD",
        "dailyBudget": 999999999.0,
        "timezone": "America/Los_Angeles",
        "accountInfo": {
            "marketplaceStringId": "ATVPDKIKX0DER",
            "id": us.account.seller.seller_id,
            "type": "seller",
            "name": "Northwind Na",
            "validPaymentMethod": True,
        },
    }
    assert [one["accountInfo"]["type"] for one in profiles if one not in sellers] == ["vendor"]
    only = us.call("GET", "/v2/profiles", params={"profileTypeFilter": "seller"})
    assert only.json() == sellers
    assert us.call("GET", f"/v2/profiles/{us.profile.id}").json() == sellers[0]
    assert us.call("GET", "/v2/profiles/1").status_code == 404


def test_the_accounts_show_what_a_client_needs(us: AdsApi, control: Any) -> None:
    shown = control("GET", "/accounts")[0]["ads"]
    assert shown["client_id"] == us.account.client_id != us.account.seller.client_id
    assert shown["refresh_token"] != us.account.seller.refresh_token
    assert shown["profiles"][1] == {
        "profile_id": str(us.account.profiles[1].id),
        "country_code": "CA",
        "marketplace_id": "A2EUQ1WTGCTBG2",
        "currency_code": "CAD",
        "timezone": "America/Los_Angeles",
        "type": "seller",
    }


def test_profiles_need_no_scope_header_but_all_else_does(us: AdsApi) -> None:
    headers = us.headers(Amazon_Advertising_API_Scope=None)
    assert us.http.get("/v2/profiles", headers=headers).status_code == 200
    answer = us.http.post("/reporting/reports", headers=headers, json=us.body("spCampaigns"))
    assert (answer.status_code, answer.json()["code"]) == (400, "BAD_REQUEST")


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"Authorization": None}, 401),
        ({"Authorization": "Bearer Atza|nobody"}, 401),
        ({"Amazon_Advertising_API_ClientId": None}, 401),
        ({"Amazon_Advertising_API_ClientId": "amzn1.application-oa2-client.other"}, 401),
        ({"Amazon_Advertising_API_Scope": "12"}, 403),
        ({"Amazon_Advertising_API_Scope": "US"}, 400),
    ],
)
def test_wrong_headers(us: AdsApi, changed: dict[str, str | None], status: int) -> None:
    answer = us.http.get("/reporting/reports/x", headers=us.headers(**changed))
    assert answer.status_code == status
    assert set(answer.json()) == {"code", "details", "requestId"}


def test_a_profile_of_another_account_is_403(us: AdsApi, http: TestClient, sandbox: Sandbox) -> None:
    theirs = str(sandbox.state(AdsAccounts).of("northwind_eu").profiles[0].id)
    headers = us.headers(Amazon_Advertising_API_Scope=theirs)
    assert http.get("/reporting/reports/x", headers=headers).status_code == 403


def test_tokens_of_one_api_do_not_open_the_other(us: AdsApi, na: Api, http: TestClient) -> None:
    ads = http.get(
        "/reports/2021-06-30/reports",
        params={"reportTypes": "GET_MERCHANT_LISTINGS_ALL_DATA"},
        headers={"x-amz-access-token": us.token},
    )
    assert (ads.status_code, ads.json()["errors"][0]["code"]) == (403, "Unauthorized")
    headers = us.headers(Authorization=f"Bearer {na.token}")
    assert http.get("/v2/profiles", headers=headers).status_code == 401


def test_an_application_opens_only_its_own_refresh_tokens(us: AdsApi, na: Api, http: TestClient) -> None:
    mixed = na.grant(refresh_token=us.account.refresh_token)
    assert http.post("/auth/o2/token", data=mixed).json()["error"] == "unauthorized_client"


def test_tokens_expire(us: AdsApi) -> None:
    us.sandbox.clock.change(jump=3601)
    assert us.call("GET", "/v2/profiles").status_code == 401


def test_a_profile_of_no_seller_has_no_data(us: AdsApi) -> None:
    vendor = next(one for one in us.account.profiles if one.type == "vendor")
    headers = us.headers(Amazon_Advertising_API_Scope=str(vendor.id))
    answer = us.http.post("/reporting/reports", headers=headers, json=us.body("spCampaigns"))
    assert (answer.status_code, "not available" in answer.json()["detail"]) == (400, True)


def test_calls_are_counted_under_their_names(us: AdsApi, control: Any) -> None:
    us.call("GET", "/v2/profiles")
    report_id = us.created(us.body("spCampaigns"))
    us.report(report_id)
    counts = control("GET", "/calls")["counts"]
    assert counts["listProfiles"] == counts["createAdsReport"] == counts["getAdsReport"] == {"200": 1}
    assert control("GET", "/ads")["reports"][0]["sandbox"]["report_type"] == "spCampaigns"
    control("POST", "/reset")
    assert us.call("GET", f"/reporting/reports/{report_id}").status_code == 404
