"""Summarises what a demo has collected, from the ledger: its progress, and the table at the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sellerops.base import postgres
from sellerops.base.postgres import UPKEEP
from sellerops.settings.accounts import Account
from sellerops.settings.marketplaces import marketplace_by_id

_PROGRESS = """
SELECT count(*) FILTER (WHERE state IN ('LOADED', 'CONFIRMED_EMPTY')) AS ended,
       count(*) AS known,
       (SELECT coalesce(sum(stored), 0) FROM sellerops.load WHERE id > %(after)s) AS rows
FROM sellerops.slice_state WHERE run_id = ANY(%(runs)s)
"""

# A document that fills two tables counts as two loads of one slice; each destination has its own line.
_LINES = """
WITH slices AS (
    SELECT report, account_id, marketplace_id, count(DISTINCT (run_id, map_index)) AS slices
    FROM sellerops.slice_state WHERE run_id = ANY(%(runs)s) GROUP BY 1, 2, 3
), loads AS (
    SELECT report, account_id, marketplace_id, destination, sum(rows_in_file) AS rows_in_file,
           sum(stored) AS stored, sum(rejected) AS rejected, sum(seconds) AS seconds
    FROM sellerops.load WHERE id > %(after)s GROUP BY 1, 2, 3, 4
)
SELECT report, account_id, marketplace_id, coalesce(slices, 0), coalesce(rows_in_file, 0)::bigint,
       coalesce(stored, 0)::bigint, coalesce(rejected, 0)::bigint, coalesce(seconds, 0),
       coalesce(destination, '')
FROM slices FULL JOIN loads USING (report, account_id, marketplace_id)
"""

_PROBLEMS = """
SELECT report, account_id, marketplace_id, day, state, coalesce(error, ''), coalesce(remedy, '')
FROM sellerops.slice_state
WHERE run_id = ANY(%(runs)s) AND state NOT IN ('LOADED', 'CONFIRMED_EMPTY', 'EXPIRED', 'LATE')
ORDER BY 1, 2, 3, 4
"""


@dataclass(frozen=True)
class Line:
    """One line of the table.

    ``seconds``: real time to read the documents and load their rows. ``destination``: empty before the first
    load.
    """

    report: str
    account: str
    marketplace: str
    slices: int
    rows_in_file: int
    stored: int
    rejected: int
    seconds: float
    destination: str = ""


class CollectionSummary:
    """The loads since its creation, and the slices of ``runs``, in the warehouse at ``conninfo``."""

    def __init__(self, conninfo: str, accounts: dict[str, Account]) -> None:
        self._connection = postgres.connect(conninfo, UPKEEP, autocommit=True)
        self._accounts = accounts
        self._after = self._query("SELECT coalesce(max(id), 0) FROM sellerops.load")[0][0]
        self.runs: list[str] = []

    def close(self) -> None:
        self._connection.close()

    def progress(self) -> tuple[int, int, int]:
        """(marketplace days loaded or confirmed empty, marketplace days planned, rows stored) so far."""
        ended, known, rows = self._query(_PROGRESS)[0]
        return int(ended), int(known), int(rows)

    def lines(self) -> list[Line]:
        found = [
            Line(report, account, self._codes(account, marketplace_id), *figures)
            for report, account, marketplace_id, *figures in self._query(_LINES)
        ]
        return sorted(found, key=lambda line: (line.report, line.account, line.marketplace, line.destination))

    def problems(self) -> list[str]:
        """One line per marketplace and day that could not be collected."""
        return [
            f"{report} {account} {self._codes(account, id_)} {day}: {state} {error} {remedy}".rstrip()
            for report, account, id_, day, state, error, remedy in self._query(_PROBLEMS)
        ]

    def _codes(self, account_id: str, marketplace_id: str) -> str:
        if marketplace_id:
            return marketplace_by_id(marketplace_id).code
        account = self._accounts.get(account_id)
        return "+".join(marketplace.code for marketplace in account.marketplaces) if account else "all"

    def _query(self, statement: str) -> list[tuple[Any, ...]]:
        return self._connection.execute(
            statement, {"after": getattr(self, "_after", 0), "runs": getattr(self, "runs", [])}
        ).fetchall()


def table(lines: Sequence[Line]) -> str:
    """The lines as aligned text with a heading and totals, per destination when there are several."""
    destinations = sorted({line.destination for line in lines if line.destination})
    keys = ("report", "account", "marketplace", *(["destination"] if len(destinations) > 1 else []))
    heading = (*keys, "slices", "rows in file", "stored", "rejected", "seconds")
    rows = [_cells(x, (x.report, x.account, x.marketplace, x.destination)[: len(keys)]) for x in lines]
    totals = [
        _cells(_sum(lines, destination), ("total", "", "", destination)[: len(keys)])
        for destination in (destinations if len(destinations) > 1 else [None])
    ]
    widths = [max(len(row[n]) for row in (heading, *totals, *rows)) for n in range(len(heading))]

    def text(row: Sequence[str]) -> str:
        cells = [
            cell.ljust(width) if n < len(keys) else cell.rjust(width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        return "  ".join(cells).rstrip()

    rule = "-" * (sum(widths) + 2 * (len(widths) - 1))
    return "\n".join([text(heading), rule, *map(text, rows), rule, *map(text, totals)])


def _cells(line: Line, keys: Sequence[str | None]) -> tuple[str, ...]:
    counts = (line.slices, line.rows_in_file, line.stored, line.rejected)
    return (*(key or "" for key in keys), *map("{:,}".format, counts), f"{line.seconds:.1f}")


def _sum(lines: Sequence[Line], destination: str | None) -> Line:
    """The totals of one destination's lines, or of all lines for None."""
    chosen = [line for line in lines if destination in (None, line.destination)]
    slices, rows_in_file, stored, rejected = (
        sum(getattr(line, name) for line in chosen)
        for name in ("slices", "rows_in_file", "stored", "rejected")
    )
    return Line("", "", "", slices, rows_in_file, stored, rejected, sum(line.seconds for line in chosen))
