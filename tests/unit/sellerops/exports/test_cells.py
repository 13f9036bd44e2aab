"""Values as cells without loss, and keys that stay equal whatever a sheet makes of them."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from sellerops.base.errors import ConfigurationError
from sellerops.exports.a1 import Anchor, column_letters, column_number
from sellerops.exports.cells import Cell, cell, key_of, key_text
from sellerops.exports.layout import plan_layout
from sellerops.exports.spool import Spool


@given(some.decimals(allow_nan=False, allow_infinity=False))
def test_no_decimal_loses_a_digit(value: Decimal) -> None:
    """As a number it comes back the same from a double; else it is the text of all its digits."""
    written = json.loads(json.dumps(cell(value)))
    assert (Decimal(written) if isinstance(written, str) else Decimal(repr(written))) == value


@given(some.integers())
def test_no_integer_loses_a_digit(value: int) -> None:
    written = json.loads(json.dumps(cell(value)))
    assert int(written) == value
    # What a sheet keeps is a double.
    assert isinstance(written, str) or int(float(written)) == value


@given(
    some.one_of(some.decimals(allow_nan=False), some.integers(), some.booleans(), some.text(), some.dates())
)
def test_a_key_is_the_same_when_it_comes_back_from_the_sheet(value: object) -> None:
    written = cell(value)
    back = float(written) if type(written) is int else written
    assert key_text(back) == key_text(written)


def test_keys_survive_what_people_and_sheets_make_of_them() -> None:
    day = cell(date(2026, 11, 20))
    assert key_of([46346, 123.0, True], [True, False, False]) == key_of(
        [day, "123", True], [True, False, False]
    )
    assert key_text("00123") != key_text(123)
    assert key_text(46346) != day
    assert key_text(None) == key_text("") == ""
    assert key_text(-0.0) == "0"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, ""),
        (True, True),
        (Decimal("1E+3"), 1000),
        (Decimal("999999999999999"), 999999999999999),
        (Decimal("9999999999999999"), "9999999999999999"),
        (Decimal("1E+400"), "1" + "0" * 400),
        (Decimal("Infinity"), "Infinity"),
        (float("nan"), "nan"),
        (date(2026, 1, 2), "2026-01-02"),
        (datetime(2026, 1, 2, 3, 4, 5, 600, timezone(timedelta(hours=-8))), "2026-01-02T11:04:05.000600Z"),
        (datetime(2026, 1, 2, 3, 4, 5), "2026-01-02T03:04:05"),
        ([1, "a"], '[1, "a"]'),
        (timedelta(days=1), "1 day, 0:00:00"),
    ],
)
def test_cells(value: object, written: Cell) -> None:
    assert cell(value) == written
    assert type(cell(value)) is type(written)


def test_bytes_are_no_cell() -> None:
    with pytest.raises(ConfigurationError, match="bytes"):
        cell(b"\x00")


@given(some.integers(min_value=1, max_value=18_278))
def test_columns_have_letters(number: int) -> None:
    assert column_number(column_letters(number)) == number


def test_letters() -> None:
    assert [column_letters(each) for each in (1, 26, 27, 702, 703, 18_278)] == [
        "A", "Z", "AA", "ZZ", "AAA", "ZZZ",
    ]  # fmt: skip


def test_a_sheets_name_is_quoted_in_ranges() -> None:
    anchor = Anchor.parse("'It''s here'!B2")
    assert anchor.tab == "It's here"
    assert anchor.area((2, 2), (9, 28)) == "'It''s here'!B2:AB9"
    assert Anchor.parse(str(anchor)) == anchor


def test_blocks_are_columns_side_by_side() -> None:
    layout = plan_layout(Anchor("Data", 2, 1), ["b", "mine", "a", ""], ["a", "b", "c", "d"], ["a"], 7)
    assert layout.columns == (4, 2, 8, 9)
    assert layout.new == ("c", "d")
    assert layout.blocks() == [(2, [1]), (4, [0]), (8, [2, 3])]
    assert layout.blocks(layout.new) == [(8, [2, 3])]


def test_batches_keep_order_and_size() -> None:
    rows: list[list[Cell]] = [[number, "ü" * 5] for number in range(10)]
    with Spool() as spool:
        for row in rows:
            spool.add(row)
        assert [len(batch) for batch in spool.batches(4)] == [4, 4, 2]
        assert [row for batch in spool.batches(4) for row in batch] == rows
        # 37 characters a line, since letters beyond ASCII are escaped in the request.
        assert [len(batch) for batch in spool.batches(100, 80)] == [2, 2, 2, 2, 2]
        assert [len(batch) for batch in spool.batches(100, 1)] == [1] * 10
