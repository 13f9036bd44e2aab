"""The Data Kiosk API: what it accepts, how a query is processed, and rows that agree with the simulation's
reports."""

from __future__ import annotations

import gzip
import json
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from graphql import GraphQLList, GraphQLNonNull, GraphQLObjectType, get_named_type
from httpx import Response
from support.sandbox_app import NOW, SALES, Api, epoch

from amazon_sandbox.core.quotas import UsagePlan
from amazon_sandbox.data_kiosk import data, language
from amazon_sandbox.data_kiosk.state import QueryStore

US, CA, MX = "ATVPDKIKX0DER", "A2EUQ1WTGCTBG2", "A1AM78C64UM0Y8"
SALES_AND_TRAFFIC, ECONOMICS = data.DATASETS
DAY = 'startDate: "2026-11-14", endDate: "2026-11-14"'
BY_DATE = f'aggregateBy: DAY, {DAY}, marketplaceIds: ["{US}"]'


@cache
def everything(dataset: str, name: str) -> str:
    """A selection of every field the schema has for the rows of a query."""

    def selection(kind: Any) -> str:
        named = get_named_type(kind)
        if not isinstance(named, GraphQLObjectType):
            return ""
        return "{ " + " ".join(key + selection(one.type) for key, one in named.fields.items()) + " }"

    root = get_named_type(language._schema(dataset).query_type.fields[dataset].type)
    return selection(root.fields[name].type)


def query_of(dataset: str, name: str, arguments: str, fields: str | None = None) -> str:
    return f"query {{ {dataset} {{ {name}({arguments}) {fields or everything(dataset, name)} }} }}"


class Kiosk:
    """One seller's calls."""

    def __init__(self, api: Api) -> None:
        self.api = api
        for operation in api.sandbox.quotas.published:
            api.sandbox.quotas.set_plan(operation, None, UsagePlan(1e6, 1e6), epoch(NOW))

    def call(self, method: str, path: str, **kwargs: Any) -> Response:
        headers = {"x-amz-access-token": self.api.token}
        answer: Response = self.api.http.request(method, f"{data.BASE}{path}", headers=headers, **kwargs)
        return answer

    def create(self, text: str, token: str | None = None) -> str:
        body = {"query": text} | ({"paginationToken": token} if token else {})
        answer = self.call("POST", "/queries", json=body)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["queryId"])

    def query(self, query_id: str) -> dict[str, Any]:
        answer = self.call("GET", f"/queries/{query_id}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def finished(self, text: str, token: str | None = None) -> dict[str, Any]:
        query_id = self.create(text, token)
        self.api.later(300)
        return self.query(query_id)

    def url(self, document_id: str) -> str:
        answer = self.call("GET", f"/documents/{document_id}")
        assert answer.status_code == 200, answer.text
        assert answer.json()["documentId"] == document_id
        return str(answer.json()["documentUrl"])

    def document(self, document_id: str) -> bytes:
        """As clients that unpack Content-Encoding see it."""
        answer = self.api.http.get(self.url(document_id))
        assert answer.status_code == 200
        assert answer.headers["content-encoding"] == "gzip"
        return bytes(answer.content)

    def rows(self, text: str) -> list[dict[str, Any]]:
        answer = self.finished(text)
        assert answer["processingStatus"] == "DONE", self.reason(answer)
        return lines(self.document(answer["dataDocumentId"])) if "dataDocumentId" in answer else []

    def reason(self, answer: dict[str, Any]) -> str:
        if "errorDocumentId" not in answer:
            return ""
        return str(json.loads(self.document(answer["errorDocumentId"]))["errorDetails"])


def lines(content: bytes) -> list[dict[str, Any]]:
    return [json.loads(line, parse_float=Decimal) for line in content.splitlines()]


@pytest.fixture
def kiosk(na: Api) -> Kiosk:
    return Kiosk(na)


def report(api: Api, **options: str) -> dict[str, Any]:
    """The sales and traffic report of the same day."""
    done = api.finished(
        SALES, reportOptions=options, dataStartTime="2026-11-14T00:00:00Z", dataEndTime="2026-11-14T00:00:00Z"
    )
    answer = api.call("GET", f"/documents/{done['reportDocumentId']}")
    content = gzip.decompress(api.http.get(answer.json()["url"]).content)
    return dict(json.loads(content, parse_float=Decimal))


def test_a_query_is_processed_as_the_model_describes(kiosk: Kiosk) -> None:
    text = query_of(SALES_AND_TRAFFIC, "salesAndTrafficByDate", BY_DATE)
    query_id = kiosk.create(text)
    answer = kiosk.query(query_id)
    assert answer == {
        "queryId": query_id,
        "query": text,
        "createdTime": "2026-11-21T09:00:00+00:00",
        "processingStatus": "IN_QUEUE",
    }
    kiosk.api.later(30)
    assert kiosk.query(query_id)["processingStatus"] == "IN_PROGRESS"
    kiosk.api.later(300)
    answer = kiosk.query(query_id)
    assert (
        answer["processingStatus"] == "DONE"
        and "pagination" not in answer
        and "errorDocumentId" not in answer
    )
    url = kiosk.url(answer["dataDocumentId"])
    assert kiosk.api.http.get(url).status_code == 200
    kiosk.api.later(301)
    assert kiosk.api.http.get(url).status_code == 403, "a URL expires after 300 seconds"
    kiosk.api.later(31 * 86_400)
    assert kiosk.call("GET", f"/queries/{query_id}").status_code == 404, "kept for P30D"
    assert kiosk.call("GET", f"/documents/{answer['dataDocumentId']}").status_code == 404


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "Syntax Error"),
        ("{ nothing { x } }", "nothing"),
        ("mutation { x }", "query operation"),
        (query_of(SALES_AND_TRAFFIC, "salesAndTrafficByDate", BY_DATE, "{ weather }"), "weather"),
        (query_of(SALES_AND_TRAFFIC, "salesAndTrafficByDate", DAY, "{ startDate }"), "aggregateBy"),
        (
            query_of(
                SALES_AND_TRAFFIC, "salesAndTrafficByDate", BY_DATE.replace("DAY", "YEAR"), "{ startDate }"
            ),
            "YEAR",
        ),
        (
            query_of(
                SALES_AND_TRAFFIC, "salesAndTrafficByDate", BY_DATE.replace("11-14", "11-1"), "{ startDate }"
            ),
            "date",
        ),
        (
            query_of(SALES_AND_TRAFFIC, "salesAndTrafficByDate", BY_DATE, "{ startDate " + "x" * 8000 + " }"),
            "8000",
        ),
    ],
)
def test_what_the_schema_does_not_allow_is_refused(kiosk: Kiosk, text: str, word: str) -> None:
    answer = kiosk.call("POST", "/queries", json={"query": text})
    assert answer.status_code == 400
    assert word in answer.json()["errors"][0]["details"]
    assert not kiosk.call("GET", "/queries").json()["queries"]


