"""Postgres' dialect to that of a destination, and the types of both."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from sellerops.base.errors import ConfigurationError
from sellerops.settings.specs import ColumnType
from sellerops.settings.specs.sql_types import SQL_TYPES as POSTGRES_TYPES

SQL_TYPES: Mapping[str, Mapping[ColumnType, str]] = {
    "postgres": POSTGRES_TYPES,
    "bigquery": {
        ColumnType.TEXT: "STRING",
        ColumnType.INTEGER: "INT64",
        ColumnType.DECIMAL: "BIGNUMERIC",
        ColumnType.DATE: "DATE",
        ColumnType.TIMESTAMP: "TIMESTAMP",
        ColumnType.BOOLEAN: "BOOL",
    },
}


@lru_cache(maxsize=512)
def translate(sql: str, dialect: str, *, where: str) -> str:
    """A SELECT of Postgres' dialect in ``dialect``. Raises ConfigurationError if it cannot be parsed."""
    if dialect == "postgres":
        return sql
    import sqlglot
    from sqlglot.errors import SqlglotError

    try:
        return sqlglot.transpile(sql, read="postgres", write=dialect, pretty=True)[0]
    except SqlglotError as error:
        raise ConfigurationError(
            f"its SELECT cannot be translated: {str(error).splitlines()[0]}.",
            where=where,
            remedy="Use the subset that docs/marts.md describes.",
        ) from error
