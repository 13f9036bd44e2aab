"""One bucket, on a clock that the test moves."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from support.processes import create_all, in_processes, take_all

from sellerops.base.clock import Clock
from sellerops.ledger import Ledger
from sellerops.rate_limits import (
    Bucket,
    Granted,
    OperationLimit,
    Priority,
    QuotaLedger,
    RateLimitConfig,
    ReportTypeLimit,
    Wait,
    load_rate_limits,
)

START = datetime(2026, 11, 20, tzinfo=UTC)
MINUTE = 60.0
BUCKET = Bucket("default", "northwind_na", "createReport")
SINGLE = Bucket("default", "northwind_na", "single")
CONFIG = RateLimitConfig(
    share=1.0,
    share_without_burst=1.0,
    cooldown_margin=timedelta(0),
    operations={
        "createReport": OperationLimit(rate=1 / MINUTE, burst=15),
        "single": OperationLimit(rate=1 / MINUTE, burst=1),
    },
    report_types={
        "MARKETPLACE": ReportTypeLimit(cooldown=timedelta(minutes=30)),
        "SELLER": ReportTypeLimit(cooldown=timedelta(hours=4), per="account"),
        "BUDGET": ReportTypeLimit(daily_budget=3),
    },
)


class Bench:
    """Limits with a clock that only the test moves."""

    def __init__(self, ledger: Ledger, config: RateLimitConfig = CONFIG) -> None:
        self.ledger = ledger
        self.limits = QuotaLedger(ledger, config)
        self.moment = START
        self.move(0)

    def move(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)
        self.ledger.set_clock(Clock(START, self.moment, 0.0))

    def take(self, bucket: Bucket = BUCKET, priority: Priority = Priority.SCHEDULE) -> bool:
        return isinstance(self.limits.try_acquire(bucket, priority), Granted)

    def take_all(self, bucket: Bucket = BUCKET, priority: Priority = Priority.SCHEDULE) -> int:
        granted = 0
        while self.take(bucket, priority):
            granted += 1
        return granted

    def wait(self, bucket: Bucket = BUCKET, priority: Priority = Priority.SCHEDULE) -> float:
        decision = self.limits.try_acquire(bucket, priority)
        assert isinstance(decision, Wait)
        return decision.virtual_seconds


@pytest.fixture
def bench(ledger: Ledger) -> Bench:
    return Bench(ledger)


def test_a_full_bucket_gives_its_burst_but_one(bench: Bench) -> None:
    """Then one token per interval, and the returned wait is the needed one."""
    assert bench.take_all() == 14
    assert bench.wait() == pytest.approx(MINUTE)
    bench.move(45)
    assert bench.wait() == pytest.approx(15)
    bench.move(15)
    assert bench.take_all() == 1
    bench.move(10 * MINUTE)
    assert bench.take_all() == 10
    bench.move(1000 * MINUTE)
    assert bench.take_all() == 14


def test_a_lease_has_its_time(bench: Bench) -> None:
    assert bench.limits.try_acquire(BUCKET) == Granted(START)


def test_a_wait_on_a_virtual_clock_sleeps_in_short_steps(bench: Bench) -> None:
    """The clock may be jumped; in production the whole wait is slept."""
    bench.take_all()
    decision = bench.limits.try_acquire(BUCKET)
    assert isinstance(decision, Wait)
    assert (decision.real_seconds, decision.reason) == (1.0, "rate")
    bench.ledger.set_clock(None)
    fresh = Bucket("default", "northwind_eu", "single")
    assert bench.take(fresh)
    decision = bench.limits.try_acquire(fresh)
    assert isinstance(decision, Wait)
    assert decision.real_seconds == pytest.approx(MINUTE, abs=5)


def test_buckets_are_apart(bench: Bench) -> None:
    """Per application, account and operation."""
    assert bench.take_all() == 14
    assert bench.take_all(Bucket("other", "northwind_na", "createReport")) == 14
    assert bench.take_all(Bucket("default", "northwind_eu", "createReport")) == 14
    assert bench.take_all(SINGLE) == 1


def test_processes_share_a_bucket(conninfo: str, ledger: Ledger) -> None:
    """On a standing clock several processes get exactly the burst together."""
    ledger.set_clock(Clock(START, START, 0.0))
    assert sum(in_processes(take_all, [(conninfo, BUCKET, 20)] * 4)) == 14


def at_the_same_moment(bench: Bench, ask: Callable[[QuotaLedger, str], Granted | Wait]) -> list[int]:
    """How many of eight connections get the one thing all request at once, for each of twenty accounts."""
    threads, barrier = 8, threading.Barrier(8)
    ledgers = [Ledger(bench.ledger.database.conninfo) for _ in range(threads)]

    def run(ledger: Ledger) -> list[int]:
        limits = QuotaLedger(ledger, CONFIG)
        ledger.clock()
        granted = []
        for number in range(20):
            barrier.wait(240)
            granted.append(sum(isinstance(ask(limits, f"account_{number}"), Granted) for _ in range(4)))
        return granted

    with ThreadPoolExecutor(threads) as pool:
        granted = list(pool.map(run, ledgers))
    for ledger in ledgers:
        ledger.close()
    return [sum(each) for each in zip(*granted, strict=True)]


def test_callers_at_the_same_moment_share_a_bucket(bench: Bench) -> None:
    """Each bucket gives its burst, never more."""

    def ask(limits: QuotaLedger, account: str) -> Granted | Wait:
        return limits.try_acquire(Bucket("default", account, "createReport"))

    assert at_the_same_moment(bench, ask) == [14] * 20


def test_callers_at_the_same_moment_share_a_cooldown(bench: Bench) -> None:
    """One of them creates the report."""

    def ask(limits: QuotaLedger, account: str) -> Granted | Wait:
        return limits.try_create(account, "MARKETPLACE", ["DE"])

    assert at_the_same_moment(bench, ask) == [1] * 20


@pytest.mark.parametrize("factor", [0.5, 2.0, 0.01])
def test_the_rate_in_amazons_header_applies_at_once(bench: Bench, factor: float) -> None:
    """Slower or faster; the tokens missing stay missing."""
    bench.take_all()
    bench.limits.learn_rate(BUCKET, factor / MINUTE)
    assert bench.wait() == pytest.approx(MINUTE / factor)
    bench.move(5 * MINUTE / factor)
    assert bench.take_all() == 5


def test_a_fallen_rate_takes_back_what_was_believed_to_have_refilled(bench: Bench) -> None:
    """The quota fell some time after the last answer; the bucket is judged by the lower rate since then."""
    bench.take_all()
    bench.limits.learn_rate(BUCKET, 1 / MINUTE)
    bench.move(6 * MINUTE)
    assert bench.take()
    bench.limits.learn_rate(BUCKET, 0.5 / MINUTE)
    assert bench.take_all() == 2  # 3 of the 6 minutes' tokens were there, one is used


@pytest.mark.parametrize("junk", [None, 0.0, -1.0, float("nan"), float("inf"), 17.0, 1.6e-5])
def test_junk_in_the_header_is_ignored(bench: Bench, junk: float | None) -> None:
    bench.take_all()
    bench.limits.learn_rate(BUCKET, junk)
    assert bench.wait() == pytest.approx(MINUTE)


def test_the_configured_rate_applies_until_amazon_sends_one(ledger: Ledger) -> None:
    """A changed YAML counts at once, too."""
    slow = RateLimitConfig(share=1.0, operations={"createReport": OperationLimit(rate=0.1 / MINUTE, burst=5)})
    bench = Bench(ledger)
    bench.take_all()
    assert Bench(ledger, slow).wait() == pytest.approx(10 * MINUTE)
    bench.limits.learn_rate(BUCKET, 1 / MINUTE)
    assert Bench(ledger, slow).wait() == pytest.approx(MINUTE)


def test_only_a_share_of_the_rate_is_used(ledger: Ledger) -> None:
    """Of the configured rate and of the one Amazon sends."""
    bench = Bench(ledger, CONFIG.model_copy(update={"share": 0.5}))
    bench.take_all()
    assert bench.wait() == pytest.approx(2 * MINUTE)
    bench.limits.learn_rate(BUCKET, 2 / MINUTE)
    assert bench.wait() == pytest.approx(MINUTE)


def test_a_refusal_empties_the_bucket_and_halves_the_rate(bench: Bench) -> None:
    bench.limits.record_refusal(BUCKET)
    assert bench.wait() == pytest.approx(2 * MINUTE)
    bench.move(2 * MINUTE)
    assert bench.take_all() == 1


def test_refusals_of_calls_under_way_together_count_once(bench: Bench) -> None:
    """Eight 429 in one second are one event; one in the next interval is another."""
    for _ in range(8):
        bench.limits.record_refusal(BUCKET)
        bench.move(0.1)
    assert bench.wait() == pytest.approx(2 * MINUTE, abs=1)
    bench.move(5 * MINUTE)
    bench.limits.record_refusal(BUCKET)
    assert bench.wait() == pytest.approx(4 * MINUTE)


def test_refusals_never_slow_us_down_to_nothing(bench: Bench) -> None:
    for _ in range(20):
        bench.limits.record_refusal(BUCKET)
        bench.move(10 * MINUTE)
    bench.limits.record_refusal(BUCKET)
    assert bench.wait() == pytest.approx(8 * MINUTE)


def test_a_header_restores_the_rate_after_a_refusal(bench: Bench) -> None:
    """The bucket stays empty."""
    bench.limits.record_refusal(BUCKET)
    bench.limits.learn_rate(BUCKET, 1 / MINUTE)
    assert bench.wait() == pytest.approx(MINUTE)


def test_quiet_time_restores_the_rate_after_a_refusal(bench: Bench) -> None:
    """Nothing said otherwise for a quarter of an hour."""
    bench.limits.record_refusal(BUCKET)
    bench.move(14 * MINUTE)
    assert bench.take_all() == 7
    bench.move(2 * MINUTE)
    bench.take_all()
    assert bench.wait() <= MINUTE


def test_a_backfill_leaves_tokens_to_schedules(bench: Bench) -> None:
    """Three of the burst; it still gets the whole rate when nothing else uses it."""
    assert bench.take_all(priority=Priority.BACKFILL) == 11
    assert bench.wait(priority=Priority.BACKFILL) == pytest.approx(MINUTE)
    assert bench.take_all() == 3
    assert bench.wait(priority=Priority.BACKFILL) == pytest.approx(4 * MINUTE)
    bench.move(24 * MINUTE)
    bench.take_all(priority=Priority.BACKFILL)
    for _ in range(10):
        bench.move(MINUTE)
        assert bench.take_all(priority=Priority.BACKFILL) == 1


def test_a_backfill_yields_while_a_schedule_waits(bench: Bench) -> None:
    """Also if the burst leaves no reserve: for one interval after the schedule's try."""
    assert bench.take(SINGLE)
    bench.move(30)
    assert not bench.take(SINGLE)
    bench.move(31)
    assert bench.wait(SINGLE, Priority.BACKFILL) == pytest.approx(29)
    assert bench.take(SINGLE)
    bench.move(MINUTE)
    assert bench.take(SINGLE, Priority.BACKFILL)


