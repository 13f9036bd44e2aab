"""Why this number: from a figure down to landed rows, their document and their Airflow run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from support.hand_made_rows import make_landing_table
from support.hub import ACCOUNT, US, Hub, HubServer

WHY = "/hub/api/why"
DAY = date(2026, 11, 20)
MARKETPLACE = {"account": ACCOUNT, "marketplace": US, "day": str(DAY)}


@pytest.fixture(scope="module")
def hub(hub_server: HubServer) -> Iterator[Hub]:
    with hub_server.database() as hub:
        _fill(hub)
        yield hub


def test_a_figure_is_traced_to_rows_document_and_run(hub: Hub) -> None:
    tile = hub.owner.get("/hub/api/overview").json()["yesterday"]["totals"][0]
    profit = _why(hub, mart="profit_day", column="product_sales_reporting", **MARKETPLACE)
    (told,) = profit["sums"]
    assert (told["currency"], Decimal(told["value"])) == ("EUR", Decimal(tile["product_sales"]))
    assert profit["built_by"]["page"] == "dags/marts__money/runs/scheduled__1"

    (of_skus,) = [each for each in profit["inputs"] if each["makes_value"]]
    skus = _why(hub, mart=of_skus["name"], column=of_skus["columns"][0], **_parameters(of_skus["keys"]))
    assert Decimal(skus["sums"][0]["value"]) == Decimal(told["value"])
    assert [row["keys"]["sku"] for row in skus["rows"]] == ["B", "A"]

    sku_a = {**MARKETPLACE, "sku": "A"}
    sales = _why(hub, mart="profit_sku_day", column="product_sales", **sku_a)
    orders = next(each for each in sales["inputs"] if each["name"] == "order_money")
    assert (orders["makes_value"], orders["columns"][0]) == (True, "product_sales")
    lines = _why(hub, mart="order_money", column="open_sales", **_parameters(orders["keys"]))
    assert [row["keys"]["order_id"] for row in lines["rows"]] == ["111-1"]
    landed = next(each for each in lines["inputs"] if each["name"] == "amazon_sp.all_orders")
    assert landed["kind"] == "landed"

    rows = _rows(hub, mart="order_money", column="open_sales", name=landed["name"], **sku_a)
    named = [dict(zip(rows["columns"], row, strict=True)) for row in rows["rows"]]
    assert [(row["amazon_order_id"], row["item_price"]) for row in named] == [("111-1", "40")]
    (load,) = rows["loads"]
    assert rows["load_ids"] == [load["id"]]
    assert load["document"] == f"sellerops/dags/report__amazon_sp__all_orders/documents/{_request(hub)}"
    assert load["run"]["page"] == "dags/report__amazon_sp__all_orders/runs/manual__1%2Bx"


def test_rows_are_paged_and_sums_are_over_all_pages(hub: Hub) -> None:
    found = _why(hub, mart="profit_sku_day", column="product_sales", limit=1, offset=1, **MARKETPLACE)
    assert (found["row_count"], len(found["rows"]), Decimal(found["sums"][0]["value"])) == (2, 1, 100)


def test_a_computed_figure_shows_its_parts_and_stored_inputs(hub: Hub) -> None:
    found = _why(hub, mart="restock", column="order_quantity", sku="A", **MARKETPLACE)
    assert found["computed"] is True
    parts = {each["column"]: each["value"] for each in found["parts"]}
    assert (parts["available"], parts["unit_cost"]) == ("7", "3")
    demand = next(each for each in found["inputs"] if each["name"] == "demand_day")
    assert demand["keys"]["start"] == "2026-08-22"  # 90 days before
    assert demand["keys"]["key"] == ["sku:A"]
    assert _why(hub, mart="demand_day", column="units", **_parameters(demand["keys"]))["row_count"] == 1


def test_days_of_a_mart_without_daily_partitions_pick_rows(hub: Hub) -> None:
    found = _why(hub, mart="owed", column="value", account=ACCOUNT, day=str(DAY), key="kind:lost")
    assert (found["row_count"], Decimal(found["sums"][0]["value"])) == (1, 7)


def test_what_cannot_be_added_has_no_sum(hub: Hub) -> None:
    found = _why(hub, mart="restock", column="service_level", **MARKETPLACE)
    assert (found["row_count"], found["sums"][0]["value"]) == (2, None)
    found = _why(hub, mart="restock", column="service_level", sku="A", **MARKETPLACE)
    assert found["sums"][0]["value"] == "0.95"


def test_costs_stay_hidden_from_partners(hub: Hub) -> None:
    query = {"mart": "profit_sku_day", "column": "cogs", **MARKETPLACE}
    assert hub.partner.get(WHY, params=query).status_code == 403
    shown = hub.partner.get(WHY, params={**query, "column": "product_sales"}).json()
    assert next(each for each in shown["inputs"] if each["name"] == "reference.cost")["hidden"] is True
    rows = {**query, "column": "product_sales", "name": "reference.cost"}
    assert hub.partner.get(f"{WHY}/rows", params=rows).status_code == 403
    assert hub.owner.get(f"{WHY}/rows", params=rows).status_code == 200
    shown = hub.partner.get(
        WHY, params={**MARKETPLACE, "mart": "restock", "column": "order_quantity", "sku": "A"}
    ).json()
    parts = {each["column"] for each in shown["parts"]}
    assert "available" in parts
    hidden = {each["name"] for each in shown["inputs"] if each["hidden"]}
    # The way to buy a SKU has its freight.
    assert hidden >= {"reference.cost", "reference.price_break", "reference.supplier"}
    assert not parts & {"unit_cost", "cash_needed", "cash_deposit", "cash_balance", "lost_margin"}


@pytest.mark.parametrize(
    ("mart", "column", "key"),
    [
        ("restock", "cash_needed", ""),
        ("owed", "value", ""),
        ("owed", "unit_value", ""),
        ("restock", "order_quantity", "unit_cost:3"),
        ("restock", "order_quantity", "unit_cost:4"),
    ],
)
def test_partners_can_neither_ask_for_costs_nor_guess_them(
    hub: Hub, mart: str, column: str, key: str
) -> None:
    query = {"account": ACCOUNT, "mart": mart, "column": column, **({"key": key} if key else {})}
    assert hub.partner.get(WHY, params=query).status_code == 403
    assert hub.owner.get(WHY, params=query).status_code == 200
    rows = {**query, "name": "reference.fee_rule"}
    assert hub.partner.get(f"{WHY}/rows", params=rows).status_code == 403


def test_tables_of_personal_data_cannot_be_named(hub: Hub) -> None:
    for name in ("amazon_sp.all_orders__personal", "sellerops.load", "pg_catalog.pg_authid"):
        query = {"mart": "order_money", "column": "ordered", "name": name, **MARKETPLACE}
        assert hub.owner.get(f"{WHY}/rows", params=query).status_code == 404, name


def test_a_table_that_is_not_here_says_so(hub: Hub) -> None:
    found = _rows(hub, mart="order_money", column="ordered", name="amazon_sp.listings_all", **MARKETPLACE)
    assert "not in this warehouse" in found["note"]


@pytest.mark.parametrize(
    ("query", "status", "says"),
    [
        ({"mart": "profit_dya", "column": "units"}, 404, "profit_day"),
        ({"mart": "profit_day", "column": "unitz"}, 404, "units"),
        ({"mart": "profit_day", "column": "units", "key": "colour:red"}, 404, "colour"),
        ({"mart": "profit_day", "column": "units", "key": "red"}, 422, "column:value"),
        ({"mart": "settlement", "column": "lines", "key": "starts_at:red"}, 422, "does not fit"),
        ({"mart": "profit_day", "column": "units; DROP TABLE x"}, 404, "unknown column"),
    ],
)
def test_wrong_questions_are_explained(hub: Hub, query: dict[str, str], status: int, says: str) -> None:
    found = hub.owner.get(WHY, params=query)
    assert (found.status_code, says in found.text) == (status, True), found.text


def _why(hub: Hub, **query: Any) -> Any:
    found = hub.owner.get(WHY, params=query)
    assert found.status_code == 200, found.text
    return found.json()


def _rows(hub: Hub, **query: Any) -> Any:
    found = hub.owner.get(f"{WHY}/rows", params=query)
    assert found.status_code == 200, found.text
    return found.json()


def _parameters(keys: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in keys.items() if value}


def _request(hub: Hub) -> int:
    (row,) = hub.rows("SELECT id FROM sellerops.report_request")
    return int(row["id"])


def _fill(hub: Hub) -> None:
    day = {"day": DAY, "currency": "USD", "status": "complete", "missing": "", "reporting_currency": "EUR"}
    hub.add("profit_day", {**day, "units": 3, "product_sales": 100, "product_sales_reporting": 90})
    hub.add(
        "profit_sku_day",
        {**day, "sku": "A", "product_sales": 40, "product_sales_reporting": 36, "cogs": -4},
        {**day, "sku": "B", "product_sales": 60, "product_sales_reporting": 54},
    )
    hub.add(
        "order_money",
        {"day": DAY, "currency": "USD", "sku": "A", "order_id": "111-1", "open_sales": 40},
        {"day": DAY, "currency": "USD", "sku": "B", "order_id": "111-2", "open_sales": 60},
    )
    hub.add(
        "restock",
        {"day": DAY, "currency": "USD", "sku": "A", "order_quantity": 5, "available": 7, "unit_cost": 3,
         "service_level": 0.95},
        {"day": DAY, "currency": "USD", "sku": "B", "order_quantity": 5, "service_level": 0.9},
    )  # fmt: skip
    hub.add(
        "demand_day", {"day": date(2026, 9, 1), "sku": "A", "units": 2}, {"day": date(2026, 8, 1), "sku": "A"}
    )
    hub.make("settlement")
    lost = {"kind": "lost", "reference": "", "sku": "A", "currency": "USD"}
    hub.add("owed", {**lost, "day": DAY, "value": 7}, {**lost, "day": date(2026, 11, 1), "value": 70})
    hub.add_to(
        "sellerops.mart_build",
        {"mart": "profit_day", "destination": "postgres", "spans": 1, "deleted": 0, "inserted": 1,
         "seconds": 1, "dag_id": "marts__money", "run_id": "scheduled__1"},
    )  # fmt: skip
    _land(hub)


def _land(hub: Hub) -> None:
    run = {"dag_id": "report__amazon_sp__all_orders", "run_id": "manual__1+x"}
    hub.add_to(
        "sellerops.report_request",
        {"key_hash": "x", "source": "amazon_sp", "report": "all_orders", "report_type": "X", "region": "NA",
         "account_id": ACCOUNT, "marketplace_ids": [US], "status": "ARCHIVED", "task_id": "fetch",
         "map_index": 0, "task_try": 1, **run},
    )  # fmt: skip
    counts = dict.fromkeys(("rejected", "updated", "unchanged", "superseded", "replaced"), 0)
    hub.add_to(
        "sellerops.load",
        {"request_id": _request(hub), "report": "all_orders", "account_id": ACCOUNT,
         "destination": "postgres", "table_name": "amazon_sp.all_orders", "rows_in_file": 2, "stored": 2,
         "inserted": 2, "seconds": 1, "started_at": DAY, "document": '{"uri": "file:///x"}', **counts, **run},
    )  # fmt: skip
    (load,) = hub.rows("SELECT id FROM sellerops.load")
    make_landing_table(hub.conninfo, "all_orders")
    line = {"account_id": ACCOUNT, "marketplace_id": US, "purchase_date": DAY, "load_id": load["id"]}
    hub.add_to(
        "amazon_sp.all_orders",
        {**line, "sku": "A", "amazon_order_id": "111-1", "item_price": 40},
        {**line, "sku": "B", "amazon_order_id": "111-2", "item_price": 60},
    )
