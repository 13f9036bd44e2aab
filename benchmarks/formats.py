"""How fast each format becomes typed rows in Postgres, beside a bare COPY and beside pandas.

    PYTHONPATH=include:plugins python benchmarks/formats.py [--rows 300000] [--rounds 2]

The same rows of 30 columns are written once in every format. Each step runs in a process of its own:

- ``copy``: ``COPY FROM STDIN`` of the plain flat file into a typed table: what Postgres itself can do
- ``ours``: the gzip stream from the archive into an equal typed staging table, rejects split off and kept
- ``pandas``: what a script does: read the whole file, then COPY the frame as CSV into an equal table of text

Prints JSON; rows/s, MB/s of decoded bytes, peak memory, and our rate as a part of COPY's in the same round.
The best round counts, all ratios are shown.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO
from xml.sax.saxutils import escape

import orders as base
import psycopg

from sellerops.destinations.postgres.staging import Staging
from sellerops.destinations.rejects import RejectSpool
from sellerops.formats import open_rows
from sellerops.specs import FileFormat, TableSpec

FORMATS = ("tsv", "csv", "json", "jsonl", "xml")
_ROWS_PATH = {"json": "orders", "xml": "Order"}
_PART = 20_000


def table_of(kind: str) -> TableSpec:
    """The 30 columns of the loading benchmark; in JSON and XML each under its own name."""
    plain = base.bench_spec().tables["orders"].model_dump(by_alias=True, exclude_defaults=True)
    columns = {name: {**column} for name, column in plain["columns"].items()}
    if kind in ("json", "jsonl", "xml"):
        columns = {name: {**column, "from": name} for name, column in columns.items()}
    return TableSpec.model_validate({**plain, "columns": columns, "rows": _ROWS_PATH.get(kind, "")})


def rows(count: int) -> Iterator[list[str]]:
    """The benchmark's rows as fields."""
    for first in range(0, count, _PART):
        for line in base.part(first, min(_PART, count - first)).decode().split("\r\n"):
            if line:
                yield line.split("\t")


def write(kind: str, path: Path, count: int) -> None:
    """The file in one format."""
    names = list(base.COLUMNS)
    with path.open("w", encoding="utf-8", newline="") as out:
        if kind == "tsv":
            out.write(base.header().decode())
            out.writelines("\t".join(row) + "\r\n" for row in rows(count))
        elif kind == "csv":
            writer = csv.writer(out)
            writer.writerow(base.header().decode().strip().split("\t"))
            writer.writerows(rows(count))
        elif kind == "xml":
            out.write('<?xml version="1.0" encoding="UTF-8"?>\n<Orders>\n')
            for row in rows(count):
                cells = "".join(f"<{n}>{escape(v)}</{n}>" for n, v in zip(names, row, strict=True) if v)
                out.write(f"<Order>{cells}</Order>\n")
            out.write("</Orders>\n")
        else:
            texts = (json.dumps(_json_row(names, row), ensure_ascii=False) for row in rows(count))
            if kind == "jsonl":
                out.writelines(text + "\n" for text in texts)
            else:
                out.write('{"orders": [')
                out.writelines(text if not n else f",\n{text}" for n, text in enumerate(texts))
                out.write("]}\n")
    with path.open("rb") as plain, gzip.open(f"{path}.gz", "wb", compresslevel=3) as packed:
        shutil.copyfileobj(plain, packed, 1 << 20)


def _json_row(names: list[str], row: list[str]) -> dict[str, Any]:
    return {
        name: int(value) if base.COLUMNS[name] == "integer" and value.isdigit() else value
        for name, value in zip(names, row, strict=True)
        if value
    }


def step_copy(conninfo: str, path: Path) -> dict[str, Any]:
    return base.step_copy(conninfo, path.with_suffix(".tsv"))


def step_ours(conninfo: str, path: Path) -> dict[str, Any]:
    kind = path.suffix[1:]
    with psycopg.connect(conninfo, autocommit=True) as connection, RejectSpool() as rejects:
        begun = time.perf_counter()
        with base.open_packed(path) as stream:
            stored = _stage(connection, kind, stream, rejects)
        return {"seconds": time.perf_counter() - begun, "stored": stored, "rejected": len(rejects)}


