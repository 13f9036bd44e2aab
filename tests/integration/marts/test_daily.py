"""Daily marts of two weeks of both accounts: they add up to the landed tables and to the simulation."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row
from support.built_marts import builder_of, needed_for
from support.catalogue import simulation
from support.warehouse import NOW

from amazon_sandbox.ads.expected_figures import ads_figures
from sellerops.ledger import Ledger

# Days whose orders no longer change at the time of the documents, and that are all collected.
FIRST, LAST = date(2026, 11, 8), date(2026, 11, 13)
MARTS = (
    "sales_day", "traffic_day", "traffic_sku_day", "inventory_levels", "organic_day", "fees_day",
    "returns_day", "return_rate_month", "search_query_week", "fba_shipments",
)  # fmt: skip


class Built:
    """The marts of a warehouse, to be asked in SQL."""

    def __init__(self, conninfo: str) -> None:
        self._connection = psycopg.connect(conninfo, row_factory=dict_row)

    def rows(self, statement: str, **values: Any) -> list[dict[str, Any]]:
        return self._connection.execute(
            statement.encode(), {"first": FIRST, "last": LAST, **values}
        ).fetchall()

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def built(warehouse: Ledger) -> Iterator[Built]:
    builder_of(warehouse, needed_for(*MARTS)).build_all()
    found = Built(warehouse.database.conninfo)
    yield found
    found.close()


def test_daily_marts_add_up(built: Built) -> None:
    """In one test: the warehouse is copied, and its marts are built, once."""
    _sales_are_those_of_orders_and_of_the_simulation(built)
    _ads_are_those_of_campaigns_and_of_the_simulation(built)
    _organic_and_ad_sales_are_ordered_sales(built)
    _stock_is_that_of_snapshots_and_ledger(built)
    _returns_and_fees_are_those_reported(built)
    _queries_of_all_asins_are_the_sum(built)


def _sales_are_those_of_orders_and_of_the_simulation(built: Built) -> None:
    assert built.rows("SELECT sum(units_ordered)::bigint AS n FROM sellerops_marts.sales_day") == built.rows(
        "SELECT sum(quantity)::bigint AS n FROM amazon_sp.all_orders WHERE item_status IS DISTINCT "
        "FROM 'Cancelled'"
    )
    days = built.rows(
        "SELECT account_id, marketplace_id, day, sum(units_ordered) AS units, sum(sales_ordered) AS sales, "
        "sum(units_difference) AS units_off, sum(sales_difference) AS sales_off, count(*) FILTER "
        "(WHERE status <> 'complete' OR missing <> '') AS open FROM sellerops_marts.sales_day "
        "WHERE day BETWEEN %(first)s AND %(last)s GROUP BY 1, 2, 3"
    )
    assert len(days) == 6 * 6
    for row in days:
        expected = simulation().expected_figures(
            simulation().seller(row["account_id"]), row["marketplace_id"], row["day"], NOW
        )
        assert row["units"] == expected["units_ordered"]
        assert row["sales"] == Decimal(str(expected["ordered_product_sales"]))
        assert (row["units_off"], row["sales_off"], row["open"]) == (0, 0, 0)


def _ads_are_those_of_campaigns_and_of_the_simulation(built: Built) -> None:
    marts = built.rows(
        "SELECT account_id, marketplace_id, day, ad_product, sum(spend) AS cost, sum(clicks) AS clicks, "
        "sum(impressions) AS impressions, sum(ad_sales) AS sales FROM sellerops_marts.ads_day GROUP "
        "BY 1, 2, 3, 4"
    )
    campaigns = built.rows(
        "SELECT account_id, marketplace_id, day, ad_product, sum(spend) AS cost, sum(clicks) AS clicks, "
        "sum(impressions) AS impressions, sum(sales) AS sales FROM sellerops_marts.ads_campaign_day "
        "GROUP BY 1, 2, 3, 4"
    )
    key = ("account_id", "marketplace_id", "day", "ad_product")
    by_key = {tuple(row[name] for name in key): row for row in campaigns}
    assert {tuple(row[name] for name in key): row for row in marts} == by_key
    products = {"SP": "SPONSORED_PRODUCTS", "SB": "SPONSORED_BRANDS", "SD": "SPONSORED_DISPLAY"}
    for account, marketplace in {(row["account_id"], row["marketplace_id"]) for row in campaigns}:
        storefront = simulation().storefront(simulation().seller(account), marketplace).generated
        expected = ads_figures(storefront, FIRST, int(NOW.timestamp()))
        for short, product in products.items():
            found = by_key[account, marketplace, FIRST, short]
            assert float(found["cost"]) == pytest.approx(expected[product]["cost"])
            assert found["clicks"] == expected[product]["clicks"]
    (brands,) = built.rows(
        "SELECT count(*) FILTER (WHERE method = 'direct') AS direct, count(*) FILTER (WHERE method = "
        "'even') AS even, "
        "count(*) FILTER (WHERE method = 'purchases') AS purchases FROM sellerops_marts.sb_spend_day"
    )
    assert min(brands.values()) > 0
    off = built.rows(
        "SELECT campaign_id FROM (SELECT campaign_id, date AS day, cost FROM amazon_ads.sb_ads UNION ALL "
        "SELECT campaign_id, day, -spend FROM sellerops_marts.sb_spend_day) AS parts "
        "GROUP BY campaign_id, day HAVING sum(cost) <> 0"
    )
    assert off == []


def _organic_and_ad_sales_are_ordered_sales(built: Built) -> None:
    rows = built.rows(
        "SELECT sku, sales_ordered, ad_sales, organic_sales, excess_sales, warning FROM "
        "sellerops_marts.organic_day "
        "WHERE day BETWEEN %(first)s AND %(last)s"
    )
    assert any(row["warning"] for row in rows)
    assert sum(row["sales_ordered"] for row in rows) > sum(row["ad_sales"] for row in rows) > 0
    for row in rows:
        assert row["organic_sales"] + row["ad_sales"] - row["excess_sales"] == row["sales_ordered"]
        assert (row["warning"] == "attribution_exceeds_sales") == (
            row["sku"] != "" and row["excess_sales"] > 0
        )


def _stock_is_that_of_snapshots_and_ledger(built: Built) -> None:
    assert built.rows(
        "SELECT sum(ledger_sellable)::bigint AS n FROM sellerops_marts.inventory_day"
    ) == built.rows(
        "SELECT sum(ending_warehouse_balance)::bigint AS n FROM amazon_sp.inventory_ledger_summary "
        "WHERE disposition = 'SELLABLE'"
    )
    # Snapshots are of the morning, balances of the end of the day: they differ by a day's sales.
    (level,) = built.rows(
        "SELECT count(*) AS n, sum(available + reserved) AS units, sum(ledger_sellable) AS balance FROM "
        "sellerops_marts.inventory_day WHERE marketplace_id = 'ATVPDKIKX0DER' AND missing = ''"
    )
    assert level["n"] > 100
    assert abs(level["units"] - level["balance"]) < level["balance"] * Decimal("0.03")
    (newest,) = built.rows(
        "SELECT sum(t.fulfillable_quantity)::bigint AS n FROM amazon_sp.fba_inventory_summaries AS t "
        "WHERE t.snapshot_at = "
        "(SELECT max(snapshot_at) FROM amazon_sp.fba_inventory_summaries)"
    )
    (levels,) = built.rows(
        "SELECT sum(available)::bigint AS n, count(*) FILTER (WHERE stock_pool = 'pan_eu') AS pooled, "
        "count(DISTINCT sku) FILTER (WHERE stock_pool = 'pan_eu') AS skus, "
        "count(*) FILTER (WHERE stock_pool = 'pan_eu' AND is_counted) AS counted FROM "
        "sellerops_marts.inventory_levels"
    )
    assert levels["n"] == newest["n"]
    assert levels["pooled"] > levels["skus"] == levels["counted"] > 0


def _returns_and_fees_are_those_reported(built: Built) -> None:
    assert built.rows("SELECT sum(units)::bigint AS n FROM sellerops_marts.returns_day") == built.rows(
        "SELECT sum(quantity)::bigint AS n FROM amazon_sp.fba_customer_returns"
    )
    assert built.rows(
        "SELECT -sum(amount_actual + tax_actual) AS n FROM sellerops_marts.fees_day"
    ) == built.rows("SELECT sum(total_amount) AS n FROM amazon_sp.economics_fees")
    (fees,) = built.rows(
        "SELECT count(*) FILTER (WHERE NOT is_mapped) AS unmapped, count(*) FILTER (WHERE "
        "amount_actual IS NOT NULL "
        "AND amount_estimated IS NOT NULL) AS compared FROM sellerops_marts.fees_day"
    )
    assert fees["unmapped"] == 0
    assert fees["compared"] > 0
    assert built.rows(
        "SELECT sum(units_shipped)::bigint AS n FROM sellerops_marts.return_rate_month"
    ) == built.rows("SELECT sum(quantity_shipped)::bigint AS n FROM amazon_sp.fulfilled_shipments")


def _queries_of_all_asins_are_the_sum(built: Built) -> None:
    totals = built.rows(
        "SELECT sum(clicks) FILTER (WHERE asin = '') AS everything, sum(clicks) FILTER (WHERE asin "
        "<> '') AS asins, "
        "sum(paid_clicks) FILTER (WHERE asin = '') AS paid FROM sellerops_marts.search_query_week"
    )[0]
    assert totals["everything"] == totals["asins"] > 0
    assert totals["paid"] > 0
