"""python-amazon-ad-api: profiles, reports, exports, lists, and how it sees refusals."""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import urlsplit

import pytest
from support.sandbox import SandboxServer

# On import it calls logging.basicConfig, which adds a handler to the root logger of the process.
_root = logging.getLogger()
_handlers, _level = list(_root.handlers), _root.level
from ad_api.api import Exports, PortfoliosV3, Profiles, Reports, sp  # noqa: E402
from ad_api.auth import AccessTokenClient  # noqa: E402
from ad_api.auth import access_token_client as tokens  # noqa: E402
from ad_api.base.exceptions import (  # noqa: E402
    AdvertisingApiBadRequestException,
    AdvertisingApiException,
    AdvertisingApiForbiddenException,
    AdvertisingApiTooManyRequestsException,
    AdvertisingApiUnauthorizedException,
)

_root.handlers[:] = _handlers
_root.setLevel(_level)

TIMEOUT = 30


@pytest.fixture(autouse=True)
def _tokens_from_the_sandbox(sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AccessTokenClient, "scheme", "http://")
    monkeypatch.setattr(AccessTokenClient, "host", urlsplit(sandbox.url).netloc)
    tokens.cache.clear()  # kept by refresh token for the whole process, whatever server gave it


def client(cls: Any, sandbox: SandboxServer, *, place: int | None = 0, **changed: str) -> Any:
    """A client of a class of the library, for the n-th profile of the seller in North America."""
    ads = sandbox.account("northwind_na")["ads"]

    class Marketplace:
        endpoint = sandbox.url

    credentials = {name: ads[name] for name in ("client_id", "client_secret", "refresh_token")}
    if place is not None:
        credentials["profile_id"] = ads["profiles"][place]["profile_id"]
    return cls(
        marketplace=Marketplace,
        credentials=credentials | changed,
        timeout=TIMEOUT,
        verify_additional_credentials=place is not None,
    )


def report_body(*columns: str) -> dict[str, Any]:
    return {
        "name": "campaigns",
        "startDate": "2026-11-01",
        "endDate": "2026-11-20",
        "configuration": {
            "adProduct": "SPONSORED_PRODUCTS",
            "groupBy": ["campaign"],
            "columns": ["date", "campaignId", *columns],
            "reportTypeId": "spCampaigns",
            "timeUnit": "DAILY",
            "format": "GZIP_JSON",
        },
    }


def test_it_lists_the_profiles_without_one(sandbox: SandboxServer) -> None:
    found = client(Profiles, sandbox, place=None).list_profiles().payload
    assert [one["accountInfo"]["type"] for one in found] == ["seller", "seller", "seller", "vendor"]
    shown = sandbox.account("northwind_na")["ads"]["profiles"]
    assert [str(one["profileId"]) for one in found[:3]] == [one["profile_id"] for one in shown]


def test_it_asks_for_a_report_waits_and_downloads_it(sandbox: SandboxServer) -> None:
    api = client(Reports, sandbox)
    created = api.post_report(body=report_body("clicks", "cost", "sales7d")).payload
    assert created["status"] == "PENDING"
    sandbox.clock(jump_seconds=120)
    assert api.get_report(reportId=created["reportId"]).payload["status"] == "PROCESSING"
    sandbox.clock(jump_seconds=180)
    report = api.get_report(reportId=created["reportId"]).payload
    assert report["status"] == "COMPLETED"
    rows = api.download_report(url=report["url"], format="data").payload
    assert {row["date"] for row in rows} == {f"2026-11-{day:02d}" for day in range(1, 21)}
    assert list(rows[0]) == ["date", "campaignId", "clicks", "cost", "sales7d"]
    day = sandbox.control(
        "GET",
        "/expected-figures",
        params={
            "account": "northwind_na",
            "marketplace_id": "ATVPDKIKX0DER",
            "date": "2026-11-05",
            "ads": "true",
        },
    )
    spent = sum(row["cost"] for row in rows if row["date"] == "2026-11-05")
    assert spent == pytest.approx(day["ads"]["SPONSORED_PRODUCTS"]["cost"])
    assert day["ads"]["SPONSORED_PRODUCTS"]["sales"] < day["ordered_product_sales"]


def test_it_deletes_a_pending_report(sandbox: SandboxServer) -> None:
    api = client(Reports, sandbox)
    report_id = api.post_report(body=report_body()).payload["reportId"]
    assert api.delete_report(reportId=report_id).payload["status"] == "CANCELLED"


def test_a_duplicate_is_a_425_with_the_id(sandbox: SandboxServer) -> None:
    api = client(Reports, sandbox)
    report_id = api.post_report(body=report_body()).payload["reportId"]
    with pytest.raises(AdvertisingApiException) as caught:
        api.post_report(body=report_body())
    assert caught.value.code == 425
    assert caught.value.error == {"code": "425", "detail": f"The Request is a duplicate of : {report_id}"}


