"""Free TCP ports of the loopback address."""

from __future__ import annotations

import os
import socket

from sellerops_runtime.errors import PortTaken

LOOPBACK = "127.0.0.1"


def is_free(port: int) -> bool:
    """Whether a server could listen on ``port`` now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port nobody listens on, chosen by the system."""
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    """So many different free ports; held open together, so that none is given twice."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind((LOOPBACK, 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def choose_port(variable: str, preferred: int | None = None) -> int:
    """The port in environment ``variable``, else ``preferred`` when free, else any free one.

    Raises PortTaken when the variable names a port that is in use or none at all: what was asked for is not
    replaced silently.
    """
    asked = os.environ.get(variable, "").strip()
    if not asked:
        return preferred if preferred and is_free(preferred) else free_port()
    if not asked.isdigit() or not 0 < int(asked) < 65536:
        raise PortTaken(f"{asked!r} is no port.", where=variable, remedy=f"Set {variable} to 1024 to 65535.")
    if not is_free(int(asked)):
        raise PortTaken(
            f"port {asked} is in use.",
            where=variable,
            remedy=f"Set {variable} to another port, or leave it unset to have a free one chosen.",
        )
    return int(asked)
