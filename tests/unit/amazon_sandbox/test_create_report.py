from __future__ import annotations

from typing import Any

import pytest
from support.sandbox_app import ALL_TYPES, INVENTORY, ORDERS, RETURNS, SALES, SETTLEMENTS, Api

from amazon_sandbox.core.sandbox import Sandbox
from amazon_sandbox.reports.data import known_types


def refusal(na: Api, body: Any, **kwargs: Any) -> tuple[int, str, str]:
    answer = na.call("POST", "/reports", json=body, **kwargs)
    error = answer.json()["errors"][0]
    return answer.status_code, error["message"], error["details"]


@pytest.mark.parametrize("report_type", ALL_TYPES)
def test_the_answer_is_202_with_the_id_only(na: Api, report_type: str) -> None:
    """An id has Amazon's form: a number that ends in the day of creation."""
    answer = na.call("POST", "/reports", json=na.body(report_type))
    assert answer.status_code == 202
    assert list(answer.json()) == ["reportId"]
    assert answer.json()["reportId"].isdecimal()
    assert answer.json()["reportId"].endswith("020778")  # 2026-11-21 is day 20778 since 1970
    assert answer.headers["x-amzn-ratelimit-limit"] == "0.0167"


def test_missing_fields_are_named(na: Api) -> None:
    """With Amazon's messages."""
    message = "One or more required parameters missing"
    assert refusal(na, {}) == (400, message, "marketplaceIds;reportType;")
    assert refusal(na, na.body(SALES, marketplaceIds=None)) == (400, message, "marketplaceIds;")
    assert refusal(na, na.body(SALES, marketplaceIds=[])) == (400, message, "marketplaceIds;")


@pytest.mark.parametrize(
    "changed",
    [
        {"reportOptions": {"custom": True}},
        {"reportOptions": {"custom": 1}},
        {"reportOptions": ["custom"]},
        {"marketplaceIds": "ATVPDKIKX0DER"},
        {"marketplaceIds": [1]},
        {"reportType": 7},
        {"dataStartTime": 20261114},
    ],
)
def test_values_of_a_wrong_type_are_refused(na: Api, changed: dict[str, Any]) -> None:
    """reportOptions is a map of strings; true is not a string."""
    status, message, _ = refusal(na, na.body(SALES) | changed)
    assert status == 400
    assert "does not match any allowed primitive type" in message


@pytest.mark.parametrize(
    "changed",
    [
        {"dataEndTime": "2026-11-21T09:00:01Z"},
        {"dataStartTime": "2026-11-22T00:00:00Z", "dataEndTime": None},
        {"dataStartTime": "2026-11-16T00:00:00Z"},
        {"dataStartTime": "yesterday"},
        {"dataStartTime": "2026-02-30T00:00:00Z"},
        {"dataStartTime": "2026-11-14T25:00:00Z"},
        {"marketplaceIds": ["ATVPDKIKX0DER"] * 26},
        {"reportType": "GET_NO_SUCH_REPORT"},
    ],
)
def test_impossible_requests_are_400(na: Api, changed: dict[str, Any]) -> None:
    """Future, reversed and unreadable dates, too many marketplaces, unknown types."""
    assert refusal(na, na.body(SALES, **changed))[0] == 400


@pytest.mark.parametrize(
    "start", ["2026-11-14", "2026-11-14T00:00:00.000Z", "2026-11-13T16:00:00-08:00", "2026-11-14T00:00:00"]
)
def test_the_ways_clients_write_instants(na: Api, start: str) -> None:
    """Dates, milliseconds, offsets and none all mean the same instant here."""
    report = na.report(na.create(ORDERS, dataStartTime=start))
    assert report["dataStartTime"] == "2026-11-14T00:00:00+00:00"


def test_unknown_fields_and_parameters_are_ignored(na: Api) -> None:
    """python-amazon-sp-api adds some to every call."""
    body = na.body(SALES) | {"MarketplaceIds": ["ATVPDKIKX0DER"], "nonsense": {}}
    answer = na.call("POST", "/reports", json=body, params={"MarketplaceId": "ATVPDKIKX0DER"})
    assert answer.status_code == 202
    report_id = answer.json()["reportId"]
    assert na.call("GET", f"/reports/{report_id}", params={"marketplace_ids": "x"}).status_code == 200


def test_settlements_cannot_be_requested(na: Api) -> None:
    """Amazon creates them; the error names its number of the type."""
    assert refusal(na, na.body(SETTLEMENTS)) == (
        400,
        "Request for report type 1118 is not allowed at this time",
        "",
    )


