"""Postgres' dialect to that of a destination, and the types of both.

A mart's SELECT runs in Postgres as it is written. For BigQuery, sqlglot translates it, and what the two
databases would calculate differently is made the same: decimals are BIGNUMERIC throughout (a literal 0.5 is a
FLOAT64 there, and so are quotients of integers), and TRIM removes spaces only.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sellerops.base.errors import ConfigurationError
from sellerops.settings.specs import ColumnType
from sellerops.settings.specs.sql_types import SQL_TYPES as POSTGRES_TYPES

if TYPE_CHECKING:
    from sqlglot import exp

WIDE = "BIGNUMERIC"
SQL_TYPES: Mapping[str, Mapping[ColumnType, str]] = {
    "postgres": POSTGRES_TYPES,
    "bigquery": {
        ColumnType.TEXT: "STRING",
        ColumnType.INTEGER: "INT64",
        ColumnType.DECIMAL: WIDE,
        ColumnType.DATE: "DATE",
        ColumnType.TIMESTAMP: "TIMESTAMP",
        ColumnType.BOOLEAN: "BOOL",
    },
}


def quoted(dialect: str, name: str) -> str:
    """A column's name, quoted for a dialect."""
    return f"`{name}`" if dialect == "bigquery" else f'"{name}"'


def read_cell(dialect: str, name: str, kind: ColumnType) -> str:
    """A column of an input ``t`` as marts read it: text sorts by code points, decimals are wide.

    Text in Postgres would otherwise sort as the database's locale says, and the first of two texts would not
    be that of BigQuery.
    """
    column = quoted(dialect, name)
    if dialect == "postgres" and kind is ColumnType.TEXT:
        return f't.{column} COLLATE "C" AS {column}'
    if dialect == "bigquery" and kind is ColumnType.DECIMAL:
        return f"CAST(t.{column} AS {WIDE}) AS {column}"
    return f"t.{column}"


@lru_cache(maxsize=1)
def mart_dialect() -> Any:
    """The dialect in which marts are parsed: Postgres, but without a claim about where nulls sort.

    Order keys are not null (``lint``), and BigQuery cannot express Postgres' order in windows.
    """
    from sqlglot.dialects.postgres import Postgres

    class MartPostgres(Postgres):
        NULL_ORDERING = "nulls_are_small"

    return MartPostgres


def parse(sql: str, *, where: str) -> exp.Expr:
    """The syntax tree of a SELECT. Raises ConfigurationError if it cannot be parsed."""
    import sqlglot
    from sqlglot.errors import SqlglotError

    try:
        tree: exp.Expr = sqlglot.parse_one(sql, read=mart_dialect())
    except SqlglotError as error:
        raise ConfigurationError(
            f"its SELECT cannot be parsed: {str(error).splitlines()[0].rstrip('.')}.",
            where=where,
            remedy="Use the subset of SQL that docs/marts.md describes.",
        ) from error
    return tree


@lru_cache(maxsize=512)
def translate(sql: str, dialect: str, *, where: str) -> str:
    """A SELECT of Postgres' dialect in ``dialect``. Raises ConfigurationError if it cannot be parsed."""
    if dialect == "postgres":
        return sql
    return to_bigquery(parse(sql, where=where)).sql(dialect=dialect, pretty=True)


def to_bigquery(tree: exp.Expr) -> exp.Expr:
    """The tree with what BigQuery would calculate differently made explicit."""
    from sqlglot import exp

    def wide(node: exp.Expr) -> exp.Expr:
        return exp.Cast(this=node.copy(), to=exp.DataType.build(WIDE, dialect="bigquery"))

    def convert(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Literal) and not node.is_string and "." in node.name:
            return wide(exp.Literal.string(node.name))
        if isinstance(node, exp.Cast) and node.to.is_type("numeric", "decimal"):
            return wide(node.this)
        if isinstance(node, exp.Cast) and isinstance(moment := node.this.unnest(), exp.AtTimeZone):
            return exp.func("DATE", moment.this, moment.args["zone"])
        if isinstance(node, exp.Div | exp.Round):
            node.set("this", wide(node.this))
        elif isinstance(node, exp.Trim) and not node.args.get("expression"):
            node.set("expression", exp.Literal.string(" "))
        return node

    return tree.transform(convert)
