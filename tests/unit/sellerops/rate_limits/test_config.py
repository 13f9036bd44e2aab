"""The limits are data: every published figure is included, and the error of a typo names file and key."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from support.specs import shipped_specs

from sellerops.base.errors import ConfigurationError
from sellerops.rate_limits import OperationLimit, RateLimitConfig, load_rate_limits


def test_the_reports_api_has_the_published_usage_plans() -> None:
    """Figures printed in Amazon's model of the Reports API 2021-06-30."""
    limits = load_rate_limits()
    published = {
        "getReports": (0.0222, 10),
        "createReport": (0.0167, 15),
        "cancelReport": (0.0222, 10),
        "getReport": (2, 15),
        "getReportDocument": (0.0167, 15),
    }
    for operation, (rate, burst) in published.items():
        assert limits.limit(operation) == OperationLimit(rate=rate, burst=burst), operation


def test_report_types_have_their_cooldowns() -> None:
    limits = load_rate_limits()
    inventory = limits.report_type_limit("GET_FBA_MYI_UNSUPPRESSED_INVENTORY_DATA")
    returns = limits.report_type_limit("GET_FBA_FULFILLMENT_CUSTOMER_RETURNS_DATA")
    assert (inventory.cooldown, inventory.per) == (timedelta(minutes=30), "marketplace")
    assert (returns.cooldown, returns.per) == (timedelta(hours=4), "account")
    assert limits.report_type_limit("GET_SALES_AND_TRAFFIC_REPORT").cooldown == timedelta(0)
    assert limits.report_type_limit("GET_SOMETHING_NEW").cooldown == timedelta(0)


def test_no_spec_repeats_a_cooldown_of_the_limits() -> None:
    """Cooldowns are in one place, config/rate_limits.yaml; a spec only sets a longer one of its own."""
    limits = load_rate_limits()
    specs = shipped_specs()
    assert specs
    for spec in specs:
        own, listed = spec.request.cooldown, limits.report_type_limit(spec.report_type).cooldown
        assert not own or own > listed, spec.name
    assert sum(bool(limits.report_type_limit(spec.report_type).cooldown) for spec in specs) > 20


def test_we_stay_below_amazon() -> None:
    """One token of the burst is never used, or a larger part of the rate if there is only one."""
    limits = load_rate_limits()
    assert len(limits.operations) > 100
    for operation, limit in limits.operations.items():
        burst, share = limits.used_burst(limit), limits.used_share(limit)
        assert burst >= 1
        assert share < 1, operation
        assert burst == limit.burst - 1 or (limit.burst == 1 and share <= 0.9), operation


def test_an_unlisted_operation_is_slow() -> None:
    assert load_rate_limits().limit("brandNewOperation").rate <= 0.5


def test_the_end_of_a_backfill_can_be_computed_before_it_starts() -> None:
    """730 days of a daily report: 14 at once, then one a minute."""
    limits = RateLimitConfig(operations={"createReport": OperationLimit(rate=1 / 60, burst=15)}, share=1.0)
    assert limits.seconds_for("createReport", 14) == 0
    assert limits.seconds_for("createReport", 730) == pytest.approx(716 * 60)


@pytest.mark.parametrize(
    ("text", "key", "cause"),
    [
        (
            "operations: {createReport: [0.0167]}",
            "operations.createReport",
            "write [tokens per second, burst]",
        ),
        ("operations: {createReport: [0, 15]}", "operations.createReport.rate", "greater than 0"),
        ("operations: {createReport: [1, 0]}", "operations.createReport.burst", "greater than or equal to 1"),
        (
            "report_types: {X: {cooldown: 30 minutes}}",
            "report_types.X.cooldown",
            "write a number and s, m, h or d",
        ),
        ("report_types: {X: {cool_down: 30m}}", "report_types.X.cool_down", "unknown key"),
        ("bust_margin: 1", "bust_margin", "unknown key"),
    ],
)
def test_a_typo_names_file_key_and_cause(tmp_path: Path, text: str, key: str, cause: str) -> None:
    path = tmp_path / "rate_limits.yaml"
    path.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        load_rate_limits(path)
    assert str(path) in caught.value.where
    assert f"`{key}`" in caught.value.where
    assert cause in caught.value.cause
