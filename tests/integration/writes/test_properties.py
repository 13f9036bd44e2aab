"""Any sequence of faults, kills, concurrent senders and clock advances: never two effects, and an end."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from integration.collect.killing import Killed, Steps, kill
from integration.writes.fake_amazon import (
    FAULTS,
    FakeAmazon,
    FakeClient,
    carry_out,
    plan,
    stepping,
    stop_clock,
)

from sellerops.base.errors import SellerOpsError
from sellerops.sources.common.deadline import ORPHAN_AFTER
from sellerops.writes import Writer

_numbers = itertools.count()


@dataclass(frozen=True)
class Round:
    """Some senders at once, what befalls their calls and looks, which border kills one, and a pause after."""

    senders: int
    faults: list[str | None]
    look_faults: list[bool]
    killed_at: int | None
    pause: float


_ROUNDS = st.lists(
    st.builds(
        Round,
        senders=st.integers(1, 3),
        faults=st.lists(st.sampled_from([None, *FAULTS]), max_size=3),
        look_faults=st.lists(st.booleans(), max_size=2),
        killed_at=st.none() | st.integers(0, 30),
        pause=st.sampled_from([0.0, 1.0, 30.0, 91.0, 86_400.0]),
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rounds=_ROUNDS, hides=st.floats(0.0, ORPHAN_AFTER.total_seconds() - 1))
def test_whatever_happens_a_write_has_one_effect(
    amazon: FakeAmazon, rounds: list[Round], hides: float
) -> None:
    name = f"plan {next(_numbers)}"
    amazon.hides = hides
    for each in rounds:
        amazon.faults.extend(each.faults)
        amazon.look_faults.extend(each.look_faults)
        steps = Steps(each.killed_at, kill)
        with stepping(steps):
            asyncio.run(_send_at_once(amazon, name, steps, each.senders))
        assert len(amazon.effects.get(name, ())) <= 1
        stop_clock(amazon.ledger, amazon.ledger.clock().now() + timedelta(seconds=each.pause))
    amazon.faults.clear()
    amazon.look_faults.clear()
    assert carry_out(amazon, amazon.write(name)) == plan(name)
    assert len(amazon.effects[name]) == 1


async def _send_at_once(amazon: FakeAmazon, name: str, steps: Steps, senders: int) -> None:
    """Each ends with the answer, killed, or with a typed error."""
    sending = [
        Writer(FakeClient(amazon, steps.cross), amazon.ledger).send(amazon.write(name))
        for _ in range(senders)
    ]
    for outcome in await asyncio.gather(*sending, return_exceptions=True):
        if isinstance(outcome, BaseException):
            assert isinstance(outcome, Killed | SellerOpsError), outcome
        else:
            assert outcome == plan(name)
