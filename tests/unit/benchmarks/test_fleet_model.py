"""The arithmetic of the simulated day (benchmarks/fleets/model.py)."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[3] / "benchmarks"))

from fleets.demand import Demand
from fleets.model import Bucket, Limit, Result, Simulation, World
from fleets.sellers import make_fleet

FREE = World(limits={}, shared={}, task_seconds=1.0)


def at_once(path: str, slices: int, *, minute: int = 0) -> Demand:
    """One run of one account that plans so many slices."""
    return Demand({minute: Counter({("EU", path): slices})}, Counter({minute: 1}))


def day(demand: Demand, *, sellers: int = 1, workers: int = 1, world: World = FREE) -> Result:
    return Simulation(demand, sellers, workers, world).run()


def test_every_slice_ends_and_takes_its_executions() -> None:
    kinds = {"called": 2, "listed": 3, "query": 3, "report": 3, "ads": 3}
    for path, executions in kinds.items():
        found = day(at_once(path, 10), sellers=3)
        assert found.slices == pytest.approx(30)
        assert found.executions == pytest.approx(3 * (1 + 10 * executions))


def test_workers_are_the_limit_of_what_needs_no_quota() -> None:
    found = day(at_once("called", 600), workers=2)
    # One plan and 1,200 executions of a second each, 120 a minute.
    assert found.executions == pytest.approx(1_201)
    assert found.ended == pytest.approx(1_201 / 120, abs=2)
    assert found.ready[0] == pytest.approx(600, abs=60)
    assert sum(found.executed) == pytest.approx(1_201)


def test_more_workers_for_more_sellers_give_the_same_day() -> None:
    one, ten = day(at_once("called", 200)), day(at_once("called", 200), sellers=10, workers=10)
    assert one.ended == ten.ended
    assert [10 * each for each in one.ready] == pytest.approx(ten.ready)


def test_tokens_come_at_their_rate_after_the_burst() -> None:
    bucket = Bucket(Limit(rate=1 / 60, burst=15))
    assert bucket.take(20) == 15
    bucket.refill(60.0)
    assert bucket.take(20) == pytest.approx(1)
    for _ in range(30):
        bucket.refill(60.0)
    assert bucket.take(20) == 15
    fast = Bucket(Limit(rate=2.0, burst=15))
    fast.take(15)
    fast.refill(60.0)
    assert fast.take(1_000) == 120, "the step is longer than the burst takes to refill"


def test_the_quota_of_an_account_does_not_depend_on_the_number_of_sellers() -> None:
    world = World({"createReport": Limit(1 / 60, 15)}, {}, task_seconds=0.001, making=2)
    one = day(at_once("report", 75), world=world)
    # 16 at once with the minute's token, then one a minute.
    assert one.ended == pytest.approx(75 - 15, abs=6)
    assert one.blocked["createReport"] == pytest.approx(75 - 16, abs=1)
    assert day(at_once("report", 75), sellers=50, world=world).ended == one.ended


def test_a_limit_that_all_accounts_share_ends_proportionality() -> None:
    world = World({}, {"createAdsReport": Limit(1.0, 2)}, task_seconds=0.001)
    world = World({"createAdsReport": Limit(1e6, 1e6)}, world.shared, task_seconds=0.001)
    few, many = (day(at_once("ads", 60), sellers=number, world=world) for number in (10, 100))
    assert few.ended == pytest.approx(600 / 60, abs=6)
    assert many.ended == pytest.approx(6_000 / 60, abs=6)


def test_a_day_that_never_ends_is_told() -> None:
    world = World({"createReport": Limit(1 / 86_400, 1)}, {}, task_seconds=0.001)
    assert day(at_once("report", 100), world=world).ended is None


def test_the_same_input_gives_the_same_output() -> None:
    assert day(at_once("report", 50), sellers=7) == day(at_once("report", 50), sellers=7)


def test_a_seller_sells_in_each_marketplace_once_and_has_an_account_per_region() -> None:
    fleet = make_fleet(2, 23)
    for seller in ("northwind", "seller0002"):
        codes = [code for name, codes in fleet.items() if name.startswith(seller) for code in codes]
        assert len(codes) == len(set(codes)) == 23
    assert len(fleet) == 2 * 3
