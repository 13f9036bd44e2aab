"""Every call to Amazon is in the ledger's log: API, method, marketplaces, status and Amazon's own code."""

from __future__ import annotations

from typing import Any

import pytest
from integration.collect.ads_parts import AdsBench
from integration.collect.conftest import SPEED
from integration.collect.parts import RUN, RUN_AT, Bench, collect
from support.tables import Tables

from sellerops.base.errors import AmazonUnavailable, CredentialsError, SellerOpsError
from sellerops.settings.marketplaces import marketplace
from sellerops.settings.specs import load_spec
from sellerops.sources.common.call_log import ads_api_of, sp_api_of
from sellerops.sources.common.tokens import forget_tokens

US = marketplace("US").id
THROTTLED = {"status": 429, "body": '{"errors": [{"code": "QuotaExceeded", "message": "m"}]}'}
_CALLS = """
    SELECT operation, api, http_method AS method, marketplace_ids AS marketplaces, status, error_code AS code,
           amazon_request_id AS request, error_type, request_id, seconds, report_type
    FROM sellerops.api_call ORDER BY called_at, operation
"""


def calls(bench: Bench | AdsBench) -> list[dict[str, Any]]:
    tables = Tables(bench.ledger, bench.archive)
    try:
        return tables.rows(_CALLS)
    finally:
        tables.close()


def only(bench: Bench | AdsBench, operation: str) -> dict[str, Any]:
    """The one call of an operation."""
    (found,) = [call for call in calls(bench) if call["operation"] == operation]
    return found


@pytest.fixture(autouse=True)
def tokens() -> None:
    """No token of an earlier test: each test requests its own."""
    forget_tokens()


def test_of_a_report_every_call_from_the_token_to_the_document_is_logged(bench: Bench) -> None:
    done = collect(bench.collector(), bench.slice_())
    (request_id,) = done.request_ids
    made = calls(bench)
    told = {call["operation"]: (call["api"], call["method"], call["status"]) for call in made}
    assert told == {
        "requestAccessToken": ("lwa", "POST", 200),
        "getReports": ("reports/2021-06-30", "GET", 200),
        "createReport": ("reports/2021-06-30", "POST", 202),
        "getReport": ("reports/2021-06-30", "GET", 200),
        "getReportDocument": ("reports/2021-06-30", "GET", 200),
        "downloadDocument": ("documents", "GET", 200),
    }
    # A token is the account's; the search for our own report has no marketplaces.
    of_none = ("requestAccessToken", "getReports")
    others = [call for call in made if call["operation"] not in of_none]
    assert {tuple(call["marketplaces"]) for call in others} == {(US,)}, "a poll knows them by its request"
    assert {call["request_id"] for call in others} == {request_id}
    assert all(call["code"] is None and call["error_type"] is None for call in made)
    assert all(call["seconds"] is not None for call in made)
    of_api = [call for call in made if call["api"].startswith("reports/")]
    assert all(call["request"] for call in of_api)


def test_a_refusal_has_amazons_code(bench: Bench) -> None:
    bench.sandbox.control("POST", "/roles", json={"account": "northwind_na", "restricted": False})
    orders = load_spec("merchant_orders")
    with pytest.raises(CredentialsError):
        collect(bench.collector(orders), bench.slice_(orders))
    call = only(bench, "createReport")
    assert (call["status"], call["code"], call["error_type"]) == (403, "Unauthorized", "CredentialsError")
    assert call["report_type"] == orders.report_type
    assert call["marketplaces"] == [marketplace(code).id for code in bench.slice_(orders).marketplaces]


def test_a_throttled_call_has_the_code_of_the_quota(bench: Bench) -> None:
    bench.sandbox.faults("http_status", operation="createReport", times=1, options=THROTTLED)
    collect(bench.collector(), bench.slice_())
    told = [(each["status"], each["code"]) for each in calls(bench) if each["operation"] == "createReport"]
    assert told == [(429, "QuotaExceeded"), (202, None)]


def test_a_refused_login_is_a_call_of_its_own(bench: Bench) -> None:
    bench.sandbox.faults("lwa_invalid_grant")
    with pytest.raises(SellerOpsError):
        collect(bench.collector(), bench.slice_())
    token = calls(bench)[0]
    assert (token["operation"], token["api"], token["status"]) == ("requestAccessToken", "lwa", 400)
    assert token["code"] == "invalid_grant"
    assert only(bench, "createReport")["status"] is None, "it never left"


def test_ads_calls_name_their_part_of_the_api(local_amazon: Any, ledger: Any, tmp_path: Any) -> None:
    local_amazon.reset()
    local_amazon.clock(set=RUN_AT.isoformat(), speed=SPEED)
    bench = AdsBench(local_amazon, ledger, tmp_path / "archive")
    bench.follow_clock()
    spec = load_spec("sp_campaigns")
    collect(bench.collector(spec), bench.slice_(spec), RUN)
    told = {call["operation"]: (call["api"], call["method"]) for call in calls(bench)}
    assert told["createAdsReport"] == ("ads/reporting", "POST")
    assert told["getAdsReport"] == ("ads/reporting", "GET")
    assert told["listProfiles"] == ("ads/profiles", "GET")
    assert told["requestAccessToken"] == ("lwa", "POST")
    assert told["downloadDocument"] == ("documents", "GET")
    assert only(bench, "createAdsReport")["marketplaces"] == [US]


@pytest.mark.parametrize(
    ("path", "api"),
    [
        ("/reports/2021-06-30/reports/123", "reports/2021-06-30"),
        ("/fba/inventory/v1/summaries", "fba/inventory/v1"),
        ("/inbound/fba/2024-03-20/inboundPlans", "inbound/fba/2024-03-20"),
        ("/orders/v0/orders", "orders/v0"),
        ("/notifications/v1", "notifications/v1"),
        ("/odd", "odd"),
    ],
)
def test_an_api_is_named_by_its_path_and_version(path: str, api: str) -> None:
    assert sp_api_of(path) == api


@pytest.mark.parametrize(
    ("path", "api"),
    [
        ("/reporting/reports", "ads/reporting"),
        ("/v2/profiles", "ads/profiles"),
        ("/sp/keywords/list", "ads/sp"),
    ],
)
def test_a_part_of_ads_is_named_without_its_version(path: str, api: str) -> None:
    assert ads_api_of(path) == api


def test_a_ledger_that_is_away_costs_no_call(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise AmazonUnavailable("the ledger is away.")

    monkeypatch.setattr(type(bench.ledger), "log_call", away)
    assert collect(bench.collector(), bench.slice_()).request_ids
