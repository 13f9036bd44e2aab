"""The files' headers and words, from two small tables beside this module.

`columns.csv` has the columns of each layout in their order, and `labels.csv` the words of files in other
languages, each with what it is known from: `real` (a downloaded file), `parser` (a public program reads it
so) or `inferred`. Where the first real file differs, correct the table; nothing else has to change.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import NamedTuple

ENGLISH = "en_US"


class Column(NamedTuple):
    """A column of a layout: its header as written, and the field of a row that it shows."""

    header: str
    field: str
    evidence: str


@cache
def columns(layout: str, language: str = ENGLISH) -> tuple[Column, ...]:
    """The columns of a layout in a language. Columns whose header is not known in it have the English one; a
    language with columns of its own order (payments) has exactly those. Raises KeyError for an unknown
    layout.
    """
    english, own = own_columns(layout, ENGLISH), own_columns(layout, language)
    if len(own) >= len(english) or layout == "payments":
        return own or english
    named = {column.field: column for column in own}
    return tuple(named.get(column.field, column) for column in english)


def own_columns(layout: str, language: str) -> tuple[Column, ...]:
    """The columns of a layout that have a header of their own in a language."""
    return _columns()[layout].get(language, ())


def languages(layout: str) -> frozenset[str]:
    """The languages that have headers of their own for a layout."""
    return frozenset(_columns()[layout])


def label(key: str, language: str) -> str:
    """A word of files in a language, in English where it is not known."""
    known = _labels()
    return known.get((language, key)) or known.get((ENGLISH, key), key)


@cache
def _columns() -> dict[str, dict[str, tuple[Column, ...]]]:
    found: dict[str, dict[str, tuple[Column, ...]]] = {}
    for row in _rows("columns"):
        by_language = found.setdefault(row["layout"], {})
        column = Column(row["header"], row["field"], row["evidence"])
        by_language[row["language"]] = (*by_language.get(row["language"], ()), column)
    return found


@cache
def _labels() -> dict[tuple[str, str], str]:
    return {(row["language"], row["key"]): row["text"] for row in _rows("labels")}


def _rows(name: str) -> Iterator[dict[str, str]]:
    text = files("amazon_sandbox.portal.files").joinpath(f"{name}.csv").read_text(encoding="utf-8")
    return csv.DictReader(text.splitlines())