def test_white_space_does_not_count_and_other_sellers_marketplaces_are_forbidden(kiosk: Kiosk) -> None:
    text = query_of(SALES_AND_TRAFFIC, "salesAndTrafficByDate", BY_DATE, "{ startDate }")
    assert kiosk.rows(text.replace(" ", " \n" * 1000)) == [{"startDate": "2026-11-14"}]
    other = text.replace(US, "A1PA6795UKMFR9")
    assert kiosk.call("POST", "/queries", json={"query": other}).status_code == 403
    assert kiosk.call("POST", "/queries", json={}).status_code == 400


@pytest.mark.parametrize(
    ("name", "arguments", "word"),
    [
        ("salesAndTrafficByDate", BY_DATE.replace("startDate: \"2026", "startDate: \"2024"), "two years"),
        ("salesAndTrafficByDate", BY_DATE.replace("endDate: \"2026", "endDate: \"2025"), "before"),
        (
            "salesAndTrafficTrends",
            f"asinAggregation: SKU, dateAggregation: DAY, {DAY}, "
            f'filters: [{{marketplaceId: "{US}", asins: []}}]',
            "CHILD",
        ),
        (
            "salesAndTrafficTrends",
            f'asinAggregation: CHILD, dateAggregation: DAY, {DAY}, filters: [{{marketplaceId: "{US}", asins: '
            + json.dumps(["B0"] * 31)
            + "}]",
            "30",
        ),
    ],
)  # fmt: skip
def test_what_amazon_cannot_answer_ends_fatal_with_its_reason(
    kiosk: Kiosk, name: str, arguments: str, word: str
) -> None:
    answer = kiosk.finished(query_of(SALES_AND_TRAFFIC, name, arguments, "{ startDate }"))
    assert answer["processingStatus"] == "FATAL" and "dataDocumentId" not in answer
    assert word in kiosk.reason(answer)


