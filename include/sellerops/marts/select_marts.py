"""Rebuilds marts with a SELECT; the rows, the queue and the readers' queues change together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import psycopg
from psycopg.rows import dict_row

from sellerops.destinations.mart_store import MARTS, BuildCounts, BuildPlan, Changes, Span
from sellerops.marts.build_tools import BuildTools
from sellerops.marts.graph import bounded, in_pieces, merged
from sellerops.marts.pending import Pending, pending, remove_pending
from sellerops.marts.registration import known_accounts
from sellerops.marts.specs import MartSpec
from sellerops.marts.templates import physical_name

Connection = psycopg.Connection[Any]
# If a mart has more spans, they are joined into one per account, because each span is a separate statement.
MOST_SPANS = 40
# Input rows that a full build reads at once. More would not fit into memory, and would cost more per row.
ROWS_AT_ONCE = 3_000_000


class SelectMarts:
    """Builds marts with a SELECT in one destination."""

    def __init__(self, tools: BuildTools) -> None:
        self._tools = tools
        self._store = tools.store

    def build(self, mart: MartSpec) -> tuple[list[Span], BuildCounts]:
        """Rebuild what is queued and return the spans. A table that does not fit is created anew."""
        waiting: list[Pending] = []
        spans: list[Span] = []
        whole = not self._store.fits(mart.table)
        if whole:
            # Queued, so that it is repeated if this build is killed after it has created the table anew.
            self._tools.queue(mart, self._tools.of_accounts(Span("")), cause="its table")
        writer = self._tools.writer(mart)

        def plan(connection: Connection) -> BuildPlan:
            waiting[:] = pending(connection, mart.name, self._store.name)
            spans[:] = bounded(merged(each.span for each in waiting), MOST_SPANS)
            everything = {Span(account) for account in known_accounts(connection, self._store.name)}
            # Marts without days are small and seldom change; created anew, they would seem to have changed.
            anew = whole or (bool(mart.day and spans) and everything <= set(spans))
            pieces = self._pieces(connection, mart, spans) if anew else spans
            return BuildPlan(
                [(span, writer.select(span)) for span in pieces],
                [check for span in spans for check in writer.checks(span)],
                whole=anew,
            )

        def settle(connection: Connection, changed: Changes) -> None:
            remove_pending(connection, waiting)
            self._tools.queue_readers(connection, mart, changed)

        return spans, self._store.rebuild(mart.table, plan, settle)

    def _pieces(self, connection: Connection, mart: MartSpec, spans: Sequence[Span]) -> list[Span]:
        """Cut the spans into pieces of days that each read about ``ROWS_AT_ONCE`` rows."""
        dated = [name for name, given in mart.inputs.items() if given.day or given.moment]
        tables = [physical_name(name) if "." in name else f"{MARTS}.{name}" for name in dated]
        wanted = math.ceil(self._store.rows_in(tables) / ROWS_AT_ONCE / max(len(spans), 1))
        if wanted < 2 or not mart.day:
            return list(spans)
        known = _days_loaded(connection, self._store.name)
        found: list[Span] = []
        for span in spans:
            days = known.get(span.account_id)
            found += in_pieces(span, *days, wanted) if days else [span]
        return found


def _days_loaded(connection: Connection, destination: str) -> dict[str, tuple[date, date]]:
    """By account, the first and last day of its loads, limited to the last five years and to today."""
    rows = connection.cursor(row_factory=dict_row).execute(
        "SELECT account_id, min(first_day) AS first, "
        "least(max(last_day), max(sellerops.now())::date) AS last "
        "FROM sellerops.load WHERE destination = %s AND first_day IS NOT NULL GROUP BY account_id",
        (destination,),
    )
    return {
        row["account_id"]: (max(row["first"], row["last"] - timedelta(days=5 * 366)), row["last"])
        for row in rows
        if row["first"] < row["last"]
    }
