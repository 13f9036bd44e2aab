"""The one-row table ``clock``: empty in production; in tests and the demo, the local Amazon's clock."""

from __future__ import annotations

from sellerops.base.clock import Clock
from sellerops.ledger.database import Connection


def read_clock(connection: Connection) -> Clock:
    """The ledger's clock; real time if the table is empty."""
    row = connection.execute("SELECT real_anchor, virtual_anchor, speed FROM sellerops.clock").fetchone()
    return Clock(row["real_anchor"], row["virtual_anchor"], row["speed"]) if row else Clock.system()


def write_clock(connection: Connection, clock: Clock | None) -> None:
    """Replace the ledger's clock; None is real time."""
    with connection.transaction():
        connection.execute("DELETE FROM sellerops.clock")
        if clock is not None:
            connection.execute(
                "INSERT INTO sellerops.clock (real_anchor, virtual_anchor, speed) VALUES (%s, %s, %s)",
                (clock.real_anchor, clock.virtual_anchor, clock.speed),
            )
