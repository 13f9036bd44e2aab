"""How fast JSON and XML documents become typed rows in Postgres, compared with pandas and the plain reader.

    PYTHONPATH=include:plugins python benchmarks/formats.py [--rows 120000] [--rounds 3] [--only json,terms]

The documents: ``json``, ``jsonl`` and ``xml`` contain the loading benchmark's orders, 30 columns, one in a
thousand with a quantity in words; ``sales`` is a sales and traffic report by ASIN, ``terms`` search terms,
pretty printed, ``ads`` advertised products, built from the catalogue's specs. Each step runs in its own
process, and the steps of a round follow each other:

- ``ours``: the gzip stream from the archive into a typed staging table, with rejects split off and stored
- ``plain``: the same, with every item read one by one by the plain reader (JSON only)
- ``before``: with ``--before FOLDER``, like ``ours`` with the code of another checkout
- ``pandas``: what a script would do: read the whole file into a frame, then COPY the frame as CSV into an
  equal table of text

Prints JSON. Ratios, round by round, are of wall seconds and of the process's CPU seconds, which are more
reliable if other work runs on the machine. Exit code 1 if a round misses a target, if the staged rows or the
rejects of ``ours`` differ from those of ``plain``, or if ``ours`` needs more memory.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch
from xml.sax.saxutils import escape

import orders as base
import psycopg

from sellerops.destinations.postgres.staging import Staging
from sellerops.destinations.rejects import RejectSpool
from sellerops.formats import RowReject, open_rows
from sellerops.formats.paths import parse_path
from sellerops.settings.specs import ColumnType, FileFormat, TableSpec, load_spec

_PART = 20_000
# Two processes that read the same document may differ by a few pages of memory.
_MEMORY_NOISE = 1.05


@dataclass(frozen=True)
class Case:
    """A document: rows as a multiple of --rows, the reader, and the required speed-ups over other readers."""

    kind: str
    rows: float
    times_pandas: float
    times_plain: float | None
    times_before: float | None
    report: str | None = None
    indent: int | None = None


CASES = {
    "json": Case("json", 1, 2, 2, 2.5),
    "jsonl": Case("jsonl", 1, 2, 2, 2.5),
    "sales": Case("json", 1 / 3, 2, 2, 2.5, "sales_and_traffic"),
    "terms": Case("json", 2, 2, 3, 3, "search_terms_weekly", indent=2),
    "ads": Case("json", 1 / 2, 2, 2, 2.5, "sp_advertised_products"),
    "xml": Case("xml", 1, 2, None, None),
}
_ROWS_PATH = {"json": "orders", "xml": "Order"}


def table_of(case: Case) -> TableSpec:
    """The catalogue's table, or the 30 columns of the loading benchmark under their own names."""
    if case.report:
        return next(iter(load_spec(case.report).tables.values()))
    plain = base.bench_spec().tables["orders"].model_dump(by_alias=True, exclude_defaults=True)
    columns = {name: {**column, "from": name} for name, column in plain["columns"].items()}
    return TableSpec.model_validate({**plain, "columns": columns, "rows": _ROWS_PATH.get(case.kind, "")})


def orders(count: int) -> Iterator[dict[str, Any]]:
    """The loading benchmark's rows as objects."""
    for first in range(0, count, _PART):
        for line in base.part(first, min(_PART, count - first)).decode().split("\r\n"):
            if line:
                yield {
                    name: int(value) if base.COLUMNS[name] == "integer" and value.isdigit() else value
                    for name, value in zip(base.COLUMNS, line.split("\t"), strict=True)
                    if value
                }


def rows_of_report(table: TableSpec, count: int) -> Iterator[dict[str, Any]]:
    """Rows with a value for each column; outside the key, one value in eight is null or absent."""
    places = [
        (
            [step.key for step in parse_path(column.source or name, table.row_steps).steps],
            column.type,
            column.required or name in table.primary_key,
        )
        for name, column in table.read_columns.items()
    ]
    for number in range(count):
        row: dict[str, Any] = {}
        for place, (keys, column_type, is_needed) in enumerate(places):
            lot = 64 if is_needed else (number * 31 + place * 17) % 64
            if lot < 4:
                continue
            inner = row
            for key in keys[:-1]:
                inner = inner.setdefault(key, {})
            inner[keys[-1]] = None if lot < 8 else _value(column_type, number, place)
        yield row


