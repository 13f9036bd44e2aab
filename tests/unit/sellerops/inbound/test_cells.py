"""Numbers, dates and units as people write them; what may mean two things is refused."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sellerops.inbound.packing_lists.cells import (
    CellError,
    Unreadable,
    Value,
    day_of,
    decimal_mark_in,
    is_yes,
    measure_of,
    text_of,
    unit_of,
    whole_number_of,
)


@pytest.mark.parametrize(
    ("value", "mark", "number"),
    [
        ("12", None, "12"),
        ("12.5", None, "12.5"),
        ("12,5", None, "12.5"),
        ("12,5", ".", "12.5"),
        ("8,250", ",", "8.250"),
        ("8,250", ".", "8250"),
        ("1,234.5", None, "1234.5"),
        ("1.234,5", None, "1234.5"),
        ("1 234,5", None, "1234.5"),
        ("1\u202f234", None, "1234"),
        ("1’234.50", None, "1234.50"),
        ("1,234,567", None, "1234567"),
        ("0,125", None, "0.125"),
        ("-3", None, "-3"),
        (Decimal("30.5"), None, "30.5"),
    ],
)
def test_numbers_are_read_with_comma_and_point(value: Value, mark: str | None, number: str) -> None:
    assert measure_of(value, mark) == (Decimal(number), None)


@pytest.mark.parametrize(
    ("text", "unit"), [("12.5 kg", "KG"), ("30cm", "CM"), ('10"', "IN"), ("5 lbs", "LB")]
)
def test_a_number_may_bring_its_unit(text: str, unit: str) -> None:
    assert measure_of(text, None)[1] == unit


@pytest.mark.parametrize("text", ["8,250", "8.250", "999.000"])
def test_a_number_that_may_be_thousands_is_refused_unless_the_list_shows_its_decimal_mark(text: str) -> None:
    with pytest.raises(CellError, match="may mean"):
        measure_of(text, None)


@pytest.mark.parametrize("text", ["abc", "1.2.3", "1,23.4,5", "12.5 stone", "1e5", "NaN", "", "9" * 40])
def test_what_is_not_a_number_is_refused(text: str) -> None:
    with pytest.raises(CellError):
        measure_of(text, None)


@pytest.mark.parametrize(
    ("value", "mark", "number"),
    [("24", None, 24), ("24.0", ".", 24), ("1,000", ".", 1000), ("1.000", ",", 1000), ("1 000", None, 1000),
     (Decimal("24"), None, 24), ("1,234,567", ".", 1234567), ("-1", None, -1)],
)  # fmt: skip
def test_counts_are_whole_numbers(value: Value, mark: str | None, number: int) -> None:
    assert whole_number_of(value, mark) == number


@pytest.mark.parametrize(
    ("value", "mark"),
    [("1.5", "."), ("1,000", ","), ("1.000", "."), ("1,000", None), (Decimal("1.5"), None), ("12 kg", None)],
)
def test_fractions_and_counts_that_may_mean_two_things_are_refused(value: Value, mark: str | None) -> None:
    with pytest.raises(CellError):
        whole_number_of(value, mark)


@pytest.mark.parametrize(
    ("texts", "mark"),
    [(["12,5", "8,250"], ","), (["12.5", "1,250"], "."), (["12", "8,250"], None), (["12,5", "12.5"], None),
     (["1.234,50"], ","), (["1,234.50"], ".")],
)  # fmt: skip
def test_the_decimal_mark_is_the_one_that_all_numbers_show(texts: list[str], mark: str | None) -> None:
    assert decimal_mark_in(texts) == mark


@pytest.mark.parametrize(
    ("value", "order", "day"),
    [
        ("2027-03-31", None, date(2027, 3, 31)),
        ("2027/3/1", None, date(2027, 3, 1)),
        ("2027-03-31 00:00:00", None, date(2027, 3, 31)),
        ("31.03.2027", None, date(2027, 3, 31)),
        ("03/31/2027", None, date(2027, 3, 31)),
        ("31/03/2027", None, date(2027, 3, 31)),
        ("03/04/2027", "mdy", date(2027, 3, 4)),
        ("03/04/2027", "dmy", date(2027, 4, 3)),
        ("05/05/2027", None, date(2027, 5, 5)),
        (date(2027, 3, 31), None, date(2027, 3, 31)),
    ],
)
def test_dates_are_read_in_every_order_that_is_clear(value: Value, order: str | None, day: date) -> None:
    assert day_of(value, order) == day


@pytest.mark.parametrize(
    ("value", "cause"),
    [
        ("03/04/2027", "day/month or month/day"),
        ("31.02.2027", "not a date"),
        ("3/4/27", "four digits"),
        ("soon", "not a date"),
        (Decimal(46000), "not a date"),
        (Unreadable("shows #N/A"), "shows #N/A"),
    ],
)
def test_dates_that_are_not_clear_are_refused_with_the_way_to_write_them(value: Value, cause: str) -> None:
    with pytest.raises(CellError) as caught:
        day_of(value)
    assert cause in caught.value.cause
    assert "YYYY-MM-DD" in caught.value.remedy or isinstance(value, Unreadable)


def test_units_and_yes_or_no() -> None:
    assert [unit_of(each) for each in ("cm", "Inches", "KG", "lbs.")] == ["CM", "IN", "KG", "LB"]
    assert is_yes("Yes") and not is_yes(None) and not is_yes("no")
    for call in (lambda: unit_of("mm"), lambda: is_yes("maybe")):
        with pytest.raises(CellError):
            call()


@pytest.mark.parametrize(
    ("value", "text"), [(Decimal("1.0"), "1"), (Decimal("0.50"), "0.5"), (Decimal(100), "100"), (" a ", "a")]
)
def test_a_number_as_text_has_no_trailing_zeros(value: Value, text: str) -> None:
    assert text_of(value) == text


@given(st.decimals(min_value=0, max_value=99999, places=2), st.sampled_from(".,"))
def test_two_decimals_are_read_as_they_were_written(number: Decimal, mark: str) -> None:
    written = f"{number:.2f}".replace(".", mark)
    assert measure_of(written, None) == (number, None)


@given(st.integers(0, 10**8), st.sampled_from([",", ".", " ", "'"]))
def test_grouped_counts_are_never_read_as_another_number(number: int, separator: str) -> None:
    written = f"{number:,}".replace(",", separator)
    if separator in ",." and 1000 <= number < 10**6:
        with pytest.raises(CellError, match="may mean"):
            whole_number_of(written, None)
    else:
        assert whole_number_of(written, None) == number
