"""Writes rows to landed tables month by month, each month as a load in the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from mart_rows.marketplaces import Marketplace
from mart_rows.tables import TableRows
from sellerops.destinations.postgres.ddl import ensure_table, make_key
from sellerops.destinations.postgres.shape import Shape
from sellerops.settings.specs import ReportSpec, load_specs

Connection = psycopg.Connection[Any]
# After every generated day, so that no later load of the same days counts as older.
REPORTED_AT = "timestamptz '2026-11-29 12:00+00'"


@dataclass(frozen=True)
class Span:
    """The days of one load, first and last included; ``until``: the last of all days."""

    first: date
    last: date
    until: date


@cache
def specs() -> dict[str, ReportSpec]:
    """The valid reports by name."""
    return {spec.name: spec for spec in load_specs()[0]}


def shape_of(rows: TableRows) -> Shape | None:
    """The landed table's shape; None if no spec declares it (yet)."""
    spec = specs().get(rows.report)
    return Shape(spec, rows.table) if spec and rows.table in spec.tables else None


def months(first: date, last: date) -> Iterator[Span]:
    """The calendar months of the days; the first and last may be partial."""
    while first <= last:
        following = (first.replace(day=1) + timedelta(days=32)).replace(day=1)
        yield Span(first, min(last, following - timedelta(days=1)), last)
        first = following


def make_tables(connection: Connection, shapes: list[Shape]) -> None:
    """Create the tables as loads do, without the key's index: ``make_indexes`` builds it at the end."""
    for shape in shapes:
        ensure_table(connection, shape)
        if connection.execute(sql.SQL("SELECT FROM {} LIMIT 1").format(shape.identifier)).fetchone():
            raise SystemExit(f"{shape.full_name} has rows: fill an empty database.")
        connection.execute(
            sql.SQL("DROP INDEX IF EXISTS {}").format(sql.Identifier(shape.schema_name, shape.index_name))
        )


def make_indexes(connection: Connection, shape: Shape) -> None:
    """Create the key's index, and update statistics."""
    connection.execute("SET maintenance_work_mem = '512MB'")
    make_key(connection, shape)
    connection.execute(sql.SQL("ANALYZE {}").format(shape.identifier))


def write(
    connection: Connection, marketplace: Marketplace, books: int, rows: TableRows, shape: Shape, span: Span
) -> int:
    """Write the rows of the days of ``span`` as one load; return their number."""
    begun = datetime.now(UTC)
    with connection.transaction():
        found = connection.execute("SELECT nextval('sellerops.load_id')").fetchone()
        assert found is not None
        load_id = int(found[0])
        statement = _insert(marketplace, books, rows, shape, span, load_id)
        written = connection.execute(statement.encode()).rowcount
        if written:
            _record(connection, marketplace, rows, shape, span, load_id, written, begun)
    return written


def _insert(
    marketplace: Marketplace, books: int, rows: TableRows, shape: Shape, span: Span, load_id: int
) -> str:
    unknown = set(rows.values) - set(shape.columns)
    if unknown:
        raise SystemExit(f"{shape.full_name} has no columns {', '.join(sorted(unknown))}.")
    system = {
        "account_id": f"'{marketplace.account_id}'",
        "marketplace_id": "'{marketplace_id}'",
        "region": f"'{marketplace.region}'",
        "ordinal": "1",
        "source_line": "nextval('bench.line')",
        "load_id": str(load_id),
        "reported_at": REPORTED_AT,
    }
    values = {name: text for name, text in {**system, **rows.values}.items() if name in shape.columns}
    text = (
        f"INSERT INTO {shape.full_name} ({', '.join(values)}) SELECT {', '.join(values.values())} "
        f"FROM {rows.rows} WHERE d.day BETWEEN '{{first}}' AND '{{last}}' AND {rows.where} {rows.tail}"
    )
    return text.format(
        marketplace=marketplace.number, country=marketplace.country, currency=marketplace.currency,
        channel=marketplace.sales_channel, zone=marketplace.timezone,
        marketplace_id=marketplace.marketplace_id, prefix=700 + marketplace.number, books=books,
        inside=int(marketplace.region != "NA"), first=span.first, last=span.last,
        until=span.until,
    )  # fmt: skip


def _record(
    connection: Connection,
    marketplace: Marketplace,
    rows: TableRows,
    shape: Shape,
    span: Span,
    load_id: int,
    written: int,
    begun: datetime,
) -> None:
    place = marketplace.marketplace_id if shape.spec.scope == "marketplace" else ""
    later = timedelta(days=rows.days_later)
    reported = datetime.combine(span.last, time(), UTC)
    connection.execute(
        "INSERT INTO sellerops.load (id, report, account_id, marketplace_id, table_name, destination, "
        "rows_in_file, stored, rejected, inserted, updated, unchanged, superseded, replaced, seconds, "
        "first_day, last_day, "
        "started_at, slice, reported_at) VALUES (%s, %s, %s, %s, %s, 'postgres', %s, %s, 0, %s, 0, 0, 0, 0, "
        "%s, %s, %s, %s, %s, %s)",
        (
            load_id, shape.spec.name, marketplace.account_id, place, shape.full_name,
            written, written, written,
            (datetime.now(UTC) - begun).total_seconds(), span.first + later, span.last + later, begun,
            Jsonb({"label": f"{span.first}..{span.last}", "region": marketplace.region}), reported,
        ),
    )  # fmt: skip
    # As after collecting, since pages query up to which day orders are loaded.
    connection.execute(
        "INSERT INTO sellerops.slice_state (report, account_id, marketplace_id, day, state, load_id) "
        "SELECT %s, %s, %s, day::date, 'LOADED', %s "
        "FROM generate_series(%s::date, %s::date, interval '1 day') AS day ON CONFLICT DO NOTHING",
        (shape.spec.name, marketplace.account_id, place, load_id, span.first + later, span.last + later),
    )
