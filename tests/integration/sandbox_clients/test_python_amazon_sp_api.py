"""python-amazon-sp-api: no option for the base URL, extra parameters on every call."""

from __future__ import annotations

import io
import json
from typing import Any
from urllib.parse import urlsplit

import pytest
from sp_api.api import Reports
from sp_api.auth import AccessTokenClient
from sp_api.auth.access_token_client import cache as token_cache
from sp_api.auth.exceptions import AuthorizationError
from sp_api.base import SellingApiException
from sp_api.base.exceptions import (
    SellingApiForbiddenException,
    SellingApiNotFoundException,
    SellingApiRequestThrottledException,
)
from support.sandbox import SandboxServer

SALES = "GET_SALES_AND_TRAFFIC_REPORT"
ORDERS = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL"
INVENTORY = "GET_FBA_MYI_UNSUPPRESSED_INVENTORY_DATA"
RETURNS = "GET_FBA_FULFILLMENT_CUSTOMER_RETURNS_DATA"
SETTLEMENTS = "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2"
WINDOW = {"dataStartTime": "2026-11-14T00:00:00Z", "dataEndTime": "2026-11-15T00:00:00Z"}


def reports_of(sandbox: SandboxServer, account: str = "northwind_na", **changed: str) -> Reports:
    seller = sandbox.account(account)
    address = urlsplit(sandbox.url)

    class Tokens(AccessTokenClient):  # type: ignore[misc]
        scheme = "http://"
        host = address.netloc

    class Marketplace:
        endpoint = sandbox.url
        marketplace_id = seller["marketplace_ids"][0]
        region = "us-east-1"

    token_cache.clear()  # kept by refresh token for the whole process, whatever server gave it
    credentials = {
        "refresh_token": seller["refresh_token"],
        "lwa_app_id": seller["client_id"],
        "lwa_client_secret": seller["client_secret"],
    }
    return Reports(Marketplace, credentials=credentials | changed, auth_token_client_class=Tokens, timeout=60)


def finished(api: Reports, sandbox: SandboxServer, report_type: str, **body: Any) -> dict[str, Any]:
    created = api.create_report(reportType=report_type, **body).payload
    sandbox.clock(jump_seconds=600)
    report: dict[str, Any] = api.get_report(created["reportId"]).payload
    return report


@pytest.mark.parametrize("report_type", [SALES, ORDERS, INVENTORY, RETURNS])
def test_it_fetches_a_requested_report(sandbox: SandboxServer, report_type: str) -> None:
    """With its own download, unpacking and decoding."""
    api = reports_of(sandbox)
    report = finished(api, sandbox, report_type, **({} if report_type == INVENTORY else WINDOW))
    assert report["processingStatus"] == "DONE"
    document = api.get_report_document(report["reportDocumentId"], download=True, timeout=30).payload[
        "document"
    ]
    if report_type == SALES:
        assert json.loads(document)["salesAndTrafficByAsin"]
    else:
        header, *rows = document.splitlines()
        assert rows
        assert "sku" in header.split("\t")


def test_it_streams_a_settlement(sandbox: SandboxServer) -> None:
    """Found by listing, written in chunks."""
    api = reports_of(sandbox)
    listed = api.get_reports(reportTypes=[SETTLEMENTS], pageSize=3)
    assert len(listed.payload["reports"]) == 3
    following = api.get_reports(nextToken=listed.next_token)
    assert following.payload["reports"]
    file = io.BytesIO()
    document_id = listed.payload["reports"][0]["reportDocumentId"]
    api.get_report_document(document_id, file=file, stream=True, timeout=30)
    assert file.getvalue().startswith(b"settlement-id\t")


def test_it_raises_its_own_errors(sandbox: SandboxServer) -> None:
    """Each status with errors[] finds its class."""
    api = reports_of(sandbox)
    with pytest.raises(SellingApiNotFoundException):
        api.get_report("1")
    sandbox.clock(jump_seconds=3600)
    with pytest.raises(SellingApiForbiddenException, match="expired"):
        api.get_report("1")
    api = reports_of(sandbox)
    for _ in range(10):
        api.get_reports(reportTypes=[SALES])
    with pytest.raises(SellingApiRequestThrottledException):
        api.get_reports(reportTypes=[SALES])
    with pytest.raises(AuthorizationError, match="Client authentication failed"):
        reports_of(sandbox, lwa_client_secret="wrong").get_reports(reportTypes=[SALES])


def test_errors_that_it_takes_for_success_can_be_simulated(sandbox: SandboxServer) -> None:
    """Responses without errors[] raise nothing: the caller must check for them."""
    api = reports_of(sandbox)
    sandbox.faults("http_429_plain", operation="createReport", times=1)
    assert "reportId" not in (api.create_report(reportType=SALES, **WINDOW).payload or {})
    sandbox.faults("http_503_html", operation="getReports", times=1)
    assert not (api.get_reports(reportTypes=[SALES]).payload or {}).get("reports")
    sandbox.faults("http_500", operation="getReports", times=1)
    with pytest.raises(SellingApiException):
        api.get_reports(reportTypes=[SALES])


def test_schedules_and_cancelling(sandbox: SandboxServer) -> None:
    """The rest of the nine operations."""
    api = reports_of(sandbox)
    created = api.create_report_schedule(reportType=SALES, period="P1D").payload
    schedule_id = created["reportScheduleId"]
    assert api.get_report_schedule(schedule_id).payload["period"] == "P1D"
    assert len(api.get_report_schedules(reportTypes=[SALES]).payload["reportSchedules"]) == 1
    api.delete_report_schedule(schedule_id)
    with pytest.raises(SellingApiNotFoundException):
        api.get_report_schedule(schedule_id)
    report_id = api.create_report(reportType=ORDERS, **WINDOW).payload["reportId"]
    api.cancel_report(report_id)
    assert api.get_report(report_id).payload["processingStatus"] == "CANCELLED"
