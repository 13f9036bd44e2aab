"""Text files of web pages: the header below any preamble, facts above it, values in their plain form."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.sellerops.formats.helpers import Read, table

from sellerops.base.errors import DocumentDamaged, NotTheReport, UnreadableDocument

PAYMENTS = table(
    {
        "order_id": {"from": "order id", "absent": "none"},
        "date_time": {"type": "timestamp", "from": "date/time", "required": True},
        "type": {"required": True},
        "total": {"type": "decimal", "required": True},
        "status": {"from": "Transaction Status"},
        "currency": {"from": "@currency", "fact": "currency"},
    }
)
PREAMBLE = (
    '"Includes Amazon Marketplace, Fulfillment by Amazon (FBA), and Amazon Webstore transactions"\r\n'
    '"All amounts in USD, unless specified"\r\n"Definitions:"\r\n'
    '"Sales tax collected: Includes sales tax collected from buyers for product sales, and shipping."\r\n'
    '"Selling fees: Includes variable closing fees and referral fees."\r\n'
    '"Other transaction fees: Includes shipping chargebacks."\r\n'
    '"Other: Includes non-order transaction amounts."\r\n'
)
HEADER = '"date/time","settlement id","type","order id","total","Transaction Status"\r\n'
ROWS = (
    '"Sep 4, 2026 1:05:07 AM PDT","123","Order","111-1","-1,052.64","Released"\r\n'
    '"Sep 4, 2026 1:05:07 AM PDT","123","Order","111-1","-1,052.64","Released"\r\n'
)


def read(content: str | bytes, spec: Any = PAYMENTS, **settings: Any) -> Read:
    data = content if isinstance(content, bytes) else content.encode()
    return Read(data, spec, kind="csv", style="web", **settings)


@pytest.mark.parametrize("lines", range(20))
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_the_header_is_found_wherever_it_is(lines: int, mark: str) -> None:
    found = read(mark + '"text, with a comma"\r\n' * lines + HEADER + ROWS)
    assert found.column("total") == [Decimal("-1052.64")] * 2
    assert found.column("date_time") == [datetime(2026, 9, 4, 8, 5, 7, tzinfo=UTC)] * 2
    assert found.column("source_line") == [lines + 2, lines + 3]
    assert found.rejects == [] and found.stream.drift.added == {"settlement_id": "settlement id"}


def test_a_preamble_states_the_currency() -> None:
    found = read(PREAMBLE + HEADER + ROWS)
    assert found.column("currency") == ["USD", "USD"]
    assert read(PREAMBLE.replace("USD", "USD and EUR") + HEADER + ROWS).column("currency") == [None, None]
    assert (
        read("Alle Beträge in Euro sofern nicht anders gekennzeichnet\n" + HEADER + ROWS).column("currency")
        == ["EUR"] * 2
    )


def test_a_german_file_is_read_by_its_translated_headers() -> None:
    text = (
        '"Alle Beträge in EUR, sofern nicht anders gekennzeichnet"\n'
        * 9
        + '"Datum/Uhrzeit","Abrechnungsnummer","Typ","Bestellnummer","Andere Transaktionsgebühren","Andere",'
        '"Gesamt","Transaktionsstatus"\n"02.06.2026 18:28:02 UTC","1","Bestellung","302-1","0","0",'
        '"26,36","Veröffentlicht"\n'
    )
    found = read(text, countries=("DE",), decimal="local")
    assert found.column("total") == [Decimal("26.36")] and found.column("status") == ["Veröffentlicht"]
    assert found.column("date_time") == [datetime(2026, 6, 2, 18, 28, 2, tzinfo=UTC)]
    assert found.column("currency") == ["EUR"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_that_of_the_header(delimiter: str) -> None:
    lines = [["a title"], ["date/time", "type", "order id", "total"], ["2026-09-04", "Order", "1", "5.00"]]
    found = read("\n".join(delimiter.join(line) for line in lines) + "\n")
    assert found.column("order_id") == ["1"] and found.column("total") == [Decimal(5)]


def test_spelling_of_headers_makes_no_difference_but_their_raw_names_are_kept() -> None:
    spec = table(
        {
            "asin": {"from": "(Child) ASIN", "required": True},
            "sessions": {"type": "integer", "from": "Sessions - Total"},
            "sales": {"type": "decimal", "from": "7 Day Total Sales"},
        }
    )
    text = '（Child）\u00a0ASIN,SESSIONS\u00a0– Total,7 Day Total Sales ,New  Column \nB0,"12,131",$5,x\n'
    found = read(text, spec)
    assert found.rows[0]["sessions"] == 12131 and found.rows[0]["sales"] == 5
    assert found.stream.drift.missing == [] and found.stream.drift.added == {"new_column": "New  Column "}


BRAND = table(
    {
        "query": {"from": "Search Query", "required": True},
        "share": {"type": "decimal", "from": "Impressions: Brand Share %"},
        "start_date": {
            "type": "date",
            "from": "@period_first_day",
            "fact": "period_first_day",
            "required": True,
        },
        "end_date": {"type": "date", "from": "@period_last_day", "fact": "period_last_day"},
        "brand": {"from": "@brand", "fact": "brand", "required": True},
    }
)
WEEK = "Week 28 | 2026-07-05 - 2026-07-11 2026"
METADATA = {
    "raw": f'Brand=["North, Wind"],Reporting Range=["Weekly"],Select week=["{WEEK}"]',
    "doubled": f'"Brand=[""North, Wind""]","Reporting Range=[""Weekly""]","Select week=[""{WEEK}""]"',
    "padded": f'"Brand=[""North, Wind""]","Reporting Range=[""Weekly""]","Select week=[""{WEEK}""]",,,,,',
    "german": f'Marke=["North, Wind"],Zeitraum=["Wöchentlich"],Woche=["{WEEK.replace("Week", "Woche")}"]',
}


@pytest.mark.parametrize("form", METADATA)
def test_brand_and_period_of_a_metadata_row_become_columns(form: str) -> None:
    found = read(
        f'{METADATA[form]}\n"Search Query","Impressions: Brand Share %"\n"lamp","3.17"\n',
        BRAND,
        countries=("DE",),
    )
    assert found.rows == [
        {
            "query": "lamp",
            "share": Decimal("3.17"),
            "start_date": date(2026, 7, 5),
            "end_date": date(2026, 7, 11),
            "brand": "North, Wind",
            "source_line": 3,
        }
    ]


def test_a_month_may_be_stated_in_two_items() -> None:
    line = 'Brand=["X"],Reporting Range=["Monthly"],Select year=["2024"],Select month=["February"]'
    found = read(f"{line}\nSearch Query,Impressions: Brand Share %\nlamp,-\n", BRAND)
    assert found.column("start_date") == [date(2024, 2, 1)] and found.column("end_date") == [
        date(2024, 2, 29)
    ]
    assert found.column("share") == [None]


def test_a_file_that_lacks_a_required_fact_says_what_it_has() -> None:
    with pytest.raises(
        UnreadableDocument, match=r"brand, period_first_day|period_first_day, brand"
    ) as caught:
        read("Timestamp,2026-11-20\nSearch Query,Impressions: Brand Share %\nlamp,1\n", BRAND)
    assert "timestamp" in str(caught.value)


def test_a_range_becomes_two_columns() -> None:
    spec = table(
        {
            "term": {"from": "Search term", "required": True},
            "first": {"type": "date", "from": "Date range", "part": "first"},
            "last": {"type": "date", "from": "Date range", "part": "last"},
            "campaign": {"from": "Campaign ID"},
        }
    )
    found = read(
        "\ufeffDate range,Campaign ID,Search term\n"
        '"Aug 18, 2026 - Aug 24, 2026","=""171234567890123""",lamp\n',
        spec,
    )
    assert found.rows[0]["first"] == date(2026, 8, 18) and found.rows[0]["last"] == date(2026, 8, 24)
    assert found.column("campaign") == ["171234567890123"] and found.stream.drift.missing == []
    assert read("Search term\nlamp\n", spec).stream.drift.missing == ["first", "last", "campaign"]


