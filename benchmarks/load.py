"""How fast a report reaches its table, compared with a COPY and the same merge in plain SQL.

    PYTHONPATH=include:plugins python benchmarks/load.py          2,000,000 rows, three rounds
    ... --rows 200000 --repeat 1   a small one
    ... --conninfo ADDRESS another server, without valuable data in the schemas bench and bench_units

Prints JSON, and exits with 1 when a target is missed. Three cases, one after the other: ``first`` fills an
empty table, ``identical`` loads the same document again, ``changed`` loads a document of the next day in
which a quarter of the rows have another state and a later version. Each step runs in a process of its own,
whose peak memory is reported:

- ``plain``: a bare ``COPY FROM STDIN`` of the plain file into an unlogged typed table, bad rows skipped by
  the server, ANALYZE, then one ``INSERT ... ON CONFLICT DO UPDATE ... WHERE distinct`` into a keyed table.
  Like our table, it has the column ``reported_at``: an older document must not beat a newer one, so every row
  carries the time of the newer one. Before it changes rows, ``changed`` records the old and new value of
  each changed cell, as ours does; the ratio without that is shown, too
- ``load``: our whole load: staging, keys, history of changed cells, merge, rejects, ledger
- ``units``: the same for units, whose key may have several lines

Rounds alternate the steps; all ratios are shown, because other work on the machine disturbs some of them. The
parts of a step are shown, too: ``merge_times_upsert`` compares our load without staging with the plain way
without COPY.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import os
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
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
    name_by_hash,
    open_packed,
    run_step,
    server,
    server_cpu_seconds,
    typed_columns,
    write_file,
)
from psycopg import sql

from sellerops.destinations import RequestMeta, load_document
from sellerops.destinations.postgres import PostgresDestination
from sellerops.destinations.postgres.shape import Shape, identifiers
from sellerops.destinations.postgres.staging import Staging
from sellerops.ledger import Ledger
from sellerops.settings.specs import ReportSpec

MOST_TIMES_PLAIN = 1.1
MOST_TIMES_MERGE = 1.5
KEY = ("amazon_order_id", "sku")
UNITS_SCHEMA = "bench_units"


@dataclass(frozen=True)
class Case:
    """One document: its file, and how long after the first one it was created."""

    file: str
    later: timedelta = timedelta()
    is_first: bool = False


CASES = {
    "first": Case("orders.tsv", is_first=True),
    "identical": Case("orders.tsv"),
    "changed": Case("changed.tsv", timedelta(days=1)),
}


# -- plain --


def plain(case: Case, conninfo: str, path: Path) -> dict[str, Any]:
    """COPY, ANALYZE and one upsert."""
    parts: dict[str, float] = defaultdict(float)
    with psycopg.connect(conninfo, autocommit=True) as connection:
        if case.is_first:
            _make_target(connection)
        settle(connection, "bench_target")
        begun = time.perf_counter()
        with _timed(parts, "copy"):
            copy_file(connection, path)
        with _timed(parts, "analyze"):
            connection.execute("ANALYZE bench_copy")
        if case.later:
            with _timed(parts, "history"):
                connection.execute(_history())
        with _timed(parts, "upsert"):
            written = connection.execute(_upsert(), (REPORTED_AT + case.later,)).rowcount
        with _timed(parts, "drop"):
            connection.execute("DROP TABLE bench_copy")
        return {
            "seconds": time.perf_counter() - begun,
            "server_cpu_seconds": server_cpu_seconds(connection),
            "written": written,
            "parts": parts,
        }


def _make_target(connection: psycopg.Connection[Any]) -> None:
    connection.execute("DROP TABLE IF EXISTS bench_target")
    connection.execute(
        sql.SQL("CREATE TABLE bench_target ({}, reported_at timestamptz)").format(typed_columns())
    )
    connection.execute("CREATE UNIQUE INDEX ON bench_target (amazon_order_id, sku)")
    connection.execute("DROP TABLE IF EXISTS bench_history")
    connection.execute(
        "CREATE TABLE bench_history (amazon_order_id text, sku text, column_name text, old_value text, "
        "new_value text, old_reported_at timestamptz, recorded_at timestamptz)"
    )


def _names() -> tuple[list[str], list[str]]:
    """The file's columns, and those outside the key."""
    names = list(Shape(bench_spec(), "orders").data)
    return names, [name for name in names if name not in KEY]


