"""The payments date range file: layouts by store, and the same money as transactions and settlements."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from unit.amazon_sandbox.portal.reading import (
    ACCOUNTS,
    NOW,
    OCTOBER,
    download,
    instant,
    lines_of,
    number,
    rows_of,
)
from unit.amazon_sandbox.simulation.reading import is_balance, is_balance_transaction, read_flat_file

from amazon_sandbox.finances.data import TransactionFilter, transactions
from amazon_sandbox.portal.files import FileRequest, file_of
from amazon_sandbox.portal.files.writing import amount, price
from amazon_sandbox.simulation import Simulation, marketplaces

KIND = "payments_reports.SELLER_TRANSACTION_DATE_RANGE"
DAYS = date(2026, 10, 19), date(2026, 10, 25)
LAYOUTS = {  # country -> language, line of the header, columns, the first, decimal comma, the form of times
    "US": ("en_US", 8, 32, "date/time", False, r"[A-Z][a-z]{2} \d{1,2}, 2026 \d{1,2}:\d\d:\d\d [AP]M PDT"),
    "CA": ("en_US", 8, 29, "date/time", False, r"[A-Z][a-z]{2} \d{1,2}, 2026 \d{1,2}:\d\d:\d\d [AP]M PDT"),
    "AE": ("en_US", 8, 23, "date/time", False, r"\d{1,2} Oct 2026 \d{1,2}:\d\d:\d\d [AP]M UTC"),
    "AU": ("en_US", 8, 25, "date/time", False, r"\d{1,2} October 2026 \d{1,2}:\d\d:\d\d [ap]m GMT\+11"),
    "GB": ("en_GB", 8, 29, "date/time", False, r"\d{1,2} Oct 2026 \d{1,2}:\d\d:\d\d [AP]M UTC"),
    "DE": ("de_DE", 10, 29, "Datum/Uhrzeit", True, r"\d\d\.10\.2026 \d\d:\d\d:\d\d UTC"),
    "FR": ("fr_FR", 8, 29, "date/heure", True, r"\d{1,2} oct\. 2026 \d\d:\d\d:\d\d CES?T"),
    "IT": ("it_IT", 8, 29, "Data/Ora:", True, r"\d{1,2} ott 2026 \d\d:\d\d:\d\d CES?T"),
    "ES": ("es_ES", 8, 29, "fecha y hora", True, r"\d{1,2} oct 2026 \d\d:\d\d:\d\d CES?T"),
    "JP": ("ja_JP", 8, 30, "日付/時間", False, r"2026/10/\d\d \d\d:\d\d:\d\d JST"),
}  # fmt: skip
FIRST_AMOUNT = {"AE": "product sales", "AU": "product sales", "DE": "Umsätze", "FR": "ventes de produits",
                "IT": "Vendite", "ES": "ventas de productos", "JP": "商品売上"}  # fmt: skip
TOTAL = {"DE": "Gesamt", "IT": "totale", "JP": "合計"}


@pytest.mark.parametrize("country", LAYOUTS)
def test_each_store_has_its_layout_and_totals_are_sums(world: Simulation, country: str) -> None:
    language, line, width, first, comma, form = LAYOUTS[country]
    made = download(world, KIND, country, DAYS, language)
    header = lines_of(made)[line - 1]
    assert (len(header), header[0]) == (width, first)
    above = lines_of(made)[: line - 1]
    assert all(len(cells) == 1 for cells in above)
    assert marketplaces.by_country(country).currency in above[1][0]
    rows = rows_of(made, line)
    assert len(rows) > 5
    start, end = header.index(FIRST_AMOUNT.get(country, "product sales")), TOTAL.get(country, "total")
    amounts = header[start : header.index(end)]
    for row in rows:
        assert re.fullmatch(form, row[first]), row[first]
        assert number(row[end], comma) == sum(number(row[name], comma) for name in amounts)
    assert made.name == "2026Oct19-2026Oct25CustomTransaction.csv"


def test_bytes_are_as_the_stores_write_them(world: Simulation) -> None:
    american, australian, german = (
        download(world, KIND, country, DAYS, LAYOUTS[country][0]).content for country in ("US", "AU", "DE")
    )
    assert not american.startswith(b"\xef\xbb\xbf") and b"\r" not in american
    assert australian.startswith(b"\xef\xbb\xbf") and australian.count(b"\r\n") == australian.count(b"\n")
    assert german.startswith(b"\xef\xbb\xbf") and "Gebühren zu Versand durch Amazon".encode() in german
    assert all(line.startswith(b'"') and line.endswith(b'"') for line in american.splitlines())
    assert american == download(Simulation(7, "world"), KIND, "US", DAYS, "en_US").content


@pytest.mark.parametrize("country", ["US", "GB", "JP"])
def test_the_money_is_that_of_transactions_and_settlements(world: Simulation, country: str) -> None:
    """For a whole settlement: per order and SKU, by the settlement's posting day in UTC."""
    language, line, _, _, comma, _ = LAYOUTS[country]
    seller, marketplace = world.seller(ACCOUNTS[country]), marketplaces.by_country(country)
    refs = [
        ref for ref in world.settlements(seller, NOW) if marketplace.marketplace_id in ref.marketplace_ids
    ]
    ref = refs[-1]
    # What is released in the period may have been posted, deferred, up to eleven days before it.
    days = ref.start.date() - timedelta(days=12), ref.end.date() + timedelta(days=1)
    later = NOW + timedelta(days=3)  # transactions of the last 48 hours may still be missing
    header = lines_of(download(world, KIND, country, days, language, later))[line - 1]
    index = {name: header.index(name) for name in header}
    settlement, order, sku = header[1], header[3], header[4]
    total, released = TOTAL.get(country, "total"), header[-1]
    assert index[released] == len(header) - 1
    rows = [row for row in rows_of(download(world, KIND, country, days, language, later), line)
            if row[settlement] == ref.settlement_id and row[header[2]] != "Transfer"]  # fmt: skip
    keys: Counter[tuple[str, str, str]] = Counter()
    for row in rows:
        keys[row[order], row[sku], instant(row[released]).date().isoformat()] += cents(
            number(row[total], comma)
        )
    lines: Counter[tuple[str, str, str]] = Counter()
    for one in read_flat_file(world.settlement_document(seller, ref.settlement_id)).rows[1:]:
        if not is_balance(one):
            lines[one["order-id"], one["sku"], one["posted-date"]] += cents(Decimal(one["amount"]))
    assert len(keys) > 100
    assert keys == lines
    span = TransactionFilter(int(ref.start.timestamp()), int(ref.end.timestamp()), group_id=ref.settlement_id)
    storefront = world.storefront(seller, marketplace.marketplace_id)
    listed, _ = transactions(seller, [storefront], span, int(later.timestamp()), None, 100_000)
    paid = sum(
        cents(Decimal(str(one["totalAmount"]["currencyAmount"])))
        for one in listed
        if one["transactionStatus"] != "DEFERRED_RELEASED" and not is_balance_transaction(one)
    )
    assert paid == sum(keys.values())


