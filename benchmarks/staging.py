"""How fast a flat file becomes typed rows in Postgres, compared with a bare COPY of the same file.

    PYTHONPATH=include:plugins python benchmarks/staging.py       2,000,000 rows, three rounds
    ... --big              also the memory for a 5 GB file and a 50 MB one
    ... --conninfo ADDRESS another server, without valuable data

Prints JSON, and exits with 1 when a target is missed. Each step runs in a process of its own, whose peak
memory is reported:

- ``copy``: ``COPY FROM STDIN`` of the plain file into an unlogged typed table, bad rows skipped by the server
- ``stage``: our staging: the gzip stream from the archive into an equal temporary table, with rejects kept
- ``read_*``: reading alone, for files without quotes, with every field quoted, and csv; compared, in the same
    process, with decompressing the document and letting Arrow parse all its fields

Rounds alternate the steps. CPU seconds exclude imports; they are more reliable than seconds when other work
runs on the machine.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import hashlib
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.csv
from isal import igzip
from orders import (
    COLUMNS,
    ROWS_PER_PART,
    add_step_options,
    be_step,
    bench_rows,
    header,
    name_by_hash,
    open_packed,
    part,
    run_step,
    server,
    server_cpu_seconds,
    step_copy,
    write_file,
    write_packed,
)

from sellerops.destinations.postgres.staging import Staging
from sellerops.destinations.rejects import RejectSpool

MOST_CLIENT_CPU = 0.75
LEAST_RATIO, LEAST_BEST_RATIO = 0.8, 0.9
MOST_MEMORY_MB = 200
TEXT_FORMATS = ("unquoted", "quoted", "csv")


def step_stage(conninfo: str, path: Path) -> dict[str, Any]:
    with psycopg.connect(conninfo, autocommit=True) as connection, RejectSpool() as rejects:
        begun = time.perf_counter()
        with open_packed(path) as stream:
            rows = bench_rows(stream, rejects)
            connection.execute("SET TIME ZONE 'UTC'")
            staging = Staging(connection)
            staging.create(rows.schema)
            stored = staging.fill(rows.texts())
            seconds = time.perf_counter() - begun
            kinds = connection.execute(
                "SELECT array_agg(DISTINCT format_type(atttypid, NULL)) FROM pg_attribute "
                "WHERE attrelid = 'pg_temp.staged'::regclass AND attnum > 0"
            ).fetchone()
        assert stored + len(rejects) == rows.rows_in_file
        return {
            "seconds": seconds,
            "server_cpu_seconds": server_cpu_seconds(connection),
            "stored": stored,
            "rejected": len(rejects),
            "types": kinds and sorted(kinds[0]),
        }


# -- reading alone
# ---------------------------------------------------------------------------------------------------------


def write_quoting(path: Path, rows: int, kind: str) -> None:
    """Write the rows in one of ``TEXT_FORMATS`` as the archive's gzip."""
    digest = hashlib.sha256()
    with gzip.open(f"{path}.gz", "wb", compresslevel=3) as packed:
        for chunk in _chunks(rows, kind):
            digest.update(chunk)
            packed.write(chunk)
    name_by_hash(Path(f"{path}.gz"), digest.hexdigest())


def _chunks(rows: int, kind: str) -> Iterator[bytes]:
    yield _written(header(), kind)
    for first in range(0, rows, ROWS_PER_PART):
        yield _written(part(first, min(ROWS_PER_PART, rows - first)), kind)


def _written(lines: bytes, kind: str) -> bytes:
    if kind == "unquoted":
        return lines
    rows = [line.split("\t") for line in lines.decode().splitlines()]
    if kind == "quoted":
        return "".join(
            "\t".join('"' + value.replace('"', '""') + '"' for value in row) + "\r\n" for row in rows
        ).encode()
    out = _Lines()
    csv.writer(out).writerows(rows)
    return "".join(out.lines).encode()


