"""Only the requested file is accepted: its days, store, brand and period; a header alone is no error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from unit.sellerops.formats.helpers import bench_slice

from sellerops.base.errors import WrongFile
from sellerops.calendar.slices import Slice
from sellerops.formats.acceptance import check_file
from sellerops.settings.specs import load_spec

PAYMENTS = (
    '"All amounts in {currency}, unless specified"\n"date/time","type","order id","marketplace","total"\n'
    '"{day} 1:05:07 AM PDT","Order","111-1","{sold_in}","5.00"\n'
)
US = bench_slice("US", first="2026-09-01", last="2026-09-07", timezone="America/Los_Angeles")
GOOD = {"currency": "USD", "day": "Sep 4, 2026", "sold_in": "amazon.com"}


def check(
    tmp_path: Path, content: str, report: str, slice_: Slice = US, name: str = "file.csv", **facts: str
) -> None:
    path = tmp_path / "file"
    path.write_text(content, encoding="utf-8")
    check_file(path, name, facts, load_spec(report), slice_)


def payments(tmp_path: Path, name: str = "file.csv", **changed: str) -> None:
    values = {**GOOD, **{key: value for key, value in changed.items() if key in GOOD}}
    facts = {key: value for key, value in changed.items() if key not in GOOD}
    check(tmp_path, PAYMENTS.format(**values), "payments_date_range", US, name, **facts)


def test_the_requested_file_is_accepted(tmp_path: Path) -> None:
    payments(
        tmp_path,
        name="2026Sep1-2026Sep7CustomTransaction.csv",
        first_day="2026-09-01",
        last_day="2026-09-07",
        marketplace="US",
        store="United States",
    )
    payments(tmp_path, store="Vereinigtes Königreich")  # a name in another language tells nothing


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"day": "Sep 20, 2026"}, "rows of Sep 20, 2026, outside 2026-09-01..2026-09-07|rows of 2026-09-20"),
        ({"day": "Sep 8, 2026"}, "only has rows from 2026-09-08, none from"),
        ({"sold_in": "amazon.co.uk"}, "rows are of GB, not US"),
        ({"currency": "GBP"}, "amounts are in GBP, not USD"),
        ({"first_day": "2026-09-02"}, "the page showed 2026-09-02, not"),
        ({"last_day": "2026-11-29"}, "the page showed 2026-11-29, not"),
        ({"marketplace": "GB"}, "store GB, not United States"),
        ({"store": "United Kingdom"}, "store United Kingdom, not United States"),
        ({"account": "Northwind EU", "wanted_account": "Northwind"}, "account Northwind EU, not Northwind"),
        ({"name": "2026Jan1-2026Aug25CustomTransaction.csv"}, "its name says 2026-01-01 to 2026-08-25"),
    ],
)
def test_another_file_is_refused_with_the_reason(tmp_path: Path, changed: dict[str, str], words: str) -> None:
    with pytest.raises(WrongFile, match=words) as caught:
        payments(tmp_path, **changed)
    assert caught.value.where == changed.get("name", "file.csv")


def test_a_file_of_one_store_has_rows_of_no_other(tmp_path: Path) -> None:
    """Rows without a store, or of one that is no marketplace, such as orders from elsewhere, are normal."""
    rows = PAYMENTS.format(**GOOD)
    for marketplace in ("", "sim1.stores.amazon.com", "Non-Amazon US"):
        check(
            tmp_path,
            rows + f'"Sep 5, 2026 1:05:07 AM PDT","Order","111-2","{marketplace}","5.00"\n',
            "payments_date_range",
        )
    with pytest.raises(WrongFile, match="also has rows of CA, besides US"):
        check(
            tmp_path,
            rows + '"Sep 5, 2026 1:05:07 AM PDT","Order","111-2","amazon.ca","5.00"\n',
            "payments_date_range",
        )


def test_rows_of_the_evening_before_are_right(tmp_path: Path) -> None:
    rows = PAYMENTS.format(**GOOD) + '"Aug 31, 2026 11:05:07 PM PDT","Order","111-2","amazon.com","5.00"\n'
    check(tmp_path, rows, "payments_date_range")


@pytest.mark.parametrize(
    "content",
    [
        "<!DOCTYPE html><html>We're sorry</html>",
        "Something went wrong\n",
        PAYMENTS.format(**GOOD)[:-8],
        "PK\x03\x04 no workbook",
    ],
)
def test_error_pages_and_truncated_files_are_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(WrongFile, match="not the requested file"):
        check(tmp_path, content, "payments_date_range")


def test_a_header_alone_is_accepted(tmp_path: Path) -> None:
    check(tmp_path, PAYMENTS.format(**GOOD).rsplit("\n", 2)[0] + "\n", "payments_date_range")


def test_an_unknown_header_is_left_to_the_load_which_shows_it(tmp_path: Path) -> None:
    check(tmp_path, '"Zeitpunkt","Art"\n"1","2"\n', "payments_date_range")


BRAND = (
    'Brand=["{brand}"],Reporting Range=["Weekly"],Select week=["Week 36 | {first} - {last} 2026"]\n'
    "Search Query\nlamp\n"
)
WEEK = bench_slice("US", first="2026-08-30", last="2026-09-05")
OF_WEEK = {"brand": "Northwind", "first": "2026-08-30", "last": "2026-09-05"}


@pytest.mark.parametrize(
    ("changed", "facts", "words"),
    [
        ({}, {"brand": "Northwind"}, None),
        ({}, {}, None),
        ({"brand": "Other"}, {"brand": "Northwind"}, "brand 'Other', not 'Northwind'"),
        (
            {"first": "2026-08-23", "last": "2026-08-29"},
            {},
            "its first row says 2026-08-23 to 2026-08-29, not",
        ),
    ],
)
def test_a_metadata_row_is_compared(
    tmp_path: Path, changed: dict[str, str], facts: dict[str, str], words: str | None
) -> None:
    content = BRAND.format(**{**OF_WEEK, **changed})
    if words is None:
        check(tmp_path, content, "search_query_performance_brand_weekly", WEEK, **facts)
        return
    with pytest.raises(WrongFile, match=words):
        check(tmp_path, content, "search_query_performance_brand_weekly", WEEK, **facts)


def test_a_bill_of_another_month_is_refused(tmp_path: Path) -> None:
    october: dict[str, Any] = {"first": "2026-10-01", "last": "2026-10-31"}
    bill = "month_of_charge,sku,total_charged_amount\n{month},A1,0.48\n"
    check(tmp_path, bill.format(month="2026-10"), "awd_storage_fees", bench_slice("US", **october))
    with pytest.raises(WrongFile, match="rows of 2026-09-01"):
        check(tmp_path, bill.format(month="September 2026"), "awd_storage_fees", bench_slice("US", **october))


def test_a_dropped_file_has_no_requested_days(tmp_path: Path) -> None:
    listing = Slice(
        "folder",
        "dropped_payments_date_range",
        "northwind",
        "NA",
        ("US",),
        "label",
        "UTC",
        window_start="2026-09-01T00:00:00+00:00",
        window_end="2026-10-01T00:00:00+00:00",
    )
    check(tmp_path, PAYMENTS.format(**{**GOOD, "day": "Jan 4, 2026"}), "dropped_payments_date_range", listing)
