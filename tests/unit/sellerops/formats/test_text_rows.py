"""Rows passed on as text have the same values as typed rows, whatever they contain."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pyarrow as pa
import pytest
from unit.sellerops.formats.helpers import bench_slice, table

from sellerops.destinations.postgres.copy_text import copy_columns, copy_text
from sellerops.formats import open_rows
from sellerops.formats.rows import RowReject, Rows, TextRows
from sellerops.formats.tree_rows import BATCH_ITEMS
from sellerops.settings.specs import FileFormat

COLUMNS = {"sku": {"required": True}, "name": "text", "n": "integer", "price": "decimal", "at": "timestamp"}
SPEC = table(COLUMNS)
PLAIN = {"name": 'Müsli, 6" "best"', "n": 3, "price": 1.5, "at": "2026-11-02T03:04:05Z"}


def opened(kind: str, items: list[dict[str, Any]], rejects: list[RowReject]) -> Any:
    if kind == "csv":
        out = io.StringIO(newline="")
        writer = csv.DictWriter(out, list(COLUMNS))
        writer.writeheader()
        writer.writerows(items)
        content = out.getvalue()
    else:
        content = "\n".join(json.dumps(item) for item in items) + "\n"
    return open_rows(
        SPEC,
        io.BytesIO(content.encode()),
        file_format=FileFormat.model_validate({"kind": kind}),
        slice_=bench_slice(),
        on_reject=rejects.append,
    )


def said(rows: Rows) -> list[dict[str, str]]:
    names = copy_columns(rows)
    text = bytes(copy_text(rows, b"\n")).decode()
    reader = csv.reader(io.StringIO(text, newline=""), delimiter="\t", quotechar="\b")
    return [{name: value for name, value in zip(names, row, strict=True) if value} for row in reader]


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
@pytest.mark.parametrize(
    ("values", "is_text"),
    [
        ({}, True),
        ({"name": "a\tb\r\nc\bd"}, False),
        ({"name": "", "n": ""}, True),
        ({"price": "0.12345678901234567"}, True),
        ({"at": "2026-11-02T03Z"}, False),
    ],
    ids=["plain", "what parts fields", "nothing", "many digits", "an hour"],
)
def test_text_says_what_types_say(kind: str, values: dict[str, Any], is_text: bool) -> None:
    items = [
        {"sku": "a", **PLAIN},
        {"sku": "b", **PLAIN, **values},
        {"sku": "", **PLAIN},
        {"sku": "d", "n": "many"},
    ]
    text_rejects: list[RowReject] = []
    rejects: list[RowReject] = []
    texts = list(opened(kind, items, text_rejects).texts())
    assert [isinstance(rows, TextRows) for rows in texts] == [is_text]
    typed = [row for batch in opened(kind, items, rejects) for row in said(batch)]
    times = {"2026-11-02 03:04:05.000000Z": PLAIN["at"]}
    plain = [{name: times.get(value, value) for name, value in row.items()} for row in typed]
    assert [row for rows in texts for row in said(rows)] == (plain if is_text else typed)
    assert len(plain) == 2 and text_rejects == rejects and len(rejects) == 2


def test_rows_with_a_new_column_are_typed_and_the_next_are_text_again() -> None:
    items = [{"sku": str(number), **PLAIN} for number in range(3 * BATCH_ITEMS)]
    items[BATCH_ITEMS]["late"] = items[-1]["late"] = "x"
    first, second, third = opened("jsonl", items, []).texts()
    assert isinstance(first, TextRows) and isinstance(second, pa.RecordBatch) and isinstance(third, TextRows)
    assert "late" not in first.columns and "late" in second.schema.names and "late" in third.columns
    assert said(third)[-1]["late"] == "x"
