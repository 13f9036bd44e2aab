"""Numbers, days and times as web pages write them."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.sellerops.formats.helpers import table

from sellerops.formats.numbers import DecimalStyle
from sellerops.formats.web_times import iso_day, iso_time, month_number
from sellerops.formats.web_values import WebValues, plain_number, unwrapped

POINT, COMMA, UNKNOWN = DecimalStyle.POINT, DecimalStyle.LOCAL_COMMA, DecimalStyle.LOCAL_UNKNOWN


@pytest.mark.parametrize(
    ("text", "style", "number"),
    [
        ("$1,807.00", POINT, "1807.00"),
        ("$1,807", POINT, "1807"),
        ("MX$5,310.54", POINT, "5310.54"),
        ("₹1,08,218.36", POINT, "108218.36"),
        ("₹12,01,08,218", POINT, "120108218"),
        ("-1,052.64", POINT, "-1052.64"),
        ("-$5.00", POINT, "-5.00"),
        ("$-5.00", POINT, "-5.00"),
        ("($5.00)", POINT, "-5.00"),
        ("\u22125.00", POINT, "-5.00"),
        ("USD 65.80", POINT, "65.80"),
        ("US$65.80", POINT, "65.80"),
        ("￥１,２３４", POINT, "1234"),
        ("12.02%", POINT, "12.02"),
        ("%12.02", POINT, "12.02"),
        ("12,131", POINT, "12131"),
        ("0", POINT, "0"),
        ("5.255,61\u00a0€", COMMA, "5255.61"),
        ("26,36", COMMA, "26.36"),
        ("26.36", COMMA, "26.36"),
        ("-1.234", COMMA, "-1234"),
        ("1\u202f234,56 €", COMMA, "1234.56"),
        ("12,02 %", COMMA, "12.02"),
        ("1.234.567,00 zł", COMMA, "1234567.00"),
        ("1,234.50", UNKNOWN, "1234.50"),
    ],
)
def test_numbers_as_pages_write_them(text: str, style: DecimalStyle, number: str) -> None:
    assert plain_number(text, style) == number


@pytest.mark.parametrize(
    ("text", "style"),
    [
        ("26,36", POINT),
        ("5.255,61", POINT),
        ("12,13", POINT),
        ("1,2345", POINT),
        ("N/A", POINT),
        ("12 units", POINT),
        ("$", POINT),
        ("(5.00", POINT),
        ("--5", POINT),
        ("1,234", UNKNOWN),
        ("1.234", UNKNOWN),
        ("12.5.1", COMMA),
        ("Infinity", POINT),
        ("NaN", POINT),
        ("", POINT),
        ("1e400", POINT),
    ],
)
def test_what_is_no_number_or_ambiguous_is_left_alone(text: str, style: DecimalStyle) -> None:
    assert plain_number(text, style) is None


@given(st.decimals(-(10**15), 10**15, allow_nan=False, places=2), st.sampled_from(["$", "", "USD ", "¥"]))
def test_every_amount_survives_its_writing(amount: Decimal, sign: str) -> None:
    written = f"{'-' if amount < 0 else ''}{sign}{abs(amount):,.2f}"
    number = plain_number(written, POINT)
    assert number is not None and Decimal(number) == amount
    german = written.replace(",", "\0").replace(".", ",").replace("\0", ".")
    number = plain_number(german, COMMA)
    assert number is not None and Decimal(number) == amount


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("Sep 4, 2026 1:05:07 AM PDT", "2026-09-04T08:05:07Z"),
        ("Dec 4, 2026 12:05:07 AM PST", "2026-12-04T08:05:07Z"),
        ("29 June 2026 5:39:32 pm GMT+9", "2026-06-29T08:39:32Z"),
        ("02.06.2026 18:28:02 UTC", "2026-06-02T18:28:02Z"),
        ("15 Mar 2026 3:22:08 PM UTC", "2026-03-15T15:22:08Z"),
        ("2026/07/03 12:34:56 JST", "2026-07-03T03:34:56Z"),
        ("1 ago 2026 10:00:00 CEST", "2026-08-01T08:00:00Z"),
        ("1 août 2026 10:00:00 UTC+2", "2026-08-01T08:00:00Z"),
        ("3. März 2026 10:00:00 MEZ", "2026-03-03T09:00:00Z"),
        ("5 de julio de 2026 1:00:00 p. m. UTC", "2026-07-05T13:00:00Z"),
        ("20 Nov 2026 9:00:00 am AEST", "2026-11-19T23:00:00Z"),
        ("Nov 20, 2026 9:00 AM GMT-03:30", "2026-11-20T12:30:00Z"),
        ("Nov 20, 2026", "2026-11-20"),
    ],
)
def test_times_as_pages_write_them(text: str, instant: str) -> None:
    assert iso_time(text) == instant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Sep 4",
        "Sep 31, 2026 1:00:00 AM PDT",
        "Sep 4, 2026 13:00:00 PM PDT",
        "Sep 4, 2026 1:00:00 AM XYZ",
        "2026-11-20T10:00:00+00:00",
        "20/11/2026 10:00:00",
        "Released",
        "0 Jan 2026",
    ],
)
def test_other_times_are_left_alone(text: str) -> None:
    assert iso_time(text) is None


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Aug 18, 2026", "2026-08-18"),
        ("18.08.2026", "2026-08-18"),
        ("2026/8/3", "2026-08-03"),
        ("October 2026", "2026-10-01"),
        ("Oct-2026", "2026-10-01"),
        ("2026-10", "2026-10-01"),
        ("10/2026", "2026-10-01"),
        ("Oktober 2026", "2026-10-01"),
        ("13/2026", None),
        ("08/18/2026", None),
        ("Aug 18, 2026 10:00 AM", None),
    ],
)
def test_days_and_months(text: str, day: str | None) -> None:
    assert iso_day(text) == day


def test_months_of_the_stores_languages() -> None:
    names = {
        "en": "January February March April May June July August September October November December",
        "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
        "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
        "nl": "januari februari maart april mei juni juli augustus september oktober november december",
        "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
        "sv": "januari februari mars april maj juni juli augusti september oktober november december",
        "tr": "Ocak Şubat Mart Nisan Mayıs Haziran Temmuz Ağustos Eylül Ekim Kasım Aralık",
        "pl": "styczeń luty marzec kwiecień maj czerwiec lipiec sierpień wrzesień październik "
        "listopad grudzień",
    }
    for language, months in names.items():
        assert [month_number(each) for each in months.split()] == list(range(1, 13)), language


def test_a_column_may_write_numbers_otherwise_than_its_file() -> None:
    spec = table({"sku": "text", "sales": "decimal", "sessions": {"type": "integer", "decimal": "point"}})
    values = WebValues(spec, COMMA, "local")
    written = {
        "sku": pa.array(['="0012"', "b"]),
        "sales": pa.array(["1.234,50 €", None]),
        "sessions": pa.array(["12,131", "x"]),
    }
    found = {name: column.to_pylist() for name, column in values.rewritten(written).items()}
    assert found == {"sku": ["0012", "b"], "sales": ["1234.50", None], "sessions": ["12131", "x"]}


def test_a_wrapper_is_removed_only_where_it_is_whole() -> None:
    assert [unwrapped(text) for text in ('="1712"', '=""', '="1', "=SUM(A1)", '"1"')] == [
        "1712",
        "",
        '="1',
        "=SUM(A1)",
        '"1"',
    ]
