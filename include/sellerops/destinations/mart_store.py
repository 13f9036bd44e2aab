"""Where marts are built: what every destination that holds marts can do, and the shapes it needs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import psycopg

from sellerops.settings.mart_tables import MARTS, REFERENCE, MartTable, Span

Ledger = psycopg.Connection[Any]


@dataclass(frozen=True)
class BuildCounts:
    """Rows that a rebuild deleted and inserted."""

    deleted: int = 0
    inserted: int = 0


class MartStore(Protocol):
    """A destination's tables as marts see them. Table names are ``<schema>.<table>``."""

    name: str
    dialect: str  # of sqlglot: "postgres" or "bigquery"

    def table_sql(self, table: str) -> str:
        """The quoted SQL name of a table."""
        ...

    def columns(self, tables: Collection[str]) -> dict[str, frozenset[str]]:
        """The column names of those of ``tables`` that exist."""
        ...

    def ensure(self, table: MartTable) -> None:
        """Create or widen the mart's table, with its descriptions and grants."""
        ...

    def rebuild(
        self,
        table: MartTable,
        parts: Callable[[Ledger], Iterable[tuple[Span, str]]],
        settle: Callable[[Ledger, Sequence[Span]], None],
    ) -> BuildCounts:
        """Delete the rows of each span and insert those of its SELECT: all of it, or nothing.

        One rebuild of a mart runs at a time. ``parts`` and ``settle`` get a connection to the ledger:
        ``parts`` after the rebuild has begun to see one state of the tables, ``settle`` in the transaction
        that stores the rows, or right after it where the ledger is another database; a rebuild that dies in
        between is repeated and stores the same rows.
        """
        ...

    def rows(self, statement: str) -> list[dict[str, Any]]:
        """The rows of a SELECT in this destination's dialect, read-only."""
        ...

    def replace(self, table: MartTable, span: Span, rows: Iterable[Mapping[str, Any]]) -> BuildCounts:
        """Replace the rows of a span by ``rows``, computed outside the database, in one transaction."""
        ...

    def copy_reference(self, table: str, ledger: Ledger) -> None:
        """Copy a table of schema ``sellerops_reference`` here if it has changed. In Postgres it is here."""
        ...


class HoldsMarts(Protocol):
    """A destination class that can hold marts."""

    def mart_store(self, address: Any, *, ledger: str) -> MartStore: ...


__all__ = [
    "MARTS",
    "REFERENCE",
    "BuildCounts",
    "HoldsMarts",
    "Ledger",
    "MartStore",
    "MartTable",
    "Span",
]
