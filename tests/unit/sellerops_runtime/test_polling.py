"""Waiting continues as long as there is progress, however slow, and ends when there is none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from support.fake_time import FakeTime

from sellerops_runtime.errors import Stalled, StartError
from sellerops_runtime.polling import Observation, Poller, Unanswered


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


def looks(*states: Any) -> Callable[[], Observation[str]]:
    """A poll that sees one state after the other and repeats the last; returns text, raises exceptions."""
    left = list(states)

    def look() -> Observation[str]:
        state = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(state, Exception):
            raise state
        return Observation(state if isinstance(state, str) else None, state, f"state {state}")

    return look


def test_it_waits_far_longer_than_its_patience_while_something_moves(time: FakeTime) -> None:
    poller = Poller(10.0, clock=time.now, sleep=time.sleep)
    slow = [number // 8 for number in range(800)]  # a step in eight seconds
    assert poller.wait(looks(*slow, "there"), "the end") == "there"
    assert time.now() == 800.0


def test_it_ends_when_nothing_has_moved_for_its_patience(time: FakeTime) -> None:
    poller = Poller(10.0, clock=time.now, sleep=time.sleep)
    with pytest.raises(
        Stalled, match=r"waited for the end, without progress for 10 s \(state 7\).*Read it"
    ) as shown:
        poller.wait(looks(*range(8)), "the end", remedy="Read it.")
    assert isinstance(shown.value, StartError)
    assert time.now() == 7 + 11


def test_a_minute_without_answers_is_no_end(time: FakeTime) -> None:
    poller = Poller(90.0, clock=time.now, sleep=time.sleep)
    silent = [Unanswered("silence")] * 60
    assert poller.wait(looks(1, *silent, 1, *silent[:20], 2, *silent, "there"), "it") == "there"


def test_silence_that_does_not_end_does(time: FakeTime) -> None:
    poller = Poller(90.0, clock=time.now, sleep=time.sleep)
    with pytest.raises(Stalled, match="silence"):
        poller.wait(looks(Unanswered("silence")), "it")


def test_people_see_what_it_waits_for(time: FakeTime) -> None:
    shown: list[str] = []
    poller = Poller(90.0, show=shown.append, clock=time.now, sleep=time.sleep)
    poller.wait(looks(1, Unanswered("the local Amazon does not answer"), "there"), "it")
    assert shown == ["state 1", "the local Amazon does not answer"]


def test_a_part_that_ends_ends_the_waiting_at_once(time: FakeTime) -> None:
    def check_alive() -> None:
        if time.now() >= 3:
            raise StartError("amazon ended with code 1.")

    poller = Poller(90.0, watch=check_alive, clock=time.now, sleep=time.sleep)
    with pytest.raises(StartError, match="amazon ended"):
        poller.wait(looks(*range(50)), "it")
    assert time.now() == 3
