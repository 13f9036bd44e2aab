"""The calls of the operations for bulk stock, inbound, catalogue and fees, from list to item."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from sellerops.base.errors import UnexpectedAnswer
from sellerops.calendar.slices import plan_slices
from sellerops.formats import open_rows
from sellerops.settings.accounts import load_accounts
from sellerops.settings.specs import load_spec
from sellerops.sources.amazon_sp.operations.get_inbound_shipments_v0 import STATUSES
from sellerops.sources.amazon_sp.operations.registry import OPERATIONS
from sellerops.sources.amazon_sp.reports import options_of
from sellerops.sources.common.answers import json_line
from sellerops.sources.common.operations import Offer, OperationInput, Page

NOW = datetime(2026, 11, 21, 14, tzinfo=UTC)
US = "ATVPDKIKX0DER"
WINDOW = ("2026-11-13T00:00:00Z", "2026-11-21T00:00:00Z")


class Told:
    """Calls with scripted answers; ``asked`` records them."""

    def __init__(
        self, *answers: Mapping[str, Any], asins: Sequence[str] = (), offers: Sequence[Offer] = ()
    ) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, str, Any]] = []
        self._asins, self._offers = asins, offers

    async def get(
        self, operation: str, path: str, query: Mapping[str, Any] | None = None
    ) -> Mapping[str, Any]:
        self.asked.append((operation, path, dict(query or {})))
        return self.answers.pop(0)

    async def post(
        self, operation: str, path: str, body: Mapping[str, Any] | Sequence[Any]
    ) -> Mapping[str, Any]:
        self.asked.append((operation, path, body))
        return self.answers.pop(0)

    async def asins(self, marketplace_id: str) -> Sequence[str]:
        return self._asins

    async def offers(self, marketplace_id: str) -> Sequence[Offer]:
        return self._offers


def pages_of(name: str, calls: Told) -> list[Page]:
    spec = load_spec(name)
    slice_ = plan_slices(spec, load_accounts()["northwind_na"], run_at=NOW, now=NOW)[0]

    async def whole() -> list[Page]:
        operation = OPERATIONS[spec.request.operation or ""]
        return [
            page async for page in operation(calls, OperationInput(slice_, options_of(spec, slice_), NOW))
        ]

    pages = asyncio.run(whole())
    assert calls.answers == [], "every answer was used"
    return pages


def test_bulk_stock_is_requested_once_for_all_marketplaces() -> None:
    calls = Told({"inventory": [{}], "nextToken": "n"}, {"inventory": []})
    assert len(pages_of("awd_inventory", calls)) == 2
    first = {"maxResults": "200", "details": "SHOW"}
    assert [query for _, _, query in calls.asked] == [first, {**first, "nextToken": "n"}]


def test_each_listed_bulk_shipment_is_requested_once() -> None:
    """Also one that moved from page to page meanwhile; its id is quoted in the path."""
    calls = Told(
        {"shipments": [{"shipmentId": "A/1"}], "nextToken": "n"},
        {"shipments": [{"shipmentId": "A/1"}, {"shipmentId": "B"}]},
        {"shipmentId": "A/1"},
        {"shipmentId": "B"},
    )
    pages = pages_of("awd_inbound_shipments", calls)
    assert [page.name for page in pages] == ["list", "list", "shipment", "shipment"]
    assert (calls.asked[0][2]["updatedAfter"], calls.asked[0][2]["updatedBefore"]) == WINDOW
    path = "/awd/2024-05-09/inboundShipments"
    assert calls.asked[2] == ("getInboundShipment", f"{path}/A%2F1", {"skuQuantities": "SHOW"})


def test_shipments_and_items_have_each_their_own_range() -> None:
    """The shipments' range comes with every status; a token only with the marketplace."""
    calls = Told(
        {"payload": {"ShipmentData": [{}], "NextToken": "n"}},
        {"payload": {"ShipmentData": []}},
        {"payload": {"ItemData": [{}]}},
    )
    pages = pages_of("inbound_shipments", calls)
    assert [page.name for page in pages] == ["shipments", "shipments", "items"]
    window = {
        "QueryType": "DATE_RANGE",
        "MarketplaceId": US,
        "LastUpdatedAfter": WINDOW[0],
        "LastUpdatedBefore": WINDOW[1],
    }
    assert calls.asked == [
        ("getShipments", "/fba/inbound/v0/shipments", {**window, "ShipmentStatusList": list(STATUSES)}),
        (
            "getShipments",
            "/fba/inbound/v0/shipments",
            {"QueryType": "NEXT_TOKEN", "MarketplaceId": US, "NextToken": "n"},
        ),
        ("getShipmentItems", "/fba/inbound/v0/shipmentItems", window),
    ]


def plan(name: str, day: int) -> dict[str, Any]:
    return {"inboundPlanId": name, "lastUpdatedAt": f"2026-11-{day:02d}T10:00:00Z", "marketplaceIds": [US]}


