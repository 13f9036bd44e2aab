"""The SQL dialect of marts: parsing, and translation for a destination (``MartDialect``)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sellerops.base.errors import ConfigurationError
from sellerops.destinations.registry import mart_dialect_of

if TYPE_CHECKING:
    from sqlglot import exp


@lru_cache(maxsize=1)
def mart_dialect() -> Any:
    """The dialect in which marts are parsed: Postgres, but without its rule for where nulls sort.

    Order keys are never null (``lint``), and BigQuery cannot express Postgres' order of nulls in windows.
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
    """Translate a SELECT from Postgres' dialect into a destination's.

    Raises ConfigurationError if it cannot be parsed.
    """
    return mart_dialect_of(dialect).translated(sql, lambda: parse(sql, where=where))
