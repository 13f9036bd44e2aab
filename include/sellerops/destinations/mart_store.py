"""Where marts are built: what every destination that holds marts can do, and the shapes it needs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Protocol

import psycopg

from sellerops.settings.specs import ColumnType

MARTS = "sellerops_marts"
REFERENCE = "sellerops_reference"
Ledger = psycopg.Connection[Any]


@dataclass(frozen=True, order=True)
class Span:
    """Partitions of a mart: the days ``first_day`` to ``last_day`` of one marketplace of one account.

    ``marketplace_id`` None: all marketplaces of the account, and rows without one; a bound of None: no bound.
    """

    account_id: str
    marketplace_id: str | None = None
    first_day: date | None = None
    last_day: date | None = None

    def widened(self, before: int, after: int) -> Span:
        """The span with ``before`` more days at its beginning and ``after`` more at its end."""
        first, last = self.first_day, self.last_day
        return Span(
            self.account_id,
            self.marketplace_id,
            first and first - timedelta(days=before),
            last and last + timedelta(days=after),
        )


@dataclass(frozen=True)
class MartTable:
    """The table of a mart. ``key``: columns that identify a row. ``day``: the column of its day, if any."""

    name: str
    description: str
    columns: Mapping[str, tuple[ColumnType, str]]  # name -> type and description
    key: tuple[str, ...]
    day: str | None
    has_marketplace: bool

    @property
    def full_name(self) -> str:
        return f"{MARTS}.{self.name}"


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
