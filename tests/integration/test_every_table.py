"""What is promised of tables, for each of a report that is asked for: rows are counted, none comes twice, and
all of it is made again from the archive. Reports are found by their specs.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row
from support.postgres import conninfo, ledger, postgres_server
from support.samples import CREATED, SHOPS, Sample, looked_at_again, sample_of

from sellerops.archive import Archive, DocumentMeta
from sellerops.destinations import RequestMeta, load_document, open_destination
from sellerops.ledger import Ledger
from sellerops.replay import Scope, replay
from sellerops.specs import ReportSpec

__all__ = ["conninfo", "ledger", "postgres_server"]

TURNED = "turned"


class Tables:
    """The tables of reports, filled from an archive."""

    def __init__(self, ledger: Ledger, archive: Archive) -> None:
        self.ledger, self.archive = ledger, archive
        self._conninfo = ledger.database.conninfo
        self._destination = open_destination("postgres", self._conninfo)

    def load(self, samples: Iterable[Sample], schema: str) -> None:
        """Into tables of ``schema``; nobody holds a load here, so that each counts."""
        for sample in samples:
            spec = sample.spec.model_copy(update={"source": schema, "tables": _unjudged(sample.spec)})
            uri = self._archived(sample)
            ids = sample.piece.marketplace_ids
            meta = RequestMeta(sample.as_of, None, sample.content_type, ids, uri)
            load_document(self._destination, spec, sample.piece, meta, lambda uri=uri: self.archive.open(uri))

    def _archived(self, sample: Sample) -> str:
        meta = DocumentMeta(
            source=sample.spec.source,
            report=sample.spec.name,
            account_id=sample.piece.account_id,
            fetch=f"{sample.piece.label} {sample.as_of}",
            fetched_at=sample.as_of.isoformat(),
            request={},
            response={"content_type": sample.content_type},
        )
        return self.archive.put_stream([sample.content], meta).uri

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


def _unjudged(spec: ReportSpec) -> dict[str, Any]:
    return {name: table.model_copy(update={"quarantine": None}) for name, table in spec.tables.items()}


@pytest.fixture
def tables(ledger: Ledger, tmp_path: Path) -> Tables:
    return Tables(ledger, Archive(str(tmp_path / "archive")))


@pytest.mark.parametrize("spec", CREATED, ids=lambda spec: spec.name)
def test_rows_are_counted_come_once_and_are_made_again(spec: ReportSpec, tables: Tables) -> None:
    first = next(sample for account in SHOPS if (sample := sample_of(spec, account)))
    again = [sample for sample in [looked_at_again(first)] if sample]
    tables.load([first, *again, first], spec.source)
    live = tables.contents(spec, spec.source)
    assert all(live)

    loads = tables.rows("SELECT * FROM sellerops.load")
    assert all(each["rows_in_file"] == each["stored"] + each["rejected"] for each in loads)
    assert sum(each["rejected"] for each in loads) == 0
    assert "\ufffd" not in str(live)

    tables.load([*again, first, *again], TURNED)
    assert tables.contents(spec, TURNED, without=("load_id",)) == tables.contents(
        spec, spec.source, without=("load_id",)
    )

    for name in spec.tables:
        tables.rows(f'DELETE FROM "{spec.source}"."{name}" RETURNING 1')
    replay(tables.ledger, tables.archive, spec, Scope())
    assert tables.contents(spec, spec.source) == live
