from __future__ import annotations

import pytest

from amazon_sandbox.core.clock import VirtualClock


class Real:
    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def real() -> Real:
    return Real()


def test_it_runs_at_its_speed_from_its_anchor(real: Real) -> None:
    """virtual = virtual anchor + real time since the real anchor * speed."""
    clock = VirtualClock(speed=20, start=1000, real=real)
    real.seconds += 3
    assert clock.now() == 1060


def test_a_change_of_speed_does_not_move_the_present(real: Real) -> None:
    """Only what comes after a change runs at the new speed."""
    clock = VirtualClock(speed=10, start=0, real=real)
    real.seconds += 5
    clock.change(speed=0)
    real.seconds += 50
    assert clock.now() == 50
    clock.change(speed=2)
    real.seconds += 1
    assert clock.now() == 52


def test_set_jump_and_speed_apply_in_this_order(real: Real) -> None:
    """One change may contain all three."""
    clock = VirtualClock(start=0, real=real)
    clock.change(to=1000, jump=60, speed=0)
    real.seconds += 9
    assert clock.now() == 1060


def test_what_is_shown_is_enough_to_copy_the_clock(real: Real) -> None:
    """Another process computes the same now from the two anchors and the speed."""
    clock = VirtualClock(speed=3, start=1000, real=real)
    real.seconds += 4
    shown = clock.as_dict()
    assert shown["real_anchor"] == "1970-01-01T00:01:40.000000+00:00"
    assert shown["virtual_anchor"] == "1970-01-01T00:16:40.000000+00:00"
    assert shown["speed"] == 3
    assert shown["now"] == "1970-01-01T00:16:52.000000+00:00"


def test_what_expires_is_valid_for_half_a_real_minute_at_any_speed() -> None:
    """A fast clock does not make clients faster."""
    assert [VirtualClock(speed=speed).lifetime(300) for speed in (0, 1, 10, 600)] == [300, 300, 300, 18_000]
