"""Rows whose key Amazon leaves empty are in the table: apart from each other, once, however often loaded."""

from __future__ import annotations

import json
from typing import Any

import pytest
from integration.destinations.documents import Doc, contents, day_slice, tsv
from integration.destinations.stores import Store

from sellerops.base.errors import SellerOpsError
from sellerops.settings.specs import load_spec

SHIPMENTS, ADS, TRANSACTIONS = (
    load_spec("fulfilled_shipments"),
    load_spec("sb_ads"),
    load_spec("transactions"),
)
HEAD = ["amazon-order-id", "shipment-id", "shipment-item-id", "amazon-order-item-id", "shipment-date", "sku",
        "quantity-shipped", "currency", "item-price", "carrier", "sales-channel"]  # fmt: skip
AD = {"date": "2026-11-15", "campaignId": 111, "impressions": 10, "clicks": 1, "cost": 1.5}
FEE = {
    "transactionType": "ServiceFee",
    "transactionStatus": "RELEASED",
    "postedDate": "2026-11-10T00:00:00Z",
    "totalAmount": {"currencyAmount": -39.99, "currencyCode": "USD"},
}


def shipped(n: int, shipment: str, item: str, day: int = 20) -> list[Any]:
    when = f"2026-11-{day}T10:00:00+00:00"
    return [f"111-{n}", shipment, item, f"900{n}", when, "SKU", 1, "USD", "10.00", "UPS", "amazon.com"]


def shipments(rows: list[list[Any]], hours: float = 0) -> Doc:
    slice_ = day_slice(SHIPMENTS, "2026-11-18", "2026-11-20", marketplaces=("US", "CA", "MX"))
    return Doc(SHIPMENTS, slice_, tsv(HEAD, rows), hours=hours)


def ads(rows: list[dict[str, Any]], hours: float = 0) -> Doc:
    slice_ = day_slice(ADS, "2026-11-10", "2026-11-16", timezone="America/Los_Angeles")
    return Doc(ADS, slice_, json.dumps(rows).encode(), hours=hours, content_type="application/json")


def transactions(rows: list[dict[str, Any]], hours: float = 0) -> Doc:
    slice_ = day_slice(TRANSACTIONS, "2026-10-17", "2026-11-20", marketplaces=("US", "CA", "MX"))
    line = json.dumps({"request": {}, "answer": {"payload": {"transactions": rows}}})
    return Doc(TRANSACTIONS, slice_, line.encode() + b"\n", hours=hours, content_type="application/jsonl")


def loaded(store: Store, table: str, *documents: Doc) -> list[dict[str, Any]]:
    """The table after the documents, in that order; the last one twice."""
    for document in (*documents, documents[-1]):
        for result in document.load_into(store.destination):
            assert result.rejected == 0
    return store.rows(table)


def test_shipments_without_their_ids_stay_apart(store: Store) -> None:
    """Shipments across a border have no shipment-id, and for days no item had its own id."""
    rows = [shipped(1, "D1", "I1"), shipped(2, "", "I2"), shipped(3, "", ""), shipped(4, "", "")]
    rows += [shipped(4, "", "", day=19)]
    found = loaded(store, "amazon_sp.fulfilled_shipments", shipments(rows), shipments(rows, hours=1))
    assert sorted((row["shipment_id"], row["amazon_order_id"]) for row in found) == [
        ("D1", "111-1"), ("none", "111-2"), ("none", "111-3"), ("none", "111-4"), ("none", "111-4"),
    ]  # fmt: skip
    assert len({row["shipment_item_id"] for row in found}) == 5


def test_ads_without_an_id_are_rows_and_replace_each_other(store: Store) -> None:
    old = [{**AD, "adGroupId": 22, "adId": 5}, {**AD, "adGroupId": 23, "adId": None}]
    new = [{**AD, "adGroupId": n} for n in range(20)]
    found = loaded(store, "amazon_ads.sb_ads", ads(old), ads(new, hours=1))
    assert {(row["ad_group_id"], row["ad_id"]) for row in found} == {(str(n), "none") for n in range(20)}


def test_transactions_without_id_marketplace_and_items_are_rows(store: Store) -> None:
    """Also two that are equal to the last character: two subscription fees of one day."""
    rows = [FEE, FEE, {**FEE, "totalAmount": {"currencyAmount": -1, "currencyCode": "USD"}}]
    first = transactions([*rows, {**FEE, "transactionId": "T1", "items": None}])
    found = loaded(store, "amazon_sp.transactions", first, transactions(rows[::-1], hours=1))
    assert [row["marketplace_id"] for row in found] == [None] * 3
    assert len({row["transaction_id"] for row in found}) == 3
    assert all(row["transaction_id"].startswith("none-") for row in found)
    assert sorted(row["total_amount"] for row in found) == sorted(
        map(type(found[0]["total_amount"]), ("-39.99", "-39.99", "-1"))
    )
    assert store.rows("amazon_sp.transaction_items") == []


def test_a_window_in_which_nothing_has_items_is_no_other_document(store: Store) -> None:
    """Other lists replace `items`: only the outermost list identifies a document."""
    related = [{"relatedIdentifierName": "SETTLEMENT_ID", "relatedIdentifierValue": "0012"}]
    transfer = {**FEE, "transactionId": "T1", "relatedIdentifiers": related, "breakdowns": []}
    (row,) = loaded(store, "amazon_sp.transactions", transactions([transfer]))
    assert row["transaction_id"] == "T1"
    assert store.rows("amazon_sp.transaction_items") == []


def test_the_order_of_loads_does_not_matter(store: Store) -> None:
    one = transactions([FEE, {**FEE, "postedDate": "2026-11-11T00:00:00Z"}])
    two = transactions([FEE, FEE], hours=1)
    assert contents(loaded(store, "amazon_sp.transactions", one, two)) == contents(
        loaded(store, "amazon_sp.transactions", two, one)
    )


def test_stored_rows_outlive_a_document_of_rejects(store: Store) -> None:
    loaded(store, "amazon_ads.sb_ads", ads([{**AD, "adGroupId": 22, "adId": 5}]))
    nameless = [{**AD, "campaignId": None, "adGroupId": n} for n in range(20)]
    with pytest.raises(SellerOpsError, match="20 of 20 rows cannot be stored"):
        ads(nameless, hours=1).load_into(store.destination)
    assert [row["ad_id"] for row in store.rows("amazon_ads.sb_ads")] == ["5"]
