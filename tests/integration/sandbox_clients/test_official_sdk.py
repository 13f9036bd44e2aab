"""The official Python SDK (amzn-sp-api, module spapi): its models refuse what the schemas do not allow."""

from __future__ import annotations

import gzip
import json
import urllib.request
from typing import Any

import pytest
from spapi import ApiException, SPAPIClient, SPAPIConfig
from spapi.api.reports_v2021_06_30.reports_api import ReportsApi
from spapi.models.reports_v2021_06_30 import CreateReportScheduleSpecification, CreateReportSpecification
from support.sandbox import SandboxServer

SALES = "GET_SALES_AND_TRAFFIC_REPORT"
WINDOWED = (
    SALES,
    "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL",
    "GET_FBA_FULFILLMENT_CUSTOMER_RETURNS_DATA",
)
INVENTORY = "GET_FBA_MYI_UNSUPPRESSED_INVENTORY_DATA"
SETTLEMENTS = "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2"


def client_of(sandbox: SandboxServer, account: str = "northwind_na") -> ReportsApi:
    seller = sandbox.account(account)
    config = SPAPIConfig(
        client_id=seller["client_id"],
        client_secret=seller["client_secret"],
        refresh_token=seller["refresh_token"],
        region=seller["region"],
    )
    client = SPAPIClient(config, oauth_endpoint=sandbox.token_url, endpoint=sandbox.url)
    return ReportsApi(client.api_client)


def download(api: ReportsApi, document_id: str) -> tuple[bytes, str]:
    document = api.get_report_document(document_id)
    with urllib.request.urlopen(document.url) as answer:
        body, content_type = answer.read(), answer.headers["content-type"]
    return (gzip.decompress(body) if document.compression_algorithm == "GZIP" else body), content_type


def specification(report_type: str, marketplace_ids: list[str]) -> CreateReportSpecification:
    window: dict[str, Any] = {}
    if report_type in WINDOWED:
        window = {"data_start_time": "2026-11-14T00:00:00Z", "data_end_time": "2026-11-15T00:00:00Z"}
    options = {"dateGranularity": "DAY", "asinGranularity": "CHILD"} if report_type == SALES else None
    return CreateReportSpecification(
        report_type=report_type, marketplace_ids=marketplace_ids, report_options=options, **window
    )


@pytest.mark.parametrize("account", ["northwind_na", "northwind_eu"])
@pytest.mark.parametrize("report_type", [*WINDOWED, INVENTORY])
def test_it_fetches_a_requested_report(sandbox: SandboxServer, account: str, report_type: str) -> None:
    """Create, wait by the virtual clock, describe, download."""
    api = client_of(sandbox, account)
    marketplace_ids = sandbox.account(account)["marketplace_ids"][:1]
    report_id = api.create_report(specification(report_type, marketplace_ids)).report_id
    assert api.get_report(report_id).processing_status == "IN_QUEUE"
    sandbox.clock(jump_seconds=600)
    report = api.get_report(report_id)
    assert (report.processing_status, report.report_type, report.marketplace_ids) == (
        "DONE",
        report_type,
        marketplace_ids,
    )
    body, content_type = download(api, report.report_document_id)
    if report_type == SALES:
        assert json.loads(body)["salesAndTrafficByAsin"]
    else:
        assert content_type == "text/plain;charset=Cp1252"
        assert len(body.decode("cp1252").splitlines()) > 1


def test_it_finds_settlements(sandbox: SandboxServer) -> None:
    """Listed, never requested; every page."""
    api = client_of(sandbox)
    page = api.get_reports(report_types=[SETTLEMENTS], page_size=4)
    found = list(page.reports)
    while page.next_token:
        page = api.get_reports(next_token=page.next_token)
        found += page.reports
    assert len({report.report_id for report in found}) == len(found) > 4
    body, _ = download(api, found[0].report_document_id)
    assert body.startswith(b"settlement-id\t")
    with pytest.raises(ApiException, match="not allowed at this time") as refused:
        api.create_report(specification(SETTLEMENTS, sandbox.account("northwind_na")["marketplace_ids"]))
    assert refused.value.status == 400


def test_it_runs_schedules(sandbox: SandboxServer) -> None:
    """Create, read, list, cancel, all in the models' shapes."""
    api = client_of(sandbox)
    marketplace_ids = sandbox.account("northwind_na")["marketplace_ids"][:1]
    body = CreateReportScheduleSpecification(report_type=SALES, marketplace_ids=marketplace_ids, period="P1D")
    schedule_id = api.create_report_schedule(body).report_schedule_id
    assert api.get_report_schedule(schedule_id).period == "P1D"
    assert [s.report_schedule_id for s in api.get_report_schedules([SALES]).report_schedules] == [schedule_id]
    made = api.get_reports(report_types=[SALES]).reports
    assert [report.report_schedule_id for report in made] == [schedule_id]
    api.cancel_report_schedule(schedule_id)
    with pytest.raises(ApiException) as gone:
        api.get_report_schedule(schedule_id)
    assert gone.value.status == 404


def test_it_cancels_a_report(sandbox: SandboxServer) -> None:
    """While it waits."""
    api = client_of(sandbox)
    marketplace_ids = sandbox.account("northwind_na")["marketplace_ids"][:1]
    report_id = api.create_report(specification(SALES, marketplace_ids)).report_id
    api.cancel_report(report_id)
    assert api.get_report(report_id).processing_status == "CANCELLED"


def test_it_sees_refusals_with_their_headers(sandbox: SandboxServer) -> None:
    """429 without Retry-After; the request id on every answer."""
    api = client_of(sandbox)
    for _ in range(10):
        api.get_reports(report_types=[SALES])
    with pytest.raises(ApiException) as throttled:
        api.get_reports(report_types=[SALES])
    assert throttled.value.status == 429
    headers = {name.lower() for name in throttled.value.headers}
    assert "x-amzn-requestid" in headers
    assert not headers & {"retry-after", "x-amzn-ratelimit-limit"}


def test_an_unknown_status_breaks_its_models(sandbox: SandboxServer) -> None:
    """That is why the fault exists: Amazon may add a status any day."""
    sandbox.faults("unknown_status", report_type=SALES)
    api = client_of(sandbox)
    report_id = api.create_report(
        specification(SALES, sandbox.account("northwind_na")["marketplace_ids"][:1])
    ).report_id
    with pytest.raises(ValueError, match="processing_status"):
        api.get_report(report_id)
