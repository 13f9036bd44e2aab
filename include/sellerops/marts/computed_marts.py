"""Rebuilds computed marts, whose rows a class computes outside the database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sellerops.destinations.mart_store import BuildCounts, Changes, Span
from sellerops.marts.build_tools import BuildTools
from sellerops.marts.computed import COMPUTED, Computed, Work, computed_class
from sellerops.marts.graph import merged
from sellerops.marts.pending import Pending, pending, remove_pending
from sellerops.marts.specs import MartSpec
from sellerops.marts.templates import SpanSql


class ComputedMarts:
    """Builds the marts of ``COMPUTED`` in one destination."""

    def __init__(self, tools: BuildTools) -> None:
        self._tools = tools
        self._store = tools.store

    def queue_due(self, mart: MartSpec) -> None:
        """Queue the spans that are due although no input has changed."""
        if mart.name in COMPUTED and (due := list(computed_class(mart).due(self._work(mart)))):
            self._tools.queue(mart, due, cause="time")

    def build(self, mart: MartSpec) -> tuple[list[Span], BuildCounts]:
        """Compute what is queued and return the spans that were replaced."""
        with self._tools.ledger.connection() as connection:
            waiting = pending(connection, mart.name, self._store.name)
        if not waiting:
            return [], BuildCounts()
        self._store.ensure(mart.table)
        computed: Computed = computed_class(mart)
        spans: list[Span] = []
        deleted = inserted = 0
        work = replace(self._work(mart), causes=_causes(waiting))
        for span, rows in computed.compute(work, merged(each.span for each in waiting)):
            counts = self._store.replace(mart.table, span, rows)
            deleted, inserted = deleted + counts.deleted, inserted + counts.inserted
            spans.append(span)
        # Only after the rows are stored, so that a build that is killed in between is repeated.
        with self._tools.ledger.connection() as connection:
            remove_pending(connection, waiting)
            self._tools.queue_readers(connection, mart, Changes(spans))
        return spans, BuildCounts(deleted, inserted)

    def _work(self, mart: MartSpec) -> Work:
        writer: SpanSql | None = None

        def rows(sql: str, span: Span) -> list[dict[str, Any]]:
            nonlocal writer
            writer = writer or self._tools.writer(mart)
            return self._store.rows(writer.restricted(sql, span))

        return Work(mart, self._tools.ledger, self._store, rows)


def _causes(waiting: Sequence[Pending]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for each in waiting:
        found[each.span.account_id].add(each.cause)
    return {account: frozenset(causes) for account, causes in found.items()}
