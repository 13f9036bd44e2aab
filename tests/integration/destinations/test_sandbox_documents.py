"""The local Amazon's documents of all five reports reach their tables whole: no rejects, sums that agree."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import BinaryIO

import pytest
from integration.destinations.stores import Store

from amazon_sandbox.world import Document, Seller, World
from sellerops.accounts import Account
from sellerops.destinations import LoadResult, RequestMeta, load_document
from sellerops.marketplaces import marketplace_by_id
from sellerops.slices import Slice, plan_slices
from sellerops.specs import ReportSpec, load_spec

ONLY = ("postgres",)

NOW = datetime(2026, 11, 20, 18, tzinfo=UTC)
WORLD = World(seed=7, scenario="world")
SELLERS = {seller.account: seller for seller in WORLD.sellers}


def slices(spec: ReportSpec, seller: Seller) -> list[Slice]:
    shops = tuple(marketplace_by_id(each) for each in seller.marketplace_ids)
    return plan_slices(spec, Account(seller.account, seller.region, shops, "connection"), run_at=NOW, now=NOW)


def opened(document: Document) -> Callable[[], BinaryIO]:
    content = b"".join(document.chunks)
    return lambda: io.BytesIO(content)


def load(
    store: Store, spec: ReportSpec, piece: Slice, document: Document, shops: tuple[str, ...]
) -> list[LoadResult]:
    meta = RequestMeta(NOW, content_type=document.content_type, marketplace_ids=shops, where=piece.label)
    return load_document(store.destination, spec, piece, meta, opened(document))


@pytest.mark.parametrize("account", sorted(SELLERS))
@pytest.mark.parametrize(
    "name", ["all_orders", "fba_customer_returns", "fba_manage_inventory", "sales_and_traffic"]
)
def test_reports_that_are_asked_for(store: Store, account: str, name: str) -> None:
    spec, seller = load_spec(name), SELLERS[account]
    rows = 0
    for piece in slices(spec, seller)[-2:]:
        start, end = (
            (piece.start, piece.end) if name != "sales_and_traffic" else (piece.days[0], piece.days[-1])
        )
        document = WORLD.document(
            spec.report_type, seller, piece.marketplace_ids, start, end, dict(spec.request.options), NOW
        )
        if document is None:
            continue
        for result in load(store, spec, piece, document, piece.marketplace_ids):
            assert (result.rejected, result.superseded) == (0, 0), result
            assert not result.new_columns
            rows += result.stored
    assert rows > 0


@pytest.mark.parametrize("account", ["northwind_na", "northwind_eu", "northwind_jp"])
def test_settlements_balance(store: Store, account: str) -> None:
    spec, seller = load_spec("settlements"), SELLERS[account]
    piece = slices(spec, seller)[0]
    recent = [ref for ref in WORLD.settlements(seller, NOW) if ref.created_at > NOW - timedelta(days=30)]
    assert recent
    for ref in recent:
        document = WORLD.settlement_document(seller, ref.settlement_id)
        (result,) = load(store, spec, piece, document, tuple(ref.marketplace_ids))
        assert result.rejected == 0 and result.stored > 1
    stored = store.rows("amazon_sp.settlements")
    assert {row["settlement_id"] for row in stored} == {ref.settlement_id for ref in recent}


def test_a_day_in_the_table_is_the_day_that_was_sold(store: Store) -> None:
    spec, seller = load_spec("sales_and_traffic"), SELLERS["northwind_na"]
    piece = next(each for each in slices(spec, seller) if each.marketplaces == ("US",))
    day: date = piece.days[0]
    document = WORLD.document(
        spec.report_type, seller, piece.marketplace_ids, day, day, dict(spec.request.options), NOW
    )
    assert document is not None
    load(store, spec, piece, document, piece.marketplace_ids)
    truth = WORLD.truth(seller, piece.marketplace_ids[0], day, NOW)
    assert sum(row["units_ordered"] for row in store.rows("amazon_sp.sales_daily")) == truth["units_ordered"]
    assert [row["units_ordered"] for row in store.rows("amazon_sp.sales_daily_totals")] == [
        truth["units_ordered"]
    ]
