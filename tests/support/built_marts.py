"""Marts built from rows that a test writes itself into landed and reference tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from sellerops.destinations.mart_store import Span
from sellerops.destinations.registry import open_mart_store
from sellerops.ledger import Ledger
from sellerops.marts.build import MartBuilder
from sellerops.marts.inputs import declared_columns
from sellerops.marts.specs import MartSpec, load_marts
from sellerops.marts.templates import physical_name
from sellerops.settings.specs.sql_types import SQL_TYPES

ACCOUNT = "northwind_na"
US = "ATVPDKIKX0DER"
_DECLARED = declared_columns()


def needed_for(*names: str) -> list[MartSpec]:
    """The marts with these names and all marts that they read."""
    by_name = {mart.name: mart for mart in load_marts()}
    found: dict[str, MartSpec] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = by_name[name]
            waiting += by_name[name].marts_read
    return list(found.values())


def builder_of(ledger: Ledger, marts: Sequence[MartSpec]) -> MartBuilder:
    """Builds marts in the ledger's own database."""
    conninfo = ledger.database.conninfo
    return MartBuilder(ledger, open_mart_store("postgres", conninfo, ledger=conninfo), marts, _DECLARED)


class MartRows:
    """Landed tables of one database, made with all columns of their specs when a test first adds rows."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._conninfo = ledger.database.conninfo
        self._made: set[str] = set()

    def add(self, table: str, *rows: Mapping[str, Any]) -> None:
        """Insert rows into a table named as in a mart's inputs. Account and marketplace default to the US."""
        schema, _, name = physical_name(table).partition(".")
        columns = _DECLARED(table)
        defaults = {"account_id": ACCOUNT, "marketplace_id": US}
        with psycopg.connect(self._conninfo) as connection:
            if table not in self._made and not table.startswith("reference."):
                self._make(connection, sql.Identifier(schema, name), columns)
            self._made.add(table)
            for row in rows:
                full = {**{key: value for key, value in defaults.items() if key in columns}, **row}
                assert full.keys() <= columns.keys(), full.keys() - columns.keys()
                connection.execute(
                    sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
                        sql.Identifier(schema, name),
                        sql.SQL(", ").join(map(sql.Identifier, full)),
                        sql.SQL(", ").join(sql.Placeholder() * len(full)),
                    ),
                    list(full.values()),
                )

    def _make(self, connection: psycopg.Connection[Any], name: sql.Identifier, columns: Any) -> None:
        schema = sql.Identifier(name._obj[0])
        connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(schema))
        cells = sql.SQL(", ").join(
            sql.SQL("{} {}").format(sql.Identifier(column), sql.SQL(SQL_TYPES[kind]))
            for column, kind in columns.items()
        )
        connection.execute(sql.SQL("CREATE TABLE {} ({})").format(name, cells))

    def built(self, name: str, spans: Iterable[Span] = (Span(ACCOUNT),)) -> list[dict[str, Any]]:
        """The rows of a mart after it and the marts it reads are rebuilt for the spans, by its grain."""
        marts = needed_for(name)
        builder = builder_of(self._ledger, marts)
        builder.look()
        for mart in builder.marts:
            builder.queue(mart, spans, cause="by hand")
            builder.build(mart)
        (wanted,) = (mart for mart in marts if mart.name == name)
        return self.rows(f"SELECT * FROM sellerops_marts.{name} ORDER BY {', '.join(wanted.grain)}")

    def rows(self, statement: str) -> list[dict[str, Any]]:
        """The rows of a statement."""
        with psycopg.connect(self._conninfo, row_factory=dict_row) as connection:
            return connection.execute(statement.encode()).fetchall()