def test_no_row_is_done_without_a_document(kiosk: Kiosk) -> None:
    later = BY_DATE.replace("2026-11-14", "2026-11-21")
    answer = kiosk.finished(query_of(SALES_AND_TRAFFIC, "salesAndTrafficByDate", later))
    assert answer["processingStatus"] == "DONE"
    assert not {"dataDocumentId", "errorDocumentId"} & set(answer)


def test_a_query_is_cancelled_until_it_ends(kiosk: Kiosk) -> None:
    text = query_of(SALES_AND_TRAFFIC, "salesAndTrafficByDate", BY_DATE)
    query_id = kiosk.create(text)
    kiosk.api.later(30)
    for _ in range(2):
        answer = kiosk.call("DELETE", f"/queries/{query_id}")
        assert answer.status_code == 204 and answer.content == b""
    kiosk.api.later(300)
    assert kiosk.query(query_id)["processingStatus"] == "CANCELLED"
    done = kiosk.finished(text)["queryId"]
    assert kiosk.call("DELETE", f"/queries/{done}").status_code == 400


def test_pages_are_queries_of_their_own_and_show_one_moment(kiosk: Kiosk, control: Any) -> None:
    text = query_of(
        SALES_AND_TRAFFIC, "salesAndTrafficByAsin", BY_DATE.replace("DAY", "CHILD", 1), "{ childAsin }"
    )
    whole = kiosk.rows(text)
    control("POST", "/jobs", {"rows_per_page": 12})
    found, token = [], None
    while True:
        answer = kiosk.finished(text, token)
        found += lines(kiosk.document(answer["dataDocumentId"]))
        if "pagination" not in answer:
            break
        token = answer["pagination"]["nextToken"]
        refused = kiosk.call("POST", "/queries", json={"query": text + " ", "paginationToken": token})
        assert refused.status_code == 400, "another query's token"
    assert found == whole and len(whole) > 24


def test_queries_are_listed_newest_first_and_only_the_applications_own(kiosk: Kiosk) -> None:
    text = query_of(SALES_AND_TRAFFIC, "salesAndTrafficByDate", BY_DATE)
    made = [kiosk.create(text) for _ in range(5)]
    first = kiosk.call("GET", "/queries", params={"pageSize": 3}).json()
    assert [one["queryId"] for one in first["queries"]] == made[:1:-1]
    token = first["pagination"]["nextToken"]
    rest = kiosk.call("GET", "/queries", params={"paginationToken": token}).json()
    assert [one["queryId"] for one in rest["queries"]] == made[1::-1] and "pagination" not in rest
    other = {"paginationToken": token, "processingStatuses": "DONE"}
    assert kiosk.call("GET", "/queries", params=other).status_code == 400
    assert kiosk.call("GET", "/queries", params={"processingStatuses": "FATAL"}).json() == {"queries": []}
    since = {"createdSince": "2026-11-21T09:00:01Z"}
    assert kiosk.call("GET", "/queries", params=since).json() == {"queries": []}
    for query in kiosk.api.sandbox.state(QueryStore).everything():
        query.application = "another"
    assert kiosk.call("GET", "/queries").json() == {"queries": []}
    assert kiosk.call("GET", f"/queries/{made[0]}").status_code == 404


def test_by_date_is_the_reports_day_and_has_every_field(kiosk: Kiosk) -> None:
    (row,) = kiosk.rows(query_of(SALES_AND_TRAFFIC, "salesAndTrafficByDate", BY_DATE))
    (day,) = report(kiosk.api)["salesAndTrafficByDate"]
    assert day["salesByDate"].items() <= row["sales"].items()
    assert day["trafficByDate"].items() <= row["traffic"].items()
    assert row["startDate"] == row["endDate"] == day["date"]


def test_by_asin_adds_up_to_the_day(kiosk: Kiosk) -> None:
    (day,) = kiosk.rows(query_of(SALES_AND_TRAFFIC, "salesAndTrafficByDate", BY_DATE))
    for granularity in ("PARENT", "CHILD", "SKU"):
        arguments = BY_DATE.replace("DAY", granularity, 1)
        rows = kiosk.rows(query_of(SALES_AND_TRAFFIC, "salesAndTrafficByAsin", arguments))
        entries = report(kiosk.api, asinGranularity=granularity)["salesAndTrafficByAsin"]
        assert len(rows) == len(entries)
        for row, entry in zip(rows, entries, strict=True):
            assert entry["salesByAsin"].items() <= row["sales"].items()
            assert entry["trafficByAsin"] == row["traffic"]
        for name in ("unitsOrdered", "unitsShipped", "unitsRefunded", "unitsShippedB2B"):
            assert sum(row["sales"][name] for row in rows) == day["sales"][name], name


