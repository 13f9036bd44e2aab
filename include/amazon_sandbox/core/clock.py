"""The sandbox's own clock: real time, faster, jumped or frozen."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

# A fast clock does not make clients faster: whatever expires is valid for at least this many real seconds.
SHORTEST_LIFETIME = 30.0


def virtual_lifetime(seconds: float, speed: float) -> float:
    """How many virtual seconds something is valid here that is valid for `seconds` at Amazon."""
    return max(seconds, SHORTEST_LIFETIME * speed)


def iso_micro(seconds: float) -> str:
    """UTC epoch seconds as ISO 8601 with microseconds."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")


def instant(seconds: float) -> datetime:
    """UTC epoch seconds as an aware datetime."""
    return datetime.fromtimestamp(seconds, UTC)


class VirtualClock:
    """virtual now = virtual anchor + (real now - real anchor) * speed; speed 0 is frozen.

    Instants are UTC epoch seconds. `real` is the source of real time (replaced in tests).
    """

    def __init__(
        self, *, speed: float = 1.0, start: float | None = None, real: Callable[[], float] = time.time
    ) -> None:
        self._real = real
        self.real_anchor = real()
        self.virtual_anchor = self.real_anchor if start is None else start
        self.speed = speed

    def now(self) -> float:
        """The virtual now."""
        return self.virtual_anchor + (self._real() - self.real_anchor) * self.speed

    def real_now(self) -> float:
        """The real now, by the clock of this machine."""
        return self._real()

    def lifetime(self, seconds: float) -> float:
        """`virtual_lifetime` at this clock's speed."""
        return virtual_lifetime(seconds, self.speed)

    def change(
        self, *, speed: float | None = None, to: float | None = None, jump: float | None = None
    ) -> None:
        """Change the clock: first set it to an instant, then jump by seconds, then run at a speed."""
        real = self._real()
        virtual = self.virtual_anchor + (real - self.real_anchor) * self.speed
        if to is not None:
            virtual = to
        self.real_anchor, self.virtual_anchor = real, virtual + (jump or 0.0)
        if speed is not None:
            self.speed = speed

    def as_dict(self) -> dict[str, object]:
        """Anchors, speed and now, as ``/_sandbox/clock`` returns them."""
        return {
            "real_anchor": iso_micro(self.real_anchor),
            "virtual_anchor": iso_micro(self.virtual_anchor),
            "speed": self.speed,
            "now": iso_micro(self.now()),
        }
