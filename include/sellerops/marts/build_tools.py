"""What building any mart needs: the columns of its inputs, its SQL, the queue, and queueing its readers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import psycopg

from sellerops.base.errors import ConfigurationError
from sellerops.destinations.mart_store import MARTS, Changes, MartStore, Span
from sellerops.ledger import Ledger
from sellerops.marts.changes import of_accounts, queue_readers
from sellerops.marts.graph import merged
from sellerops.marts.pending import add_pending
from sellerops.marts.registration import forget_definitions, known_accounts
from sellerops.marts.specs import MartSpec
from sellerops.marts.templates import SpanSql, physical_name
from sellerops.settings.specs import ColumnType

Connection = psycopg.Connection[Any]
Columns = Mapping[str, ColumnType]


@dataclass(frozen=True)
class BuildTools:
    """Tools shared by the builders of marts with a SELECT and of computed marts.

    :param marts: all marts, inputs before their readers.
    :param declared: the columns of a landed or reference table; raises ConfigurationError for an unknown one.
    :param broken: names of marts whose file is currently unreadable (``register``).
    """

    ledger: Ledger
    store: MartStore
    marts: Sequence[MartSpec]
    declared: Callable[[str], Columns]
    broken: Collection[str] = ()

    def columns_of(self, name: str) -> Columns:
        """The declared columns of an input, with the system columns of landed tables."""
        if "." in name:
            return self.declared(name)
        for mart in self.marts:
            if mart.name == name:
                return {column: each.type for column, each in mart.columns.items()}
        raise ConfigurationError(
            f"unknown mart {name!r}.", where="include/marts", remedy="Correct the `ref` of its reader."
        )

    def writer(self, mart: MartSpec) -> SpanSql:
        """The writer of the mart's SELECT over those columns of its inputs that exist now."""
        tables = [physical_name(name) if "." in name else f"{MARTS}.{name}" for name in mart.inputs]
        return SpanSql(mart, self.store, self.store.columns(tables), self.columns_of)

    def of_accounts(self, span: Span) -> list[Span]:
        """The span itself, or one for each account with loads in this destination if it names no account."""
        with self.ledger.connection() as connection:
            return of_accounts(span, known_accounts(connection, self.store.name))

    def queue(self, mart: MartSpec, spans: Iterable[Span], *, cause: str) -> None:
        """Queue partitions. A mart without days is queued without day bounds."""
        found = [span if mart.day else replace(span, first_day=None, last_day=None) for span in spans]
        with self.ledger.connection() as connection:
            add_pending(connection, mart.name, self.store.name, merged(found), cause=cause)

    def queue_readers(self, connection: Connection, mart: MartSpec, changes: Changes) -> None:
        """Queue what a rebuild of the mart affects."""
        queue_readers(connection, self.store, self.marts, mart, changes)
        if changes.spans and self.broken:
            # Any of them may read this mart.
            forget_definitions(connection, self.store.name, self.broken)
