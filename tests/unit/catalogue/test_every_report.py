"""The spec of every requested report reads all of its document from the local Amazon.

Reports are found by their specs, so a new one is tested without further work.
"""

from __future__ import annotations

import io
from collections import Counter
from typing import Any

import pytest
from support.catalogue import Parsed, assert_documented, request_facts
from support.samples import COUNTRIES, CREATED, sample_of

from sellerops.formats import open_rows
from sellerops.settings.specs import ReportSpec, TableSpec


@pytest.mark.parametrize("spec", CREATED, ids=lambda spec: spec.name)
def test_every_document_is_read_whole(spec: ReportSpec) -> None:
    """No line is refused and no column unknown, in either region where the type is offered."""
    samples = [sample for account in COUNTRIES if (sample := sample_of(spec, account))]
    assert samples, "the local Amazon never has data of it"
    for sample in samples:
        for table in spec.tables.values():
            stream = open_rows(
                table,
                io.BytesIO(sample.content),
                file_format=spec.format,
                slice_=sample.slice_,
                content_type=sample.content_type,
                facts=request_facts(sample.slice_),
                on_reject=lambda _: None,
                where=spec.name,
            )
            rows = [row for batch in stream for row in batch.to_pylist()]
            assert_documented(Parsed(rows, stream), absent=stream.drift.missing)
            check_keys(table, rows)


def check_keys(table: TableSpec, rows: list[dict[str, Any]]) -> None:
    """No two rows of a document have one key: one of them would take the other's place."""
    if not table.primary_key or table.ordinal_by or table.version:
        return
    keys = Counter(tuple(row.get(name) for name in table.primary_key) for row in rows)
    assert [key for key, times in keys.items() if times > 1] == []