def test_trends_are_days_by_child_asin_of_the_requested_asins_only(kiosk: Kiosk) -> None:
    entries = report(kiosk.api, asinGranularity="CHILD")["salesAndTrafficByAsin"]
    asins = [entry["childAsin"] for entry in entries[:5]]
    arguments = (
        'asinAggregation: CHILD, dateAggregation: DAY, startDate: "2026-11-13", endDate: "2026-11-15", '
        f'filters: [{{marketplaceId: "{US}", asins: {json.dumps([*asins, "B0ZZZZZZZZ"])}}}]'
    )
    rows = kiosk.rows(query_of(SALES_AND_TRAFFIC, "salesAndTrafficTrends", arguments))
    assert {row["startDate"] for row in rows} == {"2026-11-13", "2026-11-14", "2026-11-15"}
    day = {row["childAsin"]: row for row in rows if row["startDate"] == "2026-11-14"}
    assert set(day) == set(asins)
    for entry in entries[:5]:
        assert entry["trafficByAsin"] == day[entry["childAsin"]]["traffic"]


def test_weeks_and_months_are_whole_ones_within_the_dates(kiosk: Kiosk) -> None:
    arguments = BY_DATE.replace("DAY", "WEEK").replace('"2026-11-14"', '"2026-10-29"', 1)
    rows = kiosk.rows(
        query_of(SALES_AND_TRAFFIC, "salesAndTrafficByDate", arguments, "{ first: startDate endDate }")
    )
    assert rows == [
        {"first": "2026-11-01", "endDate": "2026-11-07"},
        {"first": "2026-11-08", "endDate": "2026-11-14"},
    ]


def test_economics_has_the_days_sales_and_the_lines_of_the_settlements(kiosk: Kiosk) -> None:
    arguments = f'{DAY}, marketplaceIds: ["{US}", "{MX}"]'
    rows = kiosk.rows(query_of(ECONOMICS, "economics", arguments))
    (day,) = kiosk.rows(query_of(SALES_AND_TRAFFIC, "salesAndTrafficByDate", BY_DATE))
    us = [row for row in rows if row["marketplaceId"] == US]
    assert len(us) < len(rows)
    assert sum(row["sales"]["unitsOrdered"] for row in us) == day["sales"]["unitsOrdered"]
    assert sum(row["sales"]["unitsRefunded"] for row in us) == day["sales"]["unitsRefunded"]
    ordered = sum(row["sales"]["orderedProductSales"]["amount"] for row in us)
    assert ordered == day["sales"]["orderedProductSales"]["amount"]
    assert sum(map(_fees, us)) == _posted(kiosk, date(2026, 11, 14))
    for row in us:
        cost = row["cost"]
        each = [cost["costOfGoodsSold"], cost["fbaCost"]["shippingToAmazonCost"],
                cost["mfnCost"]["fulfillmentCost"]]  # fmt: skip
        spent = sum(one["amount"] for one in each if one) * row["sales"]["netUnitsSold"]
        ads = sum((one["charge"]["totalAmount"]["amount"] for one in row["ads"]), Decimal(0))
        total = row["sales"]["netProductSales"]["amount"] - _fees(row) - ads - spent
        assert row["netProceeds"]["total"]["amount"] == total


def test_economics_is_cut_by_product_and_period(kiosk: Kiosk) -> None:
    def sums(product: str, cut: str) -> tuple[int, Decimal]:
        arguments = (
            f'startDate: "2026-11-01", endDate: "2026-11-14", marketplaceIds: ["{US}"], '
            f"aggregateBy: {{date: {cut}, productId: {product}}}, "
            "includeComponentsForFeeTypes: [FBA_FULFILLMENT_FEE]"
        )
        rows = kiosk.rows(query_of(ECONOMICS, "economics", arguments))
        charges = [fee["charges"][0] for row in rows for fee in row["fees"]]
        parts = [charge["components"] for charge in charges if charge["components"]]
        assert parts and parts[0][0]["aggregatedDetail"]["amount"]["amount"] > 0
        return len(rows), sum(map(_fees, rows), Decimal(0))

    counts, totals = zip(
        *(sums(*each) for each in [("MSKU", "DAY"), ("MSKU", "WEEK"), ("CHILD_ASIN", "RANGE"),
                                   ("PARENT_ASIN", "RANGE")]),
        strict=True,
    )  # fmt: skip
    assert len(set(totals)) == 1
    assert sorted(counts, reverse=True) == list(counts) and len(set(counts)) == 4


