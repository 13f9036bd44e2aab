"""How fast a report reaches its table, beside what Postgres itself can do with the same file.

    PYTHONPATH=include:plugins python benchmarks/load.py          2,000,000 rows, three rounds
    ... --big              also the memory for a 5 GB file beside a 50 MB one
    ... --conninfo ADDRESS another server; it must hold no data of worth in schema bench

Prints JSON. Each step runs in a process of its own, whose peak memory is told with it:

- ``copy``: ``COPY FROM STDIN`` of the plain file into an unlogged typed table, bad rows skipped by the server
- ``stage``: ours: the gzip stream from the archive into an equal unlogged table, rejects split off and kept
- ``plain_merge``: that COPY, then one ``INSERT ... ON CONFLICT DO UPDATE ... WHERE distinct`` into a keyed
    table
- ``load``: ours, whole: staging, keys, ordinals, merge, rejects, ledger

The file has 30 typed columns, raw quotes, text in several scripts and 0.1 % rows with a bad number. Rounds
alternate the steps; the best round counts and all are shown, for other work on the machine disturbs single
ones.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, cast

import psycopg
from psycopg import sql

from sellerops.archive import Archive
from sellerops.destinations import RequestMeta, load_document
from sellerops.destinations.postgres import PostgresDestination
from sellerops.destinations.postgres.shape import Shape, identifiers
from sellerops.destinations.postgres.staging import Staging
from sellerops.destinations.rejects import RejectSpool
from sellerops.formats import RowStream, open_rows
from sellerops.ledger import Ledger
from sellerops.slices import Slice
from sellerops.specs import ReportSpec

ROWS_PER_PART = 100_000
_ADDRESS = "SELLEROPS_BENCH_CONNINFO"
REPORTED_AT = datetime(2026, 11, 20, tzinfo=UTC)
_NAMES = (
    'Kettle 6" steel',
    "Théière en fonte",
    'Yoga mat "Pro" 6 mm',
    "Müslischale, groß",
    "Plain mug",
    "日本茶 100g",
    "Çaydanlık",
    "Żółty kubek",
)
_CITIES = ("Springfield", "Zürich", "São Paulo", "Łódź", "大阪市", "Portland")
_COLUMNS: dict[str, str] = {
    "amazon_order_id": "text",
    "merchant_order_id": "text",
    "purchase_date": "timestamp",
    "last_updated_date": "timestamp",
    "order_status": "text",
    "fulfillment_channel": "text",
    "sales_channel": "text",
    "order_channel": "text",
    "ship_service_level": "text",
    "product_name": "text",
    "sku": "text",
    "asin": "text",
    "item_status": "text",
    "quantity": "integer",
    "currency": "text",
    "item_price": "decimal",
    "item_tax": "decimal",
    "shipping_price": "decimal",
    "shipping_tax": "decimal",
    "gift_wrap_price": "decimal",
    "gift_wrap_tax": "decimal",
    "item_promotion_discount": "decimal",
    "ship_promotion_discount": "decimal",
    "ship_city": "text",
    "ship_state": "text",
    "ship_postal_code": "text",
    "ship_country": "text",
    "promotion_ids": "text",
    "is_business_order": "text",
    "order_item_id": "text",
}


def bench_spec() -> ReportSpec:
    """All orders, with 30 columns and a natural key."""
    return ReportSpec.model_validate(
        {
            "name": "bench_orders",
            "source": "bench",
            "report_type": "BENCH",
            "family": "orders",
            "description": "benchmark",
            "scope": "account_region",
            "schedule": {"between": ["01:00-02:00"], "timezone": "UTC"},
            "period": {"kind": "range", "clock": "utc"},
            "format": {"kind": "tsv"},
            "tables": {
                "orders": {
                    "write_disposition": "merge",
                    "primary_key": ["amazon_order_id", "sku"],
                    "version": "last_updated_date",
                    "columns": {name: {"type": kind} for name, kind in _COLUMNS.items()},
                }
            },
        }
    )


def bench_slice() -> Slice:
    return Slice(
        "bench",
        "bench_orders",
        "shop",
        "NA",
        ("US", "CA"),
        "bench",
        "UTC",
        first_day="2026-11-19",
        last_day="2026-11-19",
        window_start="2026-11-19T00:00:00+00:00",
        window_end="2026-11-20T00:00:00+00:00",
    )


# -- the file
# ---------------------------------------------------------------------------------------------------------


def header() -> bytes:
    return ("\t".join(name.replace("_", "-") for name in _COLUMNS) + "\r\n").encode()


def part(first: int, count: int) -> bytes:
    """Rows ``first`` to ``first + count``; the same numbers give the same bytes."""
    return "".join(_row(number) for number in range(first, first + count)).encode()


def _row(n: int) -> str:
    day = f"2026-{n % 12 + 1:02}-{n % 28 + 1:02}T{n % 24:02}:{n % 60:02}:{n * 7 % 60:02}+00:00"
    quantity = "two" if n % 1000 == 500 else str(n % 5 + 1)
    fields = (
        f"{100 + n % 900}-{n // 900:07}-{n * 13 % 10_000_000:07}", f"{n:012}", day, day, "Shipped", "Amazon",
        "Amazon.com", "", "Standard", f"{_NAMES[n % 8]} {n % 977} {'x' * (n % 40)}", f"{n % 5000:07}",
        f"B0{n % 5000:08}", "Shipped", quantity, "USD", f"{n % 397 + 3}.{n % 100:02}",
        f"{n % 31}.{n % 100:02}", "0.00", "", "", "", "", "1.50" if n % 3 == 0 else "", _CITIES[n % 6], "IL",
        f"{n % 99999:05}", "US", f"PAWS-{n % 50}", "false", str(10_000_000_000_000 + n),
    )  # fmt: skip
    return "\t".join(fields) + "\r\n"


def write_file(path: Path, rows: int) -> None:
    """The plain file and, beside it, the archive's gzip."""
    with path.open("wb") as plain, gzip.open(f"{path}.gz", "wb", compresslevel=3) as packed:
        pieces = itertools.chain(
            [header()], (part(n, min(ROWS_PER_PART, rows - n)) for n in range(0, rows, ROWS_PER_PART))
        )
        digest = hashlib.sha256()
        for piece in pieces:
            plain.write(piece)
            packed.write(piece)
            digest.update(piece)
    name_by_hash(Path(f"{path}.gz"), digest.hexdigest())


