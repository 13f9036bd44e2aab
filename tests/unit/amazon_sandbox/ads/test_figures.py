"""The figures of ads fit the seller's orders, agree between reports, and restate as Amazon's do."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import date
from typing import Any

import pytest
from support.sandbox_app import days_made

from amazon_sandbox.ads.report_types import report_types
from amazon_sandbox.ads.rows import ReportQuery, json_array, report_rows
from amazon_sandbox.simulation import Simulation
from amazon_sandbox.simulation.ads_credits import LONGEST_DAYS
from amazon_sandbox.simulation.figures import sales_by_sku
from amazon_sandbox.simulation.storefront import Storefront

DAY = 86_400
FIRST, LAST = date(2026, 10, 1), date(2026, 10, 14)
MARKETPLACES = [("northwind_na", 0), ("northwind_na", 2), ("northwind_eu", 1)]
SETTLED = 200 * DAY  # after the window, when nothing changes any more

SP_SAME = ("clicks", "cost", "purchases7d", "sales30d", "unitsSoldClicks14d")
SB_SAME = ("impressions", "clicks", "cost", "purchases", "salesClicks")
SD_SAME = ("impressions", "clicks", "cost", "purchases", "salesClicks", "addToCart", "unitsSold")


@pytest.fixture(params=MARKETPLACES, ids=lambda place: f"{place[0]}-{place[1]}")
def storefront(request: pytest.FixtureRequest, simulation: Simulation) -> Storefront:
    account, place = request.param
    seller = simulation.seller(account)
    return simulation.storefront(seller, seller.marketplace_ids[place])


def at(storefront: Storefront, after: int) -> int:
    """So many seconds after the last day has ended there."""
    return storefront.marketplace.day_bounds(LAST.toordinal())[1] + after


def rows_of(
    storefront: Storefront, type_id: str, columns: tuple[str, ...], now: int, group: str | None = None
) -> list[dict[str, Any]]:
    wanted = ReportQuery(
        type_id, (group or report_types()[type_id].group_bys[0],), ("date", *columns), True, FIRST, LAST
    )
    return list(report_rows(storefront, wanted, now))


def by_day(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> dict[str, list[float]]:
    sums: dict[str, list[float]] = {}
    for row in rows:
        day = sums.setdefault(row["date"], [0.0] * len(columns))
        for place, name in enumerate(columns):
            day[place] = round(day[place] + row[name], 2)
    return sums


@pytest.mark.parametrize("after", [-3600, 2 * DAY, SETTLED])
@pytest.mark.parametrize(
    ("columns", "reports"),
    [
        (
            SP_SAME,
            [
                ("spCampaigns", "campaign"),
                ("spCampaigns", "adGroup"),
                ("spCampaigns", "campaignPlacement"),
                ("spAdvertisedProduct", None),
                ("spTargeting", None),
                ("spSearchTerm", None),
            ],
        ),
        (
            SB_SAME,
            [
                ("sbCampaigns", None),
                ("sbAdGroup", None),
                ("sbAds", None),
                ("sbCampaignPlacement", "campaignPlacement"),
            ],
        ),
        (
            SD_SAME,
            [
                ("sdCampaigns", "campaign"),
                ("sdCampaigns", "matchedTarget"),
                ("sdAdGroup", None),
                ("sdAdvertisedProduct", None),
                ("sdTargeting", "targeting"),
            ],
        ),
    ],
)
def test_all_reports_of_a_day_have_the_same_totals(
    storefront: Storefront, columns: tuple[str, ...], reports: list[tuple[str, str | None]], after: int
) -> None:
    now = at(storefront, after)
    first, *others = [
        by_day(rows_of(storefront, kind, columns, now, group), columns) for kind, group in reports
    ]
    assert len(first) >= 14
    for found in others:
        assert found == first


def test_search_terms_show_fewer_impressions_but_all_clicks(storefront: Storefront) -> None:
    now = at(storefront, SETTLED)
    terms = by_day(
        rows_of(storefront, "spSearchTerm", ("impressions", "clicks"), now), ("impressions", "clicks")
    )
    targets = by_day(
        rows_of(storefront, "spTargeting", ("impressions", "clicks"), now), ("impressions", "clicks")
    )
    assert all(terms[day][1] == targets[day][1] and terms[day][0] <= targets[day][0] for day in targets)
    assert any(terms[day][0] < targets[day][0] for day in targets)


@pytest.mark.parametrize("after", [3600, 5 * DAY, SETTLED])
def test_ads_are_credited_with_no_more_than_was_ordered(storefront: Storefront, after: int) -> None:
    """Of each SKU and day by the SKU advertised, over Products and Display; with Brands of each day."""
    now = at(storefront, after)
    by_sku: Counter[tuple[str, str]] = Counter()
    by_date: Counter[str] = Counter()
    for row in rows_of(storefront, "spAdvertisedProduct", ("advertisedSku", "unitsSoldClicks30d"), now):
        by_sku[row["date"], row["advertisedSku"]] += row["unitsSoldClicks30d"]
        by_date[row["date"]] += row["unitsSoldClicks30d"]
    for row in rows_of(storefront, "sdAdvertisedProduct", ("promotedSku", "unitsSold"), now):
        by_sku[row["date"], row["promotedSku"]] += row["unitsSold"]
        by_date[row["date"]] += row["unitsSold"]
    for row in rows_of(storefront, "sbCampaigns", ("unitsSold",), now):
        by_date[row["date"]] += row["unitsSold"]
    assert sum(by_date.values()) > 0
    ordered: dict[str, dict[str, int]] = {
        date.fromordinal(day).isoformat(): {
            sku: figures.units for sku, figures in sales_by_sku(storefront, day, now).items()
        }
        for day in range(FIRST.toordinal(), LAST.toordinal() + 1)
    }
    assert [key for key, units in by_sku.items() if units > ordered[key[0]].get(key[1], 0)] == []
    assert [day for day, units in by_date.items() if units > sum(ordered[day].values())] == []


def test_purchases_cost_what_the_orders_cost(storefront: Storefront) -> None:
    """Sales of other products, by ASIN: units times a price the storefront had."""
    columns = ("purchasedAsin", "unitsSoldClicks30d", "sales30d", "unitsSoldOtherSku30d")
    prices: dict[str, set[float]] = defaultdict(set)
    for listing in storefront.listings:
        for day in (FIRST.toordinal(), LAST.toordinal() + 30):
            prices[listing.asin].add(storefront.marketplace.amount(storefront.unit_price(listing, day)))
    rows = rows_of(storefront, "spPurchasedProduct", columns, at(storefront, SETTLED))
    for row in rows:
        each = row["sales30d"] / row["unitsSoldClicks30d"]
        assert min(prices[row["purchasedAsin"]]) - 0.01 <= each <= max(prices[row["purchasedAsin"]]) + 0.01
        assert row["unitsSoldOtherSku30d"] == row["unitsSoldClicks30d"]


def test_what_people_did_is_in_proportion(storefront: Storefront) -> None:
    """Sponsored Display: those who clicked, looked, put into the cart; each is part of the one before."""
    columns = tuple(
        name
        for name in report_types()["sdAdvertisedProduct"].columns
        if name not in ("date", "startDate", "endDate")
    )
    rows = rows_of(storefront, "sdAdvertisedProduct", columns, at(storefront, SETTLED))
    for row in rows:
        assert (
            row["clicks"]
            >= row["detailPageViewsClicks"]
            >= row["addToCartClicks"]
            >= row["addToListFromClicks"]
        )
        assert row["impressions"] >= row["impressionsViews"]
        for name in ("addToCart", "brandedSearches"):
            assert row[name] == row[f"{name}Clicks"] + row[f"{name}Views"]
        for name in ("purchases", "sales", "unitsSold"):
            assert row[name] >= row[f"{name}Clicks"]
        for name in ("Purchases", "Sales", "UnitsSold"):
            assert (
                row[name[0].lower() + name[1:]] >= row[f"newToBrand{name}"] >= row[f"newToBrand{name}Clicks"]
            )
        assert row["detailPageViews"] >= row["newToBrandDetailPageViews"]
        assert row["cumulativeReach"] <= row["impressions"]
    assert all(sum(row[name] for row in rows) for name in ("addToCart", "addToList", "brandedSearches"))


def test_windows_and_parts_are_in_order(storefront: Storefront) -> None:
    columns = tuple(
        name
        for name in report_types()["spAdvertisedProduct"].columns
        if name not in ("date", "startDate", "endDate")
    )
    rows = rows_of(storefront, "spAdvertisedProduct", columns, at(storefront, SETTLED))
    for row in rows:
        for what in ("purchases", "unitsSoldClicks", "sales", "purchasesSameSku", "attributedSalesSameSku"):
            assert row[f"{what}1d"] <= row[f"{what}7d"] <= row[f"{what}14d"] <= row[f"{what}30d"]
        for days in (1, 7, 14, 30):
            assert row[f"purchasesSameSku{days}d"] <= row[f"purchases{days}d"]
            assert row[f"attributedSalesSameSku{days}d"] <= row[f"sales{days}d"]
            assert row[f"purchases{days}d"] <= row[f"unitsSoldClicks{days}d"]
        assert row["purchases30d"] <= row["clicks"] <= row["impressions"]
        assert row["salesOtherSku7d"] == pytest.approx(row["sales7d"] - row["attributedSalesSameSku7d"])
        assert row["spend"] == row["cost"]
        if row["clicks"]:
            assert row["costPerClick"] == pytest.approx(row["cost"] / row["clicks"], abs=1e-4)
            assert row["clickThroughRate"] == pytest.approx(row["clicks"] / row["impressions"], abs=1e-4)
        if row["sales14d"]:
            assert row["acosClicks14d"] == pytest.approx(100 * row["cost"] / row["sales14d"], abs=1e-4)
        else:
            assert row["acosClicks14d"] is None
    total = {days: sum(row[f"purchases{days}d"] for row in rows) for days in (1, 7, 14, 30)}
    assert total[1] < total[30]


def test_conversions_come_late_and_clicks_are_taken_back(storefront: Storefront) -> None:
    """The same days, read repeatedly: they change for a month and then no more."""
    columns = ("clicks", "cost", "sales30d", "purchases30d")
    seen = {}
    for days in (1, 4, 10, 38, 60):
        rows = by_day(rows_of(storefront, "spCampaigns", columns, at(storefront, days * DAY)), columns)
        seen[days] = [round(sum(day[place] for day in rows.values()), 2) for place in range(4)]
    assert seen[1][0] > seen[4][0]
    assert seen[1][1] > seen[4][1]
    assert seen[4][:2] == seen[60][:2]
    assert seen[1][3] < seen[10][3] <= seen[38][3]
    assert seen[38] == seen[60]


def test_a_running_day_grows(storefront: Storefront) -> None:
    columns = ("impressions", "clicks")
    totals = []
    for after in (-18 * 3600, -6 * 3600, 6 * 3600, 12 * 3600):
        rows = by_day(rows_of(storefront, "spCampaigns", columns, at(storefront, after)), columns)
        totals.append(rows[LAST.isoformat()][0])
    assert totals == sorted(set(totals))
    assert LAST.isoformat() not in by_day(
        rows_of(storefront, "spCampaigns", columns, at(storefront, -25 * 3600)), columns
    )


def test_gross_is_what_counts_and_what_does_not(storefront: Storefront) -> None:
    columns = (
        "campaignName",
        "clicks",
        "grossClickThroughs",
        "invalidClickThroughs",
        "impressions",
        "grossImpressions",
        "invalidImpressions",
    )
    for kind in ("spGrossAndInvalids", "sbGrossAndInvalids", "sdGrossAndInvalids"):
        rows = rows_of(storefront, kind, columns, at(storefront, SETTLED))
        for row in rows:
            assert row["grossClickThroughs"] == row["clicks"] + row["invalidClickThroughs"]
            assert row["grossImpressions"] == row["impressions"] + row["invalidImpressions"]
        assert len({(row["date"], row["campaignName"]) for row in rows}) == len(rows)
        assert sum(row["invalidClickThroughs"] for row in rows) > 0


@pytest.mark.parametrize(
    ("type_id", "group", "key"),
    [
        ("spCampaigns", "campaign", ("campaignId",)),
        ("spCampaigns", "adGroup", ("adGroupId",)),
        ("spCampaigns", "campaignPlacement", ("campaignId", "placementClassification")),
        ("spTargeting", None, ("campaignId", "adGroupId", "keywordId", "targeting", "matchType")),
        ("spSearchTerm", None, ("campaignId", "adGroupId", "keywordId", "targeting", "searchTerm")),
        ("spAdvertisedProduct", None, ("campaignId", "adGroupId", "adId", "advertisedSku")),
        ("spPurchasedProduct", None, ("adGroupId", "keywordId", "advertisedAsin", "purchasedAsin")),
        ("spPromptAdExtension", None, ("adId", "creativeExtensionId")),
        ("sbCampaigns", None, ("campaignId",)),
        ("sbCampaignPlacement", "campaignPlacement", ("campaignId", "placementClassification")),
        ("sbAdGroup", None, ("adGroupId",)),
        ("sbAds", None, ("adGroupId", "adId")),
        ("sbTargeting", None, ("adGroupId", "targetingId")),
        ("sbSearchTerm", None, ("adGroupId", "keywordId", "searchTerm")),
        ("sbPurchasedProduct", None, ("adGroupId", "purchasedAsin", "attributionType")),
        ("sdCampaigns", "campaign", ("campaignId",)),
        ("sdCampaigns", "matchedTarget", ("campaignId", "matchedTargetAsin")),
        ("sdAdGroup", "adGroup", ("adGroupId",)),
        ("sdAdGroup", "matchedTarget", ("adGroupId", "matchedTargetAsin")),
        ("sdAdvertisedProduct", None, ("adId",)),
        ("sdTargeting", "targeting", ("targetingId",)),
        ("sdTargeting", "matchedTarget", ("targetingId", "matchedTargetAsin")),
        ("sdPurchasedProduct", None, ("adGroupId", "promotedAsin", "asinBrandHalo")),
    ],
)
def test_keys_are_unique(
    simulation: Simulation, type_id: str, group: str | None, key: tuple[str, ...]
) -> None:
    seller = simulation.seller("northwind_na")
    american = simulation.storefront(seller, seller.marketplace_ids[0])
    rows = rows_of(american, type_id, key, at(american, SETTLED), group)
    assert rows
    assert len({tuple(row.values()) for row in rows}) == len(rows)


def test_the_same_seed_gives_the_same_bytes_and_a_month_makes_each_day_once() -> None:
    """A month of the largest type, all columns, by a new simulation: no day of orders is
    generated twice, and none without a possible credit. benchmarks/sandbox.py measures how long it takes.
    """
    made = []
    for _ in range(2):
        fresh = Simulation(7)
        seller = fresh.seller("northwind_na")
        american = fresh.storefront(seller, seller.marketplace_ids[0])
        kind = report_types()["spTargeting"]
        columns = tuple(name for name in kind.columns if name not in ("startDate", "endDate"))
        wanted = ReportQuery(kind.id, kind.group_bys, columns, True, date(2026, 10, 1), date(2026, 10, 31))
        made.append(b"".join(json_array(report_rows(american, wanted, at(american, SETTLED)))))
        assert days_made(american) <= 31 + LONGEST_DAYS
    assert made[0] == made[1]
    assert len(json.loads(made[0])) > 3_000
