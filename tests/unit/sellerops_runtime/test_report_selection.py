"""The demo collects a few reports quickly, or all in an order in which each finds its input."""

from __future__ import annotations

from datetime import date

from support.specs import enabled_shipped_specs

from sellerops.settings.specs import PeriodKind
from sellerops_runtime.report_selection import (
    DEMO_REPORTS,
    LISTINGS,
    MART_REPORTS,
    needs_asins,
    rounds,
    run_days,
)

SPECS = enabled_shipped_specs()


def test_the_plain_demo_shows_a_report_of_each_kind() -> None:
    assert [sorted(spec.name for spec in part) for part in rounds(SPECS, full=False)] == [
        sorted(DEMO_REPORTS)
    ]


def test_with_marts_the_demo_collects_what_they_are_built_from() -> None:
    names = {spec.name for part in rounds(SPECS, full=False, marts=True) for spec in part}
    assert names == {*DEMO_REPORTS, *MART_REPORTS}


def test_the_full_demo_takes_every_report_once_and_those_of_asins_last() -> None:
    parts = rounds(SPECS, full=True)
    assert sorted(spec.name for part in parts for spec in part) == sorted(spec.name for spec in SPECS)
    assert not any(needs_asins(spec) for spec in parts[0])
    assert all(needs_asins(spec) for part in parts[1:] for spec in part)


def test_what_waits_longest_for_quota_begins_first() -> None:
    first, later = rounds(SPECS, full=True)
    assert first[0].name == LISTINGS
    for part in (first, later):
        scarce = [spec.source == "amazon_sp" and spec.request.how == "created" for spec in part]
        assert any(scarce)
        assert not all(scarce)
        assert scarce == sorted(scarce, reverse=True)
    assert first[1].period.kind == PeriodKind.DAY
    assert "sales_and_traffic" in [spec.name for spec in first[1:5]]


def test_only_reports_of_days_are_given_days() -> None:
    first, last = date(2026, 11, 10), date(2026, 11, 16)
    for spec in SPECS:
        by_days = spec.period.kind in (PeriodKind.DAY, PeriodKind.RANGE, PeriodKind.LISTING)
        asked = run_days(spec, first, last)
        assert asked == ({"from_day": "2026-11-10", "to_day": "2026-11-16"} if by_days else {}), spec.name


def test_marts_have_two_months_of_demand_and_stock() -> None:
    first, last = date(2026, 11, 10), date(2026, 11, 16)
    longer = {
        spec.name for spec in SPECS if run_days(spec, first, last, marts=True) != run_days(spec, first, last)
    }
    assert longer == {"all_orders", "inventory_ledger_summary"}
    (orders,) = (spec for spec in SPECS if spec.name == "all_orders")
    assert run_days(orders, first, last, marts=True) == {"from_day": "2026-09-11", "to_day": "2026-11-16"}