def test_other_marketplaces_and_restricted_types_are_forbidden(na: Api, eu: Api) -> None:
    """403 that does not mention expiry."""
    other = list(eu.seller.marketplace_ids[:1])
    assert refusal(na, na.body(SALES, marketplaceIds=other))[:2] == (
        403,
        "Access to the resource is forbidden",
    )
    restricted = "GET_FLAT_FILE_ORDER_REPORT_DATA_SHIPPING"
    assert refusal(eu, eu.body(restricted))[0] == 403
    assert na.call("POST", "/reports", json=na.body(restricted)).status_code == 202


def test_bodies_that_are_not_json_objects(na: Api) -> None:
    """Another media type is 415, broken JSON 400."""
    assert na.call("POST", "/reports", data={"reportType": SALES}).status_code == 415
    json_header = {"content-type": "application/json"}
    assert na.call("POST", "/reports", content=b"{", headers=json_header).status_code == 400
    assert na.call("POST", "/reports", content=b"[]", headers=json_header).status_code == 400


def test_several_marketplaces_make_sales_and_traffic_fatal(na: Api) -> None:
    """The document gives the reason."""
    report = na.finished(SALES, marketplaceIds=list(na.seller.marketplace_ids))
    assert report["processingStatus"] == "FATAL"
    assert b"errorDetails" in na.download(report)


@pytest.mark.parametrize("report_type", [SALES, ORDERS])
def test_more_than_two_years_ago_is_cancelled(na: Api, report_type: str) -> None:
    """No document, no reason."""
    report = na.finished(
        report_type, dataStartTime="2024-11-18T00:00:00Z", dataEndTime="2024-11-19T00:00:00Z"
    )
    assert report["processingStatus"] == "CANCELLED"
    assert "reportDocumentId" not in report


def test_orders_of_more_than_a_month_are_fatal(na: Api) -> None:
    """30 days and a little is the longest window."""
    assert na.finished(ORDERS, dataStartTime="2026-10-10T00:00:00Z")["processingStatus"] == "FATAL"
    assert na.finished(ORDERS, dataStartTime="2026-10-16T00:00:00Z")["processingStatus"] == "DONE"


def test_a_window_without_data_is_cancelled(na: Api) -> None:
    """One second holds no order."""
    report = na.finished(ORDERS, dataStartTime="2026-11-14T08:00:00Z", dataEndTime="2026-11-14T08:00:00Z")
    assert report["processingStatus"] == "CANCELLED"


def test_a_type_that_is_not_simulated_is_cancelled(na: Api, sandbox: Sandbox) -> None:
    """It exists at Amazon; this seller has no data for it."""
    report_type = next(
        name
        for name, access in known_types().items()
        if access == "requestable" and name not in sandbox.simulation.report_types
    )
    assert na.finished(report_type)["processingStatus"] == "CANCELLED"


def test_a_snapshot_within_30_minutes_is_the_one_before(na: Api, sandbox: Sandbox) -> None:
    """Another report id, the same document; another marketplace is another snapshot."""
    first = na.finished(INVENTORY)
    again = na.finished(INVENTORY)
    assert again["reportId"] != first["reportId"]
    assert again["reportDocumentId"] == first["reportDocumentId"]
    assert (
        na.finished(INVENTORY, marketplaceIds=[na.seller.marketplace_ids[1]])["reportDocumentId"]
        != (first["reportDocumentId"])
    )
    na.later(1800)
    assert na.finished(INVENTORY)["reportDocumentId"] != first["reportDocumentId"]


def test_the_same_returns_within_four_hours_are_cancelled(na: Api, sandbox: Sandbox, control: Any) -> None:
    """Another window is another report; the log counts the offence."""
    assert na.finished(RETURNS)["processingStatus"] == "DONE"
    assert na.finished(RETURNS)["processingStatus"] == "CANCELLED"
    assert na.finished(RETURNS, dataStartTime="2026-11-10T00:00:00Z")["processingStatus"] == "DONE"
    assert control("GET", "/calls")["notes"] == {"cooldown": 1}
    na.later(4 * 3600)
    assert na.finished(RETURNS)["processingStatus"] == "DONE"


def test_a_failed_report_starts_no_cooldown(na: Api, control: Any) -> None:
    """Amazon created nothing, so it may be requested again."""
    control("POST", "/faults", {"fault": "fatal", "report_type": RETURNS, "times": 1})
    assert na.finished(RETURNS)["processingStatus"] == "FATAL"
    assert na.finished(RETURNS)["processingStatus"] == "DONE"


def test_a_daily_budget_is_refused_as_a_quota(na: Api, sandbox: Sandbox, control: Any) -> None:
    """429, until the UTC day changes."""
    control("POST", "/quotas", {"report_type": SALES, "daily": 2})
    assert [na.call("POST", "/reports", json=na.body(SALES)).status_code for _ in range(3)] == [202, 202, 429]
    assert na.call("POST", "/reports", json=na.body(ORDERS)).status_code == 202
    na.later(86_400)
    assert na.call("POST", "/reports", json=na.body(SALES)).status_code == 202
