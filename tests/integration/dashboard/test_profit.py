"""The Profit page over HTTP: its tiles, lines, days, bridge, differences, settlements and SKUs agree."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from support.hub import ACCOUNT, PROFIT_SUMS, US, Hub, HubServer
from support.hub_money import CA, CM1, CM2, RATES, fill_money

API = "/hub/api/profit"
# Ten days, and the ten days two weeks before: weekdays meet.
SCOPE = "start=2026-11-10&end=2026-11-19"


@pytest.fixture(scope="module")
def hub(hub_server: HubServer) -> Iterator[Hub]:
    with hub_server.database() as hub:
        fill_money(hub)
        hub.derive(*PROFIT_SUMS)
        yield hub


def get(hub: Hub, path: str, query: str = SCOPE) -> Any:
    answer = hub.owner.get(f"{API}/{path}?{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def added(values: list[str]) -> Decimal:
    return sum((Decimal(value) for value in values), Decimal())


@pytest.mark.parametrize(("view", "mart"), [("order", "profit_day"), ("payment", "cash_day")])
def test_each_tile_is_the_sum_of_its_cells_of_its_days_and_of_the_mart(
    hub: Hub, view: str, mart: str
) -> None:
    (summary,) = get(hub, "summary", f"{SCOPE}&view={view}")
    lines = {row["name"]: row for row in get(hub, "lines", f"{SCOPE}&view={view}")["rows"]}
    by_day = get(hub, "days", f"{SCOPE}&view={view}")
    (stored,) = hub.rows(
        "SELECT sum(product_sales_reporting) AS product_sales, sum(cm2_reporting) AS cm2, "
        f"sum(ads_reporting) AS ads FROM sellerops_marts.{mart} "
        "WHERE day BETWEEN '2026-11-10' AND '2026-11-19'"
    )
    assert summary["currency"] == "EUR"
    tiles = {tile["name"]: tile for tile in summary["tiles"] if tile["unit"] == "currency"}
    for name, tile in tiles.items():
        cells = [cell["value"] for cell in lines[name]["cells"]]
        assert len(cells) == 2
        assert Decimal(tile["value"]) == added(cells) == Decimal(lines[name]["totals"][0]["value"]), name
        if name in by_day[0] and by_day[0][name] is not None:
            assert abs(Decimal(tile["value"]) - added([day[name] for day in by_day])) < Decimal("0.0001"), (
                name
            )
        if name in stored:
            assert Decimal(tile["value"]) == stored[name], name
    assert {"product_sales", "ads"} <= tiles.keys()


@pytest.mark.parametrize("currency", ["reporting", "marketplace"])
def test_the_lines_add_up_to_the_margins(hub: Hub, currency: str) -> None:
    found = get(hub, "lines", f"{SCOPE}&currency={currency}")
    assert found["currencies"] == (["EUR"] if currency == "reporting" else ["CAD", "USD"])
    lines = {row["name"]: row for row in found["rows"]}
    for place in range(2):
        value = {name: Decimal(row["cells"][place]["value"]) for name, row in lines.items()}
        cm1 = sum(value[name] for name in [*CM1, "cogs", "cogs_returned"])
        assert abs(value["cm1"] - cm1) < Decimal("0.001")
        assert abs(value["cm2"] - value["cm1"] - sum(value[name] for name in CM2)) < Decimal("0.001")
        assert abs(value["profit"] - value["cm2"] - value["overhead"]) < Decimal("0.001")


def test_days_are_compared_with_the_same_weekday(hub: Hub) -> None:
    found = get(hub, "days")
    assert [day["day"] for day in found] == [str(date(2026, 11, 10) + timedelta(days=n)) for n in range(10)]
    alone = {day["day"]: day for day in get(hub, "days", "start=2026-10-26&end=2026-11-19&compare=none")}
    for day in found:
        assert date.fromisoformat(day["day"]) - date.fromisoformat(day["compared_day"]) == timedelta(days=14)
        assert day["compared"]["profit"] == alone[day["compared_day"]]["profit"]
    (summary,) = get(hub, "summary")
    assert (summary["compared_from"], summary["compared_to"]) == ("2026-10-27", "2026-11-05")
    sales = next(tile for tile in summary["tiles"] if tile["name"] == "product_sales")
    assert Decimal(sales["compared"]) == added([day["compared"]["product_sales"] for day in found])


def test_days_without_figures_are_not_compared_with_and_make_the_period_incomplete(hub: Hub) -> None:
    (summary,) = get(hub, "summary", "start=2026-11-01&end=2026-11-20")
    assert (summary["status"], summary["missing"]) == ("incomplete", ["days"])
    assert {tile["compared"] for tile in summary["tiles"]} == {None}
    assert get(hub, "summary", "start=2020-01-01&end=2020-01-02") == []


def test_a_last_day_that_lacks_orders_is_incomplete_and_not_compared(hub: Hub) -> None:
    hub.rows(
        "INSERT INTO sellerops.slice_state (report, account_id, day, state) VALUES "
        "('all_orders', 'northwind_na', '2026-11-19', 'LOADED')"
    )
    try:
        (summary,) = get(hub, "summary")
        *others, last = get(hub, "days")
        (payments,) = get(hub, "summary", f"{SCOPE}&view=payment")
        (earlier,) = get(hub, "summary", "start=2026-11-10&end=2026-11-18")
    finally:
        hub.rows("DELETE FROM sellerops.slice_state")
    tiles = {tile["name"]: tile for tile in summary["tiles"]}
    assert (summary["status"], "orders" in summary["missing"]) == ("incomplete", True)
    assert {tile["compared"] for tile in tiles.values()} == {None}
    assert (tiles["product_sales"]["status"], tiles["product_sales"]["missing"]) == ("incomplete", ["orders"])
    assert (last["status"], last["compared"], "orders" in last["missing"]) == ("incomplete", None, True)
    assert all(day["compared"] and "orders" not in day["missing"] for day in others)
    # Payments do not depend on orders.
    assert "orders" not in payments["missing"]
    assert "orders" not in earlier["missing"]
    assert earlier["tiles"][0]["compared"] is not None


def test_an_unknown_day_makes_the_sum_unknown_and_leaves_the_others_known(hub: Hub) -> None:
    unknown = (
        "UPDATE sellerops_marts.profit_day SET cm2 = cm2{0}, cm2_reporting = cm2_reporting{0}, status = %s, "
    )
    unknown += "missing = %s WHERE day = '2026-11-15' AND marketplace_id = %s"
    before = {tile["name"]: tile for tile in get(hub, "summary")[0]["tiles"]}
    hub.rows("CREATE TABLE sellerops_marts.kept AS SELECT * FROM sellerops_marts.profit_day")
    hub.rows(unknown.format(" + NULL"), "incomplete", "cost", US)
    tiles = {tile["name"]: tile for tile in get(hub, "summary")[0]["tiles"]}
    hub.rows("TRUNCATE sellerops_marts.profit_day")
    hub.rows("INSERT INTO sellerops_marts.profit_day SELECT * FROM sellerops_marts.kept")
    assert (tiles["cm2"]["value"], tiles["cm2"]["unknown_days"]) == (None, 1)
    assert 0 < Decimal(tiles["cm2"]["known"]) < Decimal(before["cm2"]["value"])
    assert (tiles["cm2"]["status"], tiles["cm2"]["missing"]) == ("incomplete", ["cost"])
    # A missing cost says nothing about sales and ads.
    assert tiles["product_sales"]["value"] == before["product_sales"]["value"]
    assert (tiles["ads"]["status"], tiles["ads"]["missing"]) == ("complete", [])


@pytest.mark.parametrize("currency", ["reporting", "marketplace"])
def test_the_bridge_adds_up_to_the_cent(hub: Hub, currency: str) -> None:
    found = get(hub, "bridge", f"{SCOPE}&currency={currency}")
    assert (found["currency"] is None) == (currency == "marketplace")
    steps = {step["name"]: step for step in found["steps"]}
    assert [column["error"] for column in found["columns"]] == ["0.00", "0.00"]
    for place in range(2):
        so_far = Decimal()
        for step in found["steps"]:
            amount = Decimal(step["amounts"][place])
            assert amount == round(amount, 2)
            if step["is_sum"]:
                assert amount == so_far, step["name"]
            else:
                so_far += amount
    if currency == "reporting":
        for step in found["steps"]:
            assert Decimal(step["total"]) == added(step["amounts"]), step["name"]
    (stored,) = hub.rows(
        "SELECT sum(paid) FILTER (WHERE currency = 'USD') AS paid FROM sellerops_marts.bridge_day "
        "WHERE day BETWEEN '2026-11-10' AND '2026-11-19'"
    )
    place = next(n for n, column in enumerate(found["columns"]) if column["marketplace_id"] == US)
    rate = RATES["USD"] if currency == "reporting" else 1
    assert abs(Decimal(steps["paid"]["amounts"][place]) - stored["paid"] * rate) < Decimal("0.05")


def test_a_day_without_a_rate_makes_the_bridge_of_its_marketplace_unknown(hub: Hub) -> None:
    day = "day = '2026-11-15' AND from_currency = 'USD'"
    (rate,) = hub.rows(f"DELETE FROM sellerops_reference.fx_rate WHERE {day} RETURNING *")
    found = get(hub, "bridge")
    hub.add_to("sellerops_reference.fx_rate", rate)
    columns = [(column["marketplace_id"], column["unrated_days"]) for column in found["columns"]]
    assert sorted(columns) == [(CA, 0), (US, 1)]
    for column, *amounts in zip(found["columns"], *(step["amounts"] for step in found["steps"]), strict=True):
        unknown = column["marketplace_id"] == US
        told = {*amounts, column["error"], column["open_ordered"]}
        assert told == {None} if unknown else None not in told
        assert (
            (column["missing"], column["status"]) == (["fx_rate"], "incomplete")
            if unknown
            else ([], "complete")
        )
    assert {step["total"] for step in found["steps"]} == {None}


def test_the_steps_from_seller_central_end_at_product_sales(hub: Hub) -> None:
    found = get(hub, "differences", f"{SCOPE}&currency=marketplace")
    rows = {row["name"]: row for row in found["rows"]}
    between = [row for row in found["rows"] if row["is_step"] and not row["is_sum"]]
    lines = {row["name"]: row for row in get(hub, "lines", f"{SCOPE}&currency=marketplace")["rows"]}
    assert len(found["places"]) == 2 and len(between) == 5
    for place in range(2):
        steps = added([row["amounts"][place] for row in [rows["ordered"], *between]])
        ours = Decimal(lines["product_sales"]["cells"][place]["value"])
        assert steps == Decimal(rows["product_sales"]["amounts"][place]) == round(ours, 2)
    # Without the table of orders the time zone's part is not known, which is not 0.
    assert rows["time_zone"]["amounts"] == [None, None]
    assert rows["refunds"]["amounts"][0] is not None and rows["refunds"]["total"] is None


@pytest.mark.parametrize(
    "scope", [SCOPE, "start=2026-10-29&end=2026-11-03", "start=2026-11-01&end=2026-11-02"]
)
def test_sku_totals_are_those_of_the_lines_however_overhead_is_spread(hub: Hub, scope: str) -> None:
    lines = {row["name"]: row["totals"][0]["value"] for row in get(hub, "lines", scope)["rows"]}
    for spread in ("none", "sales", "units"):
        table = get(hub, "skus", f"{scope}&spread={spread}")
        assert table["row_count"] == 3
        for name in ("product_sales", "refunds", "ads", "storage", "cm1", "cm2", "overhead", "profit"):
            assert Decimal(table["totals"][name]) == added([row[name] for row in table["rows"]])
            assert abs(Decimal(table["totals"][name]) - Decimal(lines[name])) < Decimal("0.001"), (
                spread,
                name,
            )
        rows = {row["sku"]: row for row in table["rows"]}
        assert (Decimal(rows["A-1"]["overhead"]) == Decimal(rows[""]["overhead"])) is False
        if spread == "units":
            assert Decimal(rows[""]["overhead"]) == 0
            assert abs(Decimal(rows["=B-2"]["overhead"]) - 2 * Decimal(rows["A-1"]["overhead"])) < Decimal(
                "0.0001"
            )


def test_skus_of_days_that_are_not_summed_yet_are_incomplete_and_not_negative(hub: Hub) -> None:
    hub.rows("CREATE TABLE sellerops_marts.kept_sums AS SELECT * FROM sellerops_marts.profit_product_day")
    hub.rows("DELETE FROM sellerops_marts.profit_product_day WHERE day = '2026-11-19'")
    behind = get(hub, "skus", "start=2026-11-18&end=2026-11-19")
    hub.rows("TRUNCATE sellerops_marts.profit_product_day")
    hub.rows("INSERT INTO sellerops_marts.profit_product_day SELECT * FROM sellerops_marts.kept_sums")
    first = get(hub, "skus", "start=2026-11-18&end=2026-11-18")
    assert behind["totals"]["product_sales"] == first["totals"]["product_sales"]
    for row in [*behind["rows"], behind["totals"]]:
        assert (row["status"], row["missing"]) == ("incomplete", ["days"])
    assert {row["status"] for row in first["rows"]} == {"complete"}


def test_skus_are_incomplete_while_one_of_their_sums_has_a_change_and_another_waits(hub: Hub) -> None:
    """As when a mart fails: of the two sums that make up a period, one has the change."""
    change = (
        "UPDATE sellerops_marts.profit_sku_day SET units = units {} 5 "
        "WHERE day = '2026-11-02' AND sku = 'A-1'"
    )
    of_later_days = "start=2026-11-07&end=2026-11-19"
    before = get(hub, "skus", of_later_days)
    waiting = "profit_product_part"
    hub.rows(change.format("+"))
    hub.derive(*(name for name in PROFIT_SUMS if name != waiting), waiting=[waiting])
    (stale,) = hub.rows("SELECT DISTINCT mart FROM sellerops.mart_pending")
    during = get(hub, "skus", of_later_days)
    hub.derive(*PROFIT_SUMS)
    after = get(hub, "skus", of_later_days)
    hub.rows(change.format("-"))
    hub.derive(*PROFIT_SUMS)
    assert stale["mart"] == waiting
    for row in [*during["rows"], during["totals"]]:
        assert (row["status"], row["missing"]) == ("incomplete", ["days"])
    assert after == before
    assert {row["status"] for row in after["rows"]} == {"complete"}


@pytest.mark.parametrize(
    ("first_day", "last_day", "status"),
    [
        (None, None, "incomplete"),
        ("2026-01-01", "2026-01-01", "incomplete"),
        ("2026-11-10", None, "incomplete"),
        (None, "2025-12-31", "complete"),
        ("2026-11-11", "2026-11-30", "complete"),
    ],
)
@pytest.mark.parametrize("currency", ["reporting", "marketplace"])
def test_skus_do_not_depend_on_sums_of_other_days(
    hub: Hub, first_day: str | None, last_day: str | None, status: str, currency: str
) -> None:
    waiting = {
        "mart": "profit_sku_part",
        "destination": "postgres",
        "account_id": ACCOUNT,
        "cause": "by hand",
    }
    hub.add_to("sellerops.mart_pending", {**waiting, "first_day": first_day, "last_day": last_day})
    found = get(hub, "skus", f"start=2026-11-02&end=2026-11-10&currency={currency}")
    hub.rows("DELETE FROM sellerops.mart_pending")
    assert {row["status"] for row in found["rows"]} == {status}


def test_skus_are_incomplete_while_any_of_the_sums_that_they_need_waits(hub: Hub) -> None:
    for mart in (*PROFIT_SUMS, "inventory_day"):
        waiting = {"mart": mart, "destination": "postgres", "account_id": ACCOUNT, "cause": "by hand"}
        hub.add_to("sellerops.mart_pending", waiting)
        running, added_up = (
            get(hub, "skus", f"{SCOPE}&currency={name}") for name in ("reporting", "marketplace")
        )
        hub.rows("DELETE FROM sellerops.mart_pending")
        behind = [{row["status"] for row in found["rows"]} == {"incomplete"} for found in (running, added_up)]
        assert behind == [mart in PROFIT_SUMS, mart in ("profit_sku_part", "profit_sku_month")], mart


def test_skus_are_sorted_searched_and_written_as_csv(hub: Hub) -> None:
    rows = get(hub, "skus", f"{SCOPE}&sort=units&direction=asc")["rows"]
    assert [row["units"] for row in rows] == [0, 20, 40]
    assert [row["sku"] for row in get(hub, "skus", f"{SCOPE}&q=b-2")["rows"]] == ["=B-2"]
    text = hub.owner.get(f"{API}/skus?{SCOPE}&sort=units&direction=asc&limit=1&format=csv").content.decode(
        "utf-8-sig"
    )
    written = list(csv.DictReader(io.StringIO(text)))
    assert [row["sku"] for row in written] == ["", "A-1", "'=B-2"]
    assert [Decimal(row["cm2"]) for row in written] == [Decimal(row["cm2"]) for row in rows]


def test_partners_see_no_costs_in_tiles_lines_and_skus(hub: Hub) -> None:
    lines = hub.partner.get(f"{API}/lines?{SCOPE}").json()
    assert lines["hidden"] == ["cogs", "cogs_returned", "cm1", "cm2", "profit"]
    for row in lines["rows"]:
        told = [cell[name] for cell in row["cells"] + row["totals"] for name in ("value", "known")]
        assert (set(told) == {None}) == (row["name"] in lines["hidden"]), row["name"]
    (summary,) = hub.partner.get(f"{API}/summary?{SCOPE}").json()
    assert {tile["name"] for tile in summary["tiles"] if tile["value"] is None} == {
        "cm1",
        "cm2",
        "profit",
        "margin",
    }
    rows = hub.partner.get(f"{API}/skus?{SCOPE}").json()["rows"]
    by_sales = hub.partner.get(f"{API}/skus?{SCOPE}&sort=product_sales").json()["rows"]
    assert [row["sku"] for row in rows] == [row["sku"] for row in by_sales], "not by CM2"
    row = rows[0]
    assert {row[name] for name in ("cogs", "cm1", "cm2", "margin", "profit")} == {None}


def test_settlements_and_payouts(hub: Hub) -> None:
    table = get(hub, "settlements", f"{SCOPE}&sort=total")
    assert [(row["settlement_id"], row["total"]) for row in table["rows"]] == [("111", "90"), ("222", "40")]
    # Two currencies have a total only in the one that they are converted to.
    assert table["totals"]["total"] is None
    expected = 90 * RATES["USD"] + 40 * RATES["CAD"]
    assert (
        Decimal(table["totals"]["shown_total"])
        == expected
        == added([row["shown_total"] for row in table["rows"]])
    )
    assert [row["settlement_id"] for row in get(hub, "settlements", f"{SCOPE}&marketplace={CA}")["rows"]] == [
        "222"
    ]
    following, paid = get(hub, "payouts")
    assert (following["is_next"], following["forecast"], following["paid"]) == (True, "70", None)
    assert (paid["is_next"], paid["paid"], paid["difference"]) == (False, "90", "2")


def test_unmapped_lines_come_with_the_rule_to_add(hub: Hub) -> None:
    (found,) = get(hub, "unmapped")
    assert (found["amount"], found["lines"], found["rule_file"]) == ("-3.10", 1, "settlement_rules.csv")
    assert next(csv.reader([found["rule"]]))[:3] == ["New Fee", "Odd, fee", "Base"]
    assert get(hub, "methods")[0]["sb_attribution"] == "purchases"


def test_lines_of_an_order_are_found_where_they_were_posted(hub: Hub) -> None:
    of_order = "UPDATE sellerops_marts.profit_day SET missing = %s WHERE day = '2026-11-12'"
    posted = {"day": date(2026, 11, 25), "order_id": "111-1"}
    hub.add("posted_order", {**posted, "order_day": date(2026, 11, 12), "unmapped": -2})
    line = {**posted, "transaction_type": "Shipment", "breakdown_type": "OddFee", "level": "UNMAPPED",
            "currency": "USD", "amount": Decimal(-2), "is_counted": True}  # fmt: skip
    hub.add("transaction_line", line, {**line, "order_id": "of another day", "transaction_id": "2"})
    hub.rows(of_order, "unmapped")
    found = [row for row in get(hub, "unmapped") if row["source"] == "transaction"]
    hub.rows(of_order, "")
    assert [(row["second_name"], row["lines"], row["amount"], row["first_day"]) for row in found] == [
        ("OddFee", 1, "-2", "2026-11-25")
    ]