def test_refusals_are_the_librarys_exceptions(sandbox: SandboxServer) -> None:
    api = client(Reports, sandbox)
    with pytest.raises(AdvertisingApiBadRequestException) as caught:
        api.post_report(body=report_body("nope"))
    assert "invalid values: (nope)" in caught.value.error["detail"]
    sandbox.faults("column_refused", times=1, options={"columns": ["clicks"], "silent": True})
    with pytest.raises(AdvertisingApiBadRequestException) as caught:
        api.post_report(body=report_body("clicks"))
    assert "clicks" not in str(caught.value.error)
    sandbox.faults("ads_throttled", times=1, options={"retry_after": 3})
    with pytest.raises(AdvertisingApiTooManyRequestsException) as throttled:
        api.post_report(body=report_body())
    assert throttled.value.headers["Retry-After"] == "3"
    sandbox.faults("http_401", operation="createAdsReport", times=1)
    with pytest.raises(AdvertisingApiUnauthorizedException):
        api.post_report(body=report_body())
    with pytest.raises(AdvertisingApiForbiddenException):
        client(Reports, sandbox, profile_id="1234567890").post_report(body=report_body())


@pytest.mark.parametrize(
    ("name", "kind", "id_name"),
    [
        ("campaigns_export", "campaigns", "campaignId"),
        ("adgroups_export", "adgroups", "adGroupId"),
        ("targets_export", "targets", "targetId"),
        ("ads_export", "ads", "adId"),
    ],
)
def test_it_makes_exports(sandbox: SandboxServer, name: str, kind: str, id_name: str) -> None:
    api = client(Exports, sandbox)
    body = {"adProductFilter": ["SPONSORED_PRODUCTS", "SPONSORED_DISPLAY"]}
    created = getattr(api, name)(body=body).payload
    assert created["status"] == "PROCESSING"
    sandbox.clock(jump_seconds=60)
    export = api.get_export(created["exportId"], kind).payload
    assert (export["status"], export["fileSize"] > 0) == ("COMPLETED", True)
    rows = client(Reports, sandbox).download_report(url=export["url"], format="data").payload
    assert {row["adProduct"] for row in rows} == set(body["adProductFilter"])
    assert len({row[id_name] for row in rows}) == len(rows)
    assert all(isinstance(row[id_name], str) for row in rows)


def test_it_lists_entities_page_by_page(sandbox: SandboxServer) -> None:
    portfolios = (
        client(PortfoliosV3, sandbox).list_portfolios(body={"includeExtendedDataFields": True}).payload
    )
    assert portfolios["totalResults"] == len(portfolios["portfolios"]) > 2
    assert portfolios["portfolios"][0]["extendedData"]["servingStatus"] == "PORTFOLIO_STATUS_ENABLED"
    campaigns = client(sp.CampaignsV3, sandbox).list_campaigns(body={"maxResults": 10}).payload
    assert (len(campaigns["campaigns"]), campaigns["totalResults"] > 10) == (10, True)
    found, token = [], None
    while True:
        body = {"maxResults": 20} | ({"nextToken": token} if token else {})
        page = client(sp.KeywordsV3, sandbox).list_keywords(body=body).payload
        found.extend(page["keywords"])
        token = page.get("nextToken")
        if token is None:
            break
    assert len({one["keywordId"] for one in found}) == len(found) == page["totalResults"] > 20


def test_lists_and_reports_name_the_same_entities(sandbox: SandboxServer) -> None:
    """Text in lists, numbers in reports, to the last digit."""
    ids = {
        one["campaignId"]
        for one in client(sp.CampaignsV3, sandbox)
        .list_campaigns(body={"stateFilter": {"include": ["ENABLED", "PAUSED", "ARCHIVED"]}})
        .payload["campaigns"]
    }
    api = client(Reports, sandbox)
    report_id = api.post_report(body=report_body("clicks")).payload["reportId"]
    sandbox.clock(jump_seconds=300)
    url = api.get_report(reportId=report_id).payload["url"]
    rows = api.download_report(url=url, format="data").payload
    assert {str(row["campaignId"]) for row in rows} <= ids


def test_the_other_lists(sandbox: SandboxServer) -> None:
    groups = client(sp.AdGroupsV3, sandbox).list_ad_groups(body={"maxResults": 100}).payload["adGroups"]
    targets = client(sp.TargetsV3, sandbox).list_product_targets(body={}).payload["targetingClauses"]
    ads = client(sp.ProductAdsV3, sandbox).list_product_ads(body={"maxResults": 100}).payload["productAds"]
    known = {group["adGroupId"] for group in groups}
    assert known
    assert {target["adGroupId"] for target in targets} <= known
    assert {ad["adGroupId"] for ad in ads} <= known
    assert {"expression", "expressionType", "bid"} <= set(targets[0])
    assert {"asin", "sku"} <= set(ads[0])
