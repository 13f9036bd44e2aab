"""JSON read by the block gives what JSON read item by item gives, whatever it contains."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from unit.sellerops.formats.helpers import bench_slice, table

from sellerops.base.errors import SellerOpsError
from sellerops.formats import RowReject, json_splitting, json_stream, open_rows, tree_rows
from sellerops.formats.casts import cast_column
from sellerops.formats.rows import RowStream, TextRows
from sellerops.formats.value_rules import JSON_DECIMAL, ValueRules
from sellerops.settings.specs import FileFormat, TableSpec

COLUMNS: dict[str, Any] = {
    "sku": {"type": "text", "from": "sku"},
    "units": {"type": "integer", "from": "units"},
    "price": {"type": "decimal", "from": "price"},
    "flag": {"type": "boolean", "from": "isPrime"},
    "day": {"type": "date", "from": "day"},
    "at": {"type": "timestamp", "from": "sales.at"},
    "amount": {"type": "decimal", "from": "sales.total.amount"},
    "currency": {"type": "text", "from": "sales.total.currency"},
    "views": {"type": "integer", "from": "traffic.views"},
}
ROW = ("sku", "units", "price", "isPrime", "day", "sales", "traffic")
ABOVE = {"type": "text", "from": "/head.name"}
SHAPES: dict[str, tuple[str, TableSpec]] = {
    "list": ("json", table(COLUMNS)),
    "no key": ("json", table(COLUMNS, write_disposition="snapshot", primary_key=())),
    "filled": (
        "json",
        table(
            COLUMNS
            | {
                "sku": {"type": "text", "from": "sku", "absent": "none"},
                "units": {"type": "integer", "from": "units", "absent": "0"},
            },
            primary_key=("sku", "units"),
        ),
    ),
    "below": ("json", table(COLUMNS | {"head": ABOVE}, rows="report.items")),
    "deeper": ("json", table(COLUMNS | {"head": {**ABOVE, "from": "/report.name"}}, rows="report.items")),
    "lines": ("jsonl", table(COLUMNS)),
    "pages": ("jsonl", table(COLUMNS | {"head": {**ABOVE, "from": "/request.name"}}, rows="items")),
    "peculiar": (
        "json",
        table(
            COLUMNS
            | {
                "first": {"type": "text", "from": "list[0].x"},
                "every": {"type": "decimal", "from": "list[*].n"},
                "whole": {"type": "text", "from": "whole[]"},
                "views": {"type": "integer", "from": "traffic.views", "also": ["traffic.seen"]},
            }
        ),
    ),
}
PLAIN = {
    "sku": ['"a"', '"b-1"', '"\\u00e9"', '"日本"'],
    "units": ["1", "22", "0", "-7"],
    "price": ["1.50", "12", '"3.20"', "-0.5"],
    "isPrime": ["true", "false"],
    "day": ['"2026-11-03"'],
    "sales": [
        '{"at": "2026-11-03T10:00:00Z", "total": {"amount": 1.10, "currency": "EUR"}}',
        '{"total": {"currency": "USD", "amount": 2}}',
        "null",
    ],
    "traffic": ['{"views": 7}', "{}", "null"],
}
ODD = [
    *("1e5", "-0", "-0.0", "-0e3", "1E400", "1e-7", "9" * 25, "12345678901234567890", "7" * 5000),
    *("0.1234567890123456789012345678901234567890", '"1e5"', '"-0"', '"x -0 y"', '"007"', '"NaN"', '" 5 "'),
    *(
        '"\\u0000"',
        '"\\ud800"',
        '"\\udc00x"',
        '"\\ud83d\\ude00"',
        '"\\ufffd"',
        '"\ufffd"',
        '"\\u0001"',
        '"\x7f"',
    ),
    *('"tab\\there"', '"line\\nbreak"', '"a\\": 5,"', '": x"', '"1  : 2"', '"\\u0022: "', '"},{"', '""'),
    *("true", "false", "null", "[]", "[1, -0]", '["a", 1.50, null]', '[{"x": 1, "n": 2}]', "{}", "[[[]]]"),
    *('{"x": 1}', '{"views": 1, "views": 2}', '{"total": {"amount": 1, "\\u0061mount": 2}}', '{"seen": 3}'),
    *('"1,234.50"', '"null"', '",null"', '"],["', '"[5]"', '"5null5"', '[{"email": "a@b"}, {"x": 1}]'),
    *('{"total": null}', '{"total": 5}', '{"total": []}', '[{"email": "a@b"}]', "[" * 150 + "]" * 150),
]
BROKEN = ["NaN", "-", "01", "tru", '"\\x"', '"\t"', "1.", "[1,]", '{"a" 1}', "'a'", "Infinity", '"a']
# Making documents takes long on a busy machine.
PATIENT = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
KEYS = [
    *ROW,
    "list",
    "whole",
    "new",
    "new.x",
    "email",
    "",
    "\\u0001",
    "a\\u0001",
    "s\\u006bu",
    'q\\"',
    "sku ",
]


@dataclass
class Outcome:
    """What a document was read to."""

    rows: list[dict[str, Any]]
    rejects: list[RowReject]
    drift: Any
    counts: tuple[int, int]
    error: tuple[str, str] | None


def outcome(shape: str, content: bytes, *, as_text: bool = False) -> Outcome:
    kind, spec = SHAPES[shape]
    rejects: list[RowReject] = []
    rows: list[dict[str, Any]] = []
    error, stream = None, None
    try:
        stream = open_rows(
            spec,
            io.BytesIO(content),
            file_format=FileFormat.model_validate({"kind": kind}),
            slice_=bench_slice(),
            on_reject=rejects.append,
            where="the document",
        )
        for row in _texts(stream) if as_text else (row for batch in stream for row in batch.to_pylist()):
            rows.append({name: value for name, value in row.items() if value is not None})
    except SellerOpsError as caught:
        error = (type(caught).__name__, str(caught))
    return Outcome(
        rows,
        sorted(rejects, key=lambda each: each.source_line),
        stream and (list(stream.drift.added.items()), stream.drift),
        (stream.rows_in_file, stream.marked_texts) if stream else (0, 0),
        error,
    )


def _texts(stream: RowStream) -> Iterator[dict[str, Any]]:
    """Rows for a destination that reads text, typed as it would."""
    types = {name: column["type"] for _, spec in SHAPES.values() for name, column in _columns(spec).items()}
    for part in stream.texts():
        if not isinstance(part, TextRows):
            yield from part.to_pylist()
            continue
        fields = [line.decode().removesuffix("\n").split("\t") for line in part.lines.to_pylist()]
        for values, system in zip(fields, part.system.to_pylist(), strict=True):
            found: dict[str, Any] = dict(system)
            for name, text in zip(part.columns, values, strict=True):
                found[name] = _typed(text, types.get(name))
            yield found


def _columns(spec: TableSpec) -> dict[str, Any]:
    return {name: {"type": column.type} for name, column in spec.columns.items()}


def _typed(text: str, column_type: Any) -> Any:
    import pyarrow as pa

    if not text or column_type is None:
        return text or None
    cast = cast_column(pa.array([text]), column_type, ValueRules(decimal=JSON_DECIMAL))
    assert not cast.failures
    return cast.values[0].as_py()


@contextmanager
def small_blocks(size: int = 200, batch: int = 2, most_refused: int = 1000) -> Iterator[None]:
    """As many blocks as can be made of a small document."""
    with (
        patch.object(json_stream, "CHUNK", size),
        patch.object(tree_rows, "BATCH_ITEMS", batch),
        patch.object(json_splitting, "MOST_REFUSED", most_refused),
    ):
        yield


def item_by_item(shape: str, content: bytes, *, batch: int = 2) -> Outcome:
    with small_blocks(most_refused=0, batch=batch):
        return outcome(shape, content)


@st.composite
def items(draw: st.DrawFn, odd: list[str]) -> str:
    colon = draw(st.sampled_from([": ", ":", " : ", "  :  ", " :"]))
    comma = draw(st.sampled_from([", ", ",", ",\t", " , "]))
    keys = draw(st.lists(st.sampled_from(ROW), unique=True, min_size=3, max_size=7))
    keys = sorted(keys, key=ROW.index) if draw(st.booleans()) else keys
    pairs = [(key, draw(st.sampled_from(PLAIN[key]))) for key in keys]
    if draw(st.integers(0, 5)) == 0:
        pairs.insert(
            draw(st.integers(0, len(pairs))), (draw(st.sampled_from(KEYS)), draw(st.sampled_from(odd)))
        )
    return "{" + comma.join(f'"{key}"{colon}{value}' for key, value in pairs) + "}"


@st.composite
def documents(draw: st.DrawFn, shape: str, odd: list[str] = ODD, most: int = 25) -> bytes:
    found = draw(st.lists(items(odd), max_size=most))
    if found and draw(st.integers(0, 9)) == 0:
        found[draw(st.integers(0, len(found) - 1))] = draw(st.sampled_from(odd))
    if shape == "lines":
        return draw(st.sampled_from(["\n", "\r\n", "\n\n"])).join(found).encode()
    comma = draw(st.sampled_from([",", ",\n", ", ", "\n  ,\n  "]))
    if shape == "pages":
        parts = [found[at : at + 4] for at in range(0, len(found), 4)]
        token = draw(st.sampled_from(['"a": 1', '"nextToken": "t"']))
        return "\n".join(
            f'{{"request": {{"name": "n", {token}}}, "items": [{comma.join(part)}]}}' for part in parts
        ).encode()
    rows = f"[{comma.join(found)}]"
    if shape == "below":
        return (
            f'{{"head": {{"name": "x"}}, "report": {{"other": {rows}, "items": {rows}, "tail": 1}}}}'.encode()
        )
    if shape == "deeper":
        entries = [
            f'{{"name": "{n % 3}", "items": [{comma.join(found[n : n + 3])}]}}'
            for n in range(0, len(found), 3)
        ]
        return f'{{"report": [{comma.join(entries)}]}}'.encode()
    return rows.encode()


def same(shape: str, content: bytes, size: int, batch: int) -> None:
    plain = item_by_item(shape, content, batch=batch)
    with small_blocks(size, batch):
        found, as_texts = outcome(shape, content), outcome(shape, content, as_text=True)
    assert found.error == as_texts.error == plain.error
    if plain.error:
        return
    assert found == plain
    assert sorted(map(repr, map(_sorted, as_texts.rows))) == sorted(map(repr, map(_sorted, plain.rows)))
    assert as_texts.rejects == plain.rejects


def _sorted(row: dict[str, Any]) -> list[tuple[str, Any]]:
    return sorted((name, str(value)) for name, value in row.items())


@pytest.mark.parametrize("shape", SHAPES)
@given(data=st.data(), size=st.sampled_from([80, 300, 1500]), batch=st.integers(1, 3))
@PATIENT
def test_blocks_give_what_items_give(shape: str, data: st.DataObject, size: int, batch: int) -> None:
    same(shape, data.draw(documents(shape)), size, batch)


@pytest.mark.parametrize("shape", ["list", "below", "lines", "pages"])
@given(data=st.data(), size=st.sampled_from([80, 300]))
@PATIENT
def test_what_is_no_json_ends_in_the_same_error(shape: str, data: st.DataObject, size: int) -> None:
    sound = data.draw(documents(shape, ODD[:3]))
    broken = data.draw(documents(shape, BROKEN))
    end = data.draw(st.integers(0, len(sound)))
    damages = [broken, sound[:end]]
    # Of two defects the one read first is reported, and blocks are read further ahead.
    if not item_by_item(shape, sound).error:
        damages.append(sound[:end] + b"\xff" + sound[end:])
    for damaged in damages:
        with small_blocks(size):
            found = outcome(shape, damaged)
        plain = item_by_item(shape, damaged)
        assert found.error == plain.error
        if not found.error:
            assert found == plain
