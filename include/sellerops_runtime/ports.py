"""Free TCP ports of the loopback address."""

from __future__ import annotations

import os
import random
import socket

from sellerops_runtime.errors import PortTaken

LOOPBACK = "127.0.0.1"
# The system gives none of these away between a look at a free port and the server that listens on it: what it
# chooses itself, for servers and for connections, begins at 32768 or above.
_OURS = range(20_000, 32_000)


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
    """A port nobody listens on, by chance."""
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    """So many different free ports, by chance: two starts at one time hardly choose the same."""
    found: list[int] = []
    for port in random.sample(_OURS, len(_OURS)):
        if len(found) == count:
            break
        if is_free(port):
            found.append(port)
    return found


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
