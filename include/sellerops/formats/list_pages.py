"""Removes duplicates from the archived pages of a list: an entry on two pages is read once.

Entries move while a list is being read, so a page may begin with the last entries of the page before. Two
equal entries on one page are both kept; for a table without a key whose rows are the entries, only a page
that repeats an earlier one entirely is dropped.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sellerops.formats.tree_columns import as_json
from sellerops.formats.trees import Unit

# Request parameters that name a page: a line with one continues the list of the line before.
_TOKENS = frozenset(("nextToken", "NextToken", "paginationToken", "pageToken"))


class ListPages:
    """Yields the ``units`` of an archived operation without entries seen on an earlier page of their list.

    :param rows: path to the table's rows; the first list on the path holds the entries.
    :param is_keyed: whether the table has a primary key.
    """

    def __init__(self, units: Iterable[Unit], rows: Sequence[str], *, is_keyed: bool) -> None:
        self._units, self._rows, self._is_keyed = units, rows, is_keyed

    def __iter__(self) -> Iterator[Unit]:
        seen: set[bytes] = set()
        first: list[Any] = []
        for unit in self._units:
            found = _entries_of(unit, self._rows)
            if found is None:
                yield unit
                continue
            entries, depth = found
            if not _goes_on(unit.value):
                # Most lists have one page: hash its entries only if another page follows.
                seen, first = set(), entries
                yield unit
                continue
            by_entry = self._is_keyed or depth < len(self._rows)
            seen.update(_digests(first, by_entry=by_entry))
            first = []
            digests = _digests(entries, by_entry=by_entry)
            if by_entry:
                kept = [one for one, digest in zip(entries, digests, strict=True) if digest not in seen]
            else:
                kept = [] if seen.issuperset(digests) else entries
            seen.update(digests)
            if len(kept) != len(entries):
                unit = unit._replace(value=_with(unit.value, self._rows[:depth], kept))
            yield unit


def _entries_of(unit: Unit, rows: Sequence[str]) -> tuple[list[Any], int] | None:
    """The first list on the path to the rows of a page, and its depth in the path."""
    value = unit.value
    if unit.outer or not isinstance(value, Mapping) or not isinstance(value.get("request"), Mapping):
        return None
    for depth, name in enumerate(rows, start=1):
        value = value.get(name) if isinstance(value, Mapping) else None
        if isinstance(value, list):
            return value, depth
    return None


def _goes_on(page: Mapping[str, Any]) -> bool:
    return not _TOKENS.isdisjoint(page["request"])


def _digests(entries: list[Any], *, by_entry: bool) -> list[bytes]:
    """Digests of each entry, or of the page as a whole."""
    parts = entries if by_entry else [entries] if entries else []
    # Hash the text: whole numbers are text or int, depending on how their page was decoded.
    texts = (as_json(one).encode("utf-8", "surrogatepass") for one in parts)
    return [hashlib.blake2b(text, digest_size=16).digest() for text in texts]


def _with(page: Mapping[str, Any], path: Sequence[str], entries: list[Any]) -> dict[str, Any]:
    """A copy of ``page`` with ``entries`` at ``path``."""
    name, *rest = path
    return {**page, name: _with(page[name], rest, entries) if rest else entries}
