"""Finds quotes and line ends in lines of a flat file, and from them its records."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_QUOTE, _NEWLINE, _RETURN = 34, 10, 13


@dataclass(frozen=True)
class QuoteMarks:
    """Positions of quotes and newlines in ``data``; ``is_outside``: which newlines are outside quotes.

    Results about records and lines are valid only if ``is_clean``.
    """

    data: bytes
    quotes: np.ndarray
    newlines: np.ndarray
    is_outside: np.ndarray

    @classmethod
    def of(cls, data: bytes) -> QuoteMarks:
        octets = np.frombuffer(data, np.uint8)
        quotes, newlines = np.flatnonzero(octets == _QUOTE), np.flatnonzero(octets == _NEWLINE)
        return cls(data, quotes, newlines, np.searchsorted(quotes, newlines) % 2 == 0)

    @property
    def end(self) -> int:
        """Position after the last newline outside quotes; 0 if there is none."""
        ends = self.newlines[self.is_outside]
        return int(ends[-1]) + 1 if len(ends) else 0

    def until(self, end: int) -> QuoteMarks:
        """The marks of the first ``end`` bytes."""
        quotes, lines = np.searchsorted(self.quotes, end), np.searchsorted(self.newlines, end)
        return QuoteMarks(
            self.data[:end], self.quotes[:quotes], self.newlines[:lines], self.is_outside[:lines]
        )

    def is_clean(self, delimiter: str) -> bool:
        """Whether every quote opens a field, closes one or is doubled within one."""
        if len(self.quotes) % 2:
            return False
        if not len(self.quotes):
            return True
        octets = np.frombuffer(self.data, np.uint8)
        opening, closing = self.quotes[::2], self.quotes[1::2]
        # Treat the position before the first byte and after the last as line ends.
        before, after = octets[opening - 1], octets[np.minimum(closing + 1, len(octets) - 1)]
        before[0] = before[0] if opening[0] else _NEWLINE
        after[-1] = after[-1] if closing[-1] + 1 < len(octets) else _NEWLINE
        doubled = np.zeros(len(opening) + 1, dtype=bool)
        np.equal(opening[1:], closing[:-1] + 1, out=doubled[1:-1])
        opens = _is_one_of(ord(delimiter), _NEWLINE)[before] | doubled[:-1]
        closes = _is_one_of(ord(delimiter), _NEWLINE, _RETURN)[after] | doubled[1:]
        return bool(opens.all() and closes.all())

    def inner_lines(self) -> list[bytes]:
        """The lines that begin inside quotes."""
        places = np.flatnonzero(~self.is_outside)
        ends = np.append(self.newlines, len(self.data))
        return [self.data[self.newlines[place] + 1 : ends[place + 1]] for place in places]

    def lines_of_records(self) -> tuple[np.ndarray, int]:
        """The line each record begins on, counted from 0, and the number of records."""
        starts = np.concatenate([[0], np.flatnonzero(self.is_outside) + 1])
        if self.data.endswith(b"\n"):
            starts = starts[:-1]
        return starts.astype(np.int64), len(starts)


def _is_one_of(*octets: int) -> np.ndarray:
    table = np.zeros(256, dtype=bool)
    table[list(octets)] = True
    return table
