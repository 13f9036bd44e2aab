"""Documents that fill a table together: the parts of one slice, and lists within lists."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from io import BytesIO

import pytest
from integration.destinations.documents import contents
from integration.destinations.stores import Store
from support.catalogue import document_of, parse, slice_of, spec_of

from sellerops.calendar.slices import Slice
from sellerops.destinations import LoadResult, RequestMeta, load_document

AS_OF = datetime(2026, 11, 21, 14, tzinfo=UTC)
SUNDAY, SATURDAY = date(2026, 11, 8), date(2026, 11, 14)
SQP = "search_query_performance_weekly"


def load(
    store: Store, slice_: Slice, options: dict[str, str] | None = None, hours: float = 0
) -> list[LoadResult]:
    document = document_of(slice_, AS_OF, options)
    assert document is not None
    content = document.read()
    meta = RequestMeta(
        AS_OF + timedelta(hours=hours),
        content_type=document.content_type,
        marketplace_ids=slice_.marketplace_ids,
        where=slice_.label,
    )
    results = load_document(store.destination, spec_of(slice_.report), slice_, meta, lambda: BytesIO(content))
    assert all(result.rejected == 0 and not result.new_columns for result in results)
    return results


def test_the_parts_of_a_slice_are_stored_side_by_side_in_any_order(store: Store) -> None:
    slice_ = slice_of(SQP, "northwind_na", ["US"], SUNDAY, SATURDAY, AS_OF)
    catalogue = parse(
        "search_catalog_performance_weekly", "northwind_na", ["US"], SUNDAY, SATURDAY, AS_OF
    ).rows
    asins = sorted(row["asin"] for row in catalogue)
    parts = [{"asin": " ".join(asins[at : at + 18])} for at in range(0, len(asins), 18)]
    assert len(parts) == 3
    for part in parts:
        load(store, slice_, part)
    first = store.rows(f"amazon_sp.{SQP}")
    assert {row["asin"] for row in first} == set(asins)
    assert {row["end_date"] for row in first} == {SATURDAY}
    for part in reversed(parts):
        load(store, slice_, part)
    assert contents(store.rows(f"amazon_sp.{SQP}")) == contents(first)


@pytest.mark.parametrize(("report", "key"), [("promotions", "promotion_id"), ("coupons", "coupon_id")])
def test_campaigns_and_their_products_fill_two_tables(store: Store, report: str, key: str) -> None:
    slice_ = slice_of(report, "northwind_eu", ["DE"], date(2026, 9, 22), date(2026, 11, 20), AS_OF)
    whole, inner = spec_of(report).tables
    load(store, slice_)
    load(store, slice_, hours=24)
    campaigns = {row[key] for row in store.rows(f"amazon_sp.{whole}")}
    named = store.rows(f"amazon_sp.{inner}")
    assert campaigns and {row[key] for row in named} == campaigns
    assert len(named) >= len(campaigns)


def test_search_terms_carry_the_week_that_was_asked_for(store: Store) -> None:
    slice_ = slice_of("search_terms_weekly", "northwind_eu", ["FR"], SUNDAY, SATURDAY, AS_OF)
    (result,) = load(store, slice_)
    rows = store.rows("amazon_sp.search_terms_weekly")
    assert len(rows) == result.stored > 600
    assert {row["start_date"] for row in rows} == {SUNDAY}
    assert any(not row["search_term"].isascii() for row in rows)
