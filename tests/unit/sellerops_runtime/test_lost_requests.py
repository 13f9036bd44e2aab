"""Requests lost with an earlier local Amazon are given up, so that tasks request them from the new one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from sellerops.base.errors import RetryableError
from sellerops.collect.outcomes import stored_error
from sellerops.ledger import Ledger, RequestKey, RequestStatus, RunRef
from sellerops_runtime.lost_requests import fail_lost_requests

RUN = RunRef("report__amazon_sp__sales_and_traffic", "backfill__1", "fetch_report")


def key(day: int) -> RequestKey:
    return RequestKey(
        source="amazon_sp",
        report_type="GET_SALES_AND_TRAFFIC_REPORT",
        account_id="northwind_na",
        marketplace_ids=("ATVPDKIKX0DER",),
        window_start=datetime(2026, 11, day, 8, tzinfo=UTC),
        window_end=datetime(2026, 11, day + 1, 8, tzinfo=UTC),
        options={},
    )


def request_that_is(ledger: Ledger, status: RequestStatus, day: int) -> int:
    request = ledger.find_or_open_request(key(day), fresh_after=None, run=RUN)
    if status is not RequestStatus.PLANNED:
        assert ledger.claim_create(request.id)
    if status not in (RequestStatus.PLANNED, RequestStatus.CREATING):
        ledger.record_created(request.id, f"5000{day}020786")
        ledger.record_status(request.id, RequestStatus.DONE if status is RequestStatus.ARCHIVED else status)
    if status is RequestStatus.ARCHIVED:
        ledger.record_archived(request.id, uri="file:///a", nbytes=1, sha256="0" * 64, headers={})
    return request.id


@pytest.mark.parametrize("status", ["CREATING", "IN_QUEUE", "IN_PROGRESS", "DONE"])
def test_what_it_had_not_delivered_is_asked_for_again(ledger: Ledger, status: str) -> None:
    """The waiting task gets an error that Airflow retries; its next try opens a new request."""
    old = request_that_is(ledger, RequestStatus(status), 3)
    assert fail_lost_requests(ledger) == 1
    given_up = ledger.get_request(old)
    assert given_up.status is RequestStatus.FAILED
    assert isinstance(stored_error(given_up), RetryableError)
    again = ledger.find_or_open_request(key(3), fresh_after=None, run=RUN)
    assert (again.status, again.report_id) == (RequestStatus.PLANNED, None)
    assert fail_lost_requests(ledger) == 0


@pytest.mark.parametrize("status", ["PLANNED", "ARCHIVED", "CANCELLED"])
def test_what_never_went_out_or_is_here_stays(ledger: Ledger, status: str) -> None:
    kept = request_that_is(ledger, RequestStatus(status), 5)
    assert fail_lost_requests(ledger) == 0
    assert ledger.get_request(kept).status is RequestStatus(status)


def test_its_list_of_reports_is_forgotten_with_it(ledger: Ledger) -> None:
    """Report ids restart, so a listed report would be mistaken for another."""
    listed: dict[str, Any] = {"account": "northwind_na", "type": "GET_SALES_AND_TRAFFIC_REPORT"}
    with ledger.connection() as connection:
        connection.execute(
            "INSERT INTO sellerops.report_listing (account_id, report_type, begun_at, since)"
            " VALUES (%(account)s, %(type)s, now(), now())",
            listed,
        )
    fail_lost_requests(ledger)
    with ledger.connection() as connection:
        assert connection.execute("SELECT 1 FROM sellerops.report_listing").fetchall() == []
