"""Whatever a form, a REST call or a file holds: it is a request, or an InvalidRequest that says why not."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.inbound_requests import facts
from support.packing_lists import HEADINGS, csv_of, xlsx_of

from sellerops.base.errors import InvalidRequest
from sellerops.inbound.packing_lists.packing_list import read_packing_list
from sellerops.inbound.requests.form import parse_form
from sellerops.inbound.requests.form_fields import TITLES
from sellerops.inbound.requests.validation import find_notes, find_problems, with_owners

QUICK = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
_WORKBOOK = xlsx_of(HEADINGS, ("1", 1, "A", 12, 40, 30, 20, "CM", 9.5, "KG"))
_CELLS = st.one_of(
    st.none(),
    st.text(st.characters(exclude_categories=("C",)), max_size=12),
    st.integers(-(10**6), 10**6),
    st.floats(-1e6, 1e6, allow_nan=False),
    st.booleans(),
    st.dates(date(1990, 1, 1), date(2090, 1, 1)),
    st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)),
    st.sampled_from(["1,000", "1.5 kg", "#N/A", "=1+1", "total", "CM", "LB", "1-3", "03/04/2027", "AMAZON"]),
)
_GRIDS = st.lists(st.lists(_CELLS, min_size=10, max_size=10), max_size=6)
_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from([*HEADINGS, "contents", "count", "x"]), inner, max_size=4),
    ),
    max_leaves=12,
)


def is_read_or_refused(content: bytes) -> None:
    with suppress(InvalidRequest):
        read_packing_list(content, "list")


@QUICK
@given(st.binary(max_size=400), st.sampled_from([b"", b"sku,quantity\n", b"PK\x03\x04", b"\xff\xfe", b"<"]))
def test_any_bytes(content: bytes, start: bytes) -> None:
    is_read_or_refused(start + content)


@QUICK
@given(st.integers(0, len(_WORKBOOK) - 1), st.binary(min_size=1, max_size=8))
def test_a_workbook_with_any_damage(place: int, damage: bytes) -> None:
    is_read_or_refused(_WORKBOOK[:place] + damage + _WORKBOOK[place + len(damage) :])


@QUICK
@given(_GRIDS, st.booleans())
def test_any_cells_below_the_headings(rows: list[list[Any]], is_workbook: bool) -> None:
    is_read_or_refused(xlsx_of(HEADINGS, *rows) if is_workbook else csv_of(HEADINGS, *rows))


@QUICK
@given(st.dictionaries(st.sampled_from([*TITLES]), _JSON))
def test_any_values_of_the_form(values: dict[str, Any]) -> None:
    with suppress(InvalidRequest):
        find_problems(parse_form(values), facts())


@QUICK
@given(st.lists(st.dictionaries(st.sampled_from(HEADINGS), st.one_of(_CELLS), min_size=3), min_size=1))
def test_a_request_that_can_be_read_can_be_checked(rows: list[dict[str, Any]]) -> None:
    boxes = [
        {key: str(value) if isinstance(value, date) else value for key, value in row.items()} for row in rows
    ]
    values = {
        "account": "northwind_na", "marketplace": "US", "source_address": "dallas", "name": "Any",
        "ready": "2026-12-02", "boxes": boxes,
    }  # fmt: skip
    try:
        made = parse_form(values)
    except InvalidRequest:
        return
    find_problems(made, facts())
    find_notes(made, facts())
    assert all(item.prep_owner and item.label_owner for item in with_owners(made, facts()).items)
