"""The tables of reports, filled from an archive and compared as text."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.rows import dict_row

from sellerops.archive import Archive
from sellerops.calendar.slices import Slice
from sellerops.destinations import RequestMeta, load_document, open_destination
from sellerops.ledger import Ledger
from sellerops.settings.specs import ReportSpec


class Tables:
    """All of one database. Nobody holds a load here, so that each counts."""

    def __init__(self, ledger: Ledger, archive: Archive) -> None:
        self.ledger, self.archive = ledger, archive
        self._conninfo = ledger.database.conninfo
        self._destination = open_destination("postgres", self._conninfo)

    def load(self, spec: ReportSpec, slice_: Slice, meta: RequestMeta, uri: str, schema: str) -> None:
        """One archived document of a report, into tables of ``schema``."""
        unjudged = {
            name: table.model_copy(update={"quarantine": None}) for name, table in spec.tables.items()
        }
        there = spec.model_copy(update={"source": schema, "tables": unjudged})
        # Nothing is judged: one table at a time, no child table is first read for its parent's sake.
        for name in there.tables:
            load_document(
                self._destination, there, slice_, meta, lambda: self.archive.open(uri), tables=[name]
            )

    def rows(self, statement: str) -> list[dict[str, Any]]:
        with psycopg.connect(self._conninfo, row_factory=dict_row) as connection:
            return connection.execute(statement).fetchall()

    def contents(self, spec: ReportSpec, schema: str, *, without: tuple[str, ...] = ()) -> list[list[str]]:
        """All rows of each table of the report, as text."""
        return [
            sorted(
                repr(sorted((name, str(value)) for name, value in row.items() if name not in without))
                for row in self.rows(f'SELECT * FROM "{schema}"."{table}"')
            )
            for table in spec.tables
        ]

    def empty(self, spec: ReportSpec) -> None:
        """Delete every row of the report."""
        for name in spec.tables:
            self.rows(f'DELETE FROM "{spec.source}"."{name}" RETURNING 1')

    def close(self) -> None:
        self._destination.close()
