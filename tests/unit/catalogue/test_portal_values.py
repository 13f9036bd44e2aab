"""The values that are read from the local portal's files, in every language: those of the API's documents."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from support.catalogue import simulation

from amazon_sandbox.finances.data import TransactionFilter, transactions
from amazon_sandbox.portal.files import FileRequest, file_of
from amazon_sandbox.simulation import Simulation, marketplaces
from amazon_sandbox.simulation.figures import day_figures, total
from sellerops.calendar.slices import Slice
from sellerops.formats import RowReject, open_rows
from sellerops.settings.marketplaces import marketplace
from sellerops.settings.specs import ReportSpec, load_spec

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
# Over the end of summer time in Europe.
FIRST, LAST = date(2026, 10, 20), date(2026, 10, 27)
STORES = {
    "US": ("northwind_na", "en_US"), "CA": ("northwind_na", "en_US"), "GB": ("northwind_eu", "en_GB"),
    "DE": ("northwind_eu", "de_DE"), "FR": ("northwind_eu", "fr_FR"), "IT": ("northwind_eu", "it_IT"),
    "ES": ("northwind_eu", "es_ES"), "JP": ("northwind_jp", "ja_JP"), "AU": ("northwind_au", "en_AU"),
    "AE": ("northwind_ae", "en_AE"),
}  # fmt: skip


def world() -> Simulation:
    return simulation("world")


# Nobody has shown what French and Italian files call the status and the release date: they become columns of
# their own until somebody does.
UNKNOWN = {
    "FR": {"statut_de_la_transaction", "date_de_liberation_de_la_transaction"},
    "IT": {"stato_della_transazione", "data_di_rilascio_della_transazione"},
}


def rows_of(spec: ReportSpec, kind: str, country: str, **options: str) -> list[dict[str, Any]]:
    """The rows of a store's file, read by its spec; no row is rejected, and no other header is unknown."""
    account, language = STORES[country]
    store = marketplace(country)
    asked = FileRequest(world(), world().seller(account), country, FIRST, LAST, language, NOW, options)
    slice_ = Slice(
        spec.source, spec.name, account, store.region, (country,), "days", str(store.timezone),
        first_day=FIRST.isoformat(), last_day=LAST.isoformat(),
    )  # fmt: skip
    (table,) = spec.tables.values()
    rejects: list[RowReject] = []
    stream = open_rows(
        table,
        io.BytesIO(file_of(kind, asked).content),
        file_format=spec.format,
        slice_=slice_,
        facts={"first_day": FIRST.isoformat(), "last_day": LAST.isoformat()},
        on_reject=rejects.append,
        where=kind,
    )
    rows = [row for batch in stream for row in batch.to_pylist()]
    assert rejects == []
    assert set(stream.drift.added) == UNKNOWN.get(country, set())
    return rows


def posted(country: str) -> Iterator[tuple[datetime, Decimal]]:
    """Instant and amount of the transactions of the range, deferred ones at their own time.

    A payout is what was paid in transactions, and what left the balance on the page, which has no reserves.
    """
    storefront = world().storefront(world().seller(STORES[country][0]), marketplace(country).id)
    bounds = [storefront.marketplace.day_bounds(day.toordinal()) for day in (FIRST, LAST)]
    span = TransactionFilter(bounds[0][0], bounds[1][1])
    page, _ = transactions(
        world().seller(STORES[country][0]), [storefront], span, int(NOW.timestamp()), None, 100_000
    )
    for one in page:
        related = {each["relatedIdentifierName"] for each in one["relatedIdentifiers"]}
        if "DEFERRED_TRANSACTION_ID" not in related and one["transactionType"] != "Adjustment":
            amount = Decimal(str(one["totalAmount"]["currencyAmount"]))
            is_payout = one["transactionType"] == "Transfer"
            yield datetime.fromisoformat(one["postedDate"]), -amount if is_payout else amount


@pytest.mark.parametrize("country", STORES)
def test_payments_of_every_store_have_their_times_and_amounts(country: str) -> None:
    rows = rows_of(
        load_spec("payments_date_range"), "payments_reports.SELLER_TRANSACTION_DATE_RANGE", country
    )
    wanted = list(posted(country))
    assert len(wanted) > 5
    assert {row["date_time"] for row in rows} == {at for at, _ in wanted}
    assert sum(row["total"] for row in rows) == sum(amount for _, amount in wanted)
    assert {row["currency"] for row in rows} == {marketplaces.by_country(country).currency}
    if country != "AE" and country not in UNKNOWN:  # the Gulf's layout has no release date
        assert all(row["transaction_release_date"] >= row["date_time"] for row in rows)


@pytest.mark.parametrize("country", ["US", "GB", "DE", "JP", "AE"])
def test_business_reports_of_every_store_have_their_money_and_counts(country: str) -> None:
    storefront = world().storefront(world().seller(STORES[country][0]), marketplace(country).id)
    days = [
        day_figures(storefront, ordinal, int(NOW.timestamp()))
        for ordinal in range(FIRST.toordinal(), LAST.toordinal() + 1)
    ]
    whole = total(figures for day in days if day for figures in day.skus.values())
    for name, view in (
        ("web_business_report_by_date", "by_date"),
        ("web_business_report_by_child", "by_child"),
    ):
        rows = rows_of(load_spec(name), f"business_report.{view}", country)
        assert sum(row["ordered_product_sales"] for row in rows) == Decimal(
            storefront.marketplace.money(whole.sales)
        )
        assert sum(row["units_ordered"] for row in rows) == whole.units
        sessions = next(key for key in rows[0] if key.startswith("sessions") and "b2b" not in key)
        assert sum(row[sessions] for row in rows) == whole.browser + whole.mobile
