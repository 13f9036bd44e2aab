"""Data Kiosk queries as sent and as returned, and what their specs require."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from sellerops.base.errors import ConfigurationError, UnexpectedAnswer
from sellerops.calendar.slices import Slice, plan_slices
from sellerops.settings.accounts import load_accounts
from sellerops.settings.specs import ReportSpec, load_spec
from sellerops.sources.amazon_sp.data_kiosk import parse_query, query_of_options
from sellerops.sources.amazon_sp.report_api import report_api_of
from sellerops.sources.amazon_sp.reports import ProcessingStatus, options_of

NOW = datetime(2026, 11, 21, 14, tzinfo=UTC)
TRENDS, BY_DATE = load_spec("sales_and_traffic_trends"), load_spec("sales_and_traffic_by_date")
TOLD = {
    "queryId": "1",
    "query": "{ x }",
    "createdTime": "2026-11-21T09:00:00Z",
    "processingStatus": "DONE",
    "dataDocumentId": "d",
}


def slice_of(spec: ReportSpec) -> Slice:
    return plan_slices(spec, load_accounts()["northwind_na"], run_at=NOW, now=NOW)[0]


def test_the_text_contains_the_slices_days_and_marketplaces_and_the_parts_asins() -> None:
    slice_ = slice_of(TRENDS)
    options = options_of(TRENDS, slice_)
    assert set(options) == {"query"} and "{asins}" in options["query"], "the same for every part"
    query = query_of_options(TRENDS, slice_, {**options, "asins": "B1 B2"})
    assert 'startDate: "2026-11-14" endDate: "2026-11-20"' in query.text
    assert 'filters: [{marketplaceId: "ATVPDKIKX0DER", asins: ["B1", "B2"]}]' in query.text
    assert query.body() == {"query": query.text}
    marketplaces = query_of_options(BY_DATE, slice_of(BY_DATE), options_of(BY_DATE, slice_of(BY_DATE)))
    assert 'marketplaceIds: ["ATVPDKIKX0DER", "A2EUQ1WTGCTBG2", "A1AM78C64UM0Y8"]' in marketplaces.text


def test_a_further_page_asks_the_same_query_with_its_token() -> None:
    slice_ = slice_of(BY_DATE)
    options = options_of(BY_DATE, slice_)
    first = query_of_options(BY_DATE, slice_, options)
    page = query_of_options(BY_DATE, slice_, {**options, "after": "1", "paginationToken": "t"})
    assert page.body() == {"query": first.text, "paginationToken": "t"}


def test_a_query_longer_than_amazon_accepts_is_refused_before_the_call() -> None:
    slice_ = slice_of(TRENDS)
    options = {**options_of(TRENDS, slice_), "asins": " ".join(["B012345678"] * 600)}
    with pytest.raises(ConfigurationError, match="8000"):
        query_of_options(TRENDS, slice_, options)


def test_a_query_answers_to_its_text_only() -> None:
    slice_ = slice_of(BY_DATE)
    query = query_of_options(BY_DATE, slice_, options_of(BY_DATE, slice_))
    told = parse_query({**TOLD, "query": query.text.replace(" ", "\n  ")})
    assert query.answers(told)
    assert not query.answers(replace(told, text=query.text.replace("2026-11-20", "2026-11-19")))


@pytest.mark.parametrize(
    ("told", "status", "document", "token"),
    [
        ({}, "DONE", "d", None),
        ({"pagination": {"nextToken": "t"}}, "DONE", "d", "t"),
        ({"dataDocumentId": None}, "CANCELLED", None, None),
        ({"processingStatus": "FATAL", "errorDocumentId": "e"}, "FATAL", "e", None),
        ({"processingStatus": "FATAL"}, "FATAL", None, None),
        ({"processingStatus": "IN_QUEUE", "dataDocumentId": None}, "IN_QUEUE", None, None),
    ],
)
def test_amazons_answer_is_parsed(
    told: dict[str, Any], status: str, document: str | None, token: str | None
) -> None:
    query = parse_query({**TOLD, **told})
    assert (query.status, query.document_id) == (ProcessingStatus(status), document)
    assert query.next_token == token or status != "DONE"
    assert not query.was_cancelled, "no data is not somebody's call"
    assert parse_query({**TOLD, "processingStatus": "CANCELLED"}).was_cancelled


@pytest.mark.parametrize("told", [{"processingStatus": "LOST"}, {"createdTime": None}, {"queryId": 1}])
def test_what_does_not_fit_the_model_is_named(told: dict[str, Any]) -> None:
    with pytest.raises(UnexpectedAnswer):
        parse_query({**TOLD, **told})


def test_each_way_of_asking_has_its_own_operations() -> None:
    assert report_api_of(TRENDS).create_operation == "createQuery"
    assert report_api_of(load_spec("sales_and_traffic")).create_operation == "createReport"


@pytest.mark.parametrize(
    ("request_rules", "table", "words"),
    [
        ({"second_look": "1h"}, {}, "second_look: 0s"),
        ({"query": None}, {}, "request.query"),
        ({}, {"write_disposition": "replace"}, "write_disposition: merge"),
    ],
)
def test_a_spec_that_cannot_work_is_refused(
    request_rules: dict[str, Any], table: dict[str, Any], words: str
) -> None:
    values = BY_DATE.model_dump(by_alias=True)
    values["request"] |= {"second_look": "0s", **request_rules}
    values["tables"]["sales_totals_by_date"] |= table
    with pytest.raises(ValueError, match=words):
        ReportSpec.model_validate(values)
