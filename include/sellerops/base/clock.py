"""The clock as a parameter: real time, or the virtual time of a local Amazon (the sandbox)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True)
class Clock:
    """``now = virtual_anchor + (real now - real_anchor) * speed``; anchors are aware, speed 1.0 is real pace.

    Speed 0 is a stopped clock. ``Clock.system()`` is real time.
    """

    real_anchor: datetime
    virtual_anchor: datetime
    speed: float = 1.0

    @classmethod
    def system(cls) -> Clock:
        epoch = datetime(2000, 1, 1, tzinfo=UTC)
        return cls(epoch, epoch, 1.0)

    @property
    def is_virtual(self) -> bool:
        return self.speed != 1.0 or self.real_anchor != self.virtual_anchor

    def now(self) -> datetime:
        """The time of this clock, in UTC."""
        elapsed = (datetime.now(UTC) - self.real_anchor).total_seconds()
        return (self.virtual_anchor + timedelta(seconds=elapsed * self.speed)).astimezone(UTC)

    def real_seconds(self, virtual_seconds: float) -> float:
        """Real seconds to sleep until this clock has advanced by ``virtual_seconds``.

        At most one second on a virtual clock, which somebody may set or stop meanwhile.
        """
        if virtual_seconds <= 0:
            return 0.0
        if self.speed <= 0:
            return 1.0
        real = virtual_seconds / self.speed
        return min(real, 1.0) if self.is_virtual else real
