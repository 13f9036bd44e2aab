"""What is promised of tables, for each of a report that is asked for: rows are counted, none comes twice, and
all of it is made again from the archive. Reports are found by their specs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from support.postgres import TEMPLATE, PostgresServer
from support.samples import COUNTRIES, CREATED, Sample, looked_at_again, sample_of
from support.tables import Tables
from support.warehouse import load_sample

from sellerops.archive import Archive
from sellerops.ledger import Ledger
from sellerops.reprocess.load_steps import Scope
from sellerops.reprocess.replay import replay
from sellerops.settings.specs import ReportSpec


def load(tables: Tables, samples: Iterable[Sample], schema: str) -> None:
    """Archive documents and fill tables of ``schema`` with them."""
    for sample in samples:
        load_sample(tables, sample, schema)


@pytest.fixture(scope="module")
def ledger(postgres_server: PostgresServer) -> Iterator[Ledger]:
    """One for all reports: each has tables of its own, and a database is slow to make."""
    conninfo = postgres_server.create_database(TEMPLATE)
    opened = Ledger(conninfo)
    yield opened
    opened.close()
    postgres_server.drop_database(conninfo)


@pytest.fixture
def tables(ledger: Ledger, tmp_path: Path) -> Iterator[Tables]:
    opened = Tables(ledger, Archive(str(tmp_path / "archive")))
    yield opened
    opened.close()


@pytest.mark.parametrize("spec", CREATED, ids=lambda spec: spec.name)
def test_rows_are_counted_come_once_and_are_made_again(spec: ReportSpec, tables: Tables) -> None:
    first = next(sample for account in COUNTRIES if (sample := sample_of(spec, account)))
    again = [sample for sample in [looked_at_again(first)] if sample]
    load(tables, [first, *again, first], spec.source)
    live = tables.contents(spec, spec.source)
    assert all(live)

    loads = tables.rows(f"SELECT * FROM sellerops.load WHERE report = '{spec.name}'")
    assert loads
    assert all(each["rows_in_file"] == each["stored"] + each["rejected"] for each in loads)
    assert sum(each["rejected"] for each in loads) == 0
    assert "\ufffd" not in str(live)

    turned = f"{spec.source}_turned"
    load(tables, [*again, first, *again], turned)
    assert tables.contents(spec, turned, without=("load_id",)) == tables.contents(
        spec, spec.source, without=("load_id",)
    )

    tables.empty(spec)
    replay(tables.ledger, tables.archive, spec, Scope())
    assert tables.contents(spec, spec.source) == live
