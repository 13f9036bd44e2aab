"""The calls of each operation, and how it follows pages."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import httpx
import pytest
from support.specs import shipped_specs

from sellerops.base.errors import AmazonUnavailable, ConfigurationError, UnexpectedAnswer
from sellerops.calendar.slices import Slice, plan_slices
from sellerops.collect.account_calls import query_texts
from sellerops.settings.accounts import load_accounts
from sellerops.settings.specs import load_spec
from sellerops.sources.amazon_sp.operations.list_transactions import spans
from sellerops.sources.amazon_sp.operations.registry import OPERATIONS
from sellerops.sources.amazon_sp.reports import options_of
from sellerops.sources.amazon_sp.transport import answer_of
from sellerops.sources.common.answers import Answer, json_line
from sellerops.sources.common.operations import OperationInput, Page
from sellerops.sources.registry import source_of

NOW = datetime(2026, 11, 21, 14, tzinfo=UTC)


class Told:
    """Calls with scripted answers; ``asked`` records them."""

    def __init__(self, *answers: Mapping[str, Any]) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, str, dict[str, Any]]] = []

    async def get(
        self, operation: str, path: str, query: Mapping[str, Any] | None = None
    ) -> Mapping[str, Any]:
        self.asked.append((operation, path, dict(query or {})))
        return self.answers.pop(0)

    async def post(self, operation: str, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        raise AssertionError("these operations only get")

    async def asins(self, marketplace_id: str) -> Sequence[str]:
        raise AssertionError("these operations want no ASINs")


def slice_of(name: str, account: str = "northwind_na", run_at: datetime = NOW) -> Slice:
    return plan_slices(load_spec(name), load_accounts()[account], run_at=run_at, now=run_at)[0]


def pages_of(name: str, calls: Told, slice_: Slice | None = None, **options: str) -> list[Page]:
    spec, asked_for = load_spec(name), slice_ or slice_of(name)
    given = {**options_of(spec, asked_for), **options}

    async def whole() -> list[Page]:
        operation = OPERATIONS[spec.request.operation or ""]
        return [page async for page in operation(calls, OperationInput(asked_for, given, NOW))]

    return asyncio.run(whole())


def test_every_called_spec_has_its_operation() -> None:
    """A misspelt operation would only show when its DAG runs."""
    called = [spec for spec in shipped_specs() if spec.request.how == "called"]
    assert len(called) >= 5
    for spec in called:
        assert spec.request.operation in source_of(spec.source).operations, spec.name
        assert spec.format.kind == "jsonl", spec.name


def test_stock_is_requested_for_one_marketplace_with_the_same_arguments_on_every_page() -> None:
    calls = Told(
        {"payload": {"inventorySummaries": [{}]}, "pagination": {"nextToken": "n"}},
        {"payload": {"inventorySummaries": []}, "pagination": {}},
    )
    pages = pages_of("fba_inventory_summaries", calls)
    first = {
        "granularityType": "Marketplace",
        "granularityId": "ATVPDKIKX0DER",
        "marketplaceIds": "ATVPDKIKX0DER",
        "details": "true",
    }
    path = "/fba/inventory/v1/summaries"
    assert calls.asked == [
        ("getInventorySummaries", path, first),
        ("getInventorySummaries", path, {**first, "nextToken": "n"}),
    ]
    assert [page.request.get("nextToken") for page in pages] == [None, "n"]


def test_transactions_are_requested_without_a_marketplace_and_empty_pages_are_followed() -> None:
    calls = Told(
        {"payload": {"transactions": [], "nextToken": "n"}},
        {"payload": {"transactions": [{}]}},
    )
    assert len(pages_of("transactions", calls)) == 2
    (_, _, first), (_, _, second) = calls.asked
    assert first == {"postedAfter": "2026-10-17T00:00:00Z", "postedBefore": "2026-11-21T00:00:00Z"}
    assert second == {**first, "nextToken": "n"}


def test_a_span_is_never_longer_than_amazon_answers() -> None:
    """Over 180 days the answer is empty, without an error."""
    start = datetime(2024, 11, 22, tzinfo=UTC)
    pieces = list(spans(start, NOW))
    assert pieces[0][0] == start
    assert pieces[-1][1] == NOW
    assert all(end - begin <= timedelta(days=180) for begin, end in pieces)
    assert all(left[1] == right[0] for left, right in pairwise(pieces))


def test_bounds_lie_more_than_two_minutes_in_the_past() -> None:
    """Of a window that ends now, the last minutes are left to the next run."""
    slice_ = slice_of("transactions")
    ends_now = Slice(**{**slice_.__dict__, "window_end": NOW.isoformat()})
    for name, answer, key in (
        ("transactions", {"payload": {"transactions": []}}, "postedBefore"),
        ("orders_api", {"orders": []}, "lastUpdatedBefore"),
        ("orders_v0", {"payload": {"Orders": []}}, "LastUpdatedBefore"),
    ):
        calls = Told(answer)
        pages_of(name, calls, ends_now)
        assert calls.asked[0][2][key] == "2026-11-21T13:57:00Z"


@pytest.mark.parametrize(
    ("run_at", "interval"),
    [
        (NOW, "2026-11-13T00:00:00-08:00--2026-11-21T00:00:00-08:00"),
        # The clocks went back on 1 November: each bound has the offset of its own day.
        (
            datetime(2026, 11, 5, 15, tzinfo=UTC),
            "2026-10-28T00:00:00-07:00--2026-11-05T00:00:00-08:00",
        ),
    ],
)
def test_metrics_are_requested_in_the_marketplaces_own_days(run_at: datetime, interval: str) -> None:
    day = {"interval": "2026-11-13T00:00-08:00--2026-11-14T00:00-08:00", "unitCount": 3}
    other = {"interval": "2026-11-14T00:00-08:00--2026-11-15T00:00-08:00", "unitCount": 4}
    calls = Told({"payload": [day, other]})
    pages = pages_of("order_metrics", calls, slice_of("order_metrics", run_at=run_at))
    assert calls.asked[0][2] == {
        "marketplaceIds": "ATVPDKIKX0DER",
        "interval": interval,
        "granularity": "Day",
        "granularityTimeZone": "America/Los_Angeles",
    }
    assert [page.request["date"] for page in pages] == ["2026-11-13", "2026-11-14"]
    assert [page.answer["payload"] for page in pages] == [[day], [other]]


def test_orders_are_requested_for_all_marketplaces_without_personal_data() -> None:
    calls = Told({"orders": [], "pagination": {"nextToken": "n"}}, {"orders": []})
    pages_of("orders_api", calls)
    first, second = (query for _, _, query in calls.asked)
    assert first["marketplaceIds"] == ["ATVPDKIKX0DER", "A2EUQ1WTGCTBG2", "A1AM78C64UM0Y8"]
    assert not {"BUYER", "RECIPIENT"} & set(first["includedData"].split(","))
    assert second == {**first, "paginationToken": "n"}
    with pytest.raises(ConfigurationError, match="personal data: BUYER"):
        pages_of("orders_api", Told(), includedData="PROCEEDS,BUYER")


def test_an_answer_without_its_list_or_without_an_end_is_refused() -> None:
    with pytest.raises(UnexpectedAnswer, match=r"payload\.Orders"):
        pages_of("orders_v0", Told({"payload": {}}))
    again = {"payload": {"Orders": [], "NextToken": "n"}}
    with pytest.raises(UnexpectedAnswer, match="repeated"):
        pages_of("orders_v0", Told(again, again))
    with pytest.raises(UnexpectedAnswer, match="intervals"):
        pages_of("order_metrics", Told({}))


def test_a_line_of_the_archive_contains_amazons_own_text() -> None:
    """Numbers to the last digit, and never a line break within a line."""
    text = '{\r\n  "amount": 12.3400000000000000001,\n  "text": "a\\nb \\u2028"\n}'
    line = json_line({"at": NOW, "é": 1}, Answer({"amount": 12.34}, text))
    assert line.count(b"\n") == 1
    assert line.endswith(b"}\n")
    assert b"12.3400000000000000001" in line
    assert '"é"'.encode() in line


def test_queries_are_written_as_amazon_reads_them() -> None:
    assert query_texts({"a": None, "b": ["x", "y"], "c": True, "d": NOW, "e": 3}) == {
        "b": "x,y",
        "c": "true",
        "d": "2026-11-21T14:00:00Z",
        "e": "3",
    }


def answered(body: bytes) -> Answer:
    return answer_of(httpx.Response(200, content=body), "getX")


def test_the_body_is_kept_as_it_came() -> None:
    """A batch's list is put under ``items``; a byte order mark is removed."""
    assert answered(b'\xef\xbb\xbf{"a": 1.10}').text == '{"a": 1.10}'
    batch = answered(b'[{"a": 1}]')
    assert batch["items"] == [{"a": 1}]
    assert json.loads(batch.text) == {"items": [{"a": 1}]}


@pytest.mark.parametrize(
    ("body", "error"), [(b"", AmazonUnavailable), (b" \n", AmazonUnavailable), (b'"x"', UnexpectedAnswer)]
)
def test_nothing_is_no_answer(body: bytes, error: type[Exception]) -> None:
    """An empty 200 would else be an empty list, and a day without a sale."""
    with pytest.raises(error):
        answered(body)
