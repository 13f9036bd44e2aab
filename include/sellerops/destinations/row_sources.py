"""Reads a table or query for exports, read-only and in constant memory.

A destination that can be read provides a ``RowSource`` (``registry.open_row_source``). The rules that do not
depend on the database are here: column order, row order, and errors with their remedies.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from sellerops.base.errors import ConfigurationError
from sellerops.base.reader_role import first_line
from sellerops.base.roles import READER

# Left out of an export without `columns`: only loads need them.
TECHNICAL = frozenset({"load_id", "source_line", "line_hash", "reported_at"})
FETCH_ROWS = 5_000
ONLY_READS = "An export only reads: write one SELECT."


class Selection(Protocol):
    """What to read: ``table`` (``<source>.<table>``) or ``query`` (one SELECT), and the wanted columns.

    ``path``: the file that defines the export, for errors. ``personal``: personal data may be read.
    """

    @property
    def path(self) -> str: ...
    @property
    def table(self) -> str | None: ...
    @property
    def query(self) -> str | None: ...
    @property
    def columns(self) -> Mapping[str, str]: ...
    @property
    def append_only(self) -> tuple[str, ...]: ...
    @property
    def order_by(self) -> tuple[str, ...]: ...
    @property
    def personal(self) -> bool: ...


@dataclass(frozen=True)
class Result:
    """Column names in the wanted order, whether each holds days, and the rows in that order."""

    names: tuple[str, ...]
    days: tuple[bool, ...]
    rows: Iterator[Sequence[Any]]


class RowSource(Protocol):
    """A database to read from.

    Raises ConfigurationError when the SQL does not fit the database, RetryableError when the database is
    unavailable.
    """

    def open(self, spec: Selection) -> AbstractContextManager[Result]: ...


def select_statement(spec: Selection, names: Sequence[str], *, quote: str, table: str) -> str:
    """One SELECT of ``table`` in a fixed order, so that rewriting a sheet does not shuffle its rows."""
    order = spec.order_by or spec.append_only or names
    listed = ", ".join(f"{quote}{name}{quote}" for name in names)
    ordered = ", ".join(f"{quote}{name}{quote}" for name in order)
    return f"SELECT {listed} FROM {table} ORDER BY {ordered}"


def quoted_table(table: str, quote: str) -> str:
    """``source.table`` with both parts quoted."""
    return ".".join(f"{quote}{part}{quote}" for part in table.split("."))


def choose_columns(spec: Selection, columns: Sequence[tuple[str, bool]], rows: Iterator[Any]) -> Result:
    """The columns that ``spec`` names, in its order; all columns if it names none.

    ``columns``: the name of each column of the result, and whether it holds days. Raises ConfigurationError
    if the result has a column twice or lacks one that ``spec`` names.
    """
    found = [name for name, _ in columns]
    doubled = [name for name in found if found.count(name) > 1]
    missing = [name for name in (*spec.columns, *spec.append_only) if name not in found]
    if doubled or missing:
        what = f"returns {doubled[0]!r} twice" if doubled else f"returns no column {missing[0]!r}"
        raise ConfigurationError(
            f"the query {what}; it returns {', '.join(found)}.",
            where=spec.path,
            remedy="Name each column once in the SELECT (`AS`), as in `columns`.",
        )
    names = tuple(spec.columns) or tuple(found)
    at = [found.index(name) for name in names]
    days = tuple(columns[each][1] for each in at)
    return Result(names, days, ([row[each] for each in at] for row in rows))


def refused(spec: Selection, error: Exception, remedy: str) -> ConfigurationError:
    """The error for a table or query that the database refuses to read."""
    return ConfigurationError(
        f"the {'query' if spec.query else 'table'} cannot be read: {first_line(error)}.",
        where=spec.path,
        remedy=remedy,
    )


def grant_remedy(spec: Selection) -> str:
    """What to do when the reader lacks a privilege."""
    if spec.personal:
        return "Grant the user of connection sellerops_warehouse read access."
    return (
        f"Let role {READER} read it: GRANT SELECT ON <table> TO {READER}. Tables of personal data need "
        "`personal: true` (docs/exports.md)."
    )


def selection_remedy(spec: Selection) -> str:
    """What to do when a table or column is unknown."""
    if spec.query:
        return "Correct the query; the reports' specs declare the columns of tables."
    return (
        "Correct `table` or `columns`, or let its report load first. Personal columns are in "
        "<table>__personal (docs/exports.md)."
    )