def test_a_schedule_that_gave_up_does_not_block_backfills(bench: Bench) -> None:
    assert bench.take(SINGLE)
    assert not bench.take(SINGLE)
    bench.move(MINUTE)
    assert bench.take(SINGLE, Priority.BACKFILL)


def test_a_clock_set_back_does_not_block_calls_for_days(bench: Bench) -> None:
    """The local Amazon's clock may be set to any day between two runs."""
    bench.move(30 * 86400)
    bench.take_all()
    bench.limits.record_refusal(BUCKET)
    bench.move(-30 * 86400)
    assert bench.wait() <= 15 * MINUTE


def create(bench: Bench, report_type: str, *marketplaces: str, window: str = "") -> Granted | Wait:
    return bench.limits.try_create("northwind_eu", report_type, marketplaces, window)


def test_a_type_has_a_cooldown_per_marketplace(bench: Bench) -> None:
    """All marketplaces of a request must be free; if one is not, none is taken."""
    assert create(bench, "MARKETPLACE", "DE", "FR") == Granted(START)
    bench.move(10 * MINUTE)
    assert create(bench, "MARKETPLACE", "GB", "FR") == Wait(20 * MINUTE, 1.0, "cooldown")
    assert isinstance(create(bench, "MARKETPLACE", "GB"), Granted)
    bench.move(20 * MINUTE)
    assert isinstance(create(bench, "MARKETPLACE", "DE", "FR"), Granted)
    assert create(bench, "MARKETPLACE", "GB") == Wait(10 * MINUTE, 1.0, "cooldown")