def _value(column_type: ColumnType, number: int, place: int) -> Any:
    mixed = (number * 7919 + place * 104729) % 1_000_003
    if column_type is ColumnType.INTEGER:
        return mixed % 5000
    if column_type is ColumnType.DECIMAL:
        return mixed % 100_000 / 100
    if column_type is ColumnType.DATE:
        return "2026-11-19"
    return f"Kettle steel {number:08d}" if place % 3 else f"B0{number:08d}"


def write(name: str, path: Path, count: int) -> None:
    """Write the document, and a packed copy next to it."""
    case = CASES[name]
    table = table_of(case)
    rows = rows_of_report(table, count) if case.report else orders(count)
    with path.open("w", encoding="utf-8") as out:
        if case.kind == "xml":
            out.write('<?xml version="1.0" encoding="UTF-8"?>\n<Orders>\n')
            for row in rows:
                cells = "".join(f"<{key}>{escape(str(value))}</{key}>" for key, value in row.items())
                out.write(f"<Order>{cells}</Order>\n")
            out.write("</Orders>\n")
        else:
            texts = (json.dumps(row, ensure_ascii=False, indent=case.indent) for row in rows)
            if case.kind == "jsonl":
                out.writelines(f"{text}\n" for text in texts)
            else:
                steps = table.row_steps
                out.write("".join(f'{{"{step}": ' for step in steps) + "[")
                out.writelines(text if not place else f",\n{text}" for place, text in enumerate(texts))
                out.write("]" + "}" * len(steps) + "\n")
    with path.open("rb") as plain, gzip.open(f"{path}.gz", "wb", compresslevel=3) as packed:
        shutil.copyfileobj(plain, packed, 1 << 20)
    with path.open("rb") as plain:
        base.name_by_hash(Path(f"{path}.gz"), hashlib.file_digest(plain, "sha256").hexdigest())


def step_ours(conninfo: str, name: str, path: Path) -> dict[str, Any]:
    refused = hashlib.md5()
    with psycopg.connect(conninfo, autocommit=True) as connection, RejectSpool() as rejects:

        def refuse(row: RowReject) -> None:
            refused.update(repr(row).encode("utf-8", "backslashreplace"))
            rejects.add(row)

        begun = time.perf_counter(), time.process_time()
        with base.open_packed(path) as stream:
            found = open_rows(
                table_of(CASES[name]),
                stream,
                file_format=FileFormat.model_validate({"kind": CASES[name].kind}),
                slice_=base.bench_slice(),
                content_type="text/plain; charset=utf-8",
                on_reject=refuse,
            )
            connection.execute("SET TIME ZONE 'UTC'")
            staging = Staging(connection)
            staging.create(found.schema)
            stored = staging.fill(found.texts())
        return {
            **_since(begun),
            "stored": stored,
            "rejected": len(rejects),
            "peak_mb": base.peak_rss_mb(),
            "rows": _digest(connection),
            "rejects": refused.hexdigest(),
        }


def step_plain(conninfo: str, name: str, path: Path) -> dict[str, Any]:
    from sellerops.formats import json_splitting

    with patch.object(json_splitting, "MOST_REFUSED", 0):
        return step_ours(conninfo, name, path)


