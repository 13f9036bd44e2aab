"""Invariants under any sequence of events. Only the test moves the clock; nothing sleeps."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from support.postgres import TEMPLATE, PostgresServer

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
)

START = datetime(2026, 11, 20, tzinfo=UTC)
RATE, BURST = 1 / 60, 15
CONFIG = RateLimitConfig(
    operations={"createReport": OperationLimit(rate=RATE, burst=BURST)},
    report_types={
        "MARKETPLACE": ReportTypeLimit(cooldown=timedelta(minutes=30)),
        "SELLER": ReportTypeLimit(cooldown=timedelta(hours=4), per="account"),
    },
)
_settings = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    print_blob=True,
)


class Amazon:
    """Amazon's own bucket: starts full, refills by its rate, refuses when it is empty."""

    def __init__(self, rate: float = RATE, burst: int = BURST) -> None:
        self.rate, self.burst = rate, burst
        self._tokens, self._at = float(burst), 0.0
        self.granted = self.refused = 0
        self.earned = float(burst)

    def set_rate(self, rate: float, at: float) -> None:
        self._refill(at)
        self.rate = rate

    def call(self, at: float) -> bool:
        self._refill(at)
        is_granted = self._tokens >= 1
        self._tokens -= is_granted
        self.granted += is_granted
        self.refused += not is_granted
        return is_granted

    def _refill(self, at: float) -> None:
        self.earned += (at - self._at) * self.rate
        self._tokens = min(self.burst, self._tokens + (at - self._at) * self.rate)
        self._at = at


@pytest.fixture(scope="module")
def shared_ledger(postgres_server: PostgresServer) -> Iterator[Ledger]:
    """One database for all examples; each takes a bucket of its own."""
    fresh = postgres_server.create_database(TEMPLATE)
    ledger = Ledger(fresh)
    yield ledger
    ledger.close()
    postgres_server.drop_database(fresh)


_names = iter(range(10**9))


def fresh_bucket() -> Bucket:
    return Bucket("default", f"account_{next(_names)}", "createReport")


def at(ledger: Ledger, seconds: float) -> None:
    moment = START + timedelta(seconds=seconds)
    ledger.set_clock(Clock(START, moment, 0.0))


pauses = st.one_of(st.just(0.0), st.floats(0, 120), st.floats(0, 2000))
priorities = st.sampled_from(list(Priority))


@_settings
@given(steps=st.lists(st.tuples(pauses, priorities), max_size=60))
@example(steps=[(0.0, Priority.SCHEDULE)] * 20 + [(60.0, Priority.BACKFILL)] * 10)
def test_no_window_has_more_calls_than_the_bucket_allows(
    shared_ledger: Ledger, steps: list[tuple[float, Priority]]
) -> None:
    """Between any two moments: at most our burst, which is one less than Amazon's, and what refilled."""
    limits, bucket = QuotaLedger(shared_ledger, CONFIG), fresh_bucket()
    now, grants = 0.0, []
    for pause, priority in steps:
        now += pause
        at(shared_ledger, now)
        if isinstance(limits.try_acquire(bucket, priority), Granted):
            grants.append(now)
    for first in range(len(grants)):
        for last in range(first, len(grants)):
            allowed = BURST - 1 + (grants[last] - grants[first]) * RATE
            assert last - first + 1 <= allowed + 1e-6


@_settings
@given(steps=st.lists(pauses, max_size=60), delays=st.integers(0, 2**32))
def test_calls_that_arrive_late_are_not_refused(
    shared_ledger: Ledger, steps: list[float], delays: int
) -> None:
    """Up to most of an interval later than their lease, each by another time, and so out of order."""
    limits, bucket, chance = QuotaLedger(shared_ledger, CONFIG), fresh_bucket(), random.Random(delays)
    now, arrivals = 0.0, []
    for pause in steps:
        now += pause
        at(shared_ledger, now)
        if isinstance(limits.try_acquire(bucket), Granted):
            arrivals.append(now + chance.uniform(0, 0.9 / RATE))
    amazon = Amazon()
    for moment in sorted(arrivals):
        amazon.call(moment)
    assert amazon.refused == 0


@_settings
@given(steps=st.lists(pauses, max_size=40))
def test_the_returned_wait_is_long_enough_and_not_too_long(shared_ledger: Ledger, steps: list[float]) -> None:
    """After it a token is free; half a second before it none is."""
    limits, bucket = QuotaLedger(shared_ledger, CONFIG), fresh_bucket()
    now = 0.0
    for pause in steps:
        now += pause
        at(shared_ledger, now)
        decision = limits.try_acquire(bucket)
        if isinstance(decision, Wait):
            if decision.virtual_seconds > 0.6:
                at(shared_ledger, now + decision.virtual_seconds - 0.5)
                assert isinstance(limits.try_acquire(bucket), Wait)
            now += decision.virtual_seconds + 1e-3
            at(shared_ledger, now)
            assert isinstance(limits.try_acquire(bucket), Granted)


