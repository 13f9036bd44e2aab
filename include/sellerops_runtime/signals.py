"""Handles Ctrl-C and termination signals: the first interrupts work, later ones are ignored."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(Exception):
    """The user pressed Ctrl-C, or a termination signal arrived."""


@contextmanager
def interruptible() -> Iterator[None]:
    """Raise Interrupted in the main thread on the first Ctrl-C, TERM or HUP, and ignore later ones."""

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
    """Ignore further interrupts, so that stopping completes."""
    for each in _SIGNALS:
        signal.signal(each, signal.SIG_IGN)