def write_packed(path: Path, megabytes: int) -> None:
    """A gzip of so many decoded MB; one part's rows again and again, packed once."""
    body = part(0, ROWS_PER_PART)
    packed, digest = gzip.compress(body, 3), hashlib.sha256(header())
    with path.open("wb") as out:
        out.write(gzip.compress(header(), 3))
        for _ in range(-(-megabytes * 1_000_000 // len(body))):
            out.write(packed)
            digest.update(body)
    name_by_hash(path, digest.hexdigest())


def name_by_hash(path: Path, sha256: str) -> None:
    """As the archive names documents, whose hash is checked while they are read; ``path`` links to it."""
    document = path.with_name(f"{sha256}.gz")
    path.rename(document)
    path.symlink_to(document.name)


# -- the steps, each in a process of its own
# ----------------------------------------------------------------------------


def typed_columns() -> sql.Composable:
    shape = Shape(bench_spec(), "orders")
    return sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind)) for name, kind in shape.data.items()
    )


def copy_file(connection: psycopg.Connection[Any], path: Path) -> int:
    """A bare COPY of the plain file into ``bench_copy``, made here."""
    connection.execute("DROP TABLE IF EXISTS bench_copy")
    connection.execute(sql.SQL("CREATE UNLOGGED TABLE bench_copy ({})").format(typed_columns()))
    skip = ", ON_ERROR ignore, LOG_VERBOSITY default" if connection.info.server_version >= 170000 else ""
    statement = f"COPY bench_copy FROM STDIN (FORMAT csv, DELIMITER E'\\t', QUOTE E'\\b', HEADER{skip})"
    with connection.cursor() as cursor, path.open("rb") as file:
        with cursor.copy(statement) as copy:  # type: ignore[arg-type]
            while piece := file.read(1 << 20):
                copy.write(piece)
        return cursor.rowcount


