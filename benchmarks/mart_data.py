"""Consistent landed tables for benchmarks of marts: 5,000 SKUs, two years, seven marketplaces.

    PYTHONPATH=include:plugins python benchmarks/mart_data.py     a part: 1,000 SKUs, a year, two marketplaces
    ... --skus 5000 --days 730 --marketplaces 7                      all of it: some 100 million rows, 35 GB
    ... --conninfo ADDRESS     into an empty database, instead of a server that is gone afterwards

All tables follow from one row per SKU and day, so they agree: orders are the units of sales and traffic,
settlement lines and transactions are those of the orders and refunds, Cost of Advertising is the spend, the
inventory ledger ships what was sold, a month's storage fee is the sum of its rows. Rows are created on the
server by INSERT ... SELECT, month by month, each a load in the ledger; columns and keys are those of the
specs, and an unknown column is an error. Prints JSON: rows and seconds by table, rows per second in total.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg
from mart_rows.brand_ads import BRAND_ADS
from mart_rows.demand import BEST_SELLER, make_days, make_skus
from mart_rows.marketplaces import MARKETPLACES, Marketplace, marketplaces_of
from mart_rows.reference import write_reference
from mart_rows.settled import HEADERS, SETTLED
from mart_rows.stock import STOCK
from mart_rows.tables import TABLES, TableRows
from mart_rows.traffic import TRAFFIC
from mart_rows.writing import make_indexes, make_tables, months, shape_of, write
from orders import server

from sellerops.destinations.postgres.shape import Shape
from sellerops.ledger.database import migrate

LAST_DAY = date(2026, 11, 28)
WORKERS = 2


@dataclass
class Filled:
    """What ``fill`` wrote. ``seconds``: of all workers, by table; ``elapsed``: wall seconds."""

    rows: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    elapsed: float = 0.0


def fill(
    conninfo: str,
    *,
    skus: int = 5_000,
    days: int = 730,
    marketplaces: int | tuple[str, ...] = len(MARKETPLACES),
    seed: int = 7,
    last_day: date = LAST_DAY,
    workers: int = WORKERS,
    best_seller: float = BEST_SELLER,
) -> Filled:
    """Fill an empty database (with the ledger's schema) for ``days`` until ``last_day``, a local date.

    :param conninfo: of a role that may create schemas and tables.
    :param marketplaces: the number of ``MARKETPLACES`` to use, or country codes.
    :param best_seller: orders per day of the best-selling SKU in the largest marketplace.
    :raises SystemExit: a table has rows already, or a spec lacks a column.
    """
    began, filled = time.perf_counter(), Filled()
    marketplaces = marketplaces_of(marketplaces)
    first = last_day - timedelta(days=days - 1)
    known = [
        (rows, shape)
        for rows in (*TRAFFIC, *TABLES, *BRAND_ADS, *STOCK, *SETTLED)
        if (shape := shape_of(rows))
    ]
    shapes = {shape.full_name: shape for _, shape in known}
    with psycopg.connect(conninfo, autocommit=True) as connection:
        make_skus(connection, skus, seed, best_seller)
        write_reference(connection, marketplaces, first)
        connection.execute("CREATE SEQUENCE bench.line CACHE 1000")
        make_tables(connection, list(shapes.values()))

    def fill_marketplace(marketplace: Marketplace) -> Filled:
        with psycopg.connect(conninfo, autocommit=True) as connection:
            connection.execute("SET TIME ZONE 'UTC'; SET work_mem = '256MB'; SET synchronous_commit = off")
            return _fill_marketplace(connection, marketplace, first, last_day, seed, known)

    def index(name: str) -> None:
        with psycopg.connect(conninfo, autocommit=True) as connection:
            make_indexes(connection, shapes[name])

    with ThreadPoolExecutor(workers) as pool:
        for part in pool.map(fill_marketplace, marketplaces):
            filled.rows += part.rows
            for name, seconds in part.seconds.items():
                filled.seconds[name] += seconds
        filled.rows["amazon_sp.settlements"] += _write_headers(conninfo, marketplaces)
        list(pool.map(index, shapes))
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("DROP SCHEMA bench CASCADE")
    filled.elapsed = time.perf_counter() - began
    return filled


def _fill_marketplace(
    connection: psycopg.Connection[Any],
    marketplace: Marketplace,
    first: date,
    last_day: date,
    seed: int,
    known: Sequence[tuple[TableRows, Shape]],
) -> Filled:
    part = Filled()
    make_days(connection, marketplace, first, last_day, seed)
    for rows, shape in known:
        newest = rows.newest_days_only
        from_day = max(first, last_day - timedelta(days=newest - 1)) if newest else first
        for span in months(from_day, last_day):
            began = time.perf_counter()
            part.rows[shape.full_name] += write(
                connection, marketplace, _books_of(marketplace), rows, shape, span
            )
            part.seconds[shape.full_name] += time.perf_counter() - began
    connection.execute(f"DROP TABLE bench.day_{marketplace.number}".encode())
    return part


def _write_headers(conninfo: str, marketplaces: Sequence[Marketplace]) -> int:
    written = 0
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("SET TIME ZONE 'UTC'")
        for books, currency in {
            _books_of(marketplace): marketplace.currency for marketplace in marketplaces
        }.items():
            values = {"books": f"9{books}%", "currency": currency}
            written += connection.execute(HEADERS.encode(), values).rowcount
    return written


def _books_of(marketplace: Marketplace) -> int:
    """The number of the marketplace's books: an account settles each currency on its own."""
    books = list(dict.fromkeys((each.account_id, each.currency) for each in MARKETPLACES))
    return 10 + books.index((marketplace.account_id, marketplace.currency))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--conninfo")
    parser.add_argument("--skus", type=int, default=1_000)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--marketplaces", type=int, default=2)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, server(options.conninfo, Path(folder)) as conninfo:
        migrate(conninfo)
        filled = fill(
            conninfo,
            skus=options.skus,
            days=options.days,
            marketplaces=options.marketplaces,
            seed=options.seed,
        )
    print(
        json.dumps({**vars(filled), "rows_a_second": round(filled.rows.total() / filled.elapsed)}, indent=2)
    )


if __name__ == "__main__":
    main()
