"""How fast a report reaches its table, beside a COPY and the same merge in plain SQL.

    PYTHONPATH=include:plugins python benchmarks/load.py          2,000,000 rows, three rounds
    ... --conninfo ADDRESS another server; it must hold no data of worth in schema bench

Prints JSON. Each step runs in a process of its own, whose peak memory is told with it:

- ``plain_merge``: a bare ``COPY FROM STDIN`` of the plain file into an unlogged typed table, bad rows skipped
    by the server, then one ``INSERT ... ON CONFLICT DO UPDATE ... WHERE distinct`` into a keyed table
- ``load``: ours, whole: staging, keys, ordinals, merge, rejects, ledger

Rounds alternate the steps; all are shown, for other work on the machine disturbs single ones. Staging alone:
``benchmarks/staging.py``.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg
from orders import (
    COLUMNS,
    REPORTED_AT,
    add_step_options,
    be_step,
    bench_slice,
    bench_spec,
    copy_file,
    open_packed,
    run_step,
    server,
    typed_columns,
    write_file,
)
from psycopg import sql

from sellerops.destinations import RequestMeta, load_document
from sellerops.destinations.postgres import PostgresDestination
from sellerops.destinations.postgres.shape import Shape, identifiers
from sellerops.ledger import Ledger


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


def step_load(conninfo: str, path: Path) -> dict[str, Any]:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS bench CASCADE")
    meta = RequestMeta(REPORTED_AT, content_type="text/plain; charset=utf-8", where=str(path))
    begun = time.perf_counter()
    (result,) = load_document(
        PostgresDestination(conninfo), bench_spec(), bench_slice(), meta, lambda: open_packed(path)
    )
    return {"seconds": time.perf_counter() - begun, "stored": result.stored, "rejected": result.rejected}


STEPS = {"plain_merge": step_plain_merge, "load": step_load}


def measure(conninfo: str, directory: Path, rows: int, repeat: int) -> dict[str, Any]:
    path = directory / "orders.tsv"
    write_file(path, rows)
    rounds = [{name: run_step(__file__, name, conninfo, path) for name in STEPS} for _ in range(repeat)]
    pairs = [(one["load"]["seconds"], one["plain_merge"]["seconds"]) for one in rounds]
    load, plain = min(pairs, key=lambda pair: pair[0] / pair[1])
    return {
        "rows": rows,
        "columns": len(COLUMNS),
        "megabytes": round(path.stat().st_size / 1e6, 1),
        "rejected": rounds[0]["load"]["rejected"],
        "whole_load_seconds": round(load, 2),
        "copy_and_merge_seconds": round(plain, 2),
        "whole_load_times_copy_and_merge": [round(ours / theirs, 2) for ours, theirs in pairs],
        "whole_load_peak_rss_mb": max(one["load"]["peak_rss_mb"] for one in rounds),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--repeat", type=int, default=3, help="rounds; the best counts")
    parser.add_argument("--conninfo", help="a Postgres to use instead of an embedded one")
    add_step_options(parser, STEPS)
    options = parser.parse_args()
    if options.step:
        be_step(STEPS[options.step], options.file)
        return
    directory = Path(tempfile.mkdtemp(prefix="sellerops-bench-"))
    try:
        with server(options.conninfo, directory) as conninfo:
            ledger = Ledger(conninfo)
            ledger.migrate()
            ledger.close()
            figures = measure(conninfo, directory, options.rows, options.repeat)
            with psycopg.connect(conninfo) as connection:
                figures["postgres"] = connection.info.parameter_status("server_version")
            figures |= {"cpus": os.cpu_count(), "load_average": round(os.getloadavg()[0], 1)}
            print(json.dumps(figures, indent=2, ensure_ascii=False))
    finally:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
