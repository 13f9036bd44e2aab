"""Half characters in JSON (``\\ud83d`` without its other half), which the parser would turn into question
marks.
"""

from __future__ import annotations

import re
from typing import Protocol

_SUSPECT = re.compile(rb"\\u[dD][89a-fA-F]")
_FIRST_HALF = re.compile(rb"\\u[dD][89abAB]")
_ESCAPE = re.compile(rb"\\(?:u([0-9a-fA-F]{4})|[^u])")
# The longest thing that must not be cut: an escape and the one behind it.
_PAIR_BYTES = 12


class _Source(Protocol):
    def read(self, size: int = -1) -> bytes: ...


class WithoutHalves:
    """Reads JSON with half characters replaced by U+FFFD's escape, for which a row is refused."""

    def __init__(self, source: _Source) -> None:
        self._source = source
        self._held = b""

    def read(self, size: int = -1) -> bytes:
        """Some bytes; empty only at the end."""
        while True:
            piece = self._source.read(size)
            data, self._held = self._held + piece, b""
            if not piece:
                return _mended(data)
            cut = _safe_cut(data)
            data, self._held = data[:cut], data[cut:]
            if data:
                return _mended(data)


def _safe_cut(data: bytes) -> int:
    """Where ``data`` may be cut without parting an escape from itself or from its other half."""
    start = _run_start(data, data.find(b"\\", max(0, len(data) - _PAIR_BYTES + 1)))
    # A first half just before is held back as well: this may be its other half.
    if start >= 6 and _FIRST_HALF.match(data, start - 6):
        start = _run_start(data, start - 6)
    return start if start >= 0 else len(data)


def _run_start(data: bytes, start: int) -> int:
    """The first of neighbouring backslashes: there an escape begins for certain."""
    while start > 0 and data[start - 1 : start] == b"\\":
        start -= 1
    return start


def _mended(data: bytes) -> bytes:
    if not _SUSPECT.search(data):
        return data
    parts: list[bytes] = []
    done = 0
    high: re.Match[bytes] | None = None
    for found in _ESCAPE.finditer(data):
        code = int(found.group(1), 16) if found.group(1) else 0
        if high is not None and 0xDC00 <= code < 0xE000 and high.end() == found.start():
            high = None
            continue
        lone = [half for half in (high, found if 0xDC00 <= code < 0xE000 else None) if half is not None]
        for half in lone:
            parts += [data[done : half.start()], b"\\ufffd"]
            done = half.end()
        high = found if 0xD800 <= code < 0xDC00 else None
    if high is not None:
        parts += [data[done : high.start()], b"\\ufffd"]
        done = high.end()
    return b"".join([*parts, data[done:]])
