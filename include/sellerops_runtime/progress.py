"""Shows progress: one changing line on a terminal, occasional lines elsewhere."""

from __future__ import annotations

import sys
import time
from typing import TextIO

_PLAIN_SECONDS = 5.0
_STILL_SECONDS = 30.0


class Progress:
    """Writes lines to ``stream`` (default: stdout), each with the seconds since the start."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._started = time.monotonic()
        self._is_terminal = self._stream.isatty()
        self._open = 0
        self._last_plain = 0.0
        self._last_text = ""

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._started

    def say(self, text: str) -> None:
        """Write a line that stays."""
        self._clear()
        self._write(self._stamped(text) + "\n")

    def show(self, text: str) -> None:
        """Write a progress line; it replaces the previous one on a terminal and appears rarely elsewhere."""
        if self._is_terminal:
            line = self._stamped(text)
            self._write("\r" + line.ljust(self._open))
            self._open = len(line)
        elif self.seconds - self._last_plain >= (
            _STILL_SECONDS if text == self._last_text else _PLAIN_SECONDS
        ):
            self._last_plain, self._last_text = self.seconds, text
            self._write(self._stamped(text) + "\n")

    def plain(self, text: str) -> None:
        """Write text without a timestamp, such as a table."""
        self._clear()
        self._write(text + "\n")

    def _clear(self) -> None:
        if self._open:
            self._write("\r" + " " * self._open + "\r")
            self._open = 0

    def _stamped(self, text: str) -> str:
        return f"[{self.seconds:4.0f} s] {text}"

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