def _history() -> sql.Composed:
    """The cells of stored rows that differ in the file."""
    _, rest = _names()
    cells = [
        sql.SQL("({}, t.{}::text, s.{}::text)").format(sql.Literal(name), *[sql.Identifier(name)] * 2)
        for name in rest
    ]
    return sql.SQL(
        "INSERT INTO bench_history SELECT amazon_order_id, sku, c.*, t.reported_at, now() "
        "FROM bench_copy s JOIN bench_target t USING (amazon_order_id, sku) "
        "CROSS JOIN LATERAL (VALUES {cells}) AS c (name, was, becomes) "
        "WHERE ROW({s}) IS DISTINCT FROM ROW({t}) AND c.was IS DISTINCT FROM c.becomes"
    ).format(cells=sql.SQL(", ").join(cells), s=identifiers(rest, "s"), t=identifiers(rest, "t"))


def _upsert() -> sql.Composed:
    names, rest = _names()
    rest = [*rest, "reported_at"]
    return sql.SQL(
        "INSERT INTO bench_target AS t ({all}, reported_at) SELECT {all}, %s::timestamptz FROM bench_copy "
        "ON CONFLICT ({key}) DO UPDATE "
        "SET ({rest}) = ROW({excluded}) WHERE ROW({t}) IS DISTINCT FROM ROW({excluded})"
    ).format(
        all=identifiers(names),
        key=identifiers(KEY),
        rest=identifiers(rest),
        excluded=identifiers(rest, "excluded"),
        t=identifiers(rest, "t"),
    )


# -- ours --


def unit_spec() -> ReportSpec:
    """The same columns, with order and SKU as a unit that has named lines."""
    spec = bench_spec()
    table = spec.tables["orders"].model_copy(update={"unit": KEY, "ordinal_by": "order_item_id"})
    return spec.model_copy(update={"source": UNITS_SCHEMA, "tables": {"orders": table}})


def load(case: Case, conninfo: str, path: Path, *, spec: ReportSpec | None = None) -> dict[str, Any]:
    """Run the whole load of an archived document."""
    spec = spec or bench_spec()
    with psycopg.connect(conninfo, autocommit=True) as connection:
        if case.is_first:
            connection.execute(
                sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(spec.source))
            )
        settle(connection, f"{spec.source}.orders", "sellerops.restatement")
    meta = RequestMeta(REPORTED_AT + case.later, content_type="text/plain; charset=utf-8", where=str(path))
    with parts_of_load() as parts:
        begun = time.perf_counter()
        (result,) = load_document(
            PostgresDestination(conninfo),
            spec,
            replace(bench_slice(), source=spec.source),
            meta,
            lambda: open_packed(path),
        )
        seconds = time.perf_counter() - begun
    return {
        "seconds": seconds,
        "written": result.inserted + result.updated,
        "rejected": result.rejected,
        "parts": parts,
    }


@contextmanager
def parts_of_load() -> Iterator[dict[str, float]]:
    """Measure the seconds within the block: of staging, and of all statements by what they do."""
    parts: dict[str, float] = defaultdict(float)
    execute, fill = psycopg.Cursor.execute, Staging.fill

    def timed_execute(cursor: Any, query: Any, *args: Any, **kwargs: Any) -> Any:
        text = query if isinstance(query, str) else query.as_string(cursor)
        with _timed(parts, _kind(text)):
            return execute(cursor, query, *args, **kwargs)

    def timed_fill(staging: Any, chunks: Any) -> int:
        with _timed(parts, "stage"):
            return fill(staging, chunks)

    psycopg.Cursor.execute, Staging.fill = timed_execute, timed_fill  # type: ignore[method-assign]
    try:
        yield parts
    finally:
        psycopg.Cursor.execute, Staging.fill = execute, fill  # type: ignore[method-assign]


def _kind(statement: str) -> str:
    for mark, kind in {
        "WITH gone AS (DELETE": "overtake",
        "ANALYZE": "analyze",
        "hash_record_extended": "duplicates",
        "INTO sellerops.restatement": "history",
        "CREATE TEMP TABLE": "find",
        "UPDATE": "update",
        "DELETE": "delete",
        "INSERT": "insert",
    }.items():
        if mark in statement:
            return kind
    return "other"


@contextmanager
def _timed(parts: dict[str, float], name: str) -> Iterator[None]:
    begun = time.perf_counter()
    try:
        yield
    finally:
        parts[name] += time.perf_counter() - begun


def settle(connection: psycopg.Connection[Any], *tables: str) -> None:
    """Vacuum and checkpoint, so that no step pays for the previous one."""
    for table in tables:
        if connection.execute("SELECT to_regclass(%s)", (table,)).fetchone() != (None,):
            connection.execute(sql.SQL("VACUUM ANALYZE {}").format(sql.Identifier(*table.split("."))))
    connection.execute("CHECKPOINT")


# -- all steps --

WAYS: dict[str, Callable[..., dict[str, Any]]] = {
    "plain": plain,
    "load": load,
    "units": partial(load, spec=unit_spec()),
}
STEPS = {f"{way}_{name}": partial(step, case) for name, case in CASES.items() for way, step in WAYS.items()}


