"""Prints tables as aligned text."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from itertools import zip_longest
from typing import Any

from sellerops.base.commands import commands_as_typed

_GAP = 2
_NARROWEST = 16


def print_table(
    header: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    empty: str,
    optional: Collection[str] = (),
) -> None:
    """Print rows under their header, or ``empty`` if there are none.

    Numbers are right-aligned, and times are in UTC. ``optional`` columns are omitted if all their values are
    empty or 0. If the terminal is too narrow, the widest texts are wrapped.
    """
    body = [list(row) for row in rows]
    if not body:
        print(commands_as_typed(empty))
        return
    kept = [i for i, title in enumerate(header) if title not in optional or any(row[i] for row in body)]
    titles = [header[i] for i in kept]
    body = [[row[i] for i in kept] for row in body]
    texts = [[_text(value) for value in row] for row in body]
    widths = [max(len(titles[i]), *(len(row[i]) for row in texts)) for i in range(len(titles))]
    if limit := _terminal_width():
        widths = _fitting(widths, [_is_number(column) for column in zip(*body, strict=True)], limit)
    print(_line(titles, widths, [False] * len(titles)))
    for values, row in zip(body, texts, strict=True):
        right = [isinstance(value, int | float) for value in values]
        cells = [_broken(text, width) for text, width in zip(row, widths, strict=True)]
        for line in zip_longest(*cells, fillvalue=""):
            print(_line(line, widths, right))


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    placed = [
        cell.rjust(width) if at_right else cell.ljust(width)
        for cell, width, at_right in zip(cells, widths, right, strict=True)
    ]
    return (" " * _GAP).join(placed).rstrip()


def _terminal_width() -> int:
    """The width of the terminal in characters; 0 for a file or pipe, which has no limit."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else 0


def _fitting(widths: Sequence[int], is_number: Sequence[bool], limit: int) -> list[int]:
    """Shrink the widest text columns until a line has ``limit`` characters, or none can shrink further."""
    found = list(widths)
    while sum(found) + _GAP * (len(found) - 1) > limit:
        texts = [i for i, number in enumerate(is_number) if not number and found[i] > _NARROWEST]
        if not texts:
            break
        found[max(texts, key=lambda i: found[i])] -= 1
    return found


def _broken(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width) if len(text) > width else [text]


def _is_number(column: Sequence[Any]) -> bool:
    return all(isinstance(value, int | float | datetime | None) for value in column)


def _text(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1 else f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
