"""Amazon Ads reports of the local Amazon, read with their specs: all columns are filled, ids are whole, and
the reports of one ad product tell the same figures.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from support.ads import PRODUCTS, profile_of
from support.catalogue import Parsed, assert_documented, parse, simulation, slice_of, spec_of
from support.samples import CREATED

AS_OF = datetime(2026, 11, 21, 14, 0, tzinfo=UTC)
FIRST, LAST = date(2026, 11, 10), date(2026, 11, 17)
ADS = [spec for spec in CREATED if spec.source == "amazon_ads"]
REPORTS = [spec.name for spec in ADS if "export" not in spec.request.options]
EXPORTS = [spec.name for spec in ADS if "export" in spec.request.options]
# The local Amazon's campaigns have no budget rules.
EMPTY = {
    "campaign_rule_based_budget_amount",
    "campaign_applicable_budget_rule_id",
    "campaign_applicable_budget_rule_name",
}
SAME_COST = {
    "sp": [
        "sp_campaigns",
        "sp_ad_groups",
        "sp_campaign_placements",
        "sp_targeting",
        "sp_advertised_products",
    ],
    "sb": ["sb_campaigns", "sb_ad_groups", "sb_ads", "sb_campaign_placements", "sb_targeting"],
    "sd": ["sd_campaigns", "sd_ad_groups", "sd_targeting", "sd_advertised_products"],
}


@cache
def read(report: str, first: date = FIRST, as_of: datetime = AS_OF) -> Parsed:
    return parse(report, "northwind_na", ["US"], first, LAST, as_of)


@pytest.mark.parametrize("report", REPORTS)
def test_every_column_is_filled_somewhere_and_no_key_comes_twice(report: str) -> None:
    parsed = read(report)
    assert_documented(parsed)
    (table,) = spec_of(report).tables.values()
    filled = {name for row in parsed.rows for name, value in row.items() if value is not None}
    assert set(table.columns) - filled <= EMPTY
    keys = [tuple(row[name] for name in table.primary_key) for row in parsed.rows]
    assert not table.primary_key or len(set(keys)) == len(keys)


def test_each_row_names_its_profile_and_currency_and_ids_are_whole() -> None:
    slice_ = slice_of("sp_campaigns", "northwind_na", ["US"], FIRST, LAST, AS_OF)
    profile = profile_of(simulation(), slice_)
    for row in read("sp_campaigns").rows:
        assert (row["profile_id"], row["currency_code"]) == (str(profile.id), "USD")
        assert row["campaign_id"].isdigit() and len(row["campaign_id"]) > 12
        assert FIRST <= row["date"] <= LAST
    assert isinstance(read("sp_campaigns").rows[0]["cost"], Decimal)


@pytest.mark.parametrize("product", SAME_COST)
def test_the_reports_of_a_product_tell_the_same_cost_and_clicks_of_each_day(product: str) -> None:
    whole, *others = (of_days(report) for report in SAME_COST[product])
    assert len(whole) == 8 and all(cost > 0 for cost, _ in whole.values())
    for other in others:
        assert other == whole


def of_days(report: str) -> dict[date, tuple[Decimal, int]]:
    sums: dict[date, list[Any]] = defaultdict(lambda: [Decimal(0), 0])
    for row in read(report).rows:
        sums[row["date"]][0] += row["cost"]
        sums[row["date"]][1] += row["clicks"]
    return {day: (cost, clicks) for day, (cost, clicks) in sums.items()}


def test_purchases_grow_with_the_days_since_the_click_and_days_are_restated() -> None:
    rows = read("sp_campaigns").rows
    for row in rows:
        counts = [row[f"purchases_{days}d"] for days in (1, 7, 14, 30)]
        sales = [row[f"sales_{days}d"] for days in (1, 7, 14, 30)]
        assert counts == sorted(counts) and sales == sorted(sales)
    earlier = read("sp_campaigns", LAST - timedelta(days=1), AS_OF - timedelta(days=3)).rows
    now = {(row["date"], row["campaign_id"]): row for row in rows}
    before = {(row["date"], row["campaign_id"]): row for row in earlier}
    assert before.keys() <= now.keys()
    assert any(before[key]["sales_30d"] != now[key]["sales_30d"] for key in before)


@cache
def entities(report: str) -> Parsed:
    """An export as of now."""
    return parse(report, "northwind_na", ["US"], None, None, AS_OF)


def test_entities_are_those_the_figures_are_of() -> None:
    named = {name: {row[f"{name[:-1]}_id"] for row in entities(name).rows} for name in EXPORTS}
    assert sorted(named) == ["ad_groups", "ads", "campaigns", "targets"]
    for report in SAME_COST["sp"] + SAME_COST["sb"] + SAME_COST["sd"]:
        for row in read(report).rows:
            for entity, column in (
                ("campaigns", "campaign_id"),
                ("ad_groups", "ad_group_id"),
                ("ads", "ad_id"),
            ):
                if row.get(column) == "none":
                    assert entity == "ads" and report.startswith("sb_"), "only old Sponsored Brands lack ads"
                else:
                    assert row.get(column) is None or row[column] in named[entity]
    targets = {row["keyword_id"] for row in read("sp_targeting").rows}
    assert targets and targets <= named["targets"]


def test_all_products_and_states_are_exported_and_nested_fields_are_columns() -> None:
    for report in EXPORTS:
        rows = entities(report).rows
        assert {row["ad_product"] for row in rows} == set(PRODUCTS)
        assert all(row["creation_date_time"] <= row["last_updated_date_time"] <= AS_OF for row in rows)
    assert all(row["budget_amount"] > 0 for row in entities("campaigns").rows)
    assert {row["state"] for row in entities("campaigns").rows} >= {"ENABLED", "PAUSED"}
    assert all(row["asin"] for row in entities("ads").rows)
    assert all(row["sku"] for row in entities("ads").rows if row["ad_product"] == "SPONSORED_PRODUCTS")
    assert {row["match_type"] for row in entities("targets").rows if row["keyword"]} >= {"EXACT", "PHRASE"}
