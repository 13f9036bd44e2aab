"""Assigns the export's columns to the sheet's by the titles in the header row; new ones go to the right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sellerops.base.errors import ConfigurationError
from sellerops.exports.a1 import Anchor


@dataclass(frozen=True)
class Layout:
    """Where each column goes.

    ``columns``: the sheet's column for each of ``titles``, counted from 1. ``new``: the titles that are not
    in the header row yet.
    """

    anchor: Anchor
    titles: tuple[str, ...]
    columns: tuple[int, ...]
    new: tuple[str, ...]

    @property
    def last_column(self) -> int:
        return max(self.columns)

    @property
    def first_row(self) -> int:
        """The first row below the header."""
        return self.anchor.row + 1

    def blocks(self, only: Sequence[str] | None = None) -> list[tuple[int, list[int]]]:
        """Blocks of adjacent columns, from left to right: (first column, positions in a row)."""
        placed = sorted(
            (column, position)
            for position, (title, column) in enumerate(zip(self.titles, self.columns, strict=True))
            if only is None or title in only
        )
        blocks: list[tuple[int, list[int]]] = []
        for column, position in placed:
            if blocks and column == blocks[-1][0] + len(blocks[-1][1]):
                blocks[-1][1].append(position)
            else:
                blocks.append((column, [position]))
        return blocks


def read_header(anchor: Anchor, cells: Sequence[Any]) -> dict[str, int]:
    """The columns of a header row that begins at the anchor, by title."""
    titles = [str(each).strip() if each not in (None, "") else "" for each in cells]
    header: dict[str, int] = {}
    for offset, title in enumerate(titles):
        header.setdefault(title, anchor.column + offset)
    header.pop("", None)
    return header


def repeated_titles(cells: Sequence[Any], titles: Sequence[str]) -> list[str]:
    """The ``titles`` that occur more than once in a header row."""
    found = [str(each).strip() for each in cells if each not in (None, "")]
    return [title for title in titles if found.count(title) > 1]


def plan_layout(
    anchor: Anchor, cells: Sequence[Any], titles: Sequence[str], keys: Sequence[str], used_columns: int
) -> Layout:
    """The layout of ``titles`` in a sheet whose header row contains ``cells``, from the anchor on.

    :param keys: titles of the key columns; empty for an export that replaces.
    :param used_columns: the last non-empty column at or below the header row, counted from 1; 0 for none.

    Columns that people added stay in place, and the export's columns stay where people moved them. Raises
    ConfigurationError if the header row is not this export's, lacks a key, or has one of its titles twice.
    """
    header = read_header(anchor, cells)
    where = f"sheet {anchor}"
    doubled = repeated_titles(cells, titles)
    if doubled:
        raise ConfigurationError(
            f"the title {doubled[0]!r} occurs twice in the header row.",
            where=where,
            remedy="Rename your own column, then clear the task.",
        )
    known = [title for title in titles if title in header]
    if header and not known:
        raise ConfigurationError(
            f"the header row has other titles ({', '.join(list(header)[:5])}): the sheet is used for "
            "something else.",
            where=where,
            remedy="Correct `range`, or choose an empty sheet for the export.",
        )
    lost = [key for key in keys if header and key not in header]
    if lost:
        raise ConfigurationError(
            f"the header row lacks the key {', '.join(map(repr, lost))}: every row would be added a second "
            "time.",
            where=where,
            remedy="Restore the title above its values, then clear the task.",
        )
    new = tuple(title for title in titles if title not in header)
    at = max([anchor.column - 1, used_columns, *header.values()])
    columns = {**header, **{title: at + number for number, title in enumerate(new, start=1)}}
    return Layout(anchor, tuple(titles), tuple(columns[title] for title in titles), new)
