"""Ctrl-C and the signals to end: heard once while working, not at all while stopping."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(Exception):
    """Somebody asked us to end: Ctrl-C or a signal."""


@contextmanager
def interruptible() -> Iterator[None]:
    """The first Ctrl-C, TERM or HUP raises Interrupted in the main thread; those after it are not heard."""

    def end(number: int, frame: FrameType | None) -> None:
        for each in _SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        raise Interrupted

    before = {each: signal.signal(each, end) for each in _SIGNALS}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def ignore_interrupts() -> None:
    """From here on nothing interrupts: what is being stopped is stopped to the end."""
    for each in _SIGNALS:
        signal.signal(each, signal.SIG_IGN)
