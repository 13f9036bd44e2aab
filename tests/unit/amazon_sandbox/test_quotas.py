from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from amazon_sandbox.core.quotas import Quotas, UsagePlan

PLAN = UsagePlan(rate=0.5, burst=3)


def taken(quotas: Quotas, now: float, seller: str = "A", tries: int = 50) -> int:
    return sum(quotas.take("app", seller, "op", now) for _ in range(tries))


def test_a_bucket_starts_full_and_refills_at_its_rate() -> None:
    """Burst at once, then one token each 1/rate seconds."""
    quotas = Quotas({"op": PLAN})
    assert taken(quotas, 0) == 3
    assert taken(quotas, 1.9) == 0
    assert taken(quotas, 2.0) == 1
    assert taken(quotas, 1000) == 3


def test_buckets_are_per_application_seller_and_operation() -> None:
    """What one spends, no other misses."""
    quotas = Quotas({"op": PLAN, "other": PLAN})
    assert taken(quotas, 0) == 3
    assert quotas.take("other app", "A", "op", 0)
    assert quotas.take("app", "B", "op", 0)
    assert quotas.take("app", "A", "other", 0)


def test_a_new_rate_counts_from_its_change() -> None:
    """Tokens earned before a halving were earned at the old rate."""
    quotas = Quotas({"op": PLAN})
    taken(quotas, 0)
    quotas.set_plan("op", None, UsagePlan(0.25, 3), now=4)
    assert taken(quotas, 4) == 2
    assert taken(quotas, 7.9) == 0
    assert taken(quotas, 8) == 1


def test_a_plan_of_one_seller_leaves_the_others_alone() -> None:
    """A seller may have another plan than the published one."""
    quotas = Quotas({"op": PLAN})
    quotas.set_plan("op", "A", UsagePlan(1, 5), now=0)
    assert taken(quotas, 0, "A") == 5
    assert taken(quotas, 0, "B") == 3
    quotas.reset()
    assert taken(quotas, 0, "A") == 3


@given(st.lists(st.floats(0, 20), max_size=60))
def test_never_more_than_burst_plus_rate_times_time(waits: list[float]) -> None:
    """The bound that defines a token bucket, for any pattern of calls."""
    quotas, now, granted = Quotas({"op": PLAN}), 0.0, 0
    for wait in waits:
        now += wait
        granted += taken(quotas, now, tries=4)
        assert granted <= PLAN.burst + PLAN.rate * now + 1e-6