def step_pandas(conninfo: str, name: str, path: Path) -> dict[str, Any]:
    import pandas

    readers: dict[str, Callable[[Any], Any]] = {
        "json": lambda file: pandas.DataFrame(json.load(file)["orders"]).astype(str),
        "jsonl": lambda file: pandas.read_json(file, lines=True, dtype=str),
        "xml": lambda file: pandas.read_xml(file, parser="etree", dtype=str),
        "sales": lambda file: pandas.json_normalize(json.load(file)["salesAndTrafficByAsin"]),
        "terms": lambda file: pandas.DataFrame(json.load(file)["dataByDepartmentAndSearchTerm"]),
        "ads": lambda file: pandas.DataFrame(json.load(file)),
    }
    begun = time.perf_counter(), time.process_time()
    with gzip.open(f"{path}.gz", "rb") as stream:
        frame = readers[name](stream)
    buffer = io.StringIO()
    frame.to_csv(buffer, index=False, header=False)
    columns = ", ".join(f'"{column}" text' for column in frame.columns)
    with psycopg.connect(conninfo, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_pandas")  # type: ignore[arg-type]
        cursor.execute(f"CREATE UNLOGGED TABLE bench_pandas ({columns})")  # type: ignore[arg-type]
        with cursor.copy("COPY bench_pandas FROM STDIN (FORMAT csv)") as copy:
            copy.write(buffer.getvalue())
    return {**_since(begun), "stored": len(frame), "rejected": 0, "peak_mb": base.peak_rss_mb()}


def _since(begun: tuple[float, float]) -> dict[str, float]:
    return {"seconds": time.perf_counter() - begun[0], "cpu": time.process_time() - begun[1]}


def _digest(connection: psycopg.Connection[Any]) -> str:
    """A digest of all staged rows, in the document's order."""
    found = connection.execute(
        "SELECT md5(string_agg(md5(staged::text), '' ORDER BY source_line)) FROM pg_temp.staged"
    ).fetchone()
    assert found is not None
    return str(found[0])


STEPS = {"ours": step_ours, "before": step_ours, "plain": step_plain, "pandas": step_pandas}
_ADDRESS = "SELLEROPS_BENCH_CONNINFO"


def run_step(step: str, conninfo: str, name: str, path: Path, checkout: Path | None = None) -> dict[str, Any]:
    """Run one step in a new process, with the code of ``checkout`` if given."""
    environment = {**os.environ, _ADDRESS: conninfo}
    if checkout:
        environment["PYTHONPATH"] = os.pathsep.join(str(checkout / each) for each in ("include", "plugins"))
    done = subprocess.run(
        [sys.executable, __file__, "--step", step, "--only", name, "--file", str(path)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def measure(
    conninfo: str, folder: Path, name: str, count: int, rounds: int, before: Path | None
) -> dict[str, Any]:
    """Measure one document and return its figures."""
    case, path = CASES[name], folder / "documents" / name
    path.parent.mkdir(exist_ok=True)
    write(name, path, count)
    left_out = {"plain": not case.times_plain, "before": before is None}
    steps = [step for step in STEPS if not left_out.get(step)]
    found = [
        {step: run_step(step, conninfo, name, path, before if step == "before" else None) for step in steps}
        for _ in range(rounds)
    ]
    megabytes = path.stat().st_size / 1e6
    shutil.rmtree(path.parent)
    best = {step: min((one[step] for one in found), key=lambda each: each["cpu"]) for step in steps}
    figures: dict[str, Any] = {
        "rows": count,
        "megabytes": round(megabytes, 1),
        "rows_per_second": round(count / min(one["ours"]["seconds"] for one in found)),
        "rejected": best["ours"]["rejected"],
        "cpu_microseconds_a_row": {step: round(best[step]["cpu"] / count * 1e6, 1) for step in steps},
        "peak_mb": {step: max(one[step]["peak_mb"] for one in found) for step in steps},
        "missed": [],
    }
    targets = {"pandas": case.times_pandas, "plain": case.times_plain, "before": case.times_before}
    for other in steps[1:]:
        ratios = [round(one[other]["seconds"] / one["ours"]["seconds"], 2) for one in found]
        figures[f"times_{other}"] = ratios
        figures[f"times_{other}_by_cpu"] = [round(one[other]["cpu"] / one["ours"]["cpu"], 2) for one in found]
        target = targets[other]
        if target and min(ratios) < target:
            figures["missed"].append(f"{target} times {other}")
    figures["missed"] += _differences(found, count)
    return figures


def _differences(found: list[dict[str, dict[str, Any]]], count: int) -> list[str]:
    """The results that must be equal but differ."""
    missed = []
    for one in found:
        ours, plain = one["ours"], one.get("plain", one["ours"])
        if ours["stored"] + ours["rejected"] != count:
            missed.append("every row is stored or rejected")
        if ours["rows"] != plain["rows"] or ours["rejects"] != plain["rejects"]:
            missed.append("the same rows and rejects as the plain reader's")
        if ours["peak_mb"] > plain["peak_mb"] * _MEMORY_NOISE:
            missed.append("no more memory than the plain reader")
    return missed


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=120_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default=",".join(CASES), help="documents, parted by commas")
    parser.add_argument(
        "--before", type=Path, help="a checkout of an earlier state, measured beside this one"
    )
    parser.add_argument("--step", choices=sorted(STEPS), help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        print(json.dumps(STEPS[options.step](os.environ[_ADDRESS], options.only, options.file)))
        return 0
    folder = Path(tempfile.mkdtemp(prefix="sellerops-bench-"))
    try:
        with base.server(None, folder) as conninfo:
            figures = {
                name: measure(
                    conninfo,
                    folder,
                    name,
                    int(options.rows * CASES[name].rows),
                    options.rounds,
                    options.before,
                )
                for name in options.only.split(",")
            }
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(figures, indent=2))
    return int(any(each["missed"] for each in figures.values()))


if __name__ == "__main__":
    sys.exit(main())
