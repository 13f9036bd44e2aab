"""Rejoins rows of unquoted files that a line break within a text tore apart.

Torn rows are rejoined if only one reading is possible; else all lines that may belong to one are rejected.
So no partial row is ever stored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from sellerops.formats.rows import RejectReason


@dataclass(frozen=True)
class Line:
    """One line of the file, or several joined into one row: number of the first line, text and fields.

    ``marks``: number of damaged fields, in which lost characters are marked.
    """

    number: int
    text: str
    fields: list[str]
    marks: int = 0

    def joined_with(self, other: Line) -> Line:
        """Both lines as one; the field they share contains the line break."""
        seam = f"{self.fields[-1]}\n{other.fields[0]}"
        return Line(self.number, f"{self.text}\n{other.text}", [*self.fields[:-1], seam, *other.fields[1:]])

    @property
    def is_blank(self) -> bool:
        return not self.text


@dataclass(frozen=True)
class Refused:
    """A rejected line with the reason."""

    line: Line
    reason: RejectReason
    column: str | None = None


@dataclass(frozen=True)
class RowJoiner:
    """Joins lines into rows of ``width`` fields; ``may_break``: which of them may contain a line break.

    ``starts_row``: whether a text can be the first field of a row rather than the rest of a torn one.
    """

    width: int
    may_break: Sequence[bool]
    starts_row: Callable[[str], bool]

    def rows(self, lines: Iterable[Line]) -> Iterator[Line | Refused]:
        """Complete rows and rejects from consecutive lines; blank lines between rows are ignored."""
        before: Line | None = None
        run: list[Line] = []
        for line in lines:
            if len(line.fields) < self.width or line.is_blank:
                run.append(line)
                continue
            done, before = self._between(before, run, line)
            yield from done
            run = []
            if before and len(before.fields) > self.width:
                yield Refused(before, RejectReason.TOO_MANY_FIELDS)
                before = None
        yield from self._between(before, run, None)[0]

    def _between(
        self, before: Line | None, run: list[Line], after: Line | None
    ) -> tuple[list[Line | Refused], Line | None]:
        """Resolve the short lines ``run`` between two rows; returns what is finished, and row ``after``."""
        run = _trimmed(run)
        whole: list[Line | Refused] = [before] if before else []
        if not run:
            return whole, after
        heads, tails = self._ends(before, run, after)
        readings = [
            reading
            for head in sorted({0, heads})
            for tail in sorted({0, tails})
            if head + tail <= len(run) and (reading := self._read(before, run, after, head, tail))
        ]
        if len(readings) == 1:
            return readings[0]
        refused: list[Line | Refused] = [
            Refused(line, RejectReason.TOO_FEW_FIELDS) for line in run if not line.is_blank
        ]
        if before and heads:
            whole = [Refused(before, RejectReason.TORN_ROW)]
        if after and tails:
            return [*whole, *refused, Refused(after, RejectReason.TORN_ROW)], None
        return [*whole, *refused], after

    def _ends(self, before: Line | None, run: list[Line], after: Line | None) -> tuple[int, int]:
        """How many lines at the start may belong to the row before, and at the end to the row after."""
        count = len(run)
        heads = next((at for at, line in enumerate(run) if len(line.fields) > 1), count)
        tails = next((at for at, line in enumerate(reversed(run)) if len(line.fields) > 1), count)
        goes_on = before is not None and any(before.fields) and self.may_break[-1]
        begins = after is not None and self.may_break[0]
        return heads if goes_on else 0, tails if begins else 0

    def _read(
        self, before: Line | None, run: list[Line], after: Line | None, head: int, tail: int
    ) -> tuple[list[Line | Refused], Line | None] | None:
        """The rows if ``head`` lines belong to the row before and ``tail`` to the row after, else None."""
        between = self._own_rows(run[head : len(run) - tail])
        if between is None:
            return None
        for line in run[:head]:
            assert before is not None
            if self.starts_row(line.fields[0]):
                return None
            before = before.joined_with(line)
        for line in reversed(run[len(run) - tail :]):
            assert after is not None
            after = line.joined_with(after)
        return [*([before] if before else []), *between], after

    def _own_rows(self, run: list[Line]) -> list[Line] | None:
        """The rows that these lines make if joined in order; None if they do not."""
        rows: list[Line] = []
        row: Line | None = None
        for line in run:
            if row is None:
                row = None if line.is_blank else line
                continue
            if not self.may_break[len(row.fields) - 1] or self.starts_row(line.fields[0]):
                return None
            row = row.joined_with(line)
            if len(row.fields) > self.width:
                return None
            if len(row.fields) == self.width:
                rows.append(row)
                row = None
        return rows if row is None else None


def _trimmed(run: list[Line]) -> list[Line]:
    """The lines without blank ones that can only separate rows."""
    while run and run[-1].is_blank:
        run = run[:-1]
    first = next((at for at, line in enumerate(run) if not line.is_blank), 0)
    return run[first:] if run and len(run[first].fields) > 1 else run


def consecutive(lines: Iterable[Line]) -> Iterator[list[Line]]:
    """Group the lines into runs without gaps."""
    part: list[Line] = []
    for line in lines:
        if part and line.number != part[-1].number + 1:
            yield part
            part = []
        part.append(line)
    if part:
        yield part
