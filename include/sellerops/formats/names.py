"""Canonical column names, and the checks that a document has the columns it must have."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sellerops.base.errors import LimitExceeded, UnreadableDocument
from sellerops.base.limits import MOST_UNKNOWN_COLUMNS
from sellerops.formats.rows import DriftReport
from sellerops.formats.spelling import plain
from sellerops.settings.specs import RESERVED_COLUMNS, ColumnType, TableSpec

# unitsOrderedB2B -> units_ordered_b2b: a digit joins the capital after it unless that starts a word. Only a
# number of days at the end is a word of its own: unitsSold14d -> units_sold_14d.
_WORD_STARTS = re.compile(
    r"(?<=[a-z])(?=[A-Z])|(?<=[0-9])(?=[A-Z][a-z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[a-z])(?=[0-9]+d$)"
)
_OTHER = re.compile(r"[^a-z0-9]+")
# Names used in our own SQL statements.
_TAKEN = frozenset({"sellerops_loses", "sellerops_ordinal"})
_LONGEST = 63


@dataclass(frozen=True)
class Field:
    """One column of a document: its canonical name and storage type."""

    name: str
    type: ColumnType


def snake_case(text: str) -> str:
    """The canonical form of a document's column name; empty only for blank text.

    Letters that are not Latin are dropped; a digest of the text then keeps the name unique.
    """
    ascii_text = (
        unicodedata.normalize("NFKD", _WORD_STARTS.sub("_", text.strip())).encode("ascii", "ignore").decode()
    )
    name = _OTHER.sub("_", ascii_text.lower()).strip("_")
    name = f"c_{name}" if name[:1].isdigit() else name
    if text.strip() and (not name or _has_other_letters(text)):
        return with_digest(name or "column", text)
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 9]}_{_digest(name)}"


def with_digest(name: str, text: str) -> str:
    """``name`` with a digest of the ``text`` it comes from, ignoring differences in spelling."""
    return f"{name[: _LONGEST - 9]}_{_digest(plain(text))}"


def _digest(text: str) -> str:
    return hashlib.md5(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def _has_other_letters(text: str) -> bool:
    """Whether ``text`` contains letters or digits of a script other than Latin."""
    return not text.isascii() and any(
        character.isalnum()
        and not unicodedata.name(character, "").startswith(("LATIN", "DIGIT", "SUPER", "SUB"))
        for character in unicodedata.normalize("NFKC", text)
        if not character.isascii()
    )


def free_name(name: str, taken: Iterable[str]) -> str:
    """``name``, or ``name__2``, ``name__3``, ... if it is taken."""
    names = set(taken)
    number, free = 2, name
    while free in names:
        suffix = f"__{number}"
        free, number = name[: _LONGEST - len(suffix)] + suffix, number + 1
    return free


def reserved_names(table: TableSpec) -> set[str]:
    """Names that an unknown column must not get."""
    return {
        *RESERVED_COLUMNS,
        *_TAKEN,
        *table.columns,
        *([table.day_from_window] if table.day_from_window else []),
    }


def refuse_too_many(drift: DriftReport, *, where: str) -> None:
    """Raise LimitExceeded if there are more unknown columns than a report ever gains."""
    if len(drift.added) > MOST_UNKNOWN_COLUMNS:
        raise _too_many(where)


def refuse_too_wide(headers: Sequence[str], table: TableSpec, *, where: str) -> None:
    """The same check before headers are mapped: each column of the spec accounts for at most one."""
    if len(headers) > len(table.read_columns) + MOST_UNKNOWN_COLUMNS + 1:
        raise _too_many(where)


def _too_many(where: str) -> LimitExceeded:
    return LimitExceeded(
        f"it has more than {MOST_UNKNOWN_COLUMNS} columns that the spec does not declare.",
        where=where,
        remedy="If this is the right report, declare its columns in the spec, or in JSON the list to read.",
        limit="MOST_UNKNOWN_COLUMNS",
    )


def refuse_missing(
    missing: Sequence[str], table: TableSpec, found: Sequence[str], *, where: str, has_header: bool = True
) -> None:
    """Raise UnreadableDocument if a required column, or one that decides about rows, is missing.

    Without a header (JSON, XML), a column that no row fills cannot be told from a missing one, so columns
    that may be null in every row, such as marketplace and version, are not required.
    """
    needed = [name for name in missing if is_needed(name, table, has_header=has_header)]
    if needed:
        shown = ", ".join(repr(name[:80]) for name in list(found)[:40]) or "none"
        raise UnreadableDocument(
            f"required columns are missing: {', '.join(map(table.header_of, needed))}. Found: {shown}.",
            where=where,
            missing=needed,
            found=list(found)[:200],
        )


def is_needed(name: str, table: TableSpec, *, has_header: bool = True) -> bool:
    """Whether a document must have the column: the spec requires it, or its key, day or checks use it (with a
    header, also its version or marketplace) and it has no `absent` value.
    """
    checked = {part for check in table.checks for part in (check.group_by, check.total, check.amount)}
    parts = {*table.primary_key, table.day, *checked}
    if has_header:
        parts |= {table.version, table.marketplace_from}
    column = table.columns[name]
    return column.required or (name in parts and column.absent is None)
