"""The plan counts what the runs of a backfill would ask for, each window once, within the quota's bound."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from sellerops.calendar.backfill import describe_seconds, run_moments
from sellerops.calendar.slices import plan_slices
from sellerops.cli import main
from sellerops.planning import AccountPlan, DocumentLookup, FindDocument, Proposal, make_plan, plan_requests
from sellerops.planning.proposals import proposals_for
from sellerops.rate_limits import OperationLimit, RateLimitConfig, ReportTypeLimit, load_rate_limits
from sellerops.settings.accounts import Account
from sellerops.settings.marketplaces import marketplace
from sellerops.settings.specs import PeriodKind, Split, load_spec

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ACCOUNT = Account("northwind", "NA", (marketplace("US"), marketplace("CA")), "amazon_sp_northwind")
LIMITS = load_rate_limits()
SIXTY = {"first_day": date(2026, 9, 20), "last_day": date(2026, 11, 18)}


def plan_of(
    *names: str,
    find_document: FindDocument | None = None,
    asins: int | None = None,
    limits: RateLimitConfig = LIMITS,
    **days: date,
) -> AccountPlan:
    needs = [
        plan_requests(load_spec(name), ACCOUNT, now=NOW, find_document=find_document, asins=asins, **days)
        for name in names
    ]
    (account,) = make_plan(needs, now=NOW, limits=limits).accounts
    return account


def test_sixty_days_request_each_marketplace_and_day_once() -> None:
    plan = plan_of("sales_and_traffic", **SIXTY)
    (report,) = plan.reports
    assert (report.runs, report.slices) == (60, 60 * 2 * 3)
    assert plan.requests == (60 + 2) * 2  # the lookback of the first run reaches two days further back
    assert plan.bound_by == "createReport"
    assert plan.least_seconds == pytest.approx((124 - 14) / (0.0167 * 0.99))
    # The burst that is left to schedules, and the making of the last report.
    assert plan.seconds == pytest.approx(plan.least_seconds + 9 / (0.0167 * 0.99) + 120, rel=0.001)


def test_what_is_there_already_is_not_asked_again() -> None:
    """In the archive or in Amazon's list, and young enough for the last run that wants it."""
    asked: list[DocumentLookup] = []

    def find_document(question: DocumentLookup) -> str | None:
        asked.append(question)
        return (
            {"US": "archive", "CA": "amazon"}[question.slice_.marketplaces[0]]
            if "-09" in question.slice_.label
            else None
        )

    days = {"first_day": date(2026, 11, 10), "last_day": date(2026, 11, 12)}
    plan = plan_of("sales_and_traffic", find_document=find_document, **days)
    (report,) = plan.reports
    assert (report.archived, report.listed, plan.requests) == (1, 1, 8)
    moments = run_moments(load_spec("sales_and_traffic"), date(2026, 11, 10), date(2026, 11, 12), NOW)
    assert {one.slice_.label: one.run_at for one in asked}["US 2026-11-10"] == moments[2]


def test_days_beyond_what_amazon_serves_are_listed_separately() -> None:
    old = (NOW - timedelta(days=735)).date()
    plan = plan_of("sales_and_traffic", first_day=old, last_day=old + timedelta(days=9))
    (report,) = plan.reports
    assert report.expired
    assert plan.requests > 0
    assert len(report.expired) + plan.requests == (10 + 2) * 2


def test_days_that_expire_before_their_turn_are_named() -> None:
    """At two requests in thirty hours the oldest days are still had, later ones are not."""
    first = (NOW - timedelta(days=726)).date()
    slow = LIMITS.model_copy(update={"operations": {"createReport": OperationLimit(rate=0.00002, burst=1)}})
    plan = plan_of("sales_and_traffic", limits=slow, first_day=first, last_day=first + timedelta(days=9))
    oldest = plan.reports[0].requests[0].label
    assert 0 < len(plan.too_late) < plan.requests
    assert oldest not in plan.too_late


def test_reports_of_one_type_and_window_wait_for_the_cooldown() -> None:
    cooled = LIMITS.model_copy(
        update={"report_types": {"GET_SALES_AND_TRAFFIC_REPORT": ReportTypeLimit(cooldown=timedelta(days=2))}}
    )
    plan = plan_of("sales_and_traffic", "sales_and_traffic", limits=cooled, **SIXTY)
    assert (plan.bound_by, plan.seconds) == ("cooldown of GET_SALES_AND_TRAFFIC_REPORT", 2 * 86_400)


