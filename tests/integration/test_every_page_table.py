"""What is promised of tables, for each file of a web page: rows are counted, none comes twice, and all of it
is made again from the archive.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from support.portal_samples import AS_OF, PAGES, STORES, PortalSample, portal_sample
from support.postgres import TEMPLATE, PostgresServer
from support.tables import Tables

from sellerops.archive import Archive, DocumentMeta
from sellerops.destinations import RequestMeta
from sellerops.ledger import Ledger
from sellerops.reprocess.load_steps import Scope
from sellerops.reprocess.replay import replay
from sellerops.settings.specs import ReportSpec


def load(tables: Tables, samples: Iterable[PortalSample], schema: str) -> None:
    """Archive files and fill tables of ``schema`` with them."""
    for sample in samples:
        meta = DocumentMeta(
            source=sample.spec.source,
            report=sample.spec.name,
            account_id=sample.slice_.account_id,
            fetch=f"{sample.slice_.label} {sample.file.name}",
            fetched_at=AS_OF.isoformat(),
            request={},
            response={"content_type": sample.file.media_type, "facts": dict(sample.facts)},
        )
        uri = tables.archive.put_stream([sample.file.content], meta).uri
        marketplaces = sample.slice_.marketplace_ids
        told = RequestMeta(AS_OF, None, sample.file.media_type, marketplaces, uri, sample.facts)
        tables.load(sample.spec, sample.slice_, told, uri, schema)


@pytest.fixture(scope="module")
def own_ledger(postgres_server: PostgresServer) -> Iterator[Ledger]:
    """One for all reports: each has tables of its own, and a database is slow to make."""
    conninfo = postgres_server.create_database(TEMPLATE)
    opened = Ledger(conninfo)
    yield opened
    opened.close()
    postgres_server.drop_database(conninfo)


@pytest.fixture
def tables(own_ledger: Ledger, tmp_path: Path) -> Iterator[Tables]:
    opened = Tables(own_ledger, Archive(str(tmp_path / "archive")))
    yield opened
    opened.close()


@pytest.mark.parametrize("spec", PAGES, ids=lambda spec: spec.name)
def test_rows_are_counted_come_once_and_are_made_again(spec: ReportSpec, tables: Tables) -> None:
    account, countries = next(iter(STORES.items()))
    country = next(each for each in countries if spec.marketplaces == "all" or each in spec.marketplaces)
    sample = portal_sample(spec, account, country)
    assert sample
    load(tables, [sample, sample], spec.source)
    live = tables.contents(spec, spec.source)
    assert all(live)

    loads = tables.rows(f"SELECT * FROM sellerops.load WHERE report = '{spec.name}'")
    assert all(each["rows_in_file"] == each["stored"] + each["rejected"] for each in loads)
    assert sum(each["rejected"] for each in loads) == 0

    tables.empty(spec)
    replay(tables.ledger, tables.archive, spec, Scope())
    assert tables.contents(spec, spec.source) == live
