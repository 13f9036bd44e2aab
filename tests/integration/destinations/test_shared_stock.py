"""Stock that several marketplaces each report in full is counted once."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from integration.destinations.documents import NOON, Doc, snapshot_slice, spec_with
from integration.destinations.stores import BigQueryStore, PostgresStore, Store
from support.specs import shipped_specs

from sellerops.base import table_locks
from sellerops.base.errors import TableInUse
from sellerops.settings.marketplaces import marketplace
from sellerops.settings.specs import ColumnType, ReportSpec, load_spec

ONLY = ("postgres", "bigquery")
TABLE = "amazon_sp.fba_inventory_summaries"


def stock(store: Store, code: str, count: int, hours: int = 0, spec: ReportSpec | None = None) -> None:
    spec = spec or load_spec("fba_inventory_summaries")
    summary = {
        "asin": "A",
        "fnSku": "F",
        "sellerSku": "S",
        "condition": "NewItem",
        "inventoryDetails": {"fulfillableQuantity": count},
        "totalQuantity": count,
    }
    line = (
        json.dumps({"request": {}, "answer": {"payload": {"inventorySummaries": [summary]}}}).encode() + b"\n"
    )
    region = "NA" if code == "US" else "EU"
    slice_ = replace(snapshot_slice(spec, NOON, code), region=region)
    Doc(spec, slice_, line, hours, "application/jsonl").load_into(store.destination)


def once(store: Store) -> list[dict[str, Any]]:
    assert isinstance(store, PostgresStore)
    if isinstance(store, BigQueryStore):
        name = f"{store.address.project}.{store.address.dataset_prefix}{TABLE}__once"
        found = store.client.query(f"SELECT * FROM `{name}` WHERE snapshot_at >= '2026-11-01'").result()
        return [dict(row.items()) for row in found]
    return store.query(f"SELECT * FROM {TABLE}__once")


def test_stock_that_marketplaces_share_is_counted_once(store: Store) -> None:
    for code in ("DE", "FR", "IT", "ES"):
        stock(store, code, 100)
    stock(store, "FR", 98, hours=1)  # a moment later two are sold: the pool is not 198
    stock(store, "GB", 30)
    assert sum(row["fulfillable_quantity"] for row in store.rows(TABLE)) == 428
    counted = {row["stock_pool"]: row["fulfillable_quantity"] for row in once(store)}
    assert counted == {"pan_eu": 100, marketplace("GB").id: 30}


def test_every_table_of_shared_stock_says_so() -> None:
    specs = shipped_specs()
    tables = {name: table for spec in specs for name, table in spec.tables.items() if table.shared_stock}
    assert set(tables) == {
        "afn_inventory",
        "fba_inventory_summaries",
        "fba_manage_inventory",
        "fba_manage_inventory_all",
        "reserved_inventory",
    }
    for name, table in tables.items():
        assert "Pan-EU" in table.description and f"{name}__once" in table.description


def test_the_view_follows_its_spec(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    stock(store, "DE", 100)
    monkeypatch.setattr(
        "sellerops.destinations.shared_stock.stock_pools", lambda: {"all": (marketplace("US").id,)}
    )
    stock(store, "DE", 90, hours=1)
    stock(store, "US", 5)
    assert {row["stock_pool"] for row in once(store)} == {marketplace("DE").id, "all"}


def test_the_view_is_out_of_a_migrations_way(conninfo: str) -> None:
    store = PostgresStore(conninfo)
    stock(store, "US", 3)
    name = TABLE.split(".")[1]
    columns = dict(load_spec(name).tables[name].columns)
    columns["total_quantity"] = columns["total_quantity"].model_copy(update={"type": ColumnType.DECIMAL})
    spec = spec_with(name, columns=columns)
    destination: Any = store.destination
    assert destination.migrate(spec, name).is_applied
    assert store.query("SELECT to_regclass(%s) AS view", (f"{TABLE}__once",)) == [{"view": None}]
    stock(store, "US", 4, 1, spec)
    assert [row["total_quantity"] for row in once(store)] == [4]


def test_a_reader_of_the_view_holds_up_no_other_reader(
    conninfo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_locks, "TRIES", 2)
    store = PostgresStore(conninfo)
    stock(store, "US", 3)
    store.query(f"COMMENT ON VIEW {TABLE}__once IS 'an older text'")
    with psycopg.connect(conninfo) as reader:
        reader.execute(f"SELECT * FROM {TABLE}__once")
        with pytest.raises(TableInUse, match="idle in transaction"):
            stock(store, "US", 4, 1)
    stock(store, "US", 4, 1)
    assert [row["total_quantity"] for row in once(store)] == [4]