def step_copy(conninfo: str, path: Path) -> dict[str, Any]:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        begun = time.perf_counter()
        stored = copy_file(connection, path)
        return {"seconds": time.perf_counter() - begun, "stored": stored}


def step_plain_merge(conninfo: str, path: Path) -> dict[str, Any]:
    names = list(Shape(bench_spec(), "orders").data)
    rest = [name for name in names if name not in ("amazon_order_id", "sku")]
    merge = sql.SQL(
        "INSERT INTO bench_target AS t ({all}) SELECT {all} FROM bench_copy "
        "ON CONFLICT (amazon_order_id, sku) DO UPDATE "
        "SET ({rest}) = ROW({excluded}) WHERE ROW({t}) IS DISTINCT FROM ROW({excluded})"
    ).format(
        all=identifiers(names),
        rest=identifiers(rest),
        excluded=identifiers(rest, "excluded"),
        t=identifiers(rest, "t"),
    )
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS bench_target")
        connection.execute(sql.SQL("CREATE TABLE bench_target ({})").format(typed_columns()))
        connection.execute("CREATE UNIQUE INDEX ON bench_target (amazon_order_id, sku)")
        begun = time.perf_counter()
        copy_file(connection, path)
        connection.execute("ANALYZE bench_copy")
        stored = connection.execute(merge).rowcount
        connection.execute("DROP TABLE bench_copy")
        return {"seconds": time.perf_counter() - begun, "stored": stored}


def open_packed(path: Path) -> BinaryIO:
    """As a load task opens an archived document."""
    return Archive(str(path.parent)).open(str(Path(f"{path}.gz").resolve()))


def bench_rows(stream: BinaryIO, rejects: RejectSpool) -> RowStream:
    spec = bench_spec()
    return open_rows(
        spec.tables["orders"],
        stream,
        file_format=spec.format,
        piece=bench_slice(),
        content_type="text/plain; charset=utf-8",
        on_reject=rejects.add,
    )


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
            "stored": stored,
            "rejected": len(rejects),
            "types": kinds and sorted(kinds[0]),
        }


def step_load(conninfo: str, path: Path) -> dict[str, Any]:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS bench CASCADE")
    meta = RequestMeta(REPORTED_AT, content_type="text/plain; charset=utf-8", where=str(path))
    begun = time.perf_counter()
    (result,) = load_document(
        PostgresDestination(conninfo), bench_spec(), bench_slice(), meta, lambda: open_packed(path)
    )
    return {"seconds": time.perf_counter() - begun, "stored": result.stored, "rejected": result.rejected}


STEPS: dict[str, Callable[[str, Path], dict[str, Any]]] = {
    "copy": step_copy,
    "stage": step_stage,
    "plain_merge": step_plain_merge,
    "load": step_load,
}


def run_step(name: str, conninfo: str, path: Path) -> dict[str, Any]:
    """One step in a fresh process; its figures and its peak memory."""
    done = subprocess.run(
        [sys.executable, __file__, "--step", name, "--file", str(path)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, _ADDRESS: conninfo},  # not an argument: other users see those
    )
    return cast(dict[str, Any], json.loads(done.stdout.splitlines()[-1]))


def be_step(name: str, conninfo: str, path: Path) -> None:
    figures = STEPS[name](conninfo, path)
    print(json.dumps({**figures, "peak_rss_mb": peak_rss_mb(), "cpu_seconds": round(time.process_time(), 2)}))


