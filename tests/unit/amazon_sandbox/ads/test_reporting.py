"""Reporting v3: asking, waiting, fetching, and what is refused."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from starlette.testclient import TestClient
from support.ads_api import AdsApi

from amazon_sandbox.ads.report_types import report_types
from amazon_sandbox.core.sandbox import Sandbox


def test_a_report_is_requested_awaited_and_downloaded(us: AdsApi) -> None:
    body = us.body("spCampaigns")
    created = us.create(body).json()
    assert created["status"] == "PENDING"
    assert (created["configuration"], created["startDate"]) == (body["configuration"], body["startDate"])
    us.later(90)
    assert us.report(created["reportId"])["status"] == "PROCESSING"
    us.later(200)
    report = us.report(created["reportId"])
    assert report["status"] == "COMPLETED"
    assert report["urlExpiresAt"] > report["generatedAt"]
    answer = us.http.get(report["url"])
    assert report["fileSize"] == len(answer.content)
    rows = json.loads(gzip.decompress(answer.content))
    assert {row["date"] for row in rows} == {f"2026-11-{day}" for day in range(10, 17)}


def test_both_media_types_are_accepted_and_no_other(us: AdsApi) -> None:
    raw = json.dumps(us.body("spCampaigns"))
    for kind, status in (
        ("application/vnd.createasyncreportrequest.v3+json", 200),
        ("application/json", 425),
        ("text/plain", 415),
    ):
        answer = us.call("POST", "/reporting/reports", content=raw, headers={"content-type": kind})
        assert answer.status_code == status, kind


def test_a_url_is_valid_for_an_hour_and_refuses_an_access_token(us: AdsApi) -> None:
    report = us.finished(us.body("spCampaigns"))
    refused = us.http.get(report["url"], headers=us.headers())
    assert (refused.status_code, "<Code>InvalidArgument</Code>" in refused.text) == (400, True)
    us.later(3590)
    assert us.http.get(report["url"]).status_code == 200
    us.later(20)
    expired = us.http.get(report["url"])
    assert (expired.status_code, "Request has expired" in expired.text) == (403, True)
    assert us.rows(us.report(report["reportId"])["url"])


def test_the_same_again_is_425_with_the_id_that_is_kept(us: AdsApi) -> None:
    body = us.body("spCampaigns")
    first = us.created(body)
    again = us.create(body | {"name": "another name"})
    assert again.status_code == 425
    assert again.json() == {"code": "425", "detail": f"The Request is a duplicate of : {first}"}
    us.later(600)
    assert us.create(body).status_code == 425
    us.later(4 * 3600)
    assert us.created(body) != first


def test_a_failed_report_is_not_a_duplicate(us: AdsApi, control: Any) -> None:
    control("POST", "/faults", {"fault": "fatal", "operation": "createAdsReport", "times": 1})
    report = us.finished(us.body("sdCampaigns"))
    assert report["status"] == "FAILED"
    assert report["failureReason"]
    assert us.finished(us.body("sdCampaigns"))["status"] == "COMPLETED"


def test_only_a_pending_report_can_be_deleted(us: AdsApi) -> None:
    first = us.created(us.body("spCampaigns"))
    assert us.call("DELETE", f"/reporting/reports/{first}").json()["status"] == "CANCELLED"
    second = us.created(us.body("spCampaigns"))
    us.later(90)
    assert us.call("DELETE", f"/reporting/reports/{second}").status_code == 400


def test_processing_takes_as_long_as_configured(us: AdsApi, control: Any) -> None:
    control("POST", "/jobs", {"queue_seconds": 3600, "progress_seconds": 7200})
    report_id = us.created(us.body("spCampaigns"))
    us.later(3500)
    assert us.report(report_id)["status"] == "PENDING"
    us.later(3600)
    assert us.report(report_id)["status"] == "PROCESSING"
    us.later(3800)
    assert us.report(report_id)["status"] == "COMPLETED"


@pytest.mark.parametrize(
    ("changed", "detail"),
    [
        ({"reportTypeId": "spKeywords"}, "reportTypeId is unknown or invalid"),
        ({"adProduct": "SPONSORED_BRANDS"}, "adProduct is invalid"),
        ({"timeUnit": "HOURLY"}, "timeUnit is not supported for this report type"),
        ({"groupBy": ["advertiser"]}, "groupBy includes invalid values: (advertiser)"),
        ({"columns": []}, "Required fields are invalid or missing: configuration columns"),
        ({"columns": ["date", "clicks", "sales", "nope"]}, "includes invalid values: (sales, nope). Allowed"),
        ({"columns": ["date", "startDate"]}, "includes invalid values: (startDate)"),
        ({"columns": ["clicks"]}, "must include (date)"),
        ({"columns": ["clicks", "date"], "timeUnit": "SUMMARY"}, "includes invalid values: (date)"),
        ({"columns": ["clicks"], "timeUnit": "SUMMARY"}, "must include (startDate, endDate)"),
        ({"filters": [{"field": "adStatus", "values": ["ENABLED"]}]}, "(adStatus) which are invalid for"),
        ({"filters": [{"field": "campaignStatus", "values": ["ON"]}]}, "values for campaignStatus: (ON)"),
    ],
)
def test_a_configuration_that_cannot_be_is_400(us: AdsApi, changed: dict[str, Any], detail: str) -> None:
    body = us.body("spCampaigns")
    body["configuration"] |= changed
    answer = us.create(body)
    assert (answer.status_code, answer.json()["code"]) == (400, "400")
    assert detail in answer.json()["detail"]


@pytest.mark.parametrize(
    ("type_id", "start", "end", "detail"),
    [
        ("spCampaigns", "2026-10-01", "2026-11-10", "range must not exceed 31 days"),
        ("spCampaigns", "2026-08-16", "2026-08-20", "data retention start date (2026-08-18)"),
        ("spSearchTerm", "2026-09-16", "2026-09-20", "data retention start date (2026-09-17)"),
        ("sbCampaigns", "2026-09-21", "2026-09-25", "data retention start date (2026-09-22)"),
        ("spCampaigns", "2026-11-20", "2026-11-22", "must not be in the future"),
        ("spCampaigns", "2026-11-20", "2026-11-19", "must be equal to or after startDate"),
        ("spCampaigns", "20.11.2026", "2026-11-19", "missing: startDate"),
    ],
)
def test_dates_that_cannot_be_are_400(us: AdsApi, type_id: str, start: str, end: str, detail: str) -> None:
    answer = us.create(us.body(type_id, startDate=start, endDate=end))
    assert answer.status_code == 400
    assert detail in answer.json()["detail"]


def test_31_days_and_the_oldest_day_are_accepted(us: AdsApi) -> None:
    assert us.create(us.body("spCampaigns", startDate="2026-08-18", endDate="2026-09-17")).status_code == 200
    year = us.body("spGrossAndInvalids", startDate="2025-12-01", endDate="2026-11-20")
    assert us.create(year).status_code == 200


def test_a_column_is_refused_by_name_or_silently(us: AdsApi, control: Any) -> None:
    """What a client needs to find the column: only requests with it are refused."""
    fault = {"fault": "column_refused", "report_type": "spCampaigns", "options": {"columns": ["sales14d"]}}
    control("POST", "/faults", fault)
    named = us.create(us.body("spCampaigns"))
    assert named.status_code == 400
    assert named.json()["detail"] == "configuration columns includes invalid values: (sales14d)"
    assert us.create(us.body("spCampaigns", columns=["date", "sales7d"])).status_code == 200
    assert us.create(us.body("spTargeting")).status_code == 200
    control("DELETE", "/faults")
    control("POST", "/faults", fault | {"options": {"columns": ["sales14d"], "silent": True}})
    silent = us.create(us.body("spCampaigns"))
    assert silent.status_code == 400
    assert "sales14d" not in silent.text


def test_throttling_with_and_without_retry_after(us: AdsApi, control: Any) -> None:
    for options, header in (({"retry_after": 7}, "7"), ({}, None)):
        control("POST", "/faults", {"fault": "ads_throttled", "times": 1, "options": options})
        answer = us.create(us.body("spCampaigns"))
        assert (answer.status_code, answer.headers.get("retry-after")) == (429, header)
    for _ in range(20):
        us.create(us.body("spCampaigns"))
    empty = us.create(us.body("spCampaigns"))
    assert (empty.status_code, empty.headers["retry-after"]) == (429, "1")


def test_quotas_are_a_profiles(http: TestClient, sandbox: Sandbox, us: AdsApi, control: Any) -> None:
    plan = {"operation": "getAdsReport", "rate": 0.1, "burst": 1}
    control("POST", "/quotas", plan | {"seller_id": str(us.profile.id)})
    seller_id = us.account.seller.seller_id
    assert http.post("/_sandbox/quotas", json=plan | {"seller_id": seller_id}).status_code == 404
    canada = AdsApi(http, sandbox, "northwind_na", 1).login()
    answers = [api.call("GET", "/reporting/reports/x") for api in (us, us, canada, canada)]
    assert [answer.status_code for answer in answers] == [404, 429, 404, 404]
    assert answers[1].headers["retry-after"] == "10"


def test_a_throttled_report_may_have_been_accepted(us: AdsApi, control: Any) -> None:
    control("POST", "/faults", {"fault": "ads_throttled_after", "operation": "createAdsReport", "times": 1})
    body = us.body("spCampaigns")
    assert us.create(body).status_code == 429
    assert us.create(body).status_code == 425


def test_faults_of_any_call_have_this_apis_shape(us: AdsApi, control: Any) -> None:
    report_id = us.created(us.body("spCampaigns"))
    for fault, status in (("http_401", 401), ("expired_token", 401), ("http_500", 500), ("http_503", 503)):
        control("POST", "/faults", {"fault": fault, "operation": "getAdsReport", "times": 1})
        answer = us.call("GET", f"/reporting/reports/{report_id}")
        assert (answer.status_code, set(answer.json())) == (status, {"code", "details", "requestId"})
    assert us.report(report_id)["status"] == "PENDING"


def test_faults_of_content_and_of_the_download(us: AdsApi, control: Any) -> None:
    control("POST", "/faults", {"fault": "column_added", "report_type": "spCampaigns", "times": 1})
    rows = us.rows(us.finished(us.body("spCampaigns", columns=["date", "clicks"]))["url"])
    assert list(rows[0]) == ["date", "clicks", "new-column"]
    control("POST", "/faults", {"fault": "no_rows", "operation": "createAdsReport", "times": 1})
    assert us.rows(us.finished(us.body("sdCampaigns"))["url"]) == []
    control("POST", "/faults", {"fault": "document_truncated", "report_type": "sbCampaigns", "times": 1})
    report = us.finished(us.body("sbCampaigns"))
    with pytest.raises(EOFError):
        gzip.decompress(us.http.get(report["url"]).content)


def test_a_profile_without_prompts_has_an_empty_report(http: TestClient, sandbox: Sandbox) -> None:
    canada = AdsApi(http, sandbox, "northwind_na", 1).login()
    assert canada.rows(canada.finished(canada.body("spPromptAdExtension"))["url"]) == []


def test_reports_of_another_profile_are_404(http: TestClient, sandbox: Sandbox, us: AdsApi) -> None:
    report_id = us.created(us.body("spCampaigns"))
    other = AdsApi(http, sandbox, "northwind_na", 1).login()
    answer = other.call("GET", f"/reporting/reports/{report_id}")
    assert (answer.status_code, answer.json()["code"]) == (404, "404")


@pytest.mark.parametrize("unit", ["DAILY", "SUMMARY"])
def test_every_type_answers_with_exactly_the_columns(us: AdsApi, unit: str) -> None:
    """Of every groupBy, in one window; no id may survive a float parser, all values are plain."""
    us.sandbox.quotas.reset()
    empty = []
    for kind in report_types().values():
        for group in kind.group_bys:
            body = us.body(kind.id, group, timeUnit=unit)
            us.sandbox.quotas.reset()
            report_id = us.created(body)
            us.sandbox.clock.change(jump=240)
            rows = us.rows(us.report(report_id)["url"])
            if not rows:
                empty.append((kind.id, group))
            for row in rows:
                assert list(row) == body["configuration"]["columns"], kind.id
                for name, value in row.items():
                    assert value is None or isinstance(value, str | int | float), (kind.id, name)
                    if name.endswith("Id") and isinstance(value, int):
                        assert int(float(value)) != value, (kind.id, name)
            us.login()
    assert empty == []
