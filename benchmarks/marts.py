"""How long marts take: one changed day, and a full build at several sizes.

    PYTHONPATH=include:plugins nice python benchmarks/marts.py      5,000 SKUs, 730 days, 7 marketplaces
    ... --skus 500 --days 365 --marketplaces 3                      a small one
    ... --sizes 0.25 0.5 1                                          full builds of these parts of the days
    ... --keep                                                      the databases stay; else each is dropped
    ... --conninfo ADDRESS                                          a server, without databases marts_*

Prints JSON, and exits with 1 when a target is missed. ``full``: seconds and rows of a build of all marts, by
size; ``restated`` and ``newest``: seconds of a look and of the rebuilds, by mart, two marts at a time like
tasks of a DAG. ``restated``: the day ten days ago has been loaded again, for every report that can be
requested again for a day (not snapshots, which show the moment of their request). ``newest``: the last day
and the snapshots after it have been loaded again. Targets: a day in under ten seconds at full size; per row,
the largest full build takes at most 1.5 times as long as the smallest.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg
from mart_data import LAST_DAY, fill
from orders import server
from psycopg import sql

from sellerops.ledger import Ledger
from sellerops.ledger.database import migrate
from sellerops.marts.build import MartBuild, MartBuilder
from sellerops.marts.computed import COMPUTED
from sellerops.marts.opening import open_builder
from sellerops.marts.specs import load_marts
from sellerops.settings.specs import WriteDisposition, load_specs

DAY_TARGET = 10.0
LINEAR_TARGET = 1.5
WORKERS = 2
CHANGED_DAY = LAST_DAY - timedelta(days=10)
# The figures that change in the new documents of the day. Settled money does not change any more; a
# transaction that Amazon posts now also changes the day of its order.
NEW_FIGURES = {
    "amazon_sp.sales_daily": "sessions = sessions + 1",
    "amazon_sp.sales_daily_by_sku": "sessions = sessions + 1",
    "amazon_sp.all_orders": "item_price = item_price + 0.01",
    "amazon_ads.sp_advertised_products": "cost = cost + 0.01",
    "amazon_sp.transaction_amounts": "amount = amount - 0.01",
    "amazon_sp.transaction_item_amounts": "amount = amount - 0.01",
}


def measure_full(builder: MartBuilder) -> dict[str, Any]:
    """Build all marts that are due; return seconds and rows by mart.

    Computed marts have benchmarks of their own.
    """
    begun = time.perf_counter()
    builder.look()
    marts = {}
    for mart in builder.marts:
        if mart.name not in COMPUTED and not mart.computed:
            built = builder.build(mart)
            marts[mart.name] = {"seconds": round(built.seconds, 2), "rows": built.counts.inserted}
    return {"seconds": round(time.perf_counter() - begun, 1), "marts": marts}


def measure_day(conninfo: str, builder: MartBuilder, day: date, *, snapshots: bool) -> dict[str, Any]:
    """Measure a look and the rebuilds after the inputs' rows of a day have been loaded again."""
    rows = restate(conninfo, day, snapshots=snapshots)
    begun = time.perf_counter()
    builder.look()
    looked = time.perf_counter() - begun
    marts = {each.mart: _figures(each) for each in _build_waiting(builder) if each.spans}
    return {
        "seconds": round(time.perf_counter() - begun, 2),
        "look": round(looked, 2),
        "changed_rows": rows,
        "marts": dict(sorted(marts.items(), key=lambda each: -each[1]["seconds"])),
    }


def _build_waiting(builder: MartBuilder) -> list[MartBuild]:
    """Rebuild what is due, as tasks do: each mart once its inputs are built, ``WORKERS`` at a time.

    Of several that are ready, the one that most marts wait for goes first: Airflow weighs tasks by their
    downstream tasks.
    """
    readers = _readers(builder)
    found = [mart for mart in builder.waiting() if not mart.computed]
    found.sort(key=lambda mart: -len(readers[mart.name]))
    waiting = {mart.name: mart for mart in found}
    builds: list[MartBuild] = []
    running: dict[Future[MartBuild], str] = {}
    with ThreadPoolExecutor(WORKERS) as pool:
        while waiting or running:
            open_marts = {*waiting, *running.values()}
            ready = [mart for mart in waiting.values() if open_marts.isdisjoint(mart.marts_read)]
            for mart in ready[: WORKERS - len(running)]:
                running[pool.submit(builder.build, waiting.pop(mart.name))] = mart.name
            for done in wait(running, return_when=FIRST_COMPLETED).done:
                builds.append(done.result())
                del running[done]
    return builds


def _readers(builder: MartBuilder) -> dict[str, set[str]]:
    """The SQL marts that read each mart, directly or through other marts."""
    found: dict[str, set[str]] = {mart.name: set() for mart in builder.marts}
    for mart in reversed(builder.marts):
        if not mart.computed:
            for name in mart.marts_read:
                found[name] |= {mart.name, *found[mart.name]}
    return found


def _figures(built: MartBuild) -> dict[str, Any]:
    days = [
        (span.last_day - span.first_day).days + 1 if span.first_day and span.last_day else -1
        for span in built.spans
    ]
    return {
        "seconds": round(built.seconds, 2),
        "rows": built.counts.inserted,
        "spans": len(days),
        "days": max(days),
    }