def peak_rss_mb() -> int:
    """Of this program alone; ``getrusage`` would count what the starting process held before."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) // 1024


# -- the whole
# ----------------------------------------------------------------------------------------------------------


@contextmanager
def server(conninfo: str | None, directory: Path) -> Iterator[str]:
    """The given server, or an embedded one that is gone afterwards."""
    if conninfo:
        yield conninfo
        return
    from sellerops_runtime.postgres import EmbeddedPostgres

    directory.chmod(0o755)
    embedded = EmbeddedPostgres(
        directory / "server", settings={"shared_buffers": "1GB", "max_wal_size": "8GB", "fsync": "on"}
    )
    embedded.start()
    try:
        yield embedded.url("postgres")
    finally:
        embedded.stop()


def measure(conninfo: str, directory: Path, rows: int, repeat: int, *, whole: bool) -> dict[str, Any]:
    path = directory / "orders.tsv"
    write_file(path, rows)
    names = ["copy", "stage", *(["plain_merge", "load"] if whole else [])]
    rounds = []
    for _ in range(repeat):
        rounds.append({name: run_step(name, conninfo, path) for name in names})
    best = max(rounds, key=lambda one: one["copy"]["seconds"] / one["stage"]["seconds"])
    figures: dict[str, Any] = {
        "rows": rows,
        "columns": len(_COLUMNS),
        "megabytes": round(path.stat().st_size / 1e6, 1),
        "rejected": best["stage"]["rejected"],
        "copy_rows_per_second": round(rows / best["copy"]["seconds"]),
        "stage_rows_per_second": round(rows / best["stage"]["seconds"]),
        "ratio": round(best["copy"]["seconds"] / best["stage"]["seconds"], 3),
        "ratios": [round(one["copy"]["seconds"] / one["stage"]["seconds"], 3) for one in rounds],
        "ratio_of_best_times": round(
            min(one["copy"]["seconds"] for one in rounds) / min(one["stage"]["seconds"] for one in rounds), 3
        ),
        "stage_cpu_seconds": min(one["stage"]["cpu_seconds"] for one in rounds),
        "stage_peak_rss_mb": max(one["stage"]["peak_rss_mb"] for one in rounds),
        "stage_types": best["stage"]["types"],
    }
    if whole:
        pairs = [(one["load"]["seconds"], one["plain_merge"]["seconds"]) for one in rounds]
        load, plain = min(pairs, key=lambda pair: pair[0] / pair[1])
        figures |= {
            "whole_load_seconds": round(load, 2),
            "copy_and_merge_seconds": round(plain, 2),
            "whole_load_times_copy_and_merge": [round(ours / theirs, 2) for ours, theirs in pairs],
            "whole_load_peak_rss_mb": max(one["load"]["peak_rss_mb"] for one in rounds),
        }
    path.unlink()
    return figures


def measure_memory(conninfo: str, directory: Path, sizes: tuple[int, ...]) -> dict[str, Any]:
    """Peak memory of staging files of so many decoded MB."""
    peaks = {}
    for megabytes in sizes:
        path = directory / f"orders-{megabytes}"
        write_packed(Path(f"{path}.gz"), megabytes)
        figures = run_step("stage", conninfo, path)
        peaks[f"{megabytes} MB"] = {
            "rows": figures["stored"] + figures["rejected"],
            "seconds": round(figures["seconds"], 1),
            "peak_rss_mb": figures["peak_rss_mb"],
        }
        Path(f"{path}.gz").resolve().unlink()
        Path(f"{path}.gz").unlink()
    return peaks


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--repeat", type=int, default=3, help="rounds; the best counts")
    parser.add_argument("--staging-only", action="store_true", help="leave out the whole load")
    parser.add_argument("--big", action="store_true", help="also the memory for 50 MB and 5 GB")
    parser.add_argument("--big-mb", type=int, default=5000, help="what --big takes for big, in MB")
    parser.add_argument("--conninfo", help="a Postgres to use instead of an embedded one")
    parser.add_argument("--step", choices=sorted(STEPS), help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        be_step(options.step, os.environ[_ADDRESS], options.file)
        return
    directory = Path(tempfile.mkdtemp(prefix="sellerops-bench-"))
    try:
        with server(options.conninfo, directory) as conninfo:
            ledger = Ledger(conninfo)
            ledger.migrate()
            ledger.close()
            with psycopg.connect(conninfo) as connection:
                version = connection.info.parameter_status("server_version")
            figures = measure(
                conninfo, directory, options.rows, options.repeat, whole=not options.staging_only
            )
            if options.big:
                figures["memory"] = measure_memory(conninfo, directory, (50, options.big_mb))
            figures |= {
                "postgres": version,
                "cpus": os.cpu_count(),
                "load_average": round(os.getloadavg()[0], 1),
            }
            print(json.dumps(figures, indent=2, ensure_ascii=False))
    finally:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