def test_previews_have_data_and_faults_apply_to_queries(kiosk: Kiosk, control: Any) -> None:
    preview = (
        f'startDate: "2026-11-21", endDate: "2026-11-28", marketplaceIds: ["{US}"], feeTypes: [REFERRAL_FEES]'
    )
    previewed = kiosk.rows(query_of(ECONOMICS, "economicsPreview", preview))
    assert {fee["feeTypeName"] for row in previewed for fee in row["fees"]} == {"ReferralFee"}
    control("POST", "/faults", {"fault": "economics_all_zero", "times": 1})
    economics = query_of(ECONOMICS, "economics", f'{DAY}, marketplaceIds: ["{US}"]')
    zero, real = (sum(map(_fees, kiosk.rows(economics)), Decimal(0)) for _ in range(2))
    assert zero == 0 < real
    text = query_of(SALES_AND_TRAFFIC, "salesAndTrafficByDate", BY_DATE)
    kind = "DATA_KIOSK_salesAndTrafficByDate"
    control("POST", "/faults", {"fault": "fatal_with_document", "report_type": kind, "times": 1})
    control("POST", "/faults", {"fault": "cancelled", "operation": "createQuery", "times": 1, "after": 1})
    first = kiosk.finished(text)
    assert first["processingStatus"] == "FATAL" and kiosk.reason(first)
    assert kiosk.finished(text)["processingStatus"] == "CANCELLED"
    assert kiosk.finished(text)["processingStatus"] == "DONE"


def test_fragments_aliases_and_type_names_are_read(kiosk: Kiosk) -> None:
    fields = (
        "{ ...where sales { units: unitsOrdered } ... on SalesAndTrafficByDate { sales { unitsRefunded } } }"
    )
    fragment = " fragment where on SalesAndTrafficByDate { place: marketplaceId }"
    (row,) = kiosk.rows(query_of(SALES_AND_TRAFFIC, "salesAndTrafficByDate", BY_DATE, fields) + fragment)
    assert list(row) == ["place", "sales"] and list(row["sales"]) == ["units", "unitsRefunded"]


def _fees(row: dict[str, Any]) -> Decimal:
    return sum((fee["charges"][0]["aggregatedDetail"]["totalAmount"]["amount"] for fee in row["fees"]),
               Decimal(0))  # fmt: skip


def _posted(kiosk: Kiosk, day: date) -> Decimal:
    """What settlements charge as item fees and for products on a day of the US storefront."""
    from amazon_sandbox.simulation.money import orders, refunds
    from amazon_sandbox.simulation.money.all_events import sku_events_between
    from amazon_sandbox.simulation.money.inbound import bulk_stock_fees

    storefront = kiosk.api.sandbox.simulation.storefront(kiosk.api.seller, US)
    start, end = storefront.marketplace.day_bounds(day.toordinal())
    of_items = sum(
        line.amount
        for lines in (orders.lines_shipped, refunds.lines_posted)
        for line in lines(storefront, start, end)
        if line.amount_type == "ItemFees"
    )
    others = ("ads.cost", "ads.refund", "removal.liquidation", "retrocharge")
    of_products = sum(
        item.amount
        for event in (*sku_events_between(storefront, start, end), *bulk_stock_fees(storefront, start, end))
        if event.kind not in others
        for item in event.items
        if item.listing
    )
    return Decimal(-of_items - of_products) / 100


def test_the_schemas_are_amazons_lists_and_objects() -> None:
    """Every row type is an object in a list, as JSON Lines needs it."""
    for dataset in data.DATASETS:
        root = get_named_type(language._schema(dataset).query_type.fields[dataset].type)
        for name, field in root.fields.items():
            kind = field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type
            assert isinstance(kind, GraphQLList) and name in data.QUERIES
