"""The starter views, the marketplaces and the descriptions in BigQuery."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from google.api_core.exceptions import NotFound
from integration.destinations.documents import Doc, as_json, day_slice, snapshot_slice, spec_with
from integration.destinations.stores import BigQueryStore
from integration.views.test_inbound_views import landed as inbound_lists
from integration.views.test_starter_views import stock

from sellerops.destinations.bigquery import BigQueryAddress
from sellerops.destinations.bigquery.shape import BigQueryShape
from sellerops.destinations.bigquery.tables import Tables
from sellerops.settings.marketplaces import all_marketplaces
from sellerops.settings.specs import load_spec

SALES, AT_HAND = load_spec("sales_and_traffic"), load_spec("fba_manage_inventory")


@pytest.fixture
def store(conninfo: str, bigquery: BigQueryAddress) -> BigQueryStore:
    return BigQueryStore(conninfo, bigquery)


def view(store: BigQueryStore, name: str) -> list[dict[str, Any]]:
    found = store.client.query(f"SELECT * FROM `{table(store, f'sellerops_views.{name}')}`").result()
    return [dict(row.items()) for row in found]


def table(store: BigQueryStore, name: str) -> str:
    return f"{store.address.project}.{store.address.dataset_prefix}{name}"


def test_views_marketplaces_and_descriptions_follow_the_loads(
    store: BigQueryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    sales = {
        "parentAsin": "P",
        "childAsin": "C",
        "salesByAsin": {
            "unitsOrdered": 3, "orderedProductSales": {"amount": 59.97, "currencyCode": "USD"},
        },
    }  # fmt: skip
    doc = Doc(
        SALES, day_slice(SALES, "2026-11-20"),
        as_json(salesAndTrafficByAsin=[sales], salesAndTrafficByDate=[]), 0, "application/json",
    )  # fmt: skip
    spec = SALES.model_copy(update={"tables": {"sales_daily": SALES.tables["sales_daily"]}})
    doc = replace(doc, spec=spec)
    doc.load_into(store.destination)
    (row,) = view(store, "sales_by_asin_day")
    assert (row["asin"], row["units_ordered"], row["sales_amount"]) == ("C", 3, Decimal("59.97"))
    assert (row["marketplace"], str(row["day"])) == ("US", "2026-11-20")
    codes = {row["code"] for row in store.client.list_rows(table(store, "sellerops.marketplace"))}
    assert codes == set(all_marketplaces())
    landed = store.client.get_table(table(store, "amazon_sp.sales_daily"))
    described = {field.name: field.description for field in landed.schema}
    assert described["units_ordered"] == "Amazon: `salesByAsin.unitsOrdered`."
    assert described["load_id"] == "Load that wrote the row: sellerops.load.id."

    # Stock: only one of the view's two tables has landed.
    now = datetime.now(UTC)
    at_hand = b"sku\tafn-fulfillable-quantity\tafn-total-quantity\r\nS\t28\t28\r\n"
    Doc(AT_HAND, snapshot_slice(AT_HAND, now - timedelta(hours=1)), at_hand).load_into(store.destination)
    assert [row["fulfillable"] for row in view(store, "current_stock")] == [28]

    # The newest snapshot of each marketplace; views that read the ledger stay in Postgres.
    for hours, units in ((5, 90), (2, 80)):
        stock("DE", units, now - timedelta(hours=hours)).load_into(store.destination)
    (row,) = view(store, "inventory_levels")
    assert (row["marketplace"], row["sku"], row["fulfillable"], row["total"]) == ("DE", "S", 80, 84)
    inbound_lists({"FBAz": "CLOSED"}, {("FBAz", "S"): (20, 19)}).load_into(store.destination)
    with pytest.raises(NotFound):
        view(store, "inbound_status")

    # The same again asks for nothing beside the load; a changed description is written.
    made: list[str] = []
    real = Tables.describe

    def describe(self: Tables, shape: BigQueryShape) -> None:
        made.append(shape.name)
        real(self, shape)

    monkeypatch.setattr(Tables, "describe", describe)
    replace(doc, hours=1).load_into(store.destination)
    assert made == []
    columns = dict(SALES.tables["sales_daily"].columns)
    columns["sku"] = columns["sku"].model_copy(update={"description": "A seller's own number"})
    changed = spec_with("sales_and_traffic", "sales_daily", columns=columns)
    replace(doc, spec=changed, hours=2).load_into(store.destination)
    assert made == ["sales_daily"]
    landed = store.client.get_table(table(store, "amazon_sp.sales_daily"))
    described = {field.name: field.description for field in landed.schema}
    assert described["sku"] == "A seller's own number. Amazon: `sku`."
    assert len(view(store, "sales_by_asin_day")) == 1
