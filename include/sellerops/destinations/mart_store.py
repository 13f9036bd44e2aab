"""The interface of destinations that hold marts, and the types it needs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

import psycopg

from sellerops.base.errors import CheckFailed
from sellerops.destinations.mart_dialect import MartDialect
from sellerops.settings.mart_tables import MARTS, REFERENCE, MartTable, Span

Ledger = psycopg.Connection[Any]


@dataclass(frozen=True)
class BuildCounts:
    """Rows that a rebuild deleted and inserted."""

    deleted: int = 0
    inserted: int = 0


@dataclass(frozen=True)
class Changes:
    """What a rebuild may have changed.

    :param spans: the changed partitions.
    :param lookups: for each column of the table's ``lookup_days``, the days that changed rows have or had.
    """

    spans: Sequence[Span] = ()
    lookups: Mapping[str, Sequence[Span]] = field(default_factory=dict)


@dataclass(frozen=True)
class CheckQuery:
    """A SELECT that returns the mistakes in a rebuilt span."""

    name: str
    description: str
    sql: str

    def failure(self, mart: str, rows: Sequence[Mapping[str, Any]]) -> CheckFailed:
        """The error for a test that found ``rows``; its message shows them."""
        shown = "; ".join(", ".join(f"{name} {value}" for name, value in row.items()) for row in rows)
        return CheckFailed(
            f"its test {self.name!r} found mistakes ({self.description.rstrip('.')}): {shown}.",
            where=f"mart {mart}",
            remedy=f"Nothing was changed. Correct include/marts/{mart}.sql or the rows it reads, then clear "
            "the task.",
        )


@dataclass(frozen=True)
class BuildPlan:
    """Spans with the SELECT of their rows, and the tests of the result.

    ``whole``: the spans cover the whole mart, so the table may be created again.
    """

    parts: Sequence[tuple[Span, str]]
    tests: Sequence[CheckQuery] = ()
    whole: bool = False

    @property
    def spans(self) -> list[Span]:
        return [span for span, _ in self.parts]


class MartStore(Protocol):
    """A destination's tables as marts see them. Table names are ``<schema>.<table>``."""

    name: str
    dialect: str  # of sqlglot: "postgres" or "bigquery"

    def session(self, where: str) -> AbstractContextManager[None]:
        """Within it, calls of this thread share a connection, if the destination has connections.

        :param where: what the connection is for, shown in the destination's list of connections.
        """
        ...

    def table_sql(self, table: str) -> str:
        """The quoted SQL name of a table."""
        ...

    def filters(self, table: str) -> str:
        """A condition on ``t`` that all rows of ``table`` meet, if reading it needs one; otherwise empty."""
        ...

    def columns(self, tables: Collection[str]) -> dict[str, frozenset[str]]:
        """The column names of each table in ``tables`` that exists."""
        ...

    def rows_in(self, tables: Collection[str]) -> int:
        """About how many rows the tables have in total; 0 if a full build of any size is one statement."""
        ...

    def prepare(self, wanted: Mapping[str, Collection[str]]) -> None:
        """Make rows of landing tables quick to find by columns. Call outside any transaction.

        :param wanted: table -> columns by which loads and days are looked up: ``load_id``, dates, timestamps.
        """
        ...

    def days_of_loads(self, table: str, column: str, loads: Sequence[int]) -> list[dict[str, Any]]:
        """``account_id``, ``marketplace_id`` and ``day`` (of ``column``, in UTC) of the rows of ``loads``."""
        ...

    def fits(self, table: MartTable) -> bool:
        """Whether the mart's table exists and has its columns, types and grain."""
        ...

    def drop(self, table: str) -> None:
        """Drop the table of a former mart, if it exists.

        Raises ConfigurationError when the destination refuses, as Postgres does while a view reads the table.
        """
        ...

    def ensure(self, table: MartTable) -> None:
        """Create or widen the table of a computed mart, whose rows cannot be rebuilt.

        Raises ConfigurationError when a type or the grain has changed.
        """
        ...

    def rebuild(
        self,
        table: MartTable,
        plan: Callable[[Ledger], BuildPlan],
        settle: Callable[[Ledger, Changes], None],
    ) -> BuildCounts:
        """Replace the rows of each span with those of its SELECT: all spans, or nothing.

        A table that does not fit is created again, which needs a ``whole`` plan. Only one rebuild of a mart
        runs at a time. ``plan`` and ``settle`` get a connection to the ledger. ``plan`` is called once the
        rebuild sees one state of the tables. ``settle`` gets what may have changed; it is called in the
        transaction that stores the rows or, if the ledger is another database, right after it. A rebuild that
        dies in between is repeated and stores the same rows.

        Raises CheckFailed for two rows of one grain, a row without account or day, or a failing test.
        """
        ...

    def rows(self, statement: str) -> list[dict[str, Any]]:
        """The rows of a SELECT in this destination's dialect, run read-only."""
        ...

    def replace(self, table: MartTable, span: Span, rows: Iterable[Mapping[str, Any]]) -> BuildCounts:
        """Replace the rows of a span with ``rows``, computed outside the database, in one transaction."""
        ...

    def copy_reference(self, table: str, ledger: Ledger) -> None:
        """Copy a table of the ledger's database here if it has changed. In Postgres, it is already here."""
        ...


class HoldsMarts(Protocol):
    """A destination class that can hold marts."""

    def mart_dialect(self) -> MartDialect: ...

    def mart_store(self, address: Any, *, ledger: str) -> MartStore: ...


__all__ = [
    "MARTS",
    "REFERENCE",
    "BuildCounts",
    "BuildPlan",
    "Changes",
    "CheckQuery",
    "HoldsMarts",
    "Ledger",
    "MartStore",
    "MartTable",
    "Span",
]
