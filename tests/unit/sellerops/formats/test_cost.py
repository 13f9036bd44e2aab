"""What reading a flat file may cost, in looks at it and beside the least that any reader must do."""

from __future__ import annotations

import gzip
import hashlib
import io
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pytest
from isal import igzip
from unit.sellerops.formats.helpers import bench_slice, table

from sellerops.archive import Archive
from sellerops.formats import open_rows, quoted
from sellerops.formats.blocks import BLOCK_BYTES
from sellerops.formats.quote_marks import QuoteMarks
from sellerops.settings.specs import FileFormat

SPEC = table(
    {"order_id": "text", "at": "timestamp", "quantity": "integer", "price": "decimal", "tax": "decimal"}
    | {f"text_{n}": "text" for n in range(15)},
)
_QUIET = 5


def rows(count: int, *, quote: str = "") -> bytes:
    names = list(SPEC.columns)
    lines = [[name.replace("_", "-") for name in names]]
    for n in range(count):
        values = [
            f"{n:012}",
            f"2026-11-{n % 28 + 1:02}T08:{n % 60:02}:00+00:00",
            str(n % 7),
            f"{n % 97}.{n % 100:02}",
        ]
        lines.append([*values, "0.50" if n % 3 else "", *(f"Text {place} of {n}" for place in range(15))])
    return "".join("\t".join(f"{quote}{value}{quote}" for value in line) + "\r\n" for line in lines).encode()


def read(stream: io.BufferedIOBase) -> int:
    found = open_rows(
        SPEC,
        stream,  # type: ignore[arg-type]
        file_format=FileFormat.model_validate({"kind": "tsv"}),
        slice_=bench_slice(),
        on_reject=lambda row: pytest.fail(str(row)),
    )
    for _ in found.texts():
        pass
    return found.rows_in_file


def test_the_quotes_of_a_block_are_looked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []

    class Counted(QuoteMarks):
        @classmethod
        def of(cls, data: bytes) -> QuoteMarks:
            looks.append(len(data))
            return QuoteMarks.of(data)

    monkeypatch.setattr(quoted, "QuoteMarks", Counted)
    content = rows(20_000, quote='"')
    assert read(io.BytesIO(content)) == 20_000
    assert len(content) > 3 * BLOCK_BYTES
    assert 0.9 * len(content) < sum(looks) < 1.2 * len(content)


def test_reading_costs_a_few_times_what_unpacking_and_parting_the_fields_costs(tmp_path: Path) -> None:
    """CPU time of one thread, side by side in this process: other work on the machine delays both."""
    content = rows(40_000)
    path = tmp_path / f"{hashlib.sha256(content).hexdigest()}.gz"
    path.write_bytes(gzip.compress(content, 3))

    def bare() -> None:
        with igzip.open(path) as stream:
            text = stream.read()
        pa.csv.read_csv(
            pa.py_buffer(text),
            read_options=pa.csv.ReadOptions(use_threads=False, block_size=len(text) + 1),
            parse_options=pa.csv.ParseOptions(delimiter="\t", quote_char=False),
            convert_options=pa.csv.ConvertOptions(
                column_types={name.replace("_", "-"): pa.string() for name in SPEC.columns}
            ),
        )

    def ours() -> None:
        with Archive(str(tmp_path)).open(path.as_uri()) as stream:
            assert read(stream) == 40_000  # type: ignore[arg-type]

    least, spent = zip(*((_spent(bare), _spent(ours)) for _ in range(_QUIET)), strict=True)
    # It is 1.5 to 2 times; one more look at every value by Python alone would be 10.
    assert min(spent) < 6 * min(least)


def _spent(work: Callable[[], None]) -> float:
    begun = time.thread_time()
    work()
    return time.thread_time() - begun