def test_plans_are_read_back_to_the_window_and_only_changed_ones_in_full() -> None:
    """Today's belong to the next run; the first older one ends the list."""
    calls = Told(
        {"inboundPlans": [plan("today", 21), plan("new", 20)], "pagination": {"nextToken": "n"}},
        {"inboundPlans": [plan("old", 12)], "pagination": {"nextToken": "never asked for"}},
        {**plan("new", 20), "shipments": [{"shipmentId": "s"}]},
        {"items": [{"msku": "x"}], "pagination": {"nextToken": "m"}},
        {"items": []},
        {"shipmentId": "s"},
    )
    pages = pages_of("inbound_plans", calls)
    assert [page.name for page in pages] == ["list", "list", "plan", "items", "items", "shipment"]
    path = "/inbound/fba/2024-03-20/inboundPlans"
    assert [asked[1].removeprefix(path) for asked in calls.asked] == [
        "", "", "/new", "/new/items", "/new/items", "/new/shipments/s",
    ]  # fmt: skip
    assert calls.asked[0][2] == {"pageSize": "30", "sortBy": "LAST_UPDATED_TIME", "sortOrder": "DESC"}
    assert calls.asked[4][2] == {"pageSize": "1000", "paginationToken": "m"}
    for page in pages[3:]:
        assert page.request["inboundPlanId"] == "new"
        assert page.request["plan"]["lastUpdatedAt"] == "2026-11-20T10:00:00Z"


def test_a_list_without_update_times_is_refused() -> None:
    with pytest.raises(UnexpectedAnswer, match="time of a plan's last update"):
        pages_of("inbound_plans", Told({"inboundPlans": [{"inboundPlanId": "x"}]}))


def test_the_catalogue_is_requested_in_batches_of_twenty() -> None:
    asins = [f"B0{number:08d}" for number in range(45)]
    calls = Told(*[{"items": []}] * 3, asins=asins)
    pages_of("catalog_items", calls)
    queries = [query for _, _, query in calls.asked]
    assert [len(query["identifiers"]) for query in queries] == [20, 20, 5]
    assert [asin for query in queries for asin in query["identifiers"]] == asins
    assert {query["marketplaceIds"] for query in queries} == {US}


def test_fees_are_requested_for_every_priced_offer_by_sku() -> None:
    offers = [Offer(f"S{n}", "B0", Decimal("19.99") if n else None, n % 2 == 0) for n in range(22)]
    calls = Told({"items": [{}] * 20}, {"items": [{}]}, offers=offers)
    pages = pages_of("product_fees", calls)
    bodies = [body for _, _, body in calls.asked]
    assert [len(body) for body in bodies] == [20, 1]
    assert [item["IdValue"] for body in bodies for item in body] == [f"S{n}" for n in range(1, 22)]
    assert bodies[0][1] == {
        "IdType": "SellerSKU",
        "IdValue": "S2",
        "FeesEstimateRequest": {
            "MarketplaceId": US,
            "IsAmazonFulfilled": True,
            "PriceToEstimateFees": {"ListingPrice": {"CurrencyCode": "USD", "Amount": 19.99}},
            "Identifier": "S2",
        },
    }
    assert pages[1].request["body"] == bodies[1]
    with pytest.raises(UnexpectedAnswer, match="every item"):
        pages_of("product_fees", Told({"items": []}, offers=offers[1:2]))


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("awd_inbound_shipments", {"list": {"shipments": []}}),
        ("inbound_plans", {"list": {"inboundPlans": [plan("old", 12)]}}),
        ("inbound_plans", {"plan": {**plan("new", 20), "createdAt": NOW.isoformat(), "packingOptions": []}}),
        ("product_fees", {"answer": {"items": [{"FeesEstimateIdentifier": {"IdValue": "x"}}]}}),
    ],
)
def test_what_an_answer_does_not_have_is_no_row(name: str, line: dict[str, Any]) -> None:
    """A week without a change, a plan without a shipment, an item without fees: none is another document."""
    spec = load_spec(name)
    slice_ = plan_slices(spec, load_accounts()["northwind_na"], run_at=NOW, now=NOW)[0]
    rows = {}
    for table, table_spec in spec.tables.items():
        stream = open_rows(
            table_spec,
            io.BytesIO(json.dumps({"request": {}, **line}).encode() + b"\n"),
            file_format=spec.format,
            slice_=slice_,
            content_type="application/jsonl; charset=utf-8",
            on_reject=lambda _: None,
            where=name,
        )
        rows[table] = sum(batch.num_rows for batch in stream)
        assert not stream.rejected
        assert stream.drift.added == {}
    is_first = next(iter(rows.values())) > 0
    assert is_first == ("list" not in line)
    assert list(rows.values())[1:] == [0] * (len(rows) - 1)


def test_a_line_of_the_archive_names_the_kind_of_answer() -> None:
    assert json_line({"a": 1}, {"b": 2}, "plan") == b'{"request": {"a": 1}, "plan": {"b": 2}}\n'