rates = st.floats(RATE / 50, RATE * 20)


@_settings
@given(
    steps=st.lists(st.tuples(pauses, st.one_of(st.none(), st.none(), st.none(), rates)), max_size=80),
)
@example(steps=[(0.0, None)] * 14 + [(600.0, RATE / 2)] + [(0.0, None)] * 14)
@example(steps=[(0.0, None)] * 16 + [(0.0, RATE / 10)] + [(60.0, None)] * 30)
def test_a_rate_that_moves_costs_no_refusal(
    shared_ledger: Ledger, steps: list[tuple[float, float | None]]
) -> None:
    """Amazon changes the rate between two calls, up or down; the next answer has it; no call is refused."""
    limits, bucket, amazon = QuotaLedger(shared_ledger, CONFIG), fresh_bucket(), Amazon()
    now = 0.0
    for pause, rate in steps:
        now += pause
        if rate is not None:
            amazon.set_rate(rate, now - pause / 2)
        at(shared_ledger, now)
        if isinstance(limits.try_acquire(bucket), Granted):
            if amazon.call(now):
                limits.learn_rate(bucket, amazon.rate)
            else:
                limits.record_refusal(bucket)
    assert amazon.refused == 0


def test_endless_demand_uses_the_quota(shared_ledger: Ledger) -> None:
    """At least 95 % of what Amazon's bucket gives in eight hours, also when the rate halves and returns."""
    limits, bucket, amazon = QuotaLedger(shared_ledger, CONFIG), fresh_bucket(), Amazon()
    now, changes = 0.0, [(8 * 3600 / 3, RATE / 2), (8 * 3600 / 3 * 2, RATE)]
    while now < 8 * 3600:
        if changes and now >= changes[0][0]:
            amazon.set_rate(changes.pop(0)[1], now)
        at(shared_ledger, now)
        decision = limits.try_acquire(bucket)
        if isinstance(decision, Granted):
            assert amazon.call(now)
            limits.learn_rate(bucket, amazon.rate)
        else:
            now += min(decision.virtual_seconds, 30.0) + 1e-3
    assert amazon.refused == 0
    assert amazon.granted >= 0.95 * amazon.earned


def test_a_quota_shared_with_a_stranger_settles(shared_ledger: Ledger) -> None:
    """Another program eats half of the bucket unseen: refusals stay few, and we still get a good part."""
    limits, bucket, amazon = QuotaLedger(shared_ledger, CONFIG), fresh_bucket(), Amazon()
    now, refused, granted, stranger_at = 0.0, 0, 0, 0.0
    while now < 24 * 3600:
        at(shared_ledger, now)
        decision = limits.try_acquire(bucket)
        if isinstance(decision, Granted):
            if amazon.call(now):
                granted += 1
                limits.learn_rate(bucket, amazon.rate)
            else:
                refused += 1
                limits.record_refusal(bucket)
        else:
            now += decision.virtual_seconds + 1e-3
            while stranger_at < now:
                amazon.call(stranger_at)
                stranger_at += 120
    assert granted > 0.3 * 24 * 60
    assert refused < granted


marketplaces = st.lists(st.sampled_from(["DE", "FR", "GB"]), min_size=1, max_size=3, unique=True)
events = st.tuples(
    pauses,
    st.sampled_from(["MARKETPLACE", "SELLER"]),
    marketplaces,
    st.sampled_from(["", "a", "b"]),
    st.sampled_from(["created", "created", "refused", "elsewhere"]),
)


@_settings
@given(steps=st.lists(events, max_size=60))
def test_no_cooldown_is_violated(
    shared_ledger: Ledger, steps: list[tuple[float, str, list[str], str, str]]
) -> None:
    """Whatever is granted, refused by Amazon or made by others: two reports of ours are far enough apart."""
    limits, account = QuotaLedger(shared_ledger, CONFIG), f"account_{next(_names)}"
    now = 0.0
    last: dict[tuple[str, str, str], float] = {}
    for pause, report_type, wanted, window, event in steps:
        now += pause
        at(shared_ledger, now)
        places = [
            (report_type, marketplace, window)
            for marketplace in ([""] if report_type == "SELLER" else wanted)
        ]
        cooldown = CONFIG.report_type_limit(report_type).cooldown.total_seconds()
        if event == "elsewhere":
            limits.mark_created(account, report_type, wanted, window)
            last.update(dict.fromkeys(places, now))
            continue
        decision = limits.try_create(account, report_type, wanted, window)
        free = all(now - last.get(place, -1e9) >= cooldown for place in places)
        if isinstance(decision, Granted):
            assert free
            if event == "refused":
                limits.release_create(account, report_type, wanted, window, granted=decision)
            else:
                last.update(dict.fromkeys(places, now))
        else:
            margin = CONFIG.cooldown_margin.total_seconds()
            rest = max(cooldown + margin - (now - last.get(place, -1e9)) for place in places)
            assert decision.virtual_seconds == pytest.approx(rest, abs=1e-3)