def write_changed(plain_file: Path, path: Path) -> None:
    """Write the next day's file and its gzip: every fourth row has another state and has changed since."""
    digest = hashlib.sha256()
    with (
        plain_file.open("rb") as lines,
        path.open("wb") as out,
        gzip.open(f"{path}.gz", "wb", compresslevel=3) as packed,
    ):
        status, updated = list(COLUMNS).index("order_status"), list(COLUMNS).index("last_updated_date")
        for number, line in enumerate(lines):
            if number and number % 4 == 0:
                cells = line.split(b"\t")
                cells[status], cells[updated] = b"Cancelled", b"2027-01-02T03:04:05+00:00"
                line = b"\t".join(cells)
            out.write(line)
            packed.write(line)
            digest.update(line)
    name_by_hash(Path(f"{path}.gz"), digest.hexdigest())


def measure(conninfo: str, directory: Path, rows: int, repeat: int) -> dict[str, Any]:
    first = directory / CASES["first"].file
    write_file(first, rows)
    write_changed(first, directory / CASES["changed"].file)
    rounds = []
    for _ in range(repeat):
        with psycopg.connect(conninfo, autocommit=True) as connection:
            connection.execute("TRUNCATE sellerops.restatement")
        rounds.append(
            {
                name: run_step(__file__, name, conninfo, directory / step.args[0].file)
                for name, step in STEPS.items()
            }
        )
    return {
        "rows": rows,
        "columns": len(COLUMNS),
        "megabytes": round(first.stat().st_size / 1e6, 1),
        "rejected": rounds[0]["load_first"]["rejected"],
        **{name: _figures(name, rounds) for name in CASES},
        "load_peak_rss_mb": max(one[f"load_{name}"]["peak_rss_mb"] for one in rounds for name in CASES),
    }


def _figures(case: str, rounds: list[dict[str, Any]]) -> dict[str, Any]:
    steps = [(one[f"plain_{case}"], one[f"load_{case}"], one[f"units_{case}"]) for one in rounds]
    return {
        "load_times_plain": [round(ours["seconds"] / bare["seconds"], 2) for bare, ours, _ in steps],
        "load_times_plain_without_history": [
            round(ours["seconds"] / (bare["seconds"] - bare["parts"].get("history", 0)), 2)
            for bare, ours, _ in steps
        ],
        "merge_times_upsert": [
            round((ours["seconds"] - ours["parts"]["stage"]) / (bare["seconds"] - bare["parts"]["copy"]), 2)
            for bare, ours, _ in steps
        ],
        "units_times_load": [round(units["seconds"] / ours["seconds"], 2) for _, ours, units in steps],
        "written": steps[0][0]["written"],
        **{
            f"{way}_seconds": _parts(min(each, key=lambda step: step["seconds"]))
            for way, each in zip(("plain", "load", "units"), zip(*steps, strict=True), strict=True)
        },
    }


def _parts(step: Mapping[str, Any]) -> dict[str, float]:
    """A step's seconds and those of its parts, without negligible ones."""
    parts = {name: round(spent, 2) for name, spent in step["parts"].items() if spent >= 0.05}
    return {"all": round(step["seconds"], 2), **parts}


def missed(figures: Mapping[str, Any]) -> list[str]:
    """The targets that a round missed."""
    most = {"load_times_plain": MOST_TIMES_PLAIN, "units_times_load": MOST_TIMES_MERGE}
    return [
        f"{case}: {name} {max(figures[case][name])}, at most {limit}"
        for case in CASES
        for name, limit in most.items()
        if max(figures[case][name]) > limit
    ]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--repeat", type=int, default=3, help="rounds; each must reach the targets")
    parser.add_argument("--conninfo", help="a Postgres to use instead of an embedded one")
    add_step_options(parser, STEPS)
    options = parser.parse_args()
    if options.step:
        be_step(STEPS[options.step], options.file)
        return 0
    directory = Path(tempfile.mkdtemp(prefix="sellerops-bench-"))
    try:
        with server(options.conninfo, directory) as conninfo:
            ledger = Ledger(conninfo)
            ledger.migrate()
            ledger.close()
            figures = measure(conninfo, directory, options.rows, options.repeat)
            with psycopg.connect(conninfo) as connection:
                figures["postgres"] = connection.info.parameter_status("server_version")
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    figures |= {
        "cpus": os.cpu_count(),
        "load_average": round(os.getloadavg()[0], 1),
        "missed": missed(figures),
    }
    print(json.dumps(figures, indent=2, ensure_ascii=False))
    return 1 if figures["missed"] else 0


if __name__ == "__main__":
    sys.exit(main())
