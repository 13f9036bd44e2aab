"""All marts at full size, for benchmarks that read them: 5,000 SKUs, two years, seven marketplaces.

    PYTHONPATH=include:plugins python benchmarks/full_marts.py --conninfo ADDRESS     into an empty database
    ... --skus 500 --days 365 --marketplaces 3          a small one
    ... --base 250                                      SKUs for which marts are built (see below)
    ... --only profit_sku_day profit_day product        other marts keep their first size
    ... --keep FOLDER           instead of --conninfo: on a server in this folder, which goes on running

``mart_data.fill`` creates the landed tables of ``--base`` SKUs, from which all marts are built, including
forecasts and restock. Their rows are then copied on the server: the copies have SKUs, ASINs and ids of their
own (``NW-00012`` becomes ``NW-00012.7``), and the figures of rows that are about no SKU, order or campaign
are multiplied. So sums over the SKUs and the number of orders are as in marts built at full size; the landed
tables remain those of the base. Prints JSON: rows and seconds by mart.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import psycopg
from mart_data import fill
from mart_rows.demand import BEST_SELLER
from mart_rows.marketplaces import MARKETPLACES
from orders import server

from sellerops.destinations.postgres.mart_tables import NEW, finish, make
from sellerops.ledger import Ledger
from sellerops.ledger.database import migrate
from sellerops.marts.opening import open_builder
from sellerops.marts.specs import MartSpec
from sellerops.settings.mart_tables import MARTS
from sellerops.settings.specs import ColumnType
from sellerops_runtime.postgres import EmbeddedPostgres

BASE = 250
WORKERS = 2
WAREHOUSE = "warehouse"
# Columns that name what a row is about; copies get names of their own. Amazon's ASINs have ten characters.
NAMES = {"sku", "order_id", "campaign_id", "ad_group_id", "ad_id", "shipment_id", "transaction_id"}
NAMES |= {"reference", "search_query", "own_id", "title"}
ASINS = {"asin", "parent_asin", "fnsku"}
# Units of averages and durations, which are not multiplied: they are the same for a sum of SKUs.
NOT_SUMS = {"ratio", "percent", "days", "weeks", "origins", "currency per unit", "units per day"}


@dataclass
class FullMarts:
    """What ``fill_marts`` wrote. ``seconds``: of copying, by mart; ``elapsed``: wall seconds in total."""

    rows: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    elapsed: float = 0.0


def fill_marts(
    conninfo: str,
    *,
    skus: int = 5_000,
    days: int = 730,
    marketplaces: int = len(MARKETPLACES),
    base: int = BASE,
    only: Collection[str] = (),
    workers: int = WORKERS,
) -> FullMarts:
    """Fill an empty database (with the ledger's schema) with all marts of ``days`` until ``LAST_DAY``.

    :param conninfo: of a role that may create schemas and tables.
    :param skus: a multiple of ``base``.
    :param only: the marts to bring to full size; others keep the rows of ``base`` SKUs. Default: all.
    :raises SystemExit: the database is not empty.
    """
    began, full = time.perf_counter(), FullMarts()
    if skus % base:
        raise SystemExit(f"{skus} SKUs are not a multiple of {base}: choose another --base.")
    fill(conninfo, skus=base, days=days, marketplaces=marketplaces, best_seller=_best_seller(skus, base))
    with closing(Ledger(conninfo)) as ledger:
        builder = open_builder(ledger, "postgres", conninfo)
        builder.build_all()
        wanted = [mart for mart in builder.marts if not only or mart.name in only]

    def copy(mart: MartSpec) -> tuple[str, int, float]:
        start = time.perf_counter()
        rows = _copy(conninfo, mart, skus // base)
        return mart.name, rows, round(time.perf_counter() - start, 1)

    with ThreadPoolExecutor(workers) as pool:
        for name, rows, seconds in pool.map(copy, wanted):
            full.rows[name], full.seconds[name] = rows, seconds
    full.elapsed = round(time.perf_counter() - began, 1)
    return full


def _best_seller(skus: int, base: int) -> float:
    """Orders of the best-selling SKU of ``base``, so that copies for ``skus`` SKUs sell as much in total."""

    def demand(count: int) -> float:
        return sum(float(rank**-0.8) for rank in range(1, count + 1))

    return float(BEST_SELLER * demand(skus) / (demand(base) * skus / base))


def _copy(conninfo: str, mart: MartSpec, times: int) -> int:
    """Replace a mart's rows by ``times`` copies of them; return how many rows it has then."""
    names = [each for each in mart.grain if each in NAMES | ASINS or each == "source_line"]
    is_named = " OR ".join(f"t.{name} <> {_nothing(name)}" for name in names) or "false"
    cells = ", ".join(_cell(mart, name) for name in mart.columns)
    columns = ", ".join(mart.columns)
    with psycopg.connect(conninfo) as connection:
        connection.execute("SET LOCAL work_mem = '256MB'; SET LOCAL synchronous_commit = off")
        connection.execute("SET LOCAL maintenance_work_mem = '512MB'")
        make(connection, mart.table, NEW)
        # Ordered by partition, like tables that are built day by day.
        found = connection.execute(
            f"INSERT INTO {MARTS}.{mart.name}{NEW} ({columns}) SELECT {cells} "
            f"FROM (SELECT *, coalesce({is_named}, false) AS is_named FROM {MARTS}.{mart.name} AS t "
            f"ORDER BY {', '.join(mart.partition)}) AS t "
            "CROSS JOIN LATERAL generate_series(0, CASE WHEN t.is_named THEN %(last)s ELSE 0 END) AS c(copy)",
            {"last": times - 1, "times": times},
        )
        finish(connection, mart.table, NEW)
    return found.rowcount


def _cell(mart: MartSpec, name: str) -> str:
    column = mart.columns[name]
    if name == "source_line":
        return "t.source_line + c.copy * 1000000000::bigint AS source_line"
    if name in ASINS:
        return (
            f"CASE WHEN c.copy = 0 OR t.{name} = '' THEN t.{name} "
            f"ELSE left(t.{name}, 2) || upper(substr(md5(t.{name} || c.copy), 1, 8)) END"
        )
    if name in NAMES:
        return f"CASE WHEN c.copy = 0 OR t.{name} = '' THEN t.{name} ELSE t.{name} || '.' || c.copy END"
    if column.type in (ColumnType.INTEGER, ColumnType.DECIMAL) and column.unit not in NOT_SUMS:
        return f"CASE WHEN t.is_named THEN t.{name} ELSE t.{name} * %(times)s END"
    return f"t.{name}"


def _nothing(name: str) -> str:
    return "-1" if name == "source_line" else "''"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    place = parser.add_mutually_exclusive_group()
    place.add_argument("--conninfo")
    place.add_argument("--keep", type=Path)
    parser.add_argument("--skus", type=int, default=5_000)
    parser.add_argument("--days", type=int, default=730)
    parser.add_argument("--marketplaces", type=int, default=len(MARKETPLACES))
    parser.add_argument("--base", type=int, default=BASE)
    parser.add_argument("--only", nargs="+", default=())
    options = parser.parse_args()
    fill_all = partial(
        fill_marts,
        skus=options.skus,
        days=options.days,
        marketplaces=options.marketplaces,
        base=options.base,
        only=options.only,
    )
    if options.keep:
        _keep(options.keep, fill_all)
        return 0
    with tempfile.TemporaryDirectory() as folder, server(options.conninfo, Path(folder)) as conninfo:
        migrate(conninfo)
        print(json.dumps(vars(fill_all(conninfo)), indent=2))
    return 0


def _keep(folder: Path, fill_all: Callable[[str], FullMarts]) -> None:
    """Fill a warehouse with its three roles on a server in ``folder``, and print how to reach and stop it."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)  # when we are root, the server runs as another user
    postgres = EmbeddedPostgres(folder / "server", settings={"shared_buffers": "1GB", "max_wal_size": "8GB"})
    postgres.start()
    postgres.create_warehouse(WAREHOUSE)
    logins = postgres.warehouse_logins
    migrate(postgres.url_of(logins.owner, WAREHOUSE))
    conninfo = postgres.url_of(logins.collector, WAREHOUSE)
    print(json.dumps(vars(fill_all(conninfo)), indent=2))
    print(f"--conninfo {conninfo} --reader {postgres.url_of(logins.reader, WAREHOUSE)}")
    print(f"Stop the server: kill -INT {(postgres.data / 'postmaster.pid').read_text().split()[0]}")


if __name__ == "__main__":
    sys.exit(main())
