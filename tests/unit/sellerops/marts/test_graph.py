"""Which partitions a change affects, and as how few spans they are rebuilt."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sellerops.base.errors import ConfigurationError
from sellerops.marts.graph import affected, bounded, in_build_order, in_pieces, merged, unknown_days
from sellerops.marts.specs import MartSpec, load_marts
from sellerops.marts.templates import input_condition
from sellerops.settings.mart_tables import Span

FIRST = date(2026, 11, 1)
HEAD = """\
-- description: A mart.
-- group: daily
-- grain: [account_id, marketplace_id, day]
-- inputs:
--   {input}
-- columns:
--   account_id: {{type: text, description: "Account."}}
--   marketplace_id: {{type: text, description: "Marketplace."}}
--   day: {{type: date, description: "Day."}}
SELECT x.account_id, x.marketplace_id, x.day FROM {{{{ {call} }}}} AS x
"""


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def marts(folder: Path, **inputs: str) -> dict[str, MartSpec]:
    for name, given_input in inputs.items():
        read = given_input.partition(":")[0]
        call = f"source('{read}')" if "." in read else f"ref('{read}')"
        (folder / f"{name}.sql").write_text(HEAD.format(input=given_input, call=call))
    return {mart.name: mart for mart in load_marts(folder)}


@pytest.mark.parametrize(
    ("given_input", "expected"),
    [
        ("a.t: {day: d}", Span("one", "US", day(5), day(6))),
        ("a.t: {day: d, before: 6, after: 1}", Span("one", "US", day(4), day(12))),
        ("a.t: {moment: m}", Span("one", "US", day(4), day(7))),
        # Of an account whose region is not known, a moment may belong to a neighbouring day.
        ("a.t: {moment: m, zones: own}", Span("one", "US", day(4), day(7))),
        ("a.t: {since: valid_from}", Span("one", "US", day(5), None)),
        ("a.t: {}", Span("one", "US")),
        ("a.t: {day: d, marketplace: false}", Span("one", None, day(5), day(6))),
    ],
)
def test_a_changed_day_affects_the_days_that_read_it(
    tmp_path: Path, given_input: str, expected: Span
) -> None:
    mart = marts(tmp_path, reader=given_input)["reader"]
    assert affected(mart, "a.t", Span("one", "US", day(5), day(6))) == expected


@pytest.mark.parametrize(
    ("account", "expected"), [("northwind_na", (day(4), day(6))), ("northwind_eu", (day(5), day(7)))]
)
def test_a_moment_belongs_to_days_of_the_accounts_region(
    tmp_path: Path, account: str, expected: tuple[date, date]
) -> None:
    """In the Americas it may be the day before still, in Europe the day after already."""
    mart = marts(tmp_path, reader="a.t: {moment: m, zones: own}")["reader"]
    found = affected(mart, "a.t", Span(account, None, day(5), day(6)))
    assert (found.first_day, found.last_day) == expected
    condition = input_condition(
        mart.inputs["a.t"], frozenset({"m"}), Span(account, None, day(5), day(5)), mart, ""
    )
    begins, ends = datetime.combine(day(5), time()), datetime.combine(day(6), time())
    # Of Los Angeles in winter, and of India.
    if account == "northwind_na":
        ends += timedelta(hours=8)
    else:
        begins -= timedelta(hours=5.5)
    assert condition == f" WHERE t.m >= TIMESTAMP '{begins}' AND t.m < TIMESTAMP '{ends}'"


@pytest.mark.parametrize(
    ("column", "after", "expected"),
    [
        ("month_first", 30, (date(2026, 11, 1), date(2026, 11, 1))),
        ("week_monday", 6, (date(2026, 11, 16), date(2026, 11, 16))),
        ("part_first", 7, (date(2026, 11, 17), date(2026, 11, 17))),
    ],
)
def test_a_mart_by_periods_rebuilds_those_that_have_the_day(
    tmp_path: Path, column: str, after: int, expected: tuple[date, date]
) -> None:
    text = HEAD.format(input=f"a.t: {{day: d, after: {after}}}", call="source('a.t')")
    text = text.replace("--   day:", f"--   {column}:").replace("_id, day]", f"_id, {column}]")
    partition = f"-- partition: [account_id, marketplace_id, {column}]\n-- inputs:"
    (tmp_path / "reader.sql").write_text(text.replace("-- inputs:", partition))
    (mart,) = load_marts(tmp_path)
    changed = Span("one", "US", date(2026, 11, 18), date(2026, 11, 18))
    found = affected(mart, "a.t", changed)
    assert (mart.day, found.first_day, found.last_day) == (column, *expected)


def test_inputs_are_built_before_their_readers_and_a_circle_is_named(tmp_path: Path) -> None:
    found = marts(tmp_path, a="b: {day: day}", b="c: {day: day}", c="x.t: {day: d}")
    assert [mart.name for mart in in_build_order(found.values())] == ["c", "b", "a"]
    found = marts(tmp_path, c="a: {day: day}")
    with pytest.raises(ConfigurationError, match=r"in a circle: .* -> "):
        in_build_order(found.values())


spans = st.builds(
    lambda account, marketplace, first, length: Span(
        account,
        marketplace,
        None if first is None else day(first),
        None if length is None else day((first or 0) + length),
    ),
    st.sampled_from(["one", "two"]),
    st.sampled_from([None, "US", "DE"]),
    st.one_of(st.none(), st.integers(0, 20)),
    st.one_of(st.none(), st.integers(0, 6)),
)


def partitions(span: Span) -> set[tuple[str, str, int]]:
    """Account, marketplace and day of each partition within forty days."""
    return {
        (span.account_id, marketplace, number)
        for marketplace in ("US", "DE", "FR")
        for number in range(-5, 35)
        if span.marketplace_id in (None, marketplace)
        and (span.first_day is None or span.first_day <= day(number))
        and (span.last_day is None or span.last_day >= day(number))
    }


def covered(found: list[Span]) -> set[tuple[str, str, int]]:
    return {each for span in found for each in partitions(span)}


def test_a_mart_is_read_by_days_of_which_it_tells_the_changes(tmp_path: Path) -> None:
    assert not unknown_days(load_marts())
    by_name = marts(tmp_path, first="amazon_sp.x: {day: date}", second="first: {day: sold_on}")
    (error,) = unknown_days(by_name.values())
    assert "lookup_days: [sold_on]" in error.remedy


@given(first=st.integers(0, 400), days=st.integers(0, 400), most=st.integers(1, 30))
def test_pieces_of_a_span_are_the_whole_span(first: int, days: int, most: int) -> None:
    for span in (Span("one"), Span("one", None, day(3), day(200))):
        pieces = in_pieces(span, day(first), day(first + days), most)
        assert 1 <= len(pieces) <= most
        assert merged(pieces) == [span]
        ends = [piece.last_day for piece in pieces]
        assert all(
            end and nxt.first_day == end + timedelta(1) for end, nxt in zip(ends, pieces[1:], strict=False)
        )


@given(st.lists(spans, max_size=8))
def test_merged_spans_are_the_same_partitions_and_none_overlap(given_spans: list[Span]) -> None:
    found = merged(given_spans)
    assert covered(found) == covered(given_spans)
    assert sum(len(partitions(span)) for span in found) == len(covered(found))
    # A span of all marketplaces can cut one of a marketplace in two.
    cuts = sum(2 for span in set(given_spans) if span.marketplace_id is None)
    assert len(found) <= len(set(given_spans)) + cuts
    few = bounded(found, 2)
    assert covered(few) >= covered(found)
    assert len(few) <= 2


def test_a_marketplace_is_rebuilt_only_on_days_that_all_are_not() -> None:
    everywhere, here = Span("one", None, day(3), day(5)), Span("one", "US", day(1), day(9))
    assert merged([here, everywhere]) == [
        everywhere,
        Span("one", "US", day(1), day(2)),
        Span("one", "US", day(6), day(9)),
    ]
    assert merged([Span("one", "US", day(4), None), everywhere]) == [
        everywhere,
        Span("one", "US", day(6), None),
    ]
    assert merged([Span("one", "US", day(4), day(5)), everywhere, Span("two")]) == [everywhere, Span("two")]
