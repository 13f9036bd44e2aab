"""Requests to the Reports API, and how its answers are parsed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from sellerops.base.errors import UnexpectedAnswer
from sellerops.calendar.slices import Slice, plan_slices
from sellerops.settings.accounts import Account
from sellerops.settings.marketplaces import marketplace
from sellerops.settings.specs import load_spec
from sellerops.sources.amazon_sp.reports import (
    ProcessingStatus,
    parse_created,
    parse_document,
    parse_page,
    parse_report,
    query_of,
)

NOW = datetime(2026, 11, 21, 14, 0, tzinfo=UTC)
REPORT = {
    "reportId": "50001",
    "reportType": "GET_SALES_AND_TRAFFIC_REPORT",
    "processingStatus": "IN_QUEUE",
    "createdTime": "2026-11-21T14:00:01+00:00",
    "marketplaceIds": ["A1VC38T7YXB528"],
    "dataStartTime": "2026-11-20T00:00:00+00:00",
    "dataEndTime": "2026-11-20T00:00:00+00:00",
}


def slice_(report: str, country: str = "JP", **days: date) -> Slice:
    place = marketplace(country)
    account = Account("northwind", place.region, (place,), "amazon_sp_northwind")
    return plan_slices(load_spec(report), account, run_at=NOW, now=NOW, **days)[-1]


def test_whole_local_days_are_requested_by_date() -> None:
    """A Tokyo day ends at 15:00 UTC, so any later time of that date is still in the future."""
    body = query_of(load_spec("sales_and_traffic"), slice_("sales_and_traffic")).body()
    assert body == {
        "reportType": "GET_SALES_AND_TRAFFIC_REPORT",
        "marketplaceIds": ["A1VC38T7YXB528"],
        "dataStartTime": "2026-11-20T00:00:00Z",
        "dataEndTime": "2026-11-20T00:00:00Z",
        "reportOptions": {"asinGranularity": "CHILD", "dateGranularity": "DAY"},
    }


def test_other_windows_are_requested_by_instant() -> None:
    days = {"from_day": date(2026, 11, 1), "to_day": date(2026, 11, 2)}
    body = query_of(load_spec("all_orders"), slice_("all_orders", **days)).body()
    assert (body["dataStartTime"], body["dataEndTime"]) == ("2026-11-01T00:00:00Z", "2026-11-03T00:00:00Z")
    assert "reportOptions" not in body


def test_a_snapshot_is_requested_without_dates() -> None:
    body = query_of(load_spec("fba_manage_inventory"), slice_("fba_manage_inventory")).body()
    assert set(body) == {"reportType", "marketplaceIds"}


def test_a_snapshot_that_insists_on_dates_states_them_and_stays_a_snapshot() -> None:
    """The fee preview wants dataStartTime 72 h or more before now; its cooldown is one for all dates."""
    query = query_of(load_spec("fee_preview"), slice_("fee_preview"))
    body = query.body()
    assert (body["dataStartTime"], body["dataEndTime"]) == ("2026-11-18T13:00:00Z", "2026-11-21T14:00:00Z")
    assert (query.start, query.end) == (None, None)


def test_a_report_answers_only_its_own_query() -> None:
    query = query_of(load_spec("sales_and_traffic"), slice_("sales_and_traffic"))
    report = parse_report(REPORT)
    assert query.answers(report)
    assert not query.answers(replace(report, report_type="GET_X"))
    assert not query.answers(replace(report, marketplace_ids=("ATVPDKIKX0DER",)))
    assert not query.answers(replace(report, marketplace_ids=("A1VC38T7YXB528", "ATVPDKIKX0DER")))
    assert not query.answers(replace(report, start=datetime(2026, 11, 19, tzinfo=UTC)))
    assert not query.answers(replace(report, end=None))


def test_every_status_of_the_model_is_known() -> None:
    for status in ("IN_QUEUE", "IN_PROGRESS", "CANCELLED", "FATAL"):
        assert parse_report({**REPORT, "processingStatus": status}).status is ProcessingStatus(status)
    done = parse_report({**REPORT, "processingStatus": "DONE", "reportDocumentId": "d"})
    assert (done.status, done.document_id) == (ProcessingStatus.DONE, "d")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"processingStatus": "PAUSED"}, "unknown processingStatus 'PAUSED'"),
        ({"processingStatus": None}, "unknown processingStatus"),
        ({"processingStatus": "DONE"}, "no reportDocumentId"),
        ({"reportId": ""}, "no reportId"),
        ({"createdTime": None}, "no createdTime"),
        ({"createdTime": "yesterday"}, "not a valid time"),
    ],
)
def test_what_the_model_does_not_allow_fails_loudly(change: dict[str, object], words: str) -> None:
    with pytest.raises(UnexpectedAnswer, match=words):
        parse_report({**REPORT, **change})


@pytest.mark.parametrize("body", [{}, {"reportId": 5}, {"reports": {}}])
def test_answers_without_their_content_fail_loudly(body: dict[str, object]) -> None:
    for parse in (parse_created, parse_page, parse_document):
        with pytest.raises(UnexpectedAnswer):
            parse(body)


def test_a_document_address_hides_its_signature() -> None:
    address = parse_document({"reportDocumentId": "d", "url": "https://s3/x/d?X-Amz-Signature=secret"})
    assert "secret" not in repr(address)
    assert address.public_url == "https://s3/x/d"
