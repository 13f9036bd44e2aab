"""The plan counts what the runs of a backfill would ask for, each window once, within the quota's bound."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from sellerops.accounts import Account
from sellerops.backfill import describe_seconds, plan_backfill, run_moments, window_key
from sellerops.cli import main
from sellerops.marketplaces import marketplace
from sellerops.rate_limits import load_rate_limits
from sellerops.slices import plan_slices
from sellerops.specs import load_spec

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ACCOUNT = Account("shop", "NA", (marketplace("US"), marketplace("CA")), "amazon_sp_shop")
SIXTY = {"first_day": date(2026, 9, 20), "last_day": date(2026, 11, 18)}


def test_sixty_days_ask_for_each_shop_and_day_once() -> None:
    spec = load_spec("sales_and_traffic")
    plan = plan_backfill(spec, ACCOUNT, **SIXTY, now=NOW, limits=load_rate_limits())
    assert (plan.runs, plan.slices) == (60, 60 * 2 * 3)
    assert plan.requests == (60 + 2) * 2  # the lookback of the first run reaches two days further back
    assert plan.bound_by == "createReport"
    assert plan.seconds == pytest.approx((124 - 14) / (0.0167 * 0.99))


def test_what_the_archive_holds_is_not_asked_again() -> None:
    spec = load_spec("sales_and_traffic")
    moments = run_moments(spec, date(2026, 11, 10), date(2026, 11, 12), NOW)
    held = [window_key(piece) for piece in plan_slices(spec, ACCOUNT, run_at=moments[0], now=NOW)]
    plan = plan_backfill(
        spec,
        ACCOUNT,
        first_day=date(2026, 11, 10),
        last_day=date(2026, 11, 12),
        now=NOW,
        limits=load_rate_limits(),
        held=held,
    )
    assert (plan.held, plan.requests) == (6, 4)


def test_days_beyond_what_amazon_serves_are_counted_apart() -> None:
    spec = load_spec("sales_and_traffic")
    old = (NOW - timedelta(days=735)).date()
    plan = plan_backfill(
        spec, ACCOUNT, first_day=old, last_day=old + timedelta(days=9), now=NOW, limits=load_rate_limits()
    )
    assert plan.expired > 0
    assert plan.requests > 0
    assert plan.expired + plan.requests == (10 + 2) * 2


def test_a_run_collects_the_day_it_is_dated() -> None:
    spec = load_spec("sales_and_traffic")
    (moment,) = run_moments(spec, date(2026, 11, 10), date(2026, 11, 10), NOW)
    assert plan_slices(spec, ACCOUNT, run_at=moment, now=NOW)[2].last_day == "2026-11-10"


def test_runs_that_could_not_have_run_yet_are_not_planned() -> None:
    spec = load_spec("sales_and_traffic")
    assert run_moments(spec, date(2026, 11, 20), date(2026, 11, 30), NOW) == [
        datetime(2026, 11, 21, 12, tzinfo=UTC)
    ]


@pytest.mark.parametrize(("seconds", "text"), [(0, "0 min"), (61, "2 min"), (12000, "3 h 20 min")])
def test_times_are_said_as_people_say_them(seconds: float, text: str) -> None:
    assert describe_seconds(seconds) == text


def test_the_command_prints_plan_and_next_step(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["backfill", "plan", "--report", "all_orders", "--from", "2026-10-01", "--to", "2026-10-31"])
    printed = capsys.readouterr().out
    assert code == 0
    assert "northwind_eu" in printed
    assert "airflow backfill create --dag-id report__amazon_sp__all_orders --from-date 2026-10-01" in printed


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["specs", "show", "salesandtraffic"], "Did you mean 'sales_and_traffic'"),
        (
            ["backfill", "plan", "--report", "all_orders", "--from", "2026-10-02", "--to", "2026-10-01"],
            "Swap",
        ),
        (["ledger", "loads"], "SELLEROPS_WAREHOUSE"),
    ],
)
def test_errors_name_the_remedy(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SELLEROPS_WAREHOUSE", raising=False)
    monkeypatch.delenv("AIRFLOW_CONN_SELLEROPS_WAREHOUSE", raising=False)
    assert main(arguments) == 1
    assert says in capsys.readouterr().err


def test_the_effective_spec_shows_the_defaults(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["specs", "show", "settlements"]) == 0
    assert "give_up_after: 12h" in capsys.readouterr().out
