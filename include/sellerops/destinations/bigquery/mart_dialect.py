"""Translates Postgres' dialect to BigQuery's with sqlglot.

Expressions that the two databases would calculate differently are made to agree: decimals are BIGNUMERIC
throughout (in BigQuery a literal 0.5 is a FLOAT64, and so is a quotient of integers), and TRIM removes only
spaces.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from sellerops.destinations.bigquery import shape
from sellerops.settings.specs import ColumnType

if TYPE_CHECKING:
    from sqlglot import exp

TYPES = {**shape.SQL_TYPES, ColumnType.DECIMAL: shape.WIDE}


class BigQueryMartDialect:
    """See ``MartDialect``."""

    types: Mapping[ColumnType, str] = TYPES

    def quoted(self, name: str) -> str:
        return shape.quoted(name)

    def read_cell(self, name: str, kind: ColumnType) -> str:
        column = self.quoted(name)
        return (
            f"CAST(t.{column} AS {TYPES[kind]}) AS {column}" if kind is ColumnType.DECIMAL else f"t.{column}"
        )

    def translated(self, sql: str, parse: Callable[[], exp.Expr]) -> str:
        return to_bigquery(parse()).sql(dialect="bigquery", pretty=True)


def to_bigquery(tree: exp.Expr) -> exp.Expr:
    """The tree, with explicit types and arguments wherever BigQuery would calculate differently."""
    from sqlglot import exp

    def wide(node: exp.Expr) -> exp.Expr:
        kind = exp.DataType.build(TYPES[ColumnType.DECIMAL], dialect="bigquery")
        return exp.Cast(this=node.copy(), to=kind)

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