def _stage(connection: psycopg.Connection[Any], kind: str, stream: BinaryIO, rejects: RejectSpool) -> int:
    found = open_rows(
        table_of(kind),
        stream,
        file_format=FileFormat.model_validate({"kind": kind}),
        piece=base.bench_slice(),
        content_type="text/plain; charset=utf-8",
        on_reject=rejects.add,
    )
    connection.execute("SET TIME ZONE 'UTC'")
    staging = Staging(connection)
    staging.create(found.schema)
    return staging.fill(found.texts())


def step_pandas(conninfo: str, path: Path) -> dict[str, Any]:
    import pandas

    readers: dict[str, Callable[[Any], Any]] = {
        "tsv": lambda file: pandas.read_csv(file, sep="\t", dtype=str, quoting=csv.QUOTE_NONE),
        "csv": lambda file: pandas.read_csv(file, dtype=str),
        "json": lambda file: pandas.DataFrame(json.load(file)["orders"]).astype(str),
        "jsonl": lambda file: pandas.read_json(file, lines=True, dtype=str),
        "xml": lambda file: pandas.read_xml(file, parser="etree", dtype=str),
    }
    begun = time.perf_counter()
    with gzip.open(f"{path}.gz", "rb") as stream:
        frame = readers[path.suffix[1:]](stream)
    buffer = io.StringIO()
    frame.to_csv(buffer, index=False, header=False)
    columns = ", ".join(f'"{name}" text' for name in frame.columns)
    with psycopg.connect(conninfo, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_pandas")  # type: ignore[arg-type]
        cursor.execute(f"CREATE UNLOGGED TABLE bench_pandas ({columns})")  # type: ignore[arg-type]
        with cursor.copy("COPY bench_pandas FROM STDIN (FORMAT csv)") as copy:
            copy.write(buffer.getvalue())
    return {"seconds": time.perf_counter() - begun, "stored": len(frame), "rejected": 0}


STEPS = {"copy": step_copy, "ours": step_ours, "pandas": step_pandas}
_ADDRESS = "SELLEROPS_BENCH_CONNINFO"


def run_step(name: str, conninfo: str, path: Path) -> dict[str, Any]:
    """One step in a fresh process."""
    done = subprocess.run(
        [sys.executable, __file__, "--step", name, "--file", str(path)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, _ADDRESS: conninfo},
    )
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def measure(conninfo: str, folder: Path, count: int, rounds: int) -> dict[str, Any]:
    write("tsv", folder / "orders.tsv", count)
    figures: dict[str, Any] = {}
    for kind in FORMATS:
        path = folder / f"orders.{kind}"
        if kind != "tsv":
            write(kind, path, count)
        found = [{name: run_step(name, conninfo, path) for name in STEPS} for _ in range(rounds)]
        best = {name: min((one[name] for one in found), key=lambda each: each["seconds"]) for name in STEPS}
        megabytes = path.stat().st_size / 1e6
        ours, other = best["ours"], best["pandas"]
        assert ours["stored"] + ours["rejected"] == count, (kind, ours)
        figures[kind] = {
            "megabytes": round(megabytes, 1),
            "rows_per_second": round(count / ours["seconds"]),
            "mb_per_second": round(megabytes / ours["seconds"], 1),
            "of_copy": [round(one["copy"]["seconds"] / one["ours"]["seconds"], 2) for one in found],
            "times_pandas": round(other["seconds"] / ours["seconds"], 2),
            "peak_mb": ours["peak_rss_mb"],
            "pandas_peak_mb": other["peak_rss_mb"],
            "rejected": ours["rejected"],
        }
        if kind != "tsv":
            path.unlink()
            Path(f"{path}.gz").unlink()
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--step", choices=sorted(STEPS), help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        found = STEPS[options.step](os.environ[_ADDRESS], options.file)
        print(json.dumps({**found, "peak_rss_mb": base.peak_rss_mb()}))
        return
    folder = Path(tempfile.mkdtemp(prefix="sellerops-bench-"))
    try:
        with base.server(None, folder) as conninfo:
            print(json.dumps(measure(conninfo, folder, options.rows, options.rounds), indent=2))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
