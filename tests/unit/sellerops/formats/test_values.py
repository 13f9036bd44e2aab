"""Numbers, days and instants: read exactly, the same way one by one and by the column, or refused."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sellerops.formats import numbers, times
from sellerops.formats.casts import cast_column, is_plain_decimal, is_read_by_sql
from sellerops.formats.numbers import DecimalStyle, decimal_style, fits, parse_decimal, parse_integer
from sellerops.formats.value_rules import FLAT_DECIMAL, JSON_DECIMAL, NOTHING, ValueRules
from sellerops.settings.marketplaces import marketplace
from sellerops.settings.specs import ColumnType


def cast(values: pa.Array, kind: ColumnType, rules: ValueRules) -> tuple[pa.Array, list[int]]:
    result = cast_column(values, kind, rules)
    return result.values, list(result.failures)


SETTLEMENT_TIMES = ("iso", "%Y-%m-%d %H:%M:%S UTC", "%d.%m.%Y %H:%M:%S UTC", "%Y-%m-%d", "%d.%m.%Y")


@pytest.mark.parametrize(
    ("text", "value"),
    [("12.50", "12.50"), ("-3", "-3"), ("+1.5", "1.5"), (" 7 ", "7"), ("1,234.56", "1234.56"),
     ("1,234,567", "1234567"), ("1e3", "1000"), (".5", "0.5"), ("\u22125.00", "-5.00")],
)  # fmt: skip
def test_point_writing(text: str, value: str) -> None:
    assert parse_decimal(text) == Decimal(value)


@pytest.mark.parametrize(
    "text", ["12,50", "1,234", "1.234,56", "abc", "", "NaN", "Infinity", "1_000", "0x1F", "١٢", "$5"]
)
def test_what_point_writing_refuses(text: str) -> None:
    with pytest.raises(ValueError, match="not a number"):
        parse_decimal(text)


@pytest.mark.parametrize(
    ("text", "comma", "point", "unknown"),
    [
        ("95,00", "95.00", "95.00", "95.00"),
        ("95.00", "95.00", "95.00", "95.00"),
        ("-1.234,56", "-1234.56", "-1234.56", "-1234.56"),
        ("1,234.56", "1234.56", "1234.56", "1234.56"),
        ("1 234,56", "1234.56", "1234.56", "1234.56"),
        ("1\u202f234,56", "1234.56", "1234.56", "1234.56"),
        ("1.234.567", "1234567", "1234567", "1234567"),
        ("1.234", "1234", "1.234", None),
        ("1,234", "1.234", "1234", None),
        ("0,123", "0.123", "0.123", "0.123"),
        ("1234,567", "1234.567", "1234.567", "1234.567"),
        ("12", "12", "12", "12"),
        ("1.23.4", None, None, None),
        ("1,23,4", None, None, None),
        ("12.34,5.6", None, None, None),
    ],
)
def test_local_writing(text: str, comma: str | None, point: str | None, unknown: str | None) -> None:
    for writing, value in zip(
        (DecimalStyle.LOCAL_COMMA, DecimalStyle.LOCAL_POINT, DecimalStyle.LOCAL_UNKNOWN),
        (comma, point, unknown),
        strict=True,
    ):
        if value is None:
            with pytest.raises(ValueError):
                parse_decimal(text, writing)
        else:
            assert parse_decimal(text, writing) == Decimal(value)


def test_marketplaces_write_as_their_language_does() -> None:
    comma = {"DE", "FR", "IT", "ES", "NL", "SE", "PL", "BE", "TR", "BR"}
    for code in (*comma, "US", "GB", "MX", "JP", "AU", "IE", "AE"):
        expected = DecimalStyle.LOCAL_COMMA if code in comma else DecimalStyle.LOCAL_POINT
        assert decimal_style([marketplace(code)]) is expected, code
    assert decimal_style([marketplace("GB"), marketplace("DE")]) is DecimalStyle.LOCAL_UNKNOWN


@pytest.mark.parametrize(
    ("value", "ok"),
    [("1." + "1" * 18, True), ("1." + "1" * 19, False), ("9" * 20, True), ("9" * 21, False),
     ("1.1" + "0" * 30, True), ("12345678901234567890.123456789012345678", True),
     ("0", True), ("1E-18", True), ("1E-19", False)],
)  # fmt: skip
def test_a_number_fits_whole_or_not_at_all(value: str, ok: bool) -> None:
    assert fits(Decimal(value), 38, 18) is ok
    typed, failures = cast(pa.array([value]), ColumnType.DECIMAL, ValueRules())
    assert failures == ([] if ok else [0])
    assert typed[0].as_py() == (Decimal(value) if ok else None)


@pytest.mark.parametrize("value", ["0.1234567890123456789", "1e-30", "123456789012345678901234567890.5"])
def test_json_numbers_keep_every_digit_of_a_double(value: str) -> None:
    typed, failures = cast(pa.array([value]), ColumnType.DECIMAL, ValueRules(decimal=JSON_DECIMAL))
    assert failures == [] and typed[0].as_py() == Decimal(value)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-18T08:00:00+00:00", datetime(2026, 11, 18, 8, tzinfo=UTC)),
        ("2026-11-18T08:00:00-08:00", datetime(2026, 11, 18, 16, tzinfo=UTC)),
        ("2026-11-18T08:00:00.123Z", datetime(2026, 11, 18, 8, 0, 0, 123000, tzinfo=UTC)),
        ("2026-11-18 08:00:00", datetime(2026, 11, 18, 8, tzinfo=UTC)),
        ("2026-11-18 08:00:00 UTC", datetime(2026, 11, 18, 8, tzinfo=UTC)),
        ("18.11.2026 08:00:00 UTC", datetime(2026, 11, 18, 8, tzinfo=UTC)),
        ("2026-11-18", datetime(2026, 11, 18, tzinfo=UTC)),
        ("18.11.2026", datetime(2026, 11, 18, tzinfo=UTC)),
    ],
)
def test_instants(text: str, moment: datetime) -> None:
    assert times.parse_timestamp(text, SETTLEMENT_TIMES) == moment
    typed, failures = cast(pa.array([text]), ColumnType.TIMESTAMP, ValueRules(timestamps=SETTLEMENT_TIMES))
    assert failures == [] and typed[0].as_py() == moment


@pytest.mark.parametrize(
    "text", ["20261118", "2026-02-30", "0000-01-01T00:00:00Z", "18/11/2026", "2026-11-18T24:00:00Z",
             "2026-11-18T08:00:00.1234567Z", "12.5", "soon"],
)  # fmt: skip
def test_what_is_no_instant(text: str) -> None:
    typed, failures = cast(pa.array([text]), ColumnType.TIMESTAMP, ValueRules(timestamps=SETTLEMENT_TIMES))
    assert failures == [0] and typed[0].as_py() is None


def test_patterns_are_tried_in_order() -> None:
    values = pa.array(["03/04/2026", "25/04/2026", "04/25/2026", None])
    typed, failures = cast(values, ColumnType.DATE, ValueRules(timestamps=("%d/%m/%Y", "%m/%d/%Y")))
    assert (
        typed.to_pylist() == [date(2026, 4, 3), date(2026, 4, 25), date(2026, 4, 25), None] and failures == []
    )


@pytest.mark.parametrize(
    ("text", "day"),
    [("2026-11-18", date(2026, 11, 18)), ("2026-11-18T00:00:00-08:00", date(2026, 11, 18)),
     ("18.11.2026", date(2026, 11, 18)), ("2026-11-18T08:00:00Z", None), ("0000-01-01", None)],
)  # fmt: skip
def test_days_lose_no_time(text: str, day: date | None) -> None:
    typed, failures = cast(pa.array([text]), ColumnType.DATE, ValueRules(timestamps=SETTLEMENT_TIMES))
    assert typed[0].as_py() == day and failures == ([] if day else [0])


def test_months_by_name_need_strptime() -> None:
    typed, _ = cast(pa.array(["Nov 8, 2026"]), ColumnType.DATE, ValueRules(timestamps=("%b %d, %Y",)))
    assert typed[0].as_py() == date(2026, 11, 8)


def test_booleans() -> None:
    typed, failures = cast(pa.array(["true", "No", None, " yes ", "2"]), ColumnType.BOOLEAN, ValueRules())
    assert typed.to_pylist() == [True, False, None, True, None] and failures == [4]


NUMBERLIKE = st.one_of(
    st.text("0123456789+-.,eExX '", max_size=12),
    st.decimals(allow_nan=False, allow_infinity=False).map(str),
    st.integers().map(str),
    st.decimals(-(10**6), 10**6, places=2).map(lambda value: str(value).replace(".", ",")),
)
TIMELIKE = st.one_of(
    st.text("0123456789-T: .Z+UC", max_size=25),
    st.datetimes(timezones=st.sampled_from([UTC, None])).map(datetime.isoformat),
    st.dates().map(str),
    st.datetimes().map(lambda moment: f"{moment:%d.%m.%Y %H:%M:%S} UTC"),
)


def one_by_one(texts: list[str | None], parse: object, keeps: object = lambda value: True) -> list[object]:
    values: list[object] = []
    for text in texts:
        try:
            is_there = text and text.strip().casefold() not in NOTHING
            value = parse(text) if is_there else None  # type: ignore[operator]
            values.append(value if value is None or keeps(value) else ValueError)  # type: ignore[operator]
        except ValueError:
            values.append(ValueError)
    return values


def by_column(texts: list[str | None], kind: ColumnType, rules: ValueRules) -> list[object]:
    typed, failures = cast(pa.array(texts, pa.string()), kind, rules)
    return [ValueError if place in failures else value for place, value in enumerate(typed.to_pylist())]


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.one_of(st.none(), NUMBERLIKE), min_size=1, max_size=6), st.sampled_from(list(DecimalStyle))
)
@example(["1.234"], DecimalStyle.LOCAL_COMMA)
@example(["1" * 25], DecimalStyle.POINT)
@example(["1." + "0" * 45, "0E-50", "10e18", "9" * 20 + "." + "9" * 18], DecimalStyle.POINT)
def test_a_column_of_decimals_is_read_as_each_value_is(
    texts: list[str | None], writing: DecimalStyle
) -> None:
    rules = ValueRules(writing)
    expected = one_by_one(
        texts, lambda text: numbers.parse_decimal(text, writing), lambda value: fits(value, 38, 18)
    )
    assert by_column(texts, ColumnType.DECIMAL, rules) == expected
    assert rules.decimal == FLAT_DECIMAL


@settings(max_examples=500, deadline=None)
@given(
    st.lists(st.one_of(st.none(), st.text("0123456789.-", max_size=22), NUMBERLIKE), min_size=1, max_size=3),
    st.sampled_from(list(DecimalStyle)),
)
@example(["."], DecimalStyle.POINT)
@example(["-", "--1", "1-1"], DecimalStyle.POINT)
@example(["5.", "-.5", "007"], DecimalStyle.POINT)
@example(["." + "1" * 19], DecimalStyle.POINT)
@example(["1.234"], DecimalStyle.LOCAL_UNKNOWN)
def test_what_a_quick_look_takes_for_decimals_are_such(
    texts: list[str | None], writing: DecimalStyle
) -> None:
    rules = ValueRules(writing)
    column = pa.array(texts, pa.string())
    if is_plain_decimal(column, rules):
        read = cast_column(column, ColumnType.DECIMAL, rules)
        assert not read.failures
        assert read.values.to_pylist() == [text and Decimal(text) for text in texts]


def test_a_quick_look_knows_what_reports_write() -> None:
    for writing in (DecimalStyle.POINT, DecimalStyle.LOCAL_POINT):
        assert is_plain_decimal(pa.array(["12.50", None, "-3", "0.00"], pa.string()), ValueRules(writing))


USUAL = {
    ColumnType.TEXT: ["a", "2026"],
    ColumnType.INTEGER: ["12", "-7", "0"],
    ColumnType.DECIMAL: ["1.5", "-12", "0.00"],
    ColumnType.BOOLEAN: ["true", "false", "no"],
    ColumnType.DATE: ["2026-11-18", "2024-02-29"],
    ColumnType.TIMESTAMP: ["2026-11-18T10:00:00Z", "2026-11-18T10:00:00+01:00", "2026-11-18"],
}
UNUSUAL = ["", "two", "0x1F", "1e3", "2026-11-18T10", "2026-11-18T10:00:00+17:00", "18.11.2026", "9" * 30]


@settings(max_examples=500, deadline=None)
@given(st.sampled_from(list(ColumnType)), st.data())
def test_parts_of_columns_that_lie_side_by_side_are_read_as_columns_are(
    kind: ColumnType, data: st.DataObject
) -> None:
    cells = st.one_of(st.none(), st.sampled_from(USUAL[kind]), st.sampled_from([*USUAL[kind], *UNUSUAL]))
    rules = ValueRules(decimal=JSON_DECIMAL)
    columns = data.draw(st.lists(st.lists(cells, min_size=3, max_size=3), min_size=1, max_size=4))
    alike = pa.array([cell for cells in columns for cell in cells], pa.string())
    is_sound = is_read_by_sql(alike, kind, rules)
    for place, texts in enumerate(columns):
        found = cast_column(alike.slice(place * 3, 3), kind, rules)
        assert found == cast_column(pa.array(texts, pa.string()), kind, rules)
        assert not is_sound or (not found.failures and found.as_written)


@pytest.mark.parametrize("kind", ColumnType)
def test_usual_columns_are_known_to_be_read_by_sql(kind: ColumnType) -> None:
    assert is_read_by_sql(pa.array([*USUAL[kind][:2], None], pa.string()), kind, ValueRules())


@pytest.mark.parametrize(
    "kind", [ColumnType.INTEGER, ColumnType.DECIMAL, ColumnType.TIMESTAMP, ColumnType.DATE]
)
@pytest.mark.parametrize("odd", ["two", "1,5", "-", "\u22125", "none", " 7"])
def test_odd_values_are_read_alike_whether_many_or_few(kind: ColumnType, odd: str) -> None:
    """Few among many are found by their characters, many by the form of the others; in parts, too."""
    good = {ColumnType.INTEGER: "12", ColumnType.DECIMAL: "1.5"}.get(kind, "2026-11-18")
    many, few = pa.array([good, odd, None]), pa.array([odd, *[good] * 300, odd, None, odd, good])
    rules = ValueRules()
    expected = cast(many, kind, rules)
    for column, places in ((few, [0, 301, 303]), (few.slice(1, 301), [300]), (few.slice(300, 2), [1])):
        typed, failures = cast(column, kind, rules)
        assert list(failures) == (places if expected[1] else [])
        assert {typed[place].as_py() for place in places} == {expected[0][1].as_py()}
        assert typed.null_count == column.null_count + (len(places) if expected[0][1].as_py() is None else 0)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(st.none(), NUMBERLIKE), min_size=1, max_size=6))
def test_a_column_of_integers_is_read_as_each_value_is(texts: list[str | None]) -> None:
    assert by_column(texts, ColumnType.INTEGER, ValueRules()) == one_by_one(texts, parse_integer)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(st.none(), TIMELIKE), min_size=1, max_size=6))
def test_a_column_of_instants_is_read_as_each_value_is(texts: list[str | None]) -> None:
    rules = ValueRules(timestamps=SETTLEMENT_TIMES)
    expected = one_by_one(texts, lambda text: times.parse_timestamp(text, SETTLEMENT_TIMES))
    assert by_column(texts, ColumnType.TIMESTAMP, rules) == expected


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(st.none(), TIMELIKE), min_size=1, max_size=6))
def test_a_column_of_days_is_read_as_each_value_is(texts: list[str | None]) -> None:
    rules = ValueRules(timestamps=SETTLEMENT_TIMES)
    expected = one_by_one(texts, lambda text: times.parse_date(text, SETTLEMENT_TIMES))
    assert by_column(texts, ColumnType.DATE, rules) == expected


@pytest.mark.parametrize(
    ("texts", "kind", "as_written"),
    [
        (["1", None, "-02"], ColumnType.INTEGER, True),
        (["1", "5.0"], ColumnType.INTEGER, False),
        (["1", "two"], ColumnType.INTEGER, True),
        (["1.50", ".5"], ColumnType.DECIMAL, True),
        (["1.50", "1e3"], ColumnType.DECIMAL, False),
        (["1.50", " "], ColumnType.DECIMAL, False),
        (["2026-11-18T08:00:00+00:00", "2026-11-18T08:00:00-08:00"], ColumnType.TIMESTAMP, True),
        (["2026-11-18T08:00", "2026-11-18"], ColumnType.TIMESTAMP, True),
        (["2026-11-18T08", "2026-11-18T08:30"], ColumnType.TIMESTAMP, False),
        (["2026-11-18T08+00:00"], ColumnType.TIMESTAMP, False),
        (["18.11.2026"], ColumnType.DATE, False),
        (["2026-11-18", None], ColumnType.DATE, True),
        ([None, None], ColumnType.DATE, True),
        (["Yes", "0"], ColumnType.BOOLEAN, True),
    ],
)
def test_what_sql_reads_as_it_is_written(texts: list[str | None], kind: ColumnType, as_written: bool) -> None:
    result = cast_column(pa.array(texts, pa.string()), kind, ValueRules(timestamps=SETTLEMENT_TIMES))
    assert result.as_written is as_written


def test_words_that_stand_for_nothing_are_null_and_not_refused() -> None:
    rules = ValueRules(nothing=frozenset({"--"}))
    for kind in (ColumnType.DECIMAL, ColumnType.INTEGER, ColumnType.DATE, ColumnType.TIMESTAMP):
        typed, failures = cast(pa.array([" -- ", "---"]), kind, rules)
        assert typed.to_pylist() == [None, None]
        assert failures == [1]
    assert cast(pa.array(["--", "7"]), ColumnType.INTEGER, rules)[0].to_pylist() == [None, 7]
    assert cast(pa.array(["--"]), ColumnType.TEXT, rules)[0].to_pylist() == ["--"]