class _Lines:
    """Collects what csv writes."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def write(self, line: str) -> None:
        self.lines.append(line)


def step_read(kind: str, path: Path) -> dict[str, Any]:
    """CPU seconds of reading a document, and of a bare parse of it."""
    bare = _spent(lambda: _bare_parse(path, kind))
    with RejectSpool() as rejects:
        found: list[int] = []

        def read() -> None:
            with open_packed(path) as stream:
                rows = bench_rows(stream, rejects, "csv" if kind == "csv" else "tsv")
                for _ in rows.texts():
                    pass
                found.append(rows.rows_in_file)

        ours = _spent(read)
        return {"cpu_seconds": ours, "bare_cpu_seconds": bare, "rows": found[0], "rejected": len(rejects)}


def _spent(work: Any) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


def _bare_parse(path: Path, kind: str) -> None:
    """Decompress the document and let Arrow split all fields, block by block."""
    names = list(COLUMNS)
    with igzip.open(Path(f"{path}.gz").resolve(), "rb") as stream:
        reader = pyarrow.csv.open_csv(
            pa.PythonFile(stream, mode="r"),
            read_options=pyarrow.csv.ReadOptions(use_threads=False, column_names=names, skip_rows=1),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter="," if kind == "csv" else "\t", quote_char=False if kind == "unquoted" else '"'
            ),
            convert_options=pyarrow.csv.ConvertOptions(column_types={name: pa.string() for name in names}),
        )
        for _ in reader:
            pass


STEPS = {
    "copy": step_copy,
    "stage": step_stage,
    **{f"read_{kind}": lambda _, path, kind=kind: step_read(kind, path) for kind in TEXT_FORMATS},
}


# -- all steps
# ---------------------------------------------------------------------------------------------------------


def measure(conninfo: str, directory: Path, rows: int, repeat: int) -> dict[str, Any]:
    path = directory / "orders.tsv"
    write_file(path, rows)
    rounds = [
        {name: run_step(__file__, name, conninfo, path) for name in ("copy", "stage")} for _ in range(repeat)
    ]
    copies, stages = [one["copy"] for one in rounds], [one["stage"] for one in rounds]
    figures: dict[str, Any] = {
        "rows": rows,
        "columns": len(COLUMNS),
        "megabytes": round(path.stat().st_size / 1e6, 1),
        "rejected": stages[0]["rejected"],
        "types": stages[0]["types"],
        "copy_rows_per_second": [round(rows / one["seconds"]) for one in copies],
        "stage_rows_per_second": [round(rows / one["seconds"]) for one in stages],
        "ratios": [
            round(copy["seconds"] / stage["seconds"], 3) for copy, stage in zip(copies, stages, strict=True)
        ],
        "copy_server_cpu_seconds": [one["server_cpu_seconds"] for one in copies],
        "stage_server_cpu_seconds": [one["server_cpu_seconds"] for one in stages],
        "stage_client_cpu_seconds": [one["cpu_seconds"] for one in stages],
        "client_cpu_of_copys_server_cpu": _parts(stages, copies),
        "stage_peak_rss_mb": max(one["peak_rss_mb"] for one in stages),
    }
    path.unlink()
    Path(f"{path}.gz").resolve().unlink()
    return figures


def _parts(stages: list[dict[str, Any]], copies: list[dict[str, Any]]) -> list[float]:
    """Our client's CPU relative to the server's for COPY, by round; empty for a remote server."""
    return [
        round(stage["cpu_seconds"] / copy["server_cpu_seconds"], 3)
        for stage, copy in zip(stages, copies, strict=True)
        if copy["server_cpu_seconds"]
    ]


def measure_formats(conninfo: str, directory: Path, rows: int, repeat: int) -> dict[str, Any]:
    """Reading rates of flat files in CPU seconds, and as a multiple of a bare parse."""
    figures = {}
    for kind in TEXT_FORMATS:
        path = directory / f"orders-{kind}"
        write_quoting(path, rows, kind)
        rounds = [run_step(__file__, f"read_{kind}", conninfo, path) for _ in range(repeat)]
        assert all(one["rows"] == rows for one in rounds), (kind, rounds)
        figures[kind] = {
            "rows_per_cpu_second": max(round(rows / one["cpu_seconds"]) for one in rounds),
            "times_bare_parse": [round(one["cpu_seconds"] / one["bare_cpu_seconds"], 2) for one in rounds],
        }
        Path(f"{path}.gz").resolve().unlink()
    return figures


def measure_memory(conninfo: str, directory: Path, sizes: tuple[int, ...]) -> dict[str, Any]:
    """Peak memory of staging files of ``sizes`` decoded MB."""
    peaks = {}
    for megabytes in sizes:
        path = directory / f"orders-{megabytes}"
        write_packed(Path(f"{path}.gz"), megabytes)
        figures = run_step(__file__, "stage", conninfo, path)
        peaks[f"{megabytes} MB"] = {
            "rows": figures["stored"] + figures["rejected"],
            "seconds": round(figures["seconds"], 1),
            "peak_rss_mb": figures["peak_rss_mb"],
        }
        Path(f"{path}.gz").resolve().unlink()
        Path(f"{path}.gz").unlink()
    return peaks


def missed_targets(figures: dict[str, Any]) -> list[str]:
    """The targets that were missed."""
    ratios = figures["ratios"]
    peaks = [figures["stage_peak_rss_mb"]]
    peaks += [each["peak_rss_mb"] for each in figures.get("memory", {}).values()]
    found = {
        f"client CPU above {MOST_CLIENT_CPU} of COPY's": max(
            figures["client_cpu_of_copys_server_cpu"], default=0
        )
        > MOST_CLIENT_CPU,
        f"best ratio below {LEAST_BEST_RATIO}": max(ratios) < LEAST_BEST_RATIO,
        f"a round's ratio below {LEAST_RATIO}": min(ratios) < LEAST_RATIO,
        f"more than {MOST_MEMORY_MB} MB": max(peaks) > MOST_MEMORY_MB,
    }
    return [what for what, is_missed in found.items() if is_missed]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--format-rows", type=int, default=300_000, help="rows of the reading part; 0: none")
    parser.add_argument("--repeat", type=int, default=3, help="rounds")
    parser.add_argument("--big", action="store_true", help="also the memory for 50 MB and 5 GB")
    parser.add_argument("--big-mb", type=int, default=5000, help="size of the large file of --big, in MB")
    parser.add_argument("--conninfo", help="a Postgres to use instead of an embedded one")
    add_step_options(parser, STEPS)
    options = parser.parse_args()
    if options.step:
        be_step(STEPS[options.step], options.file)
        return
    directory = Path(tempfile.mkdtemp(prefix="sellerops-bench-"))
    try:
        with server(options.conninfo, directory) as conninfo:
            figures = measure(conninfo, directory, options.rows, options.repeat)
            if options.format_rows:
                figures["reading"] = measure_formats(conninfo, directory, options.format_rows, options.repeat)
            if options.big:
                figures["memory"] = measure_memory(conninfo, directory, (50, options.big_mb))
            with psycopg.connect(conninfo) as connection:
                figures["postgres"] = connection.info.parameter_status("server_version")
            figures |= {"cpus": os.cpu_count(), "load_average": round(os.getloadavg()[0], 1)}
            figures["missed"] = missed_targets(figures)
            print(json.dumps(figures, indent=2, ensure_ascii=False))
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    sys.exit(1 if figures["missed"] else 0)


if __name__ == "__main__":
    main()
