"""Packing lists as people write them: layouts, dialects, totals, and problems with their places."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.packing_lists import BOX, HEADINGS, csv_of, problems_of, units_of, xlsx_of

from sellerops.inbound.models import Box, BoxContent, Item, Owner
from sellerops.inbound.packing_lists.packing_list import (
    PackingList,
    read_packing_list,
    read_pasted,
    read_records,
)
from sellerops.inbound.problems import Problems


def read(content: bytes, filename: str = "list.csv") -> PackingList:
    return read_packing_list(content, filename)


def with_cell(column: str, value: str, row: tuple[str, ...] = BOX) -> tuple[str, ...]:
    return tuple(value if name == column else cell for name, cell in zip(HEADINGS, row, strict=True))


def test_boxes_are_read_with_what_is_in_them_and_items_are_their_sums() -> None:
    found = read(csv_of(HEADINGS, BOX, ("", "", "B", "3", "", "", "", "", "", ""), with_cell("box", "2")))
    assert found.boxes == (
        Box("1", (BoxContent("A-1", 12), BoxContent("B", 3)), *map(Decimal, ("40", "30", "20", "9.5"))),
        Box("2", (BoxContent("A-1", 12),), *map(Decimal, ("40", "30", "20", "9.5"))),
    )
    assert found.items == (Item("A-1", 24), Item("B", 3))
    assert [item.place for item in found.items] == ["list.csv, line 2", "list.csv, line 3"]


def test_identical_boxes_count_as_often_as_there_are() -> None:
    found = read(csv_of(HEADINGS, with_cell("boxes", "4"), ("", "", "B", "2", "", "", "", "", "", "")))
    assert found.boxes[0].count == 4
    assert units_of(found) == {"A-1": 48, "B": 8}


def test_a_range_as_the_name_of_a_box_counts_its_boxes_and_is_noted() -> None:
    found = read(csv_of(HEADINGS, with_cell("boxes", "", with_cell("box", "carton 3-7"))))
    assert found.boxes[0].count == 5
    assert found.notes == ("Box carton 3-7 counts as 5 boxes, by its name.",)


def test_without_a_column_box_every_row_is_a_box_of_its_own() -> None:
    found = read(csv_of(HEADINGS[2:], BOX[2:], BOX[2:]))
    assert [(box.name, box.count) for box in found.boxes] == [("1", 1), ("2", 1)]
    assert units_of(found) == {"A-1": 24}


def test_without_columns_of_boxes_the_list_has_items_only() -> None:
    found = read(csv_of(("SKU", "Qty", "Expiration"), ("A", "3", "2027-03-31"), ("B", "4", "")))
    assert found.items == (Item("A", 3, expiration=date(2027, 3, 31)), Item("B", 4))
    assert found.boxes == ()


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_every_dialect_of_csv_is_read(delimiter: str, encoding: str) -> None:
    content = csv_of(HEADINGS, with_cell("sku", "Müller-1"), delimiter=delimiter, encoding=encoding)
    assert units_of(read(content)) == {"Müller-1": 12}


def test_cp1252_excels_separator_line_and_old_line_ends_are_read() -> None:
    text = "sep=;\rSKU;Menge;Länge;Breite;Höhe;Gewicht (kg)\rMüller;1.000;30,5 cm;20 cm;10 cm;8,250\r"
    found = read(text.encode("cp1252"))
    assert units_of(found) == {"Müller": 1000}
    assert found.boxes[0].weight == Decimal("8.250")
    assert found.boxes[0].length == Decimal("30.5")


def test_headings_may_be_in_any_order_and_case_below_a_title_and_beside_other_columns() -> None:
    headings = (
        "Colour", "WEIGHT (lb)", "height_(in)", "Box-No.", "Units per Box", "Merchant SKU", "Width (in)",
        "Length (in)",
    )  # fmt: skip
    row = ("red", "20", "5", "X", "7", "A", "6", "8")
    found = read(csv_of(("Packing list, 1 December",), (), headings, row))
    assert found.boxes == (Box("X", (BoxContent("A", 7),), *map(Decimal, ("8", "6", "5", "20")), "IN", "LB"),)
    assert found.notes == ("list.csv: these columns were not used: Colour.",)


def test_owners_lot_and_preparation_are_read_in_the_words_of_people() -> None:
    headings = (
        "sku",
        "quantity",
        "Prep owner",
        "Labeling owner",
        "Lot number",
        "Prep category",
        "prep types",
    )
    found = read(
        csv_of(headings, ("A", "1", "Merchant", "none", "L7", "textile", "polybagging; ITEM_SUFFOSTK"))
    )
    assert found.items == (
        Item("A", 1, Owner.SELLER, Owner.NONE, None, "L7", "TEXTILE", ("ITEM_POLYBAGGING", "ITEM_SUFFOSTK")),
    )


def test_the_order_of_a_date_may_be_in_its_heading() -> None:
    found = read(csv_of(("sku", "quantity", "Expiration date (MM/DD/YYYY)"), ("A", "1", "03/04/2027")))
    assert found.items[0].expiration == date(2027, 3, 4)


def test_a_row_of_totals_is_compared_and_left_out() -> None:
    rows = (HEADINGS, with_cell("boxes", "4"))
    for total in ("12", "48"):
        assert units_of(read(csv_of(*rows, ("Total", "", "", total, *[""] * 6)))) == {"A-1": 48}
    (problem,) = problems_of(csv_of(*rows, ("Total", "", "", "50", *[""] * 6)))
    assert problem.startswith(
        "list.csv, line 3, column quantity: the total is 50, but the rows above add up to 48"
    )


def test_a_sku_may_begin_with_the_word_total() -> None:
    found = read(csv_of(("sku", "quantity"), ("A", "3"), ("Total 50", "4"), ("Total:", "7")))
    assert units_of(found) == {"A": 3, "Total 50": 4}


def test_a_sku_listed_twice_among_the_items_is_added_up_and_noted() -> None:
    found = read(csv_of(("sku", "quantity"), ("A", "3"), ("A", "4")))
    assert found.items == (Item("A", 7),)
    assert "'A' is listed again (list.csv, line 2)" in found.notes[0]


def test_rows_that_contradict_each_other_about_a_sku_stay_apart() -> None:
    found = read(csv_of(("sku", "quantity", "expiry"), ("A", "3", "2027-03-31"), ("A", "4", "2027-04-30")))
    assert [item.quantity for item in found.items] == [3, 4]


def test_pasted_pairs_need_no_headings() -> None:
    problems = Problems()
    assert units_of(read_pasted("A, 3\nB, 4\n", "Items", problems)) == {"A": 3, "B": 4}
    assert problems == []


def test_records_have_the_same_columns_and_a_box_may_list_its_contents() -> None:
    problems = Problems()
    records = [
        {
            "name": "1", "count": 2, "length": 10, "width": 8.5, "height": 6, "dimension_unit": "IN",
            "weight": "9", "weight_unit": "LB",
            "contents": [{"sku": "A", "quantity": 2}, {"sku": "B", "quantity": 1}],
        },
    ]  # fmt: skip
    found = read_records(records, "Boxes", problems)
    assert problems == []
    assert found.boxes == (
        Box(
            "1",
            (BoxContent("A", 2), BoxContent("B", 1)),
            *map(Decimal, ("10", "8.5", "6", "9")),
            "IN",
            "LB",
            2,
        ),
    )
    assert found.boxes[0].place == "Boxes, entry 1"


def test_records_that_are_not_objects_or_have_odd_values_are_named() -> None:
    problems = Problems()
    read_records(["A", {"sku": {"x": 1}, "quantity": 1}], "Items", problems)
    assert [each.place for each in problems] == [
        "Items, entry 1",
        "Items, entry 2, sku",
        "Items, entry 2, column sku",
    ]


@pytest.mark.parametrize(
    ("rows", "place", "cause"),
    [
        ((HEADINGS,), "list.csv", "no rows below its headings"),
        ((("name", "price"), ("x", "1")), "list.csv", "no headings of packing list columns"),
        ((("sku", "price"), ("x", "1")), "list.csv", "no column quantity"),
        ((("sku", "qty", "quantity"), ("x", "1", "1")), "list.csv, line 1", "both mean quantity"),
        ((HEADINGS[:4], BOX[:4]), "list.csv", "no column length, width, height, weight"),
        ((HEADINGS, with_cell("sku", "")), "line 2, column sku", "the SKU is missing"),
        ((HEADINGS, with_cell("quantity", "")), "line 2, column quantity", "'A-1' has no quantity"),
        ((HEADINGS, with_cell("quantity", "1.5")), "line 2, column quantity", "'1.5' is not a whole number"),
        ((HEADINGS, with_cell("box", "")), "line 2, column box", "the first row has no box name"),
        ((HEADINGS, with_cell("weight", "heavy")), "line 2, column weight", "'heavy' is not a number"),
        ((HEADINGS, with_cell("weight", "")), "line 2", "box '1' has no weight"),
        ((HEADINGS, with_cell("weight unit", "")), "line 2", "the weight unit is missing"),
        ((HEADINGS, with_cell("dimension unit", "")), "line 2", "the dimension unit is missing"),
        ((HEADINGS, with_cell("dimension unit", "KG")), "column dimension unit", "KG does not belong here"),
        ((HEADINGS, with_cell("dimension unit", "mm")), "column dimension unit", "unknown unit 'mm'"),
        ((HEADINGS, with_cell("length", "40 in")), "line 2", "has the units CM, IN"),
        ((HEADINGS, BOX, with_cell("weight", "9")), "line 3, column weight", "differs from the box's first"),
        (
            (HEADINGS, with_cell("boxes", ""), with_cell("boxes", "2")),
            "line 3, column boxes", "differs from the box's first row",
        ),
        ((HEADINGS, with_cell("box", "2-4")), "line 2", "is 3 boxes by its name, but 1 in the column boxes"),
        ((("sku", "quantity", "expiry"), ("A", "1", "03/04/2027")), "column expiry", "day/month or month"),
        ((("sku", "quantity", "prep owner"), ("A", "1", "Bob")), "column prep owner", "unknown owner 'Bob'"),
        ((("sku", "quantity", "prep category"), ("A", "1", "SOFT")), "prep category", "does not know 'SOFT'"),
        ((("sku", "quantity", "prep types"), ("A", "1", "IRON")), "prep types", "does not know 'IRON'"),
    ],
)  # fmt: skip
def test_every_problem_names_its_place(rows: tuple[tuple[str, ...], ...], place: str, cause: str) -> None:
    (problem,) = problems_of(csv_of(*rows))
    where, _, rest = problem.partition(": ")
    assert where.startswith("list.csv")
    assert place in where
    assert cause in rest


def test_all_problems_of_a_list_are_found_at_once_and_a_missing_unit_is_said_once() -> None:
    rows = [with_cell("box", str(number), with_cell("weight unit", "")) for number in range(1, 6)]
    found = problems_of(csv_of(HEADINGS, *rows, with_cell("quantity", "x", with_cell("box", "6"))))
    assert len(found) == 2
    assert "column quantity: 'x' is not a whole number" in found[0]
    assert "line 2: the weight unit is missing" in found[1]


_SKUS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=12).filter(
    lambda sku: (
        not sku.casefold().startswith(("total", "sum", "grand", "sub", "gesamt")) and sku[0] not in "=+-@"
    )
)
_CONTENTS = st.dictionaries(_SKUS, st.integers(1, 5_000), min_size=1, max_size=4)
_MEASURES = st.decimals(Decimal("0.01"), Decimal("99.99"), places=2)
_BOXES = st.lists(st.tuples(st.integers(1, 30), _CONTENTS, _MEASURES, _MEASURES), min_size=1, max_size=5)


@settings(max_examples=60, deadline=None)
@given(_BOXES, st.sampled_from([",", ";", "\t", "|", "xlsx"]), st.sampled_from([".", ","]))
def test_what_was_written_is_read(
    boxes: list[tuple[int, dict[str, int], Decimal, Decimal]], dialect: str, mark: str
) -> None:
    """The same boxes, in every dialect, with blank cells below a box's first row."""

    def shown(number: Decimal) -> object:
        return float(number) if dialect == "xlsx" else f"{number:.2f}".replace(".", mark)

    rows: list[tuple[object, ...]] = [HEADINGS]
    for name, (count, contents, side, weight) in enumerate(boxes, 1):
        about_box = (name, count, shown(side), shown(weight))
        for sku, quantity in contents.items():
            box, number, length, heavy = about_box
            unit, unit_of_weight = ("CM", "KG") if box else ("", "")
            rows.append((box, number, sku, quantity, length, length, length, unit, heavy, unit_of_weight))
            about_box = (None, None, None, None)
    content = xlsx_of(*rows) if dialect == "xlsx" else csv_of(*rows, delimiter=dialect)
    found = read(content)
    assert [(box.count, {each.sku: each.quantity for each in box.contents}, box.length, box.weight)
            for box in found.boxes] == boxes  # fmt: skip
    total: dict[str, int] = {}
    for count, contents, _, _ in boxes:
        for sku, quantity in contents.items():
            total[sku] = total.get(sku, 0) + count * quantity
    assert units_of(found) == total
