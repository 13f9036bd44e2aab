"""Every report that is asked for has a document in the local Amazon, and its spec reads all of it.

Reports are found by their specs: one that is added is tested by being there.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from support.catalogue import Parsed, assert_documented, document_of, world

from sellerops.accounts import Account
from sellerops.formats import open_rows
from sellerops.marketplaces import marketplace
from sellerops.slices import Slice, plan_slices
from sellerops.specs import ReportSpec, TableSpec, load_specs

AS_OF = datetime(2026, 11, 18, 14, tzinfo=UTC)
SHOPS = {"northwind_na": ("US", "CA", "MX"), "northwind_eu": ("GB", "DE", "FR")}
# What is rare is looked for further back.
LOOKBACKS = tuple(timedelta(days=days) for days in (2, 40, 540))
MOMENTS = tuple(AS_OF - timedelta(days=days) for days in (0, 1, 2, 3, 5, 8, 13, 21))
CREATED = [spec for spec in load_specs()[0] if spec.request.how == "created"]


def slices(spec: ReportSpec, account: str) -> Iterator[tuple[Slice, datetime]]:
    """Slices of the account, each with the moment of its run: the likeliest to have data first."""
    shops = tuple(marketplace(code) for code in SHOPS[account])
    owner = Account(account, shops[0].region, shops, f"amazon_sp_{account}")
    if spec.period.kind == "snapshot":
        for moment in MOMENTS:
            for piece in plan_slices(spec, owner, run_at=moment, now=moment):
                yield piece, moment
        return
    for lookback in LOOKBACKS:
        planned = plan_slices(spec, owner, run_at=AS_OF, now=AS_OF, lookback=lookback)
        for piece in reversed(planned):
            yield piece, AS_OF


def split_options(spec: ReportSpec, piece: Slice) -> dict[str, str]:
    split = spec.request.split
    if split is None:
        return {}
    shop = world().shop(world().seller(piece.account_id), marketplace(piece.marketplaces[0]).id)
    asins = sorted({listing.asin for listing in shop.listings})
    return {split.option: " ".join(asins[: split.at_most])}


def first_document(spec: ReportSpec, account: str) -> tuple[Slice, bytes, str] | None:
    for piece, moment in slices(spec, account):
        document = document_of(piece, moment, split_options(spec, piece))
        if document is not None:
            return piece, document.read(), document.content_type
    return None


@pytest.mark.parametrize("spec", CREATED, ids=lambda spec: spec.name)
def test_every_document_is_read_whole(spec: ReportSpec) -> None:
    """No line is refused and no column unknown, in either region where the type is offered."""
    read = 0
    for account in SHOPS:
        found = first_document(spec, account)
        if found is None:
            continue
        piece, content, content_type = found
        for table in spec.tables.values():
            stream = open_rows(
                table,
                io.BytesIO(content),
                file_format=spec.format,
                piece=piece,
                content_type=content_type,
                on_reject=lambda _: None,
                where=spec.name,
            )
            rows = [row for batch in stream for row in batch.to_pylist()]
            assert_documented(Parsed(rows, stream), absent=stream.drift.missing)
            check_keys(table, rows)
            read += 1
    assert read, "the local Amazon never has data of it"


def check_keys(table: TableSpec, rows: list[dict[str, Any]]) -> None:
    """No two rows of a document have one key: one of them would take the other's place."""
    if not table.primary_key or table.ordinal_by or table.version:
        return
    keys = Counter(tuple(row.get(name) for name in table.primary_key) for row in rows)
    assert [key for key, times in keys.items() if times > 1] == []
