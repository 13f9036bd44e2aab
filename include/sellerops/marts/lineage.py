"""Where the columns and the figures of a mart come from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.rows import dict_row

from sellerops.base.errors import ConfigurationError
from sellerops.marts.dialects import mart_dialect
from sellerops.marts.specs import MartInput, MartSpec
from sellerops.marts.templates import input_condition, is_reference, physical_name
from sellerops.marts.trees import Columns, marked, name_of, schema_of
from sellerops.settings.mart_tables import Span
from sellerops.settings.spec_files import suggestion

if TYPE_CHECKING:
    from sellerops.marts.build import MartBuilder


@dataclass(frozen=True)
class Source:
    """Rows of one input from which a figure was calculated, by the load that wrote them.

    ``via``: the marts between the figure's mart and the input, nearest first. ``load``: None for reference
    tables.
    """

    table: str
    via: tuple[str, ...]
    rows: int
    load: Load | None = None


@dataclass(frozen=True)
class Load:
    """A load: its document in the archive, the request that fetched it, and its Airflow run."""

    id: int
    reported_at: Any
    request_id: int | None
    uri: str
    dag_id: str
    run_id: str


def column_sources(mart: MartSpec, column: str, declared: Callable[[str], Columns]) -> list[tuple[str, str]]:
    """The inputs and their columns from which a column of a mart is calculated directly.

    Raises ConfigurationError for an unknown column, and for a computed mart.
    """
    from sqlglot import exp
    from sqlglot.lineage import lineage

    if mart.computed:
        raise ConfigurationError("its columns are computed in Python.", where=f"mart {mart.name}")
    if column not in mart.columns:
        raise ConfigurationError(
            f"unknown column {column!r}.",
            where=f"mart {mart.name}",
            remedy=suggestion(column, sorted(mart.columns)),
        )
    root = lineage(column, marked(mart.sql), schema=schema_of(mart, declared), dialect=mart_dialect())
    found = {
        (name, node.name.rpartition(".")[2].strip('"'))
        for node in root.walk()
        if isinstance(node.source, exp.Table) and (name := name_of(node.source.name))
    }
    return sorted(found)


def all_column_sources(
    mart: MartSpec, declared: Callable[[str], Columns]
) -> dict[str, frozenset[tuple[str, str]]]:
    """``column_sources`` of every column of a mart, in the time that one or two would take. Empty for a
    computed mart.
    """
    from sqlglot import exp
    from sqlglot.lineage import lineage

    if mart.computed:
        return {}
    roots = lineage(
        None, marked(mart.sql), schema=schema_of(mart, declared), dialect=mart_dialect(), trim_selects=False
    )
    return {
        column: frozenset(
            (name, node.name.rpartition(".")[2].strip('"'))
            for node in root.walk()
            if isinstance(node.source, exp.Table) and (name := name_of(node.source.name))
        )
        for column, root in roots.items()
    }


def figure_sources(
    builder: MartBuilder, connection: psycopg.Connection[Any], mart: MartSpec, span: Span
) -> list[Source]:
    """The rows of landed and reference tables behind a span of a mart, followed through other marts."""
    counted = list(_counted(builder, mart, span, (), {}))
    loads = _loads(connection, {load for _, load in counted if load is not None})
    return [replace(source, load=loads.get(load) if load is not None else None) for source, load in counted]


def _counted(
    builder: MartBuilder, mart: MartSpec, span: Span, via: tuple[str, ...], seen: dict[str, Span]
) -> Iterator[tuple[Source, int | None]]:
    by_name = {each.name: each for each in builder.marts}
    for name, given in mart.inputs.items():
        read: Span | None = _span_read(given, span)
        if name in by_name:
            if given.day in by_name[name].lookup_days:
                read = _span_looked_up(builder, by_name[name], given, span, mart)
            if read and seen.get(name) != read:
                seen[name] = read
                yield from _counted(builder, by_name[name], read, (*via, name), seen)
            continue
        table = physical_name(name)
        columns = builder.store.columns([table]).get(table)
        if columns is None:
            continue
        where = input_condition(given, columns, span, mart, builder.store.filters(table))
        load = "t.load_id" if "load_id" in columns and not is_reference(name) else "NULL"
        rows = builder.store.rows(
            f"SELECT {load} AS load_id, COUNT(*) AS n FROM {builder.store.table_sql(table)} AS t{where} "
            "GROUP BY 1 ORDER BY 1"
        )
        yield from ((Source(name, via, int(row["n"])), row["load_id"]) for row in rows if row["n"])


def _span_looked_up(
    builder: MartBuilder, read: MartSpec, given: MartInput, span: Span, mart: MartSpec
) -> Span | None:
    """The days of the partitions whose rows are read by another day column; None if there are none."""
    table, day = read.table.full_name, read.day
    columns = builder.store.columns([table]).get(table, frozenset())
    if not columns:
        return None
    where = input_condition(given, columns, span, mart, builder.store.filters(table))
    (row,) = builder.store.rows(
        f"SELECT MIN(t.{day}) AS first, MAX(t.{day}) AS last "
        f"FROM {builder.store.table_sql(table)} AS t{where}"
    )
    return Span(span.account_id, None, row["first"], row["last"]) if row["first"] else None


def _span_read(given: MartInput, span: Span) -> Span:
    """What a span of a mart reads of an input."""
    found = span.widened(*given.reach) if given.column else replace(span, first_day=None, last_day=None)
    if given.since:
        found = replace(found, first_day=None)
    return found if given.marketplace else replace(found, marketplace_id=None)


def _loads(connection: psycopg.Connection[Any], ids: set[int]) -> Mapping[int, Load]:
    rows = connection.cursor(row_factory=dict_row).execute(
        "SELECT id, reported_at, request_id, coalesce(document ->> 'uri', '') AS uri, "
        "coalesce(dag_id, '') AS dag_id, coalesce(run_id, '') AS run_id "
        "FROM sellerops.load WHERE id = ANY(%s)",
        (list(ids),),
    )
    return {row["id"]: Load(**row) for row in rows}


def upstream(marts: Mapping[str, MartSpec], mart: MartSpec) -> Iterator[tuple[int, str]]:
    """All inputs of a mart with their depth; an input that is a mart is followed by its own inputs."""
    for name in mart.inputs:
        yield 0, name
        if name in marts:
            yield from ((depth + 1, each) for depth, each in upstream(marts, marts[name]))


__all__ = ["Load", "Source", "all_column_sources", "column_sources", "figure_sources", "upstream"]
