"""Ordinary JSON of every report is read by the block; the plain reader is for what is odd."""

from __future__ import annotations

import io
from typing import Any
from unittest.mock import patch

import pytest
from support.catalogue import request_facts
from support.samples import COUNTRIES, CREATED, sample_of

from sellerops.formats import json_stream, open_rows, tree_rows
from sellerops.formats.json_splitting import Block, Splitter
from sellerops.settings.specs import ReportSpec

# Reports read from dicts: a column depends on more than its path, or rows are nested in other rows.
# Campaigns have many keys the spec does not name, and each is new once.
WITHOUT_STRUCTS = {"ad_groups", "ads", "campaigns", "coupons", "promotions"}
JSON = [spec for spec in CREATED if spec.format.kind in ("json", "jsonl")]


@pytest.mark.parametrize("spec", JSON, ids=lambda spec: spec.name)
def test_ordinary_documents_are_read_by_the_block(spec: ReportSpec) -> None:
    taken: list[bool] = []
    by_structs: list[bool] = []
    real_record, read_whole = Splitter.record, tree_rows.TreeReader._read_whole

    def record(self: Splitter, end: int, *, is_taken: bool) -> None:
        taken.append(is_taken)
        real_record(self, end, is_taken=is_taken)

    def read(self: tree_rows.TreeReader, block: Block, first: int) -> Any:
        texts = read_whole(self, block, first)
        if self._sample is not None:
            by_structs.append(texts is not None)
        return texts

    sample = next(sample for account in COUNTRIES if (sample := sample_of(spec, account)))
    # Small, so that a sandbox's document has many blocks.
    with (
        patch.object(json_stream, "CHUNK", 1500),
        patch.object(tree_rows, "BATCH_ITEMS", 2),
        patch.object(Splitter, "record", record),
        patch.object(tree_rows.TreeReader, "_read_whole", read),
    ):
        for table in spec.tables.values():
            stream = open_rows(
                table,
                io.BytesIO(sample.content),
                file_format=spec.format,
                slice_=sample.slice_,
                content_type=sample.content_type,
                facts=request_facts(sample.slice_),
                on_reject=lambda row: None,
            )
            assert sum(part.num_rows for part in stream)
    assert sum(taken) >= 0.95 * len(taken)
    if spec.name not in WITHOUT_STRUCTS:
        assert sum(by_structs) >= 0.95 * len(by_structs)
    assert taken or len(sample.content) < 6000
