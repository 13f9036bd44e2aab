"""The values that fill empty key columns."""

from __future__ import annotations

import io
from typing import Any

import pyarrow as pa
import pytest

from sellerops.calendar.slices import Slice
from sellerops.formats import open_rows
from sellerops.settings.specs import FileFormat, TableSpec

SLICE = Slice(
    "amazon_sp", "r", "northwind", "NA", ("US",), "l", "UTC", first_day="2026-11-01", last_day="2026-11-30"
)


def table(absent: str, kind: str = "text", disposition: str = "replace") -> TableSpec:
    return TableSpec.model_validate(
        {
            "write_disposition": disposition,
            "primary_key": ["id"],
            "day": "date",
            "columns": {
                "id": {"type": kind, "absent": absent},
                "date": "date",
                "sku": "text",
                "note": "text",
            },
        }
    )


def ids(spec: TableSpec, *rows: str) -> list[Any]:
    content = "\n".join(("id\tdate\tsku\tnote", *rows)).encode()
    stream = open_rows(
        spec, io.BytesIO(content), file_format=FileFormat(kind="tsv"), slice_=SLICE, on_reject=print
    )
    return [value for batch in stream for value in batch["id"].to_pylist()]


def test_a_word_a_date_or_a_number() -> None:
    assert ids(table("none"), "\t2026-11-20\ts\t", "7\t2026-11-20\ts\t") == ["none", "7"]
    assert ids(table("-1", "integer"), "\t2026-11-20\ts\t") == [-1]
    (day,) = ids(table("{date}", "date"), "\t2026-11-20\ts\t")
    assert day.isoformat() == "2026-11-20"


def test_other_columns_of_the_row() -> None:
    rows = ("\t2026-11-20\ts\t", "\t2026-11-20\t\t", "7\t2026-11-20\ts\t")
    assert ids(table("none-{sku}-{date}"), *rows) == ["none-s-2026-11-20", "none--2026-11-20", "7"]


def test_the_whole_row_counts_equal_ones_and_does_not_depend_on_their_place() -> None:
    one, other = "\t2026-11-20\ts\tx", "\t2026-11-20\ts\ty"
    first, second, twin = ids(table("none-{row}"), one, other, one)
    assert len({first, second, twin}) == 3 and twin == f"{first}-2"
    assert ids(table("none-{row}"), "9\t2026-11-20\ts\tx", other, one) == ["9", second, first]


def test_rows_that_go_to_the_database_as_text_are_the_same() -> None:
    content = b"id\tdate\tsku\tnote\n\t2026-11-20\ts\tx\n\t2026-11-20\ts\tx\n"
    spec, form = table("none-{row}-{note}"), FileFormat(kind="tsv")
    stream = open_rows(spec, io.BytesIO(content), file_format=form, slice_=SLICE, on_reject=print)
    (batch,) = stream.texts()
    assert isinstance(batch, pa.RecordBatch)
    assert batch["id"].to_pylist() == ids(spec, *content.decode().splitlines()[1:])


@pytest.mark.parametrize(
    ("absent", "kind", "disposition", "says"),
    [
        ("none", "integer", "replace", "not a value of type integer"),
        ("yes", "boolean", "replace", "must be a value"),
        ("none-{price}", "text", "replace", "cannot use 'price'"),
        ("none-{id}", "text", "replace", "cannot use 'id'"),
        ("none-{row}", "text", "merge", "name columns that never change"),
    ],
)
def test_what_cannot_stand_for_nothing(absent: str, kind: str, disposition: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        table(absent, kind, disposition)