def test_a_header_without_rows_is_an_empty_file() -> None:
    assert read(PREAMBLE + HEADER).rows == []


def test_an_unknown_header_is_shown_whole() -> None:
    with pytest.raises(UnreadableDocument, match="date/time") as caught:
        read(PREAMBLE + '"Zeitpunkt","Art","Nummer der Bestellung"\r\n"1","2","3"\r\n')
    assert "'Zeitpunkt', 'Art', 'Nummer der Bestellung'" in str(caught.value)


@pytest.mark.parametrize("page", ["<!DOCTYPE html><html>", "\n <html><body>Sorry</body></html>"])
def test_an_error_page_is_no_file(page: str) -> None:
    with pytest.raises(DocumentDamaged, match="web page"):
        read(page)


def test_a_message_is_no_file() -> None:
    with pytest.raises(NotTheReport, match="Something went wrong"):
        read("Something went wrong on our end.\n")


@pytest.mark.parametrize("cut", range(1, len(ROWS) // 2 - 2, 7))
def test_a_truncated_file_is_damaged(cut: int) -> None:
    with pytest.raises(DocumentDamaged):
        read(PREAMBLE + HEADER + ROWS[: -cut - 2])


def test_rejects_show_the_row_and_value_as_written() -> None:
    found = read(
        PREAMBLE
        + HEADER
        + ROWS
        + '"Sep 5, 2026 1:00:00 AM XYZ","1","Order","2","$5.00","Released"\r\n"x"\r\n'
    )
    few, unread = sorted(found.rejects, key=lambda each: str(each.reason))
    assert [str(few.reason), str(unread.reason)] == ["too_few_fields", "unreadable_value"]
    assert unread.value == "Sep 5, 2026 1:00:00 AM XYZ" and "$5.00" in (unread.raw_line or "")
    assert len(found.rows) == 2


def test_undeclared_personal_columns_are_not_stored() -> None:
    found = read("date/time,type,order id,total,buyer email\n2026-09-04,Order,1,5,a@example.com\n")
    assert "buyer_email" not in found.rows[0] and found.stream.drift.personal == {
        "buyer_email": "buyer email"
    }


# A quote beside a line break may be one that Amazon did not double: such a row is a reject, not a guess.
CELL = st.text(st.sampled_from('aé,";\t %'), max_size=5) | st.text(st.sampled_from("aé,;\n\t %"), max_size=5)


@given(st.lists(st.tuples(CELL, CELL), max_size=8), st.integers(0, 18))
def test_no_row_is_lost_or_doubled(rows: list[tuple[str, str]], lines: int) -> None:
    spec = table({"key": {"required": True}, "text": "text", "other": "text"})
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerows([["above"]] * lines + [["key", "text", "other"]])
    writer.writerows([f"k{number}", *row] for number, row in enumerate(rows))
    found = read(text.getvalue(), spec)
    assert found.column("key") == [f"k{number}" for number in range(len(rows))] and not found.rejects
    assert [(row["text"] or "", row["other"] or "") for row in found.rows] == rows
