"""How Amazon Ads' answers are parsed: statuses, refusals, profiles, columns, lists."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from sellerops.base.errors import (
    AmazonUnavailable,
    ConfigurationError,
    CredentialsError,
    NothingToCollect,
    RequestRefused,
    Throttled,
    UnexpectedAnswer,
)
from sellerops.calendar.slices import plan_slices
from sellerops.planning.plan import operations_of
from sellerops.rate_limits import load_rate_limits
from sellerops.settings.accounts import load_accounts
from sellerops.settings.specs import load_spec
from sellerops.sources.amazon_ads import refused_columns
from sellerops.sources.amazon_ads.exports import Exports
from sellerops.sources.amazon_ads.operations import OPERATIONS
from sellerops.sources.amazon_ads.profiles import _only, parse_profiles
from sellerops.sources.amazon_ads.refused_columns import _Finds, may_be_about_columns, named_in, search
from sellerops.sources.amazon_ads.reports import columns_of, duplicate_of, parse_report, query_of
from sellerops.sources.amazon_ads.source import SOURCE
from sellerops.sources.amazon_ads.transport import CallRecord, Session, check
from sellerops.sources.common.answers import Answer
from sellerops.sources.common.lwa import Credentials, TokenSource
from sellerops.sources.common.operations import OperationInput, Page
from sellerops.sources.common.report_api import ProcessingStatus

CREDENTIALS = Credentials("id", "secret", "refresh", "https://ads.test", "https://ads.test/token", "ads")
NOW = datetime(2026, 11, 21, 14, tzinfo=UTC)
COLUMNS = ("date", *(f"column{number}" for number in range(70)))


def answer(status: int, body: Any = None, **headers: str) -> httpx.Response:
    return httpx.Response(status, json=body, headers={k.replace("_", "-"): v for k, v in headers.items()})


def refusal(told: str, status: int = 400) -> RequestRefused:
    return RequestRefused("refused", status=status, amazon_message=told)


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ("PENDING", ProcessingStatus.IN_QUEUE),
        ("PROCESSING", ProcessingStatus.IN_PROGRESS),
        ("COMPLETED", ProcessingStatus.DONE),
        ("FAILED", ProcessingStatus.FATAL),
        ("CANCELLED", ProcessingStatus.FATAL),
    ],
)
def test_every_status_has_its_meaning(told: str, status: ProcessingStatus) -> None:
    body = {"reportId": "r-1", "status": told, "createdAt": "2026-11-21T10:00:00.5Z", "failureReason": None}
    report = parse_report(body)
    assert report.status is status
    assert report.document_id == ("r-1" if told == "COMPLETED" else None)
    assert bool(report.reason) == (status is ProcessingStatus.FATAL)
    assert report.created_at == datetime(2026, 11, 21, 10, 0, 0, 500_000, UTC)


@pytest.mark.parametrize("change", [{"status": "ARCHIVED"}, {"createdAt": "today"}, {"reportId": None}])
def test_what_amazon_never_said_before_fails_loudly(change: dict[str, Any]) -> None:
    body = {"reportId": "r-1", "status": "PENDING", "createdAt": "2026-11-21T10:00:00Z"}
    with pytest.raises(UnexpectedAnswer):
        parse_report(body | change)


@pytest.mark.parametrize(
    ("status", "operation", "kind"),
    [
        (400, "createAdsReport", RequestRefused),
        (401, "createAdsReport", CredentialsError),
        (401, "getAdsReport", AmazonUnavailable),
        (403, "getAdsReport", CredentialsError),
        (404, "getAdsReport", RequestRefused),
        (425, "createAdsReport", RequestRefused),
        (429, "getAdsReport", Throttled),
        (502, "createAdsReport", AmazonUnavailable),
        (302, "createAdsReport", UnexpectedAnswer),
    ],
)
def test_every_refusal_has_its_type(status: int, operation: str, kind: type[Exception]) -> None:
    with pytest.raises(kind) as caught:
        check(answer(status, {"code": str(status), "detail": "Words."}), operation, CREDENTIALS)
    assert caught.value.details["amazon_message"] == "Words"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry_After": "7"}, 7.0),
        ({"Retry_After": "Sat, 21 Nov 2026 10:00:30 GMT", "Date": "Sat, 21 Nov 2026 10:00:00 GMT"}, 30.0),
        ({"Retry_After": "soon"}, None),
        ({}, None),
    ],
)
def test_when_to_come_again_is_read_to_the_second(headers: dict[str, str], seconds: float | None) -> None:
    with pytest.raises(Throttled) as caught:
        check(answer(429, {}, **headers), "createAdsReport", CREDENTIALS)
    assert caught.value.details["retry_after"] == seconds


def test_a_token_refused_once_is_renewed_and_every_call_says_who_it_is_for() -> None:
    seen: list[httpx.Request] = []

    def wire(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token":
            return answer(200, {"access_token": f"token{len(seen)}", "expires_in": 3600})
        seen.append(request)
        return answer(401 if len(seen) == 1 else 200, {})

    async def call() -> None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(wire)) as http:
            session = Session(http, TokenSource(CREDENTIALS, http), CREDENTIALS)
            facts = CallRecord("getAdsReport")
            await session.send("GET", "/reporting/reports/r-1", facts, profile_id="77")
            assert facts.status == 200

    asyncio.run(call())
    assert [one.headers["authorization"] for one in seen] == ["Bearer token0", "Bearer token1"]
    assert {one.headers["amazon-advertising-api-clientid"] for one in seen} == {"id"}
    assert {one.headers["amazon-advertising-api-scope"] for one in seen} == {"77"}
    assert "content-type" not in seen[0].headers


def test_a_duplicate_names_the_report_that_is_there() -> None:
    told = "The Request is a duplicate of : 9e5f1c2a-0000-4bcd-9f00-123456789abc"
    assert duplicate_of(refusal(told, 425)) == "9e5f1c2a-0000-4bcd-9f00-123456789abc"
    assert duplicate_of(refusal("bad", 400)) is None
    with pytest.raises(UnexpectedAnswer):
        duplicate_of(refusal("Too Early", 425))


def test_a_report_is_requested_with_the_columns_of_its_tables() -> None:
    spec, account = load_spec("report__amazon_ads__sp_campaigns"), load_accounts()["northwind_na"]
    slice_ = plan_slices(spec, account, run_at=NOW, now=NOW)[0]
    body = query_of(spec, slice_, spec.request.options).body()
    assert (body["startDate"], body["endDate"]) == ("2026-10-22", "2026-11-20")
    told = body["configuration"]
    assert told["groupBy"] == ["campaign"]
    assert told["timeUnit"] == "DAILY"
    assert told["reportTypeId"] == "spCampaigns"
    assert {"date", "campaignId", "purchases30d"} <= set(told["columns"])
    assert len(told["columns"]) == len(set(told["columns"])) == len(columns_of(spec))
    assert not [name for name in told["columns"] if name.startswith("@") or "profile" in name]


def test_windows_that_amazon_no_longer_keeps_are_expired() -> None:
    spec, account = load_spec("report__amazon_ads__sp_campaigns"), load_accounts()["northwind_na"]
    slices = plan_slices(
        spec, account, run_at=NOW, now=NOW, from_day=date(2026, 7, 1), to_day=date(2026, 11, 20)
    )
    mine = [one for one in slices if one.marketplaces == ("US",)]
    assert all(len(one.days) <= 31 for one in mine)
    assert {one.expired for one in mine} == {True, False}
    kept_from = (NOW - spec.period.history).date()
    assert all(one.expired == (one.days[0] <= kept_from) for one in mine)


def test_a_spec_without_a_required_option_is_refused() -> None:
    spec, account = load_spec("report__amazon_ads__sp_campaigns"), load_accounts()["northwind_na"]
    slice_ = plan_slices(spec, account, run_at=NOW, now=NOW)[0]
    with pytest.raises(ConfigurationError, match="group_by"):
        query_of(spec, slice_, {"ad_product": "SPONSORED_PRODUCTS"})
    with pytest.raises(ConfigurationError, match="unknown export 'keywords'"):
        Exports("keywords")


def test_endpoints_are_those_of_the_regions() -> None:
    accounts = load_accounts()
    assert SOURCE.endpoint(accounts["northwind_na"]) == "https://advertising-api.amazon.com"
    assert SOURCE.endpoint(accounts["northwind_eu"]) == "https://advertising-api-eu.amazon.com"


def profile(number: int, marketplace: str, kind: str = "seller", **changes: Any) -> dict[str, Any]:
    info = {"marketplaceStringId": marketplace, "id": "A1", "type": kind, "name": "N"}
    told = {
        "profileId": number,
        "countryCode": "US",
        "currencyCode": "USD",
        "timezone": "America/Los_Angeles",
    }
    return told | {"accountInfo": info} | changes


def test_profiles_are_the_sellers_and_their_ids_are_names() -> None:
    us, br = "ATVPDKIKX0DER", "A2Q3Y263D00KWC"
    told = [profile(9007199254740993, us), profile(2, us, "vendor"), profile(3, br), profile(4, br)]
    found = parse_profiles(Answer({"items": told}, ""))
    assert [one.profile_id for one in found] == ["9007199254740993", "3", "4"]
    assert _only(found, us, "n").facts == {
        "profile_id": "9007199254740993",
        "currency_code": "USD",
        "timezone": "America/Los_Angeles",
    }
    with pytest.raises(NothingToCollect, match="no profile of this account in CA"):
        _only(found, "A2EUQ1WTGCTBG2", "n")
    with pytest.raises(ConfigurationError, match="several profiles in BR: 3, 4"):
        _only(found, br, "n")


def test_a_profile_reports_how_it_differs_from_its_marketplace() -> None:
    told = [profile(1, "ATVPDKIKX0DER", timezone="America/New_York", currencyCode="EUR")]
    (found,) = parse_profiles(Answer({"items": told}, ""))
    assert "time zone America/New_York, the marketplace's is America/Los_Angeles" in found.mismatch
    assert "currency EUR, the marketplace's is USD" in found.mismatch


def test_a_refusal_names_columns_before_it_names_what_is_allowed() -> None:
    told = "configuration columns includes invalid values: (sales1d, cost). Allowed values: (clicks, sales14)"
    assert named_in(told, ("clicks", "cost", "sales1d", "sales14", "sales1")) == ("cost", "sales1d")


@pytest.mark.parametrize(
    ("told", "is_it"),
    [
        ("configuration columns includes invalid values: (x)", True),
        ("Report configuration is invalid", True),
        ("", True),
        ("startDate (2026-01-01) must be equal to or after report type data retention start date", False),
        ("configuration groupBy includes invalid values: (x)", False),
        ("configuration columns must include (date) when timeUnit is DAILY", False),
    ],
)
def test_only_refusals_that_may_mean_columns_are_searched(told: str, is_it: bool) -> None:
    assert may_be_about_columns(refusal(told)) is is_it
    assert not may_be_about_columns(refusal(told, 422))


@pytest.mark.parametrize("bad", [1, 2, 35, 69, 70])
def test_one_of_seventy_columns_takes_nine_probes_at_most(bad: int) -> None:
    found, probes = searched({COLUMNS[bad]})
    assert found == (COLUMNS[bad],)
    assert len(probes) <= 9
    assert all("date" in names for names in probes), "a report of days needs its date"
    assert set(COLUMNS) not in [set(names) for names in probes]


def test_what_was_refused_elsewhere_takes_one_probe() -> None:
    found, probes = searched({COLUMNS[4]}, likely=frozenset({COLUMNS[4]}))
    assert found == (COLUMNS[4],)
    assert len(probes) == 1


def test_of_several_refused_elsewhere_only_the_refused_one_is_blamed() -> None:
    found, probes = searched({COLUMNS[9]}, likely=frozenset({COLUMNS[4], COLUMNS[9]}))
    assert found == (COLUMNS[9],)
    assert len(probes) == 2


def test_what_was_taken_once_is_no_proof_that_a_column_is_to_blame() -> None:
    """Everything is refused now, so the cause is not a column."""
    finds = _Finds()
    finds.good = frozenset(COLUMNS[:20])
    found, probes = searched(set(COLUMNS), finds=finds)
    assert found == ()
    assert len(probes) <= 2 * refused_columns.MOST_PROBES
    finds.good = frozenset(COLUMNS)
    assert searched(set(COLUMNS), finds=finds)[0] == ()
    finds.good = frozenset(COLUMNS[:20])
    assert searched({COLUMNS[3]}, finds=finds)[0] == (COLUMNS[3],)


def test_the_day_is_never_to_blame() -> None:
    assert refused_columns.named_in("Requested date is too far in the past", ("date", *COLUMNS)) == ()


def test_a_search_that_finds_everything_refused_blames_nothing() -> None:
    found, probes = searched(set(COLUMNS))
    assert found == ()
    assert len(probes) <= refused_columns.MOST_PROBES


def searched(
    bad: set[str], likely: frozenset[str] = frozenset(), finds: _Finds | None = None
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    probes: list[tuple[str, ...]] = []

    async def probe(columns: tuple[str, ...]) -> RequestRefused | None:
        probes.append(columns)
        return refusal("") if bad & set(columns) else None

    async def whole() -> tuple[str, ...]:
        return await search(COLUMNS, probe, likely, finds or _Finds())

    return asyncio.run(whole()), probes


class Lists:
    """Calls that answer two pages, the second under the first's token."""

    def __init__(self, key: str, tokens: list[str | None]) -> None:
        self.bodies: list[Mapping[str, Any]] = []
        self._key, self._tokens = key, iter(tokens)

    async def post(self, operation: str, path: str, body: Mapping[str, Any]) -> Answer:
        self.bodies.append(body)
        token = next(self._tokens)
        told = {self._key: [{"id": len(self.bodies)}]} | ({"nextToken": token} if token else {})
        return Answer(told, json.dumps(told))