def restate(conninfo: str, day: date, *, snapshots: bool) -> int:
    """Assign the rows of a day, in every input of marts, to new loads, one per account and marketplace.

    With ``snapshots``, also those of the night after it. Rows of traffic, orders, ads and transactions get
    new figures.
    """
    kinds = {
        f"{spec.source}.{name}": table.write_disposition
        for spec in load_specs()[0]
        for name, table in spec.tables.items()
    }
    columns = {
        name: given.column
        for mart in load_marts()
        for name, given in mart.inputs.items()
        if "." in name and not name.startswith("reference.") and given.column
    }
    changed = 0
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("SET TIME ZONE 'UTC'")
        for name, column in columns.items():
            if connection.execute("SELECT to_regclass(%s)", (name,)).fetchone() == (None,):
                continue
            is_snapshot = kinds.get(name) is WriteDisposition.SNAPSHOT
            if snapshots or not is_snapshot:
                of_rows = day + timedelta(days=is_snapshot)
                changed += _restate_table(connection, name, column or "", of_rows)
    return changed


def _restate_table(connection: psycopg.Connection[Any], name: str, column: str, day: date) -> int:
    table = sql.Identifier(*name.split("."))
    where = sql.SQL("{column} >= {day} AND {column} < {next}").format(
        column=sql.Identifier(column), day=sql.Literal(day), next=sql.Literal(day + timedelta(days=1))
    )
    places = connection.execute(
        sql.SQL("SELECT DISTINCT account_id, marketplace_id FROM {} WHERE {}").format(table, where)
    ).fetchall()
    changed = 0
    figures = sql.SQL(", " + NEW_FIGURES[name] if name in NEW_FIGURES else "")  # type: ignore[arg-type]
    for account, marketplace in places:
        with connection.transaction():
            found = connection.execute("SELECT nextval('sellerops.load_id')").fetchone()
            assert found is not None
            rows = connection.execute(
                sql.SQL(
                    "UPDATE {} SET load_id = {}{} WHERE {} AND account_id = {} "
                    "AND marketplace_id IS NOT DISTINCT FROM {}"
                ).format(table, found[0], figures, where, account, marketplace)
            ).rowcount
            connection.execute(
                "INSERT INTO sellerops.load (id, report, account_id, marketplace_id, table_name, "
                "destination, rows_in_file, stored, rejected, inserted, updated, unchanged, superseded, "
                "replaced, seconds, first_day, last_day, started_at) VALUES (%s, 'restated', %s, %s, %s, "
                "'postgres', %s, %s, 0, 0, %s, 0, 0, 0, 0, %s, %s, sellerops.now())",
                (found[0], account, marketplace or "", name, rows, rows, rows, day, day),
            )
        changed += rows
    return changed


def run(
    conninfo: str, *, skus: int, days: int, marketplaces: int, sizes: list[float], keep: bool = False
) -> dict[str, Any]:
    """Run all measurements, each size in a database of its own."""
    result: dict[str, Any] = {"skus": skus, "days": days, "marketplaces": marketplaces, "full": []}
    for number, size in enumerate(sorted(sizes)):
        part = round(days * size)
        address = _database(conninfo, f"marts_{number}")
        filled = fill(address, skus=skus, days=part, marketplaces=marketplaces)
        with closing(Ledger(address)) as ledger:
            builder = open_builder(ledger, "postgres", address)
            full = measure_full(builder)
            landed = sum(filled.rows.values())
            sized = {"days": part, "landed_rows": landed, "gigabytes": _gigabytes(address), **full}
            restated = measure_day(address, builder, CHANGED_DAY, snapshots=False)
            newest = measure_day(address, builder, LAST_DAY, snapshots=True)
            result["full"].append({**sized, "restated": restated, "newest": newest})
        if not keep:
            _drop(conninfo, f"marts_{number}")
    first, last = result["full"][0], result["full"][-1]
    result["per_row"] = round(
        (last["seconds"] / last["landed_rows"]) / (first["seconds"] / first["landed_rows"]), 2
    )
    return result


def _gigabytes(address: str) -> float:
    with psycopg.connect(address) as connection:
        (size,) = connection.execute("SELECT pg_database_size(current_database())").fetchone() or (0,)
    return round(size / 2**30, 1)


def _drop(conninfo: str, name: str) -> None:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _database(conninfo: str, name: str) -> str:
    from psycopg.conninfo import make_conninfo

    _drop(conninfo, name)
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    address = make_conninfo(conninfo, dbname=name)
    migrate(address)
    return address


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--conninfo")
    parser.add_argument("--skus", type=int, default=5_000)
    parser.add_argument("--days", type=int, default=730)
    parser.add_argument("--marketplaces", type=int, default=7)
    parser.add_argument("--sizes", type=float, nargs="+", default=[0.25, 0.5, 1.0])
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, server(options.conninfo, Path(folder)) as conninfo:
        result = run(
            conninfo,
            skus=options.skus,
            days=options.days,
            marketplaces=options.marketplaces,
            sizes=options.sizes,
            keep=options.keep,
        )
    print(json.dumps(result, indent=2))
    slowest = max(result["full"][-1][each]["seconds"] for each in ("restated", "newest"))
    return int(slowest > DAY_TARGET or result["per_row"] > LINEAR_TARGET)


if __name__ == "__main__":
    raise SystemExit(main())
