"""Rows as aligned text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from sellerops.commands import typed_in


def print_table(header: Sequence[str], rows: Iterable[Sequence[Any]], *, empty: str) -> None:
    """Print rows under their header; ``empty`` when there are none. Numbers stand right, times are UTC."""
    body = [list(row) for row in rows]
    if not body:
        print(typed_in(empty))
        return
    texts = [[_text(value) for value in row] for row in body]
    widths = [max(len(header[i]), *(len(row[i]) for row in texts)) for i in range(len(header))]
    print("  ".join(title.ljust(width) for title, width in zip(header, widths, strict=True)).rstrip())
    for values, row in zip(body, texts, strict=True):
        cells = [
            text.rjust(width) if isinstance(value, int | float) else text.ljust(width)
            for value, text, width in zip(values, row, widths, strict=True)
        ]
        print("  ".join(cells).rstrip())


def _text(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1 else f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