@pytest.mark.parametrize(("name", "key"), [("listPortfolios", "portfolios"), ("listSpKeywords", "keywords")])
def test_lists_are_paged_to_their_end(name: str, key: str) -> None:
    calls = Lists(key, ["t1", "t2", None])
    assert len(asyncio.run(pages(name, calls))) == 3
    assert [body.get("nextToken") for body in calls.bodies] == [None, "t1", "t2"]
    assert all(body["includeExtendedDataFields"] for body in calls.bodies)


def test_a_list_without_an_end_or_without_a_list_is_refused() -> None:
    with pytest.raises(UnexpectedAnswer, match="repeated"):
        asyncio.run(pages("listPortfolios", Lists("portfolios", ["t1", "t1"])))
    with pytest.raises(UnexpectedAnswer, match="without `portfolios`"):
        asyncio.run(pages("listPortfolios", Lists("others", [None])))


async def pages(name: str, calls: Any) -> list[Page]:
    asked = OperationInput(slice_=SimpleNamespace(), options={}, now=NOW)  # type: ignore[arg-type]
    return [page async for page in OPERATIONS[name](calls, asked)]


def test_a_backfill_is_planned_by_the_buckets_of_its_source() -> None:
    spec = load_spec("report__amazon_ads__sp_campaigns")
    assert operations_of(spec) == ("createAdsReport", "getAdsReport")
    assert operations_of(load_spec("report__amazon_ads__portfolios")) == ("listPortfolios",)
    listed = load_rate_limits().operations
    assert {*operations_of(spec), "createAdsReport.all", "createExport", "getExport", *OPERATIONS} <= set(
        listed
    )
