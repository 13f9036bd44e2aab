"""Tokens that are redeemed later than they are taken, on a clock that the test moves."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

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
    TokenRedeemer,
    TokenReserver,
    Wait,
)

START = datetime(2026, 11, 20, tzinfo=UTC)
RATE, BURST = 1 / 60, 15
CONFIG = RateLimitConfig(share=1.0, operations={"getReportDocument": OperationLimit(rate=RATE, burst=BURST)})
_names = iter(range(10**9))


class Amazon:
    """Amazon's own bucket, which only sees a token when its call arrives."""

    def __init__(self) -> None:
        self._tokens, self._at = float(BURST), 0.0
        self.granted = self.refused = 0

    def call(self, at: float) -> None:
        self._tokens = min(BURST, self._tokens + (at - self._at) * RATE)
        self._at = at
        if self._tokens >= 1:
            self._tokens -= 1
            self.granted += 1
        else:
            self.refused += 1


class Desk:
    """Reserves tokens by the number of their call, as an account's requests in the ledger do."""

    def __init__(self, ledger: Ledger) -> None:
        self.limits = QuotaLedger(ledger, CONFIG)
        self.bucket = Bucket("default", f"account_{next(_names)}", "getReportDocument")
        self.reserved: set[int] = set()
        self.now = 0.0
        self.move(0)

    def move(self, seconds: float) -> None:
        self.now += seconds
        self.limits.ledger.set_clock(Clock(START, START + timedelta(seconds=self.now), 0.0))

    def reserve(self, call: int, priority: Priority = Priority.SCHEDULE) -> bool:
        limits = TokenReserver(self.limits, Reservation(self, call))
        return isinstance(limits.try_acquire(self.bucket, priority), Granted)

    def redeem(self, call: int, priority: Priority = Priority.SCHEDULE) -> bool:
        limits = TokenRedeemer(self.limits, Reservation(self, call))
        return isinstance(limits.try_acquire(self.bucket, priority), Granted)


class Reservation:
    """One call's reservation at the desk."""

    def __init__(self, desk: Desk, call: int) -> None:
        self._desk, self._call = desk, call

    def count(self, connection: Any) -> int:
        return len(self._desk.reserved)

    def reserve(self, connection: Any) -> None:
        self._desk.reserved.add(self._call)

    def redeem(self, connection: Any) -> bool:
        is_reserved = self._call in self._desk.reserved
        self._desk.reserved.discard(self._call)
        return is_reserved


@pytest.fixture(scope="module")
def shared_ledger(postgres_server: PostgresServer) -> Iterator[Ledger]:
    """One database for all examples; each takes a bucket of its own."""
    fresh = postgres_server.create_database(TEMPLATE)
    ledger = Ledger(fresh)
    yield ledger
    ledger.close()
    postgres_server.drop_database(fresh)


pauses = st.one_of(st.just(0.0), st.floats(0, 120), st.floats(0, 2000))
steps = st.tuples(pauses, st.sampled_from(["keep", "keep", "use", "use one", "use all"]))


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    print_blob=True,
)
@given(steps=st.lists(steps, max_size=60), chance=st.integers(0, 2**32))
@example(steps=[(0.0, "keep")] * 14 + [(60.0, "keep")] * 20 + [(0.0, "use all")], chance=0)
@example(steps=[(0.0, "keep")] * 14 + [(900.0, "use all")] + [(0.0, "use")] * 5, chance=0)
def test_whenever_tokens_are_redeemed_no_call_is_refused(
    shared_ledger: Ledger, steps: list[tuple[float, str]], chance: int
) -> None:
    """Reserved for minutes or hours, redeemed one by one or all at once, among calls without reservations."""
    desk, amazon, order = Desk(shared_ledger), Amazon(), random.Random(chance)
    for number, (pause, step) in enumerate(steps):
        desk.move(pause)
        if step == "keep":
            desk.reserve(number)
        elif step == "use":
            calls = [number]
            _use(desk, amazon, calls)
        else:
            reserved = sorted(desk.reserved)
            order.shuffle(reserved)
            _use(desk, amazon, reserved if step == "use all" else reserved[:1])
    _use(desk, amazon, sorted(desk.reserved))
    assert amazon.refused == 0


def _use(desk: Desk, amazon: Amazon, calls: list[int]) -> None:
    for call in calls:
        if desk.redeem(call):
            amazon.call(desk.now)


@pytest.mark.parametrize("late", [0, 2, 10])
def test_tokens_redeemed_minutes_late_still_use_the_quota(shared_ledger: Ledger, late: int) -> None:
    """In eight hours at least 95 % of Amazon's quota, as long as fewer are reserved than its bucket has."""
    desk, amazon = Desk(shared_ledger), Amazon()
    due: list[tuple[int, int]] = []
    for minute in range(8 * 60):
        while due and due[0][0] <= minute:
            _use(desk, amazon, [due.pop(0)[1]])
        number = 0
        while desk.reserve(minute * 100 + number):
            due.append((minute + late, minute * 100 + number))
            number += 1
        desk.move(60)
    assert amazon.refused == 0
    assert amazon.granted >= 0.95 * (BURST + (8 * 60 - late) * 60 * RATE)


def test_no_more_tokens_are_reserved_than_amazons_bucket_holds(shared_ledger: Ledger) -> None:
    """However long they are reserved; once one is redeemed the next may be reserved."""
    desk = Desk(shared_ledger)
    assert sum(desk.reserve(call) for call in range(20)) == BURST - 1
    desk.move(3600)
    assert not desk.reserve(20)
    assert desk.redeem(0)
    assert not desk.reserve(20), "its token is gone now, and Amazon's bucket, which was full, has earned none"
    desk.move(61)
    assert desk.reserve(20)


def test_a_token_is_redeemed_once_and_reserved_once(shared_ledger: Ledger) -> None:
    desk = Desk(shared_ledger)
    assert desk.reserve(1) and desk.reserve(1)
    assert sum(desk.reserve(call) for call in range(2, 30)) == BURST - 2, (
        "a repeated reservation is no second token"
    )
    assert desk.redeem(1)
    assert not desk.redeem(1)


def test_a_call_without_a_reserved_token_takes_a_free_one(shared_ledger: Ledger) -> None:
    desk = Desk(shared_ledger)
    assert sum(desk.redeem(call) for call in range(30)) == BURST - 1


def test_backfills_leave_their_reserve(shared_ledger: Ledger) -> None:
    """Kept tokens, too."""
    desk, reserve = Desk(shared_ledger), CONFIG.backfill_reserve
    kept = sum(desk.reserve(call, Priority.BACKFILL) for call in range(20))
    assert kept == BURST - 1 - reserve
    desk.move(3600)
    assert not desk.reserve(20, Priority.BACKFILL), "the reserved ones are still in the bucket"
    assert sum(desk.reserve(call) for call in range(21, 40)) == reserve


def test_a_reserver_returns_the_wait(shared_ledger: Ledger) -> None:
    desk = Desk(shared_ledger)
    for call in range(BURST - 1):
        desk.reserve(call)
    decision = TokenReserver(desk.limits, Reservation(desk, 99)).try_acquire(desk.bucket)
    assert isinstance(decision, Wait)
    assert decision.virtual_seconds == pytest.approx(60)