def test_a_type_may_have_a_cooldown_for_the_whole_account(bench: Bench) -> None:
    assert isinstance(create(bench, "SELLER", "DE"), Granted)
    assert create(bench, "SELLER", "FR") == Wait(4 * 60 * MINUTE, 1.0, "cooldown")
    assert isinstance(bench.limits.try_create("northwind_na", "SELLER", ["US"]), Granted)


def test_windows_cool_down_apart(bench: Bench) -> None:
    """A backfill of 24 months is 24 different reports."""
    assert isinstance(create(bench, "SELLER", "DE", window="2026-10"), Granted)
    assert isinstance(create(bench, "SELLER", "DE", window="2026-11"), Granted)
    assert isinstance(create(bench, "SELLER", "DE", window="2026-10"), Wait)


def test_a_type_without_a_limit_is_free(bench: Bench) -> None:
    assert all(isinstance(create(bench, "FREE", "DE"), Granted) for _ in range(50))


def test_a_reports_own_longer_cooldown_applies(bench: Bench) -> None:
    """What a spec says counts for a type the limits file does not know, too."""
    hour = timedelta(hours=1)
    assert isinstance(bench.limits.try_create("northwind_eu", "FREE", ["DE"], cooldown=hour), Granted)
    assert bench.limits.try_create("northwind_eu", "FREE", ["DE"], cooldown=hour) == Wait(
        60 * MINUTE, 1.0, "cooldown"
    )


