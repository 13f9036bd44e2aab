"""Amazon Ads: every type and grain has a spec, with every column of Amazon's guide to version 3 reports,
exact types, and the windows Amazon allows. The guide's tables are next to the local Ads API.
"""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from support.specs import shipped_specs

from amazon_sandbox.ads.report_types import ReportType, report_types
from sellerops.formats.names import snake_case
from sellerops.settings.specs import ColumnType, PeriodKind, ReportSpec, WriteDisposition

SPECS = [spec for spec in shipped_specs() if spec.source == "amazon_ads"]
REPORTS = [spec for spec in SPECS if "group_by" in spec.request.options]
ENTITIES = [spec for spec in SPECS if spec.period.kind is PeriodKind.SNAPSHOT]
# A report by placement that leaves the placement out is the campaign report once more.
WITHOUT_GRAIN = {("sbCampaignPlacement", "campaign")}
OF_SUMMARIES = {"startDate", "endDate"}
# What snake case would make ugly, or what would hide a system column.
OWN_NAMES = {"eCPAddToCart": "ecp_add_to_cart", "eCPBrandSearch": "ecp_brand_search"}
OWN_NAMES |= {"marketplaceId": "ad_marketplace_id"}
# The first that fits a name counts.
KINDS = {
    ColumnType.TEXT: re.compile(r"(_id|_name|_status|_type|_asin|_code|_text)$"),
    ColumnType.DECIMAL: re.compile(
        r"(_amount|_bid|_rate|_share|_percentage|_average|_roas)(_\d+d)?$|^(cost|spend)$|^cost_per|^ecp_|royalties"
        r"|^(acos|roas|sales|long_term|attributed_sales|new_to_brand_(sales|ecp))"
    ),
    ColumnType.INTEGER: re.compile(r"^(impressions|clicks|purchases|units_sold|video|gross|invalid|add_to)"),
}


def type_of(spec: ReportSpec) -> ReportType:
    return report_types()[spec.report_type]


def test_every_type_and_grain_has_its_report() -> None:
    asked = [(spec.report_type, spec.request.options["group_by"]) for spec in REPORTS]
    known = {(each.id, group) for each in report_types().values() for group in each.group_bys}
    assert len(report_types()) == 22
    assert sorted(asked) == sorted(known - WITHOUT_GRAIN)
    assert len(SPECS) == len(REPORTS) + len(ENTITIES)


@pytest.mark.parametrize("spec", REPORTS, ids=lambda spec: spec.name)
def test_a_report_asks_for_every_daily_column_by_its_name(spec: ReportSpec) -> None:
    allowed = type_of(spec).allowed((spec.request.options["group_by"],))
    assert len(allowed) > 10
    assert set(spec.requested_columns) == set(allowed) - OF_SUMMARIES
    (table,) = spec.tables.values()
    assert len(spec.requested_columns) == len(table.read_columns)
    for name in table.read_columns:
        header = table.header_of(name)
        assert name == OWN_NAMES.get(header, snake_case(header))


@pytest.mark.parametrize("spec", REPORTS, ids=lambda spec: spec.name)
def test_a_report_keeps_to_what_amazon_serves_and_looks_back_as_far_as_figures_move(spec: ReportSpec) -> None:
    amazon = type_of(spec)
    assert spec.request.options["ad_product"] == amazon.ad_product
    assert spec.request.options["time_unit"] == "DAILY" and "DAILY" in amazon.time_units
    assert spec.period.kind is PeriodKind.RANGE and spec.period.clock == "marketplace"
    assert spec.period.max_days == amazon.max_days
    assert spec.period.history == timedelta(days=amazon.retention_days)
    days = (
        30 if any(name.endswith("_30d") for table in spec.tables.values() for name in table.columns) else 28
    )
    assert timedelta(days=days) <= spec.period.lookback <= timedelta(days=amazon.max_days)


@pytest.mark.parametrize("spec", REPORTS, ids=lambda spec: spec.name)
def test_types_are_exact_and_a_day_is_replaced_as_a_whole(spec: ReportSpec) -> None:
    (table,) = spec.tables.values()
    types = {name: column.type for name, column in table.columns.items()}
    assert types["date"] is ColumnType.DATE and table.day == "date"
    assert table.write_disposition is WriteDisposition.REPLACE and not table.quarantine
    assert table.facts["profile_id"] == "profile_id"
    for name, kind in types.items():
        expected = next((each for each, wanted in KINDS.items() if wanted.search(name)), kind)
        assert kind is expected, name
    if "cost" in types:
        assert table.facts["currency_code"] == "currency_code", "money without its currency"


@pytest.mark.parametrize("spec", REPORTS, ids=lambda spec: spec.name)
def test_no_row_is_lost_for_an_empty_part_of_its_key(spec: ReportSpec) -> None:
    """Ids that every row of the grain has are required; other parts have a word for nothing."""
    (table,) = spec.tables.values()
    always = {"date", "campaign_id", "ad_group_id", "ad_id", "placement_classification", "search_term"}
    always |= {"purchased_asin", "advertised_asin"}
    for name in table.primary_key:
        column = table.columns[name]
        assert column.required or column.absent, name
        assert not column.required or name in always, name
    assert table.primary_key or "campaign_id" not in table.columns


@pytest.mark.parametrize("spec", ENTITIES, ids=lambda spec: spec.name)
def test_entities_are_snapshots_by_id(spec: ReportSpec) -> None:
    table = spec.tables[spec.name]
    assert table.write_disposition is WriteDisposition.SNAPSHOT
    (key,) = table.primary_key
    assert key.endswith("_id") and table.columns[key].type is ColumnType.TEXT
    assert all(
        column.type is ColumnType.TEXT for name, column in table.columns.items() if name.endswith("_id")
    )


def test_all_run_in_the_window_of_the_night() -> None:
    assert {spec.schedule.between for spec in SPECS} == {("02:00-04:00",)}
    assert {spec.family for spec in SPECS} == {"ads"}
    assert {spec.schedule.timezone for spec in SPECS} == {"America/Los_Angeles"}
    assert len(ENTITIES) == 7
    assert {spec.request.how for spec in SPECS} == {"created", "called"}, "others need tests of their own"
