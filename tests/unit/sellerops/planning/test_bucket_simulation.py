"""A simulated token bucket."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from sellerops.planning.bucket_simulation import (
    BackfillStarved,
    BucketState,
    SimulationResult,
    simulate_bucket,
)

NOW = datetime(2026, 11, 21, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
FULL = BucketState(level=14, burst=14, rate=1 / 60, reserve=9)


def minutes(served: SimulationResult) -> list[float]:
    return [round((moment - NOW) / MINUTE, 3) for moment in served.moments]


def test_a_backfill_takes_the_burst_but_the_reserve_and_then_the_rate() -> None:
    assert minutes(simulate_bucket(NOW, FULL, [NOW] * 8)) == [0, 0, 0, 0, 0, 1, 2, 3]


def test_an_empty_bucket_fills_to_the_reserve_first() -> None:
    empty = BucketState(level=0, burst=14, rate=1 / 60, reserve=9)
    assert minutes(simulate_bucket(NOW, empty, [NOW] * 2)) == [10, 11]


def test_schedules_go_first_and_the_reserve_comes_back_before_the_backfill() -> None:
    served = simulate_bucket(NOW, FULL, [NOW] * 7, [NOW + 1.5 * MINUTE] * 3)
    assert minutes(served) == [0, 0, 0, 0, 0, 1, 5]
    assert (served.scheduled, served.latest_schedule) == (3, timedelta(0))


def test_schedules_beyond_the_reserve_wait_and_say_how_long() -> None:
    served = simulate_bucket(NOW, FULL, [NOW] * 6, [NOW + MINUTE / 2] * 12)
    assert served.latest_schedule > 2 * MINUTE
    assert served.scheduled == 12


def test_schedules_that_use_the_whole_rate_leave_no_turn() -> None:
    """A call a minute, as fast as the bucket fills: the simulation would never end."""
    every_minute = (NOW + number * MINUTE for number in itertools.count())
    with pytest.raises(BackfillStarved):
        simulate_bucket(NOW, FULL, [NOW] * 20, every_minute)


def test_schedules_without_end_do_not_make_the_play_endless() -> None:
    daily = (NOW + timedelta(days=number) for number in itertools.count())
    served = simulate_bucket(NOW, FULL, [NOW] * 3000, daily)
    assert served.scheduled == 3
    assert len(served.moments) == 3000


def test_the_tokens_of_an_idle_hour_are_not_more_than_the_burst() -> None:
    served = simulate_bucket(NOW, FULL, [NOW] * 5 + [NOW + 60 * MINUTE] * 6)
    assert minutes(served)[5:] == [60, 60, 60, 60, 60, 61]
