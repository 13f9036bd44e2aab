"""The local Amazon's documents of all five reports reach their tables whole: no rejects, sums that agree."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import BinaryIO

import pytest
from integration.destinations.documents import contents
from integration.destinations.stores import Store
from support.catalogue import simulation

from amazon_sandbox.fba_inventory.data import summaries
from amazon_sandbox.reports.transforms import apply
from amazon_sandbox.simulation import Document, Seller
from sellerops.calendar.slices import Slice, plan_slices
from sellerops.destinations import LoadResult, RequestMeta, load_document
from sellerops.settings.accounts import Account
from sellerops.settings.marketplaces import marketplace_by_id
from sellerops.settings.specs import ReportSpec, load_spec

ONLY = ("postgres",)

NOW = datetime(2026, 11, 20, 18, tzinfo=UTC)
SIMULATION = simulation("world")
SELLERS = {seller.account: seller for seller in SIMULATION.sellers}


def slices(spec: ReportSpec, seller: Seller) -> list[Slice]:
    marketplaces = tuple(marketplace_by_id(each) for each in seller.marketplace_ids)
    return plan_slices(
        spec, Account(seller.account, seller.region, marketplaces, "connection"), run_at=NOW, now=NOW
    )


def opened(document: Document) -> Callable[[], BinaryIO]:
    content = b"".join(document.chunks)
    return lambda: io.BytesIO(content)


def load(
    store: Store,
    spec: ReportSpec,
    slice_: Slice,
    document: Document,
    marketplaces: tuple[str, ...],
    hours: int = 0,
) -> list[LoadResult]:
    made = NOW + timedelta(hours=hours)
    meta = RequestMeta(
        made, content_type=document.content_type, marketplace_ids=marketplaces, where=slice_.label
    )
    return load_document(store.destination, spec, slice_, meta, opened(document))


@pytest.mark.parametrize("account", sorted(SELLERS))
@pytest.mark.parametrize(
    "name", ["all_orders", "fba_customer_returns", "fba_manage_inventory", "sales_and_traffic"]
)
def test_reports_that_are_asked_for(store: Store, account: str, name: str) -> None:
    spec, seller = load_spec(name), SELLERS[account]
    rows = 0
    for slice_ in slices(spec, seller)[-2:]:
        start, end = (
            (slice_.start, slice_.end) if name != "sales_and_traffic" else (slice_.days[0], slice_.days[-1])
        )
        document = SIMULATION.document(
            spec.report_type, seller, slice_.marketplace_ids, start, end, dict(spec.request.options), NOW
        )
        if document is None:
            continue
        for result in load(store, spec, slice_, document, slice_.marketplace_ids):
            assert (result.rejected, result.superseded) == (0, 0), result
            assert not result.new_columns
            rows += result.stored
    assert rows > 0


@pytest.mark.parametrize("account", ["northwind_na", "northwind_eu", "northwind_jp"])
def test_settlements_balance(store: Store, account: str) -> None:
    spec, seller = load_spec("settlements"), SELLERS[account]
    slice_ = slices(spec, seller)[0]
    recent = [ref for ref in SIMULATION.settlements(seller, NOW) if ref.created_at > NOW - timedelta(days=30)]
    assert recent
    for ref in recent:
        document = SIMULATION.settlement_document(seller, ref.settlement_id)
        (result,) = load(store, spec, slice_, document, tuple(ref.marketplace_ids))
        assert result.rejected == 0 and result.stored > 1
    stored = store.rows("amazon_sp.settlements")
    assert {row["settlement_id"] for row in stored} == {ref.settlement_id for ref in recent}


def test_a_day_in_the_table_is_the_day_that_was_sold(store: Store) -> None:
    spec, seller = load_spec("sales_and_traffic"), SELLERS["northwind_na"]
    slice_ = next(each for each in slices(spec, seller) if each.marketplaces == ("US",))
    day: date = slice_.days[0]
    document = SIMULATION.document(
        spec.report_type, seller, slice_.marketplace_ids, day, day, dict(spec.request.options), NOW
    )
    assert document is not None
    load(store, spec, slice_, document, slice_.marketplace_ids)
    expected_figures = SIMULATION.expected_figures(seller, slice_.marketplace_ids[0], day, NOW)
    assert (
        sum(row["units_ordered"] for row in store.rows("amazon_sp.sales_daily"))
        == expected_figures["units_ordered"]
    )
    assert [row["units_ordered"] for row in store.rows("amazon_sp.sales_daily_totals")] == [
        expected_figures["units_ordered"]
    ]


def bent(document: Document, *faults: str) -> Document:
    """The document with faults of its content, each as the sandbox makes it."""
    chunks: Iterator[bytes] = iter(document.chunks)
    for name in faults:
        chunks = apply(name, {}, chunks, document.content_type)
    return Document(chunks, document.content_type)


@pytest.mark.parametrize(
    "reported",
    [
        ([], ["lines_split"], ["lines_reversed"]),
        (["lines_split"], ["lines_reversed", "lines_split"]),
        (["lines_split"], [], ["lines_lone"], []),
    ],
    ids=["split and joined", "reversed", "reported alone"],
)
@pytest.mark.parametrize("account", ["northwind_na", "northwind_eu"])
def test_orders_are_stored_as_last_reported(
    store: Store, account: str, reported: tuple[list[str], ...]
) -> None:
    """One account's file has item ids, the other's has none."""
    spec, seller = load_spec("all_orders"), SELLERS[account]
    slice_ = slices(spec, seller)[-1]

    def document() -> Document:
        made = SIMULATION.document(
            spec.report_type, seller, slice_.marketplace_ids, slice_.start, slice_.end, {}, NOW
        )
        assert made is not None
        return made

    moved = spec.model_copy(update={"source": "last"})
    for hours, faults in enumerate(reported):
        load(store, spec, slice_, bent(document(), *faults), slice_.marketplace_ids, hours)
    load(store, moved, slice_, bent(document(), *reported[-1]), slice_.marketplace_ids, len(reported) - 1)
    ours, last = (store.rows(f"{source}.all_orders") for source in ("amazon_sp", "last"))
    assert len(last) > 20 and contents(ours) == contents(last)


def test_a_corrected_settlement_leaves_no_old_line(store: Store) -> None:
    spec, seller = load_spec("settlements"), SELLERS["northwind_eu"]
    slice_ = slices(spec, seller)[0]
    ref = SIMULATION.settlements(seller, NOW)[-1]
    results = []
    for hours, faults in enumerate([[], ["lines_joined"]]):
        document = bent(SIMULATION.settlement_document(seller, ref.settlement_id), *faults)
        results += load(store, spec, slice_, document, tuple(ref.marketplace_ids), hours)
    rows = store.rows("amazon_sp.settlements")
    assert len(rows) == results[1].rows_in_file == results[0].rows_in_file - 1
    # A line's key contains its marketplace: lines that move up beside another marketplace's are new.
    assert results[1].replaced - results[1].inserted == 1
    assert sum(row["amount"] or 0 for row in rows) == max(row["total_amount"] or 0 for row in rows)


@pytest.mark.parametrize("account", sorted(SELLERS))
@pytest.mark.parametrize("name", ["inventory_ledger_summary", "inventory_ledger_detail"])
def test_ledger_days_by_amazons_clock_are_no_rejects(store: Store, account: str, name: str) -> None:
    spec, seller = load_spec(name), SELLERS[account]
    slice_ = slices(spec, seller)[-1]
    document = SIMULATION.document(
        spec.report_type,
        seller,
        slice_.marketplace_ids,
        slice_.start,
        slice_.end,
        dict(spec.request.options),
        NOW,
    )
    if document is None:
        pytest.skip("no ledger")
    (result,) = load(store, spec, slice_, document, slice_.marketplace_ids)
    assert result.rejected == 0 and result.inserted
    assert {row["date"] for row in store.rows(f"amazon_sp.{name}")} <= set(slice_.days)
    if account == "northwind_na":
        assert result.superseded, "the sandbox tells the day before too"


def test_pan_eu_marketplaces_report_one_stock(store: Store) -> None:
    seller = SELLERS["northwind_eu"]
    storefronts = {
        storefront.marketplace.country: storefront
        for storefront in (SIMULATION.storefront(seller, each) for each in seller.marketplace_ids)
    }
    reported = {
        code: {
            row["sellerSku"]: row["totalQuantity"]
            for row in summaries(storefront, int(NOW.timestamp()), details=True, others=storefronts.values())
        }
        for code, storefront in storefronts.items()
    }
    both = set(reported["DE"]) & set(reported["FR"])
    assert both and {reported["DE"][sku] for sku in both} != {0}
    assert [reported["DE"][sku] for sku in sorted(both)] == [reported["FR"][sku] for sku in sorted(both)]
