"""Chooses free TCP ports on the loopback address."""

from __future__ import annotations

import os
import random
import socket

from sellerops_runtime.errors import PortTaken

LOOPBACK = "127.0.0.1"
# The system assigns ports from 32768 upwards, so it cannot take one of these before our server listens on it.
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
    """A random free port."""
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    """``count`` different free ports, chosen at random so that simultaneous starts rarely collide."""
    found: list[int] = []
    for port in random.sample(_OURS, len(_OURS)):
        if len(found) == count:
            break
        if is_free(port):
            found.append(port)
    return found


def choose_port(variable: str, preferred: int | None = None) -> int:
    """The port in environment ``variable``; if unset, ``preferred`` when free, otherwise any free one.

    Raises PortTaken when the variable's port is in use or invalid, instead of silently choosing another.
    """
    value = os.environ.get(variable, "").strip()
    if not value:
        return preferred if preferred and is_free(preferred) else free_port()
    if not value.isdigit() or not 0 < int(value) < 65536:
        raise PortTaken(
            f"{value!r} is not a valid port.",
            where=variable,
            remedy=f"Set {variable} to a number from 1024 to 65535.",
        )
    if not is_free(int(value)):
        raise PortTaken(
            f"port {value} is in use.",
            where=variable,
            remedy=f"Set {variable} to another port, or unset it to use any free one.",
        )
    return int(value)
