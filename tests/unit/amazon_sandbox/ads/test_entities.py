"""Exports and lists of entities."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient
from support.ads_api import AdsApi

from amazon_sandbox.core.sandbox import Sandbox

KINDS = ("campaigns", "adGroups", "targets", "ads")
ALL_STATES = {"include": ["ENABLED", "PAUSED", "ARCHIVED"]}
LISTS = [
    ("/portfolios/list", "application/vnd.spPortfolio.v3+json", "portfolios", "portfolioId"),
    ("/sp/campaigns/list", "application/vnd.spCampaign.v3+json", "campaigns", "campaignId"),
    ("/sp/adGroups/list", "application/vnd.spAdGroup.v3+json", "adGroups", "adGroupId"),
    ("/sp/keywords/list", "application/vnd.spKeyword.v3+json", "keywords", "keywordId"),
    ("/sp/targets/list", "application/vnd.spTargetingClause.v3+json", "targetingClauses", "targetId"),
    ("/sp/productAds/list", "application/vnd.spProductAd.v3+json", "productAds", "adId"),
    ("/sb/v4/campaigns/list", "application/vnd.sbcampaignresource.v4+json", "campaigns", "campaignId"),
]


def media(kind: str) -> dict[str, str]:
    name = f"application/vnd.{kind.lower()}export.v1+json"
    return {"Content-Type": name, "Accept": name}


def exported(us: AdsApi, kind: str, **body: Any) -> list[dict[str, Any]]:
    created = us.call("POST", f"/{kind}/export", json=body, headers=media(kind))
    assert (created.status_code, created.json()["status"]) == (202, "PROCESSING")
    us.later(60)
    export = us.call("GET", f"/exports/{created.json()['exportId']}", headers=media(kind)).json()
    assert export["status"] == "COMPLETED"
    return us.rows(export["url"])


def listed(us: AdsApi, path: str, kind: str, plural: str, **body: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    token: dict[str, str] = {}
    while True:
        answer = us.call("POST", path, json=body | token, headers={"Content-Type": kind, "Accept": kind})
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == kind
        page = answer.json()
        found += page[plural]
        if "nextToken" not in page:
            assert len(found) == page["totalResults"]
            return found
        token = {"nextToken": page["nextToken"]}


def test_exports_hang_together_and_cover_what_reports_name(us: AdsApi) -> None:
    everything = {"stateFilter": ALL_STATES["include"]}
    campaigns, groups, targets, ads = (exported(us, kind, **everything) for kind in KINDS)
    campaign_ids = {one["campaignId"] for one in campaigns}
    group_ids = {one["adGroupId"] for one in groups}
    assert {one["campaignId"] for one in groups} == campaign_ids
    assert {one["adGroupId"] for one in targets} == {one["adGroupId"] for one in ads} == group_ids
    assert {one["adProduct"] for one in ads} == {
        "SPONSORED_PRODUCTS",
        "SPONSORED_BRANDS",
        "SPONSORED_DISPLAY",
    }
    skus = {
        product["productId"]
        for ad in ads
        for product in ad["creative"]["products"]
        if product["productIdType"] == "SKU"
    }
    seller = us.account.seller
    storefront = us.sandbox.simulation.storefront(seller, seller.marketplace_ids[0])
    assert skus == {listing.sku for listing in storefront.listings}
    target_ids = {one["targetId"] for one in targets}
    for type_id, columns in (
        ("spTargeting", ["date", "campaignId", "adGroupId", "keywordId"]),
        ("sdTargeting", ["date", "campaignId", "adGroupId", "targetingId"]),
        ("sbTargeting", ["date", "campaignId", "adGroupId", "targetingId"]),
    ):
        for row in us.rows(us.finished(us.body(type_id, columns=columns))["url"]):
            assert str(row["campaignId"]) in campaign_ids
            assert str(row["adGroupId"]) in group_ids
            assert str(row[columns[-1]]) in target_ids


def test_an_export_has_the_requested_entities(us: AdsApi) -> None:
    only = exported(us, "campaigns", adProductFilter=["SPONSORED_BRANDS"])
    assert {(one["adProduct"], one["state"] in ("ENABLED", "PAUSED")) for one in only} == {
        ("SPONSORED_BRANDS", True)
    }
    wrong = us.call("POST", "/campaigns/export", json={"stateFilter": ["ON"]}, headers=media("campaigns"))
    assert wrong.status_code == 400


def test_media_types_of_exports_are_their_own(us: AdsApi) -> None:
    json_only = us.call("POST", "/targets/export", json={})
    assert json_only.status_code == 415
    created = us.call("POST", "/targets/export", json={}, headers=media("targets")).json()
    assert us.call("GET", f"/exports/{created['exportId']}", headers=media("ads")).status_code == 406
    assert us.call("GET", "/exports/nothing", headers=media("ads")).status_code == 404


def test_an_export_may_fail_and_is_forgotten_after_a_day(us: AdsApi, control: Any) -> None:
    control("POST", "/faults", {"fault": "fatal", "report_type": "exports.ads", "times": 1})
    failed = us.call("POST", "/ads/export", json={}, headers=media("ads")).json()
    us.later(60)
    answer = us.call("GET", f"/exports/{failed['exportId']}", headers=media("ads")).json()
    assert (answer["status"], answer["error"]["errorCode"]) == ("FAILED", "INTERNAL_ERROR")
    us.later(90_000)
    assert us.call("GET", f"/exports/{failed['exportId']}", headers=media("ads")).status_code == 404


@pytest.mark.parametrize(("path", "kind", "plural", "id_name"), LISTS)
def test_lists_come_in_pages(us: AdsApi, path: str, kind: str, plural: str, id_name: str) -> None:
    whole = listed(us, path, kind, plural, stateFilter=ALL_STATES)
    assert listed(us, path, kind, plural, stateFilter=ALL_STATES, maxResults=30) == whole
    assert len({one[id_name] for one in whole}) == len(whole)
    assert all(isinstance(one[id_name], str) and "extendedData" not in one for one in whole)
    usual = listed(us, path, kind, plural)
    assert [one for one in whole if one["state"] != "ARCHIVED"] == usual
    wanted = {"stateFilter": ALL_STATES, f"{id_name}Filter": {"include": [whole[-1][id_name]]}}
    assert listed(us, path, kind, plural, **wanted) == whole[-1:]
    more = listed(us, path, kind, plural, includeExtendedDataFields=True, maxResults=50)
    assert {"creationDateTime", "servingStatus"} <= set(more[0]["extendedData"])


def test_lists_and_exports_have_the_same_ids(us: AdsApi) -> None:
    targets = {one["targetId"] for one in exported(us, "targets", adProductFilter=["SPONSORED_PRODUCTS"])}
    found = {one["keywordId"] for one in listed(us, *LISTS[3][:3])}
    found |= {one["targetId"] for one in listed(us, *LISTS[4][:3])}
    assert found == targets


def test_what_a_list_refuses(us: AdsApi) -> None:
    path, kind = "/sp/campaigns/list", "application/vnd.spCampaign.v3+json"
    assert us.call("POST", path, json={}).status_code == 415
    assert us.call("POST", path, headers={"Accept": "text/plain"}).status_code == 406
    for body in ({"stateFilter": "ENABLED"}, {"maxResults": 0}, {"nextToken": "bm90aGluZw=="}):
        assert us.call("POST", path, json=body, headers={"Content-Type": kind}).status_code == 400


def test_display_campaigns_are_an_older_list(us: AdsApi) -> None:
    whole = us.call("GET", "/sd/campaigns").json()
    assert isinstance(whole[0]["campaignId"], int)
    assert whole[0]["state"] in ("enabled", "paused", "archived")
    assert us.call("GET", "/sd/campaigns", params={"startIndex": 2, "count": 3}).json() == whole[2:5]


def test_money_is_the_profiles(http: TestClient, sandbox: Sandbox) -> None:
    mexico = AdsApi(http, sandbox, "northwind_na", 2).login()
    campaign = exported(mexico, "campaigns")[0]
    budget = campaign["budgetCaps"]["budgetValue"]["monetaryBudget"]
    assert budget["currencyCode"] == "MXN"
    assert budget["amount"] > 300
