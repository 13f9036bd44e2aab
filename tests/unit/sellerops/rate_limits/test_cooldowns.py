"""Cooldowns learn from refusals, and forget cautiously; other applications' reports count."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from sellerops.base.clock import Clock
from sellerops.ledger import Ledger
from sellerops.rate_limits import Granted, QuotaLedger, RateLimitConfig, ReportTypeLimit, Wait

START = datetime(2026, 11, 20, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CONFIG = RateLimitConfig(
    cooldown_margin=timedelta(0),
    report_types={
        "MARKETPLACE": ReportTypeLimit(cooldown=HOUR),
        "BUDGET": ReportTypeLimit(daily_budget=3, per="account"),
    },
)


class Bench:
    def __init__(self, ledger: Ledger) -> None:
        self.ledger, self.limits, self.passed = ledger, QuotaLedger(ledger, CONFIG), timedelta()
        self.move(timedelta())

    def move(self, by: timedelta) -> None:
        self.passed += by
        self.ledger.set_clock(Clock(START, START + self.passed, 0.0))

    def create(self, report_type: str = "MARKETPLACE", account: str = "northwind_eu") -> Granted | Wait:
        return self.limits.try_create(account, report_type, ["DE"])

    def lengthen_cooldown(
        self, refusal: str = "1", gap: timedelta | None = None, report_type: str = "MARKETPLACE"
    ) -> timedelta:
        reason = "requested too frequently"
        return self.limits.lengthen_cooldown(
            "northwind_eu", report_type, refusal=refusal, reason=reason, gap=gap
        )

    def in_force(self) -> timedelta:
        (learned,) = self.limits.learned_cooldowns("northwind_eu")
        return learned.in_force


@pytest.fixture
def bench(ledger: Ledger) -> Bench:
    return Bench(ledger)


def test_a_refusal_makes_the_cooldown_half_as_long_again(bench: Bench) -> None:
    """For that account and type; the evidence is stored."""
    assert bench.lengthen_cooldown() == 1.5 * HOUR
    assert isinstance(bench.create(), Granted)
    assert bench.create() == Wait(5400.0, 1.0, "cooldown")
    assert isinstance(bench.create(account="northwind_na"), Granted)
    assert bench.create(account="northwind_na") == Wait(3600.0, 1.0, "cooldown")
    (learned,) = bench.limits.learned_cooldowns()
    assert (learned.published, learned.in_force, learned.refusals) == (HOUR, 1.5 * HOUR, 1)
    assert learned.evidence[0]["reason"] == "requested too frequently"


def test_reading_the_cooldown_left_takes_nothing(bench: Bench) -> None:
    """The same wait that a create would get, with and without a learned addition."""

    def left() -> timedelta:
        return bench.limits.cooldown_left("northwind_eu", "MARKETPLACE", ["DE", "FR"])

    assert left() == timedelta(0)
    assert isinstance(bench.create(), Granted)
    bench.move(HOUR / 4)
    assert left() == 0.75 * HOUR
    assert bench.create() == Wait(2700.0, 1.0, "cooldown")
    bench.lengthen_cooldown()
    assert left() == 1.25 * HOUR
    assert bench.limits.cooldown_left("northwind_na", "MARKETPLACE", ["DE"]) == timedelta(0)
    bench.move(2 * HOUR)
    assert left() == timedelta(0)


def test_the_gap_that_was_too_short_counts(bench: Bench) -> None:
    """A type thought free was refused 4 h after the one before: the cooldown is longer than 4 h."""
    assert bench.lengthen_cooldown(gap=4 * HOUR, report_type="FREE") == 6 * HOUR
    assert isinstance(bench.create("FREE"), Granted)
    assert isinstance(bench.create("FREE"), Wait)


def test_the_same_refusal_counts_once_and_none_makes_it_endless(bench: Bench) -> None:
    assert bench.lengthen_cooldown("1") == bench.lengthen_cooldown("1") == 1.5 * HOUR
    for number in range(2, 30):
        bench.lengthen_cooldown(str(number))
    assert bench.in_force() == 2 * DAY
    (learned,) = bench.limits.learned_cooldowns()
    assert [one["refusal"] for one in learned.evidence] == ["29", "28", "27", "26", "25"]


def test_quiet_weeks_halve_what_was_learned(bench: Bench) -> None:
    """Down to what is published, never below; more slowly after each refusal."""
    bench.lengthen_cooldown(gap=3 * HOUR)
    assert bench.in_force() == 4.5 * HOUR
    bench.move(6 * DAY)
    assert bench.in_force() == 4.5 * HOUR
    bench.move(DAY)
    assert bench.in_force() == HOUR + 1.75 * HOUR
    bench.move(100 * DAY)
    assert bench.in_force() == HOUR
    bench.lengthen_cooldown("2", gap=3 * HOUR)
    bench.move(13 * DAY)
    assert bench.in_force() == 4.5 * HOUR
    bench.move(DAY)
    assert bench.in_force() == HOUR + 1.75 * HOUR


def test_reports_of_other_applications_use_up_the_daily_budget(bench: Bench, conninfo: str) -> None:
    """As listed by getReports; our own count when they are created, yesterday's not at all."""
    assert isinstance(bench.create("BUDGET"), Granted)
    with psycopg.connect(conninfo) as connection:
        for report_id, created in (("9", START), ("8", START - DAY)):
            connection.execute(
                """
                INSERT INTO sellerops.listed_report (account_id, report_id, report_type, marketplace_ids,
                    status, created_at, seen_at)
                VALUES ('northwind_eu', %s, 'BUDGET', '{DE}', 'DONE', %s, %s)
                """,
                (report_id, created, START),
            )
    bench.move(HOUR)
    assert isinstance(bench.create("BUDGET"), Granted)
    assert bench.create("BUDGET") == Wait(23 * 3600.0, 1.0, "budget")
    bench.move(23 * HOUR)
    assert isinstance(bench.create("BUDGET"), Granted)