def test_the_cooldown_margin_is_added(ledger: Ledger) -> None:
    """Amazon counts from the arrival of the call, which may come later than the lease."""
    bench = Bench(ledger, CONFIG.model_copy(update={"cooldown_margin": timedelta(minutes=2)}))
    create(bench, "MARKETPLACE", "DE")
    assert create(bench, "MARKETPLACE", "DE") == Wait(32 * MINUTE, 1.0, "cooldown")


def test_a_refused_create_gives_its_cooldown_back(bench: Bench) -> None:
    """The cooldown of the report before it counts again, and the budget too."""
    create(bench, "MARKETPLACE", "DE")
    bench.move(40 * MINUTE)
    granted = create(bench, "MARKETPLACE", "DE")
    assert isinstance(granted, Granted)
    bench.limits.release_create("northwind_eu", "MARKETPLACE", ["DE"], granted=granted)
    assert isinstance(create(bench, "MARKETPLACE", "DE"), Granted)
    for _ in range(5):
        taken = create(bench, "BUDGET", "DE")
        assert isinstance(taken, Granted)
        bench.limits.release_create("northwind_eu", "BUDGET", ["DE"], granted=taken)


def test_a_late_refusal_gives_back_only_its_own_grant(bench: Bench) -> None:
    """By then the marketplace has another report, whose cooldown stays."""
    granted = create(bench, "MARKETPLACE", "DE")
    assert isinstance(granted, Granted)
    bench.move(MINUTE)
    bench.limits.mark_created("northwind_eu", "MARKETPLACE", ["DE"])
    bench.limits.release_create("northwind_eu", "MARKETPLACE", ["DE"], granted=granted)
    assert create(bench, "MARKETPLACE", "DE") == Wait(30 * MINUTE, 1.0, "cooldown")


def test_a_report_made_elsewhere_starts_the_cooldown(bench: Bench) -> None:
    """From Amazon's list, or our own whose call came later than its lease. An older one never shortens it."""
    bench.limits.mark_created("northwind_eu", "MARKETPLACE", ["DE"], at=START - timedelta(minutes=10))
    assert create(bench, "MARKETPLACE", "DE") == Wait(20 * MINUTE, 1.0, "cooldown")
    bench.limits.mark_created("northwind_eu", "MARKETPLACE", ["DE"])
    bench.limits.mark_created("northwind_eu", "MARKETPLACE", ["DE"], at=START - timedelta(days=1))
    assert create(bench, "MARKETPLACE", "DE") == Wait(30 * MINUTE, 1.0, "cooldown")


def test_a_daily_budget_ends_with_the_day_of_utc(bench: Bench) -> None:
    """It counts all windows of the type together."""
    bench.move(20 * 3600)
    for window in ("a", "b", "c"):
        assert isinstance(create(bench, "BUDGET", "DE", window=window), Granted)
    assert create(bench, "BUDGET", "DE", window="d") == Wait(4 * 3600.0, 1.0, "budget")
    assert isinstance(create(bench, "BUDGET", "FR", window="d"), Granted)
    bench.move(4 * 3600)
    assert isinstance(create(bench, "BUDGET", "DE", window="d"), Granted)


def test_old_windows_are_forgotten(bench: Bench, conninfo: str) -> None:
    """The table holds days, not years."""
    for day in range(12):
        create(bench, "MARKETPLACE", "DE", window=str(day))
        bench.move(86400)
    with psycopg.connect(conninfo) as connection:
        row = connection.execute("SELECT count(*) FROM sellerops.quota_budget").fetchone()
    assert row is not None
    assert 7 <= row[0] <= 8


def test_processes_share_a_cooldown(conninfo: str, ledger: Ledger) -> None:
    """Requests for overlapping marketplaces from several processes: each marketplace is granted once."""
    ledger.set_clock(Clock(START, START, 0.0))
    report_type = "GET_FBA_MYI_UNSUPPRESSED_INVENTORY_DATA"
    assert load_rate_limits().report_type_limit(report_type).cooldown
    marketplaces = [["DE"], ["FR"], ["GB"], ["ES"]] * 5
    arguments = [(conninfo, report_type, marketplaces), (conninfo, report_type, marketplaces[::-1])] * 2
    assert sum(in_processes(create_all, arguments)) == 4
