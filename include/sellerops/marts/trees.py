"""Syntax trees of marts, with the columns and types of their inputs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from sellerops.base.errors import ConfigurationError
from sellerops.marts.dialects import mart_dialect, parse
from sellerops.marts.specs import MartSpec
from sellerops.settings.specs import ColumnType
from sellerops.settings.specs.sql_types import SQL_TYPES

if TYPE_CHECKING:
    from sqlglot import exp

Columns = Mapping[str, ColumnType]
CALL = re.compile(r"\{\{\s*(?:(ref|source)\('([a-z0-9_.]+)'\)|(this))\s*\}\}")
PLACE = re.compile(r"`?\b__(ref|source|this)__([a-z0-9_]+?)(?:__dot__([a-z0-9_]+))?__\b`?")


def marked(sql: str) -> str:
    """The statement with a table name in place of each template, so that a parser accepts it."""
    return CALL.sub(lambda found: mark(found[1], found[2]), sql)


def mark(kind: str | None, name: str | None) -> str:
    """The table name that stands for an input, or for the mart itself if ``name`` is None."""
    return f"__{kind}__{name.replace('.', '__dot__')}__" if name else "__this__mart__"


def name_of(table: str) -> str | None:
    """The input that a table name stands for; None for the mart itself and for other tables."""
    found = PLACE.fullmatch(table)
    if not found or found[1] == "this":
        return None
    return found[2] if found[1] == "ref" else f"{found[2]}.{found[3]}"


def schema_of(mart: MartSpec, declared: Callable[[str], Columns]) -> dict[str, object]:
    """The SQL types of the columns of each input, by the table name that stands for it."""

    def kinds(columns: Columns) -> dict[str, str]:
        return {column: SQL_TYPES[kind] for column, kind in columns.items()}

    inputs = {mark("source" if "." in name else "ref", name): kinds(declared(name)) for name in mart.inputs}
    own = kinds({name: each.type for name, each in mart.columns.items()})
    return {**inputs, mark(None, None): own}


def typed_tree(mart: MartSpec, sql: str, declared: Callable[[str], Columns]) -> exp.Expr:
    """The tree of a mart's statement, with every column resolved and every node typed.

    Raises ConfigurationError for a column that no input has.
    """
    from sqlglot.errors import SqlglotError
    from sqlglot.optimizer.annotate_types import annotate_types
    from sqlglot.optimizer.qualify import qualify

    schema: dict[str, object] = {**schema_of(mart, declared)}
    try:
        tree = qualify(
            parse(marked(sql), where=mart.path),
            schema=schema,
            dialect=mart_dialect(),
            quote_identifiers=False,
            identify=False,
        )
        return annotate_types(tree, schema=schema, dialect=mart_dialect())
    except SqlglotError as error:
        raise ConfigurationError(
            f"{str(error).splitlines()[0].rstrip('.')}.",
            where=mart.path,
            remedy="Name a column that the input has: `sellerops marts show` lists those of a mart, "
            "docs/tables.md those of landed tables.",
        ) from error