def test_a_daily_budget_bounds_the_plan() -> None:
    types = {"GET_SALES_AND_TRAFFIC_REPORT": ReportTypeLimit(daily_budget=10)}
    plan = plan_of("sales_and_traffic", limits=LIMITS.model_copy(update={"report_types": types}), **SIXTY)
    assert (plan.bound_by, plan.seconds) == ("daily budget of GET_SALES_AND_TRAFFIC_REPORT", 12 * 86_400)


def test_schedules_go_first_and_levels_count() -> None:
    """Half an hour of morning reports is half an hour later; an empty bucket costs its burst."""
    specs = [load_spec("sales_and_traffic")] * 3
    needs = [plan_requests(specs[0], ACCOUNT, now=NOW, **SIXTY)]
    alone = make_plan(needs, now=NOW, limits=LIMITS)
    busy = make_plan(needs, now=NOW - timedelta(minutes=5), limits=LIMITS, daily=specs)
    empty = make_plan(needs, now=NOW, limits=LIMITS, levels={(ACCOUNT.id, "createReport"): (0.0, None)})
    assert busy.accounts[0].scheduled >= 18
    later = busy.accounts[0].seconds - alone.accounts[0].seconds
    assert later == pytest.approx(18 / (0.0167 * 0.99), rel=0.35)
    assert empty.accounts[0].seconds == pytest.approx(
        alone.accounts[0].seconds + 14 / (0.0167 * 0.99), rel=0.001
    )
    assert busy.accounts[0].schedule_wait < timedelta(minutes=10)


def test_one_run_over_all_days_takes_the_longest_windows() -> None:
    """Sixty runs of orders by two windows of a month; a day's report has no longer window."""

    def ways(name: str) -> list[Proposal]:
        needs = [plan_requests(load_spec(name), ACCOUNT, now=NOW, **SIXTY)]
        return proposals_for(needs, now=NOW, limits=LIMITS, specs=[load_spec(name)], **SIXTY)

    (way,) = ways("all_orders")
    assert way.requests == 2
    assert """--conf '{"from_day": "2026-09-20", "to_day": "2026-11-18"}'""" in way.command
    assert ways("sales_and_traffic") == []


def test_data_kiosk_and_coarser_cadences_are_proposed() -> None:
    spec = load_spec("sales_and_traffic")
    kiosk = spec.model_copy(
        update={
            "name": "trends",
            "report_type": "TRENDS",
            "period": spec.period.model_copy(update={"kind": PeriodKind.RANGE, "max_days": 730}),
            "request": spec.request.model_copy(
                update={
                    "how": "queried",
                    "query": "query { analytics { salesAndTrafficTrends { date } } }",
                    "split": Split(option="asins", at_most=30),
                }
            ),
        }
    )
    weekly = spec.model_copy(
        update={"name": "weekly", "period": spec.period.model_copy(update={"kind": PeriodKind.WEEK})}
    )
    needs = [plan_requests(spec, ACCOUNT, now=NOW, **SIXTY)]
    found = proposals_for(needs, now=NOW, limits=LIMITS, specs=[spec, kiosk, weekly], asins=60, **SIXTY)
    assert [(way.report, way.requests) for way in found] == [
        ("sales_and_traffic", 4),
        ("weekly", 16),
    ]
    assert "trends" in found[0].way
    assert found[1].loses


def test_reports_split_by_asins_cost_a_request_for_each_part() -> None:
    split = Split(option="asin", at_most=18)
    spec = load_spec("sales_and_traffic")
    divided = spec.model_copy(update={"request": spec.request.model_copy(update={"split": split})})
    needs = [plan_requests(divided, ACCOUNT, now=NOW, asins=200, **SIXTY)]
    assert make_plan(needs, now=NOW, limits=LIMITS).requests == 124 * 12


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
    assert "Cheaper ways" in printed


def test_the_plan_as_json_has_the_same_figures(capsys: pytest.CaptureFixture[str]) -> None:
    days = ["--from", "2026-09-01", "--to", "2026-09-30", "--json"]
    reports = ["--report", "sales_and_traffic", "--report", "fba_manage_inventory"]
    assert main(["backfill", "plan", *reports, "--account", "northwind_na", *days]) == 0
    plan_ = json.loads(capsys.readouterr().out)
    (account,) = plan_["accounts"]
    (report,) = account["reports"]
    assert plan_["requests"] == account["requests"] == report["requests"] == 32 * 3
    assert (report["runs"], report["slices"]) == (30, 30 * 3 * 3)
    assert plan_["snapshots"] == ["fba_manage_inventory"]


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
