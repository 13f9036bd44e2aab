"""Reading landing tables, or any query, from Postgres."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from sellerops.base.errors import RetryableError
from sellerops.base.reader_role import first_line, read_only
from sellerops.destinations.row_sources import (
    FETCH_ROWS,
    ONLY_READS,
    TECHNICAL,
    Result,
    Selection,
    choose_columns,
    grant_remedy,
    quoted_table,
    refused,
    select_statement,
    selection_remedy,
)

# pg_type.oid of date.
_DATE_OID = 1082


class PostgresRowSource:
    """Reads as the role of ``conninfo``, in one read-only transaction that sees one state of the tables."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo

    @contextmanager
    def open(self, spec: Selection) -> Iterator[Result]:
        """The result of ``spec``, fetched as it is read. Raises the errors of ``RowSource``."""
        try:
            # A server-side cursor, because DECLARE accepts one SELECT and nothing else.
            with read_only(self._conninfo) as connection, connection.cursor("export") as cursor:
                cursor.itersize = FETCH_ROWS
                cursor.execute(_statement(connection, spec).encode())
                columns = [(each.name, each.type_code == _DATE_OID) for each in cursor.description or ()]
                yield choose_columns(spec, columns, cursor)
        except psycopg.OperationalError as error:
            raise RetryableError(
                f"Postgres does not answer: {first_line(error)}.", where=spec.path
            ) from error
        except psycopg.errors.InsufficientPrivilege as error:
            raise refused(spec, error, grant_remedy(spec)) from error
        except psycopg.ProgrammingError as error:
            raise refused(spec, error, selection_remedy(spec)) from error
        except psycopg.DataError as error:
            raise refused(spec, error, "Correct the query.") from error
        except (psycopg.errors.ReadOnlySqlTransaction, psycopg.errors.ActiveSqlTransaction) as error:
            raise refused(spec, error, ONLY_READS) from error


def _statement(connection: psycopg.Connection[Any], spec: Selection) -> str:
    if spec.query:
        return spec.query
    table = quoted_table(str(spec.table), '"')
    return select_statement(spec, tuple(spec.columns) or _columns(connection, table), quote='"', table=table)


def _columns(connection: psycopg.Connection[Any], table: str) -> tuple[str, ...]:
    shown = connection.execute(f"SELECT * FROM {table} LIMIT 0".encode())
    return tuple(each.name for each in shown.description or () if each.name not in TECHNICAL)
