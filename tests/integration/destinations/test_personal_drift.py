"""Unknown columns that read like personal data land in no table of any destination, and people hear of it."""

from __future__ import annotations

import json
import re
import shlex
from typing import Any

import pytest
from integration.destinations.documents import Doc, day_slice
from integration.destinations.stores import BigQueryStore, Store

from sellerops.cli import main
from sellerops.formats import personal_columns as personal
from sellerops.ledger import Ledger
from sellerops.ledger.findings import column_changes
from sellerops.notices.findings import drift_notice, is_news
from sellerops.settings.specs import load_spec

ONLY = ("postgres", "bigquery")
ORDERS = load_spec("orders_v0")
TABLE = "amazon_sp.orders_v0"


def order(number: int, **more: Any) -> dict[str, Any]:
    return {
        "AmazonOrderId": f"111-0000000-000000{number}",
        "PurchaseDate": "2026-11-19T00:00:00Z",
        "LastUpdateDate": "2026-11-20T00:00:00Z",
        "MarketplaceId": "ATVPDKIKX0DER",
        "OrderStatus": "Shipped",
        **more,
    }


def document(hours: float, *orders: dict[str, Any]) -> Doc:
    line = json.dumps({"request": {}, "answer": {"payload": {"Orders": orders}}}) + "\n"
    return Doc(ORDERS, day_slice(ORDERS, "2026-11-20"), line.encode(), hours, "application/json")


def test_orders_bring_no_personal_data_by_drift(store: Store, ledger: Ledger) -> None:
    personal = {
        "BuyerInfo": {"BuyerEmail": "b@marketplace.example"},
        "ShippingAddress": {"City": "Springfield", "PostalCode": "00001", "CountryCode": "US"},
    }
    (result,) = document(0, order(1), order(2, NewThing="kept", **personal)).load_into(store.destination)
    assert (result.stored, result.rejected) == (2, 0)
    columns = store.columns(TABLE)
    assert "new_thing" in columns
    assert "shipping_address_country_code" in columns
    assert not [name for name in columns if "email" in name or "city" in name or "postal" in name]
    assert "Springfield" not in repr(store.rows(TABLE))
    held_out = {name for name, kind in store.changes() if kind == "personal"}
    assert held_out == {
        "buyer_info_buyer_email",
        "shipping_address_city",
        "shipping_address_postal_code",
    }
    with ledger.connection() as connection:
        changes = [each for each in column_changes(connection, [result.load_id]) if is_news(each, ORDERS)]
        found = connection.execute("SELECT report, columns FROM sellerops.personal_document").fetchall()
    text = drift_notice(changes, ORDERS).text
    assert "buyer_info_buyer_email` looks like personal data and is not stored" in text
    assert "`personal: true`" in text
    assert found == [{"report": "orders_v0", "columns": sorted(held_out)}]
    # Told once, and gone again without a word of a dropped column.
    before = store.changes()
    document(1, order(1), order(2, NewThing="kept", **personal)).load_into(store.destination)
    document(2, order(1), order(2, NewThing="kept", ShippingAddress={"CountryCode": "US"})).load_into(
        store.destination
    )
    assert store.changes() == before


def test_lists_of_objects_are_looked_into(store: Store, ledger: Ledger) -> None:
    """A list at an unknown place is one text; rows before the first personal one were harmless."""
    harmless = [order(n, Packages=[{"Weight": "1"}], Notes=[{"Code": "A"}]) for n in range(1, 600)]
    personal = order(600, Packages=[{"Weight": "2", "Recipient": {"Name": "Ada Invented"}}])
    (result,) = document(0, *harmless, personal).load_into(store.destination)
    assert result.stored == 600
    assert "Ada Invented" not in repr(store.rows(TABLE))
    assert "packages" not in store.columns(TABLE)
    assert "notes" in store.columns(TABLE)
    assert ("packages", "personal") in store.changes()


def test_what_landed_before_is_shown_and_removed_by_the_command_as_printed(
    store: Store, ledger: Ledger, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As a version left it that did not look at names: columns of both kinds, with history."""
    monkeypatch.setenv("SELLEROPS_WAREHOUSE", ledger.database.conninfo)
    if isinstance(store, BigQueryStore):
        address, connection = store.address, store.client._connection
        monkeypatch.setenv("SELLEROPS_BIGQUERY_PROJECT", address.project)
        monkeypatch.setenv("SELLEROPS_BIGQUERY_DATASET_PREFIX", address.dataset_prefix)
        monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", connection.API_BASE_URL)
    monkeypatch.delenv("SELLEROPS_ARCHIVE", raising=False)
    name = store.destination.name
    with monkeypatch.context() as before:
        before.setattr(personal, "looks_personal", lambda name: False)
        for hours, city in ((0, "Springfield"), (1, "Shelbyville")):
            doc = document(hours, order(1, NewThing="kept", ShippingAddress={"City": city}))
            doc.load_into(store.destination)
    assert "shipping_address_city" in store.columns(TABLE)
    arguments = ["personal", "landed", "--report", "orders_v0", "--destination", name]
    assert main(arguments) == 0
    output = capsys.readouterr().out
    assert "shipping_address_city" in output
    assert "new_thing" not in output
    assert "shipping_address_city" in store.columns(TABLE)
    printed = re.search(r"`bin/sellerops ([^`]+)`", output)
    assert printed is not None
    assert main(shlex.split(printed[1])) == 0
    assert "1 columns removed" in capsys.readouterr().out
    assert "shipping_address_city" not in store.columns(TABLE)
    assert "new_thing" in store.columns(TABLE)
    if name == "postgres":
        with ledger.connection() as connection:
            for table in ("restatement", "rejected_row", "personal_document"):
                rows = connection.execute(f"SELECT * FROM sellerops.{table}").fetchall()
                assert "Springfield" not in repr(rows)
            assert len(rows) == 1
    assert main(arguments) == 0
    assert "No unknown column" in capsys.readouterr().out
    document(2, order(1, NewThing="kept", ShippingAddress={"City": "Ogdenville"})).load_into(
        store.destination
    )
    assert "shipping_address_city" not in store.columns(TABLE)