def test_deferred_rows_become_released_in_a_later_file(world: Simulation) -> None:
    """The same row, but for its status and its release date."""
    days = date(2026, 11, 9), date(2026, 11, 15)
    now = datetime(2026, 11, 16, 12, tzinfo=UTC)
    before = rows_of(download(world, KIND, "US", days, now=now), 8)
    after = rows_of(download(world, KIND, "US", days, now=now + timedelta(days=20)), 8)
    waiting = [row for row in before if row["Transaction Status"] == "Deferred"]
    assert waiting and all(row["Transaction Release Date"] == "" for row in waiting)
    assert {row["Transaction Status"] for row in after} == {"Released"}
    changing = ("Transaction Status", "Transaction Release Date")
    known = [{name: cell for name, cell in row.items() if name not in changing} for row in after]
    for row in before:
        assert {name: cell for name, cell in row.items() if name not in changing} in known
    dates = {row["order id"]: row["Transaction Release Date"] for row in after}
    assert all(dates[row["order id"]] for row in waiting)


def test_identical_lines_are_part_of_the_file(world: Simulation) -> None:
    quarter = date(2026, 8, 1), date(2026, 10, 31)
    lines = download(world, KIND, "US", quarter).content.decode().splitlines()
    assert max(Counter(lines).values()) > 1


def test_words_are_in_the_language_of_the_session(world: Simulation) -> None:
    german = rows_of(download(world, KIND, "DE", OCTOBER, "de_DE"), 10)
    assert {row["Typ"] for row in german} >= {"Bestellung", "Erstattung"}
    assert {row["Transaktionsstatus"] for row in german} == {"Veröffentlicht"}
    japanese = rows_of(download(world, KIND, "JP", OCTOBER, "ja_JP"), 8)
    assert {row["トランザクションの種類"] for row in japanese} >= {"注文", "返金"}
    english = lines_of(download(world, KIND, "DE", DAYS, "en_GB"))[9]
    assert english[0] == "date/time" and len(english) == 29


def cents(amount: Decimal) -> int:
    return int(amount * 100)


def test_indian_files_have_their_own_columns_and_grouping(world: Simulation) -> None:
    """No seller of the scenario is there, so one moves."""
    indian = marketplaces.by_country("IN")
    seller = replace(world.seller("northwind_ae"), marketplace_ids=(indian.marketplace_id,))
    made = file_of(KIND, FileRequest(world, seller, "IN", *DAYS, "en_IN", NOW))
    rows = rows_of(made, 8)
    assert len(rows[0]) == 29 and "TDS (Section 194-O)" in rows[0] and "Sku" in rows[0]
    assert all(re.fullmatch(r"\d\d/10/2026 \d\d:\d\d:\d\d", row["date/time"]) for row in rows)
    totals = [row["total"] for row in rows]
    assert any(re.fullmatch(r"-?\d{1,2},\d{3}\.\d\d", total) for total in totals)
    assert amount(indian, 10_821_836) == "1,08,218.36" and price(indian, 7_556_526) == "₹75,565.26"
