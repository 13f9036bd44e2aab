"""How the cost of work grows with its size, in a way that a busy machine does not change."""

from __future__ import annotations

from collections.abc import Callable

# The large case of a pair is four times the small one: with a cost in proportion it costs four times as much,
# with a quadratic one 16 times.
MOST = 9.0


def grows_in_proportion(cost: Callable[[int], float], small: int, large: int, *, least: float) -> bool:
    """Whether ``cost(large)`` is in proportion to ``cost(small)``, both in seconds of this process.

    Each is measured right after the other, since other programs may slow down one of them; one good pair in
    five tells that the cost itself is good. What costs less than ``least`` seconds is not worth a ratio.
    """
    return any(_is_good(cost(small), cost(large), least) for _ in range(5))


def _is_good(small: float, large: float, least: float) -> bool:
    return large < least or large < MOST * small
