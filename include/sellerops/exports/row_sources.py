"""The rows of an export's table or query, read-only, from Postgres or BigQuery, in constant memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from sellerops.base.errors import ConfigurationError, RetryableError
from sellerops.base.reader_role import READER, first_line, read_only
from sellerops.exports.spec import ExportSpec

if TYPE_CHECKING:
    import psycopg

    from sellerops.destinations.bigquery import BigQueryAddress

# Of an export without `columns`: what only we need of a row is not copied.
TECHNICAL = frozenset({"load_id", "source_line", "line_hash", "reported_at"})
_FETCH = 5_000
# Of one call to BigQuery, and of a whole query.
_CALL_SECONDS, _QUERY_SECONDS = 120.0, 1_800.0
# pg_type.oid of date.
_DATE_OID = 1082
_ONLY_READS = "An export only reads: write one SELECT."


@dataclass(frozen=True)
class Result:
    """Columns of the result as the export wants them, and its rows in that order."""

    names: tuple[str, ...]
    days: tuple[bool, ...]
    rows: Iterator[Sequence[Any]]


class Source(Protocol):
    """Where exports read. ConfigurationError: the SQL does not fit; RetryableError: the database is away."""

    def open(self, spec: ExportSpec) -> AbstractContextManager[Result]: ...


class PostgresSource:
    """Reads in one read-only transaction that sees one state of the tables, as the role of ``conninfo``."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo

    @contextmanager
    def open(self, spec: ExportSpec) -> Iterator[Result]:
        import psycopg

        try:
            # A server-side cursor: DECLARE takes one SELECT and nothing else.
            with read_only(self._conninfo) as connection, connection.cursor("export") as cursor:
                cursor.itersize = _FETCH
                cursor.execute(self._sql(connection, spec).encode())
                columns = [(each.name, each.type_code == _DATE_OID) for each in cursor.description or ()]
                yield _chosen(spec, columns, cursor)
        except psycopg.OperationalError as error:
            raise RetryableError(
                f"Postgres does not answer: {first_line(error)}.", where=spec.path
            ) from error
        except psycopg.errors.InsufficientPrivilege as error:
            raise _refused(spec, error, _grant_remedy(spec)) from error
        except psycopg.ProgrammingError as error:
            raise _refused(spec, error, _remedy(spec)) from error
        except psycopg.DataError as error:
            raise _refused(spec, error, "Correct the query.") from error
        except (psycopg.errors.ReadOnlySqlTransaction, psycopg.errors.ActiveSqlTransaction) as error:
            raise _refused(spec, error, _ONLY_READS) from error

    def _sql(self, connection: psycopg.Connection[Any], spec: ExportSpec) -> str:
        if spec.query:
            return spec.query
        names = tuple(spec.columns) or self._columns(connection, spec)
        return _select(spec, names, quote='"')

    def _columns(self, connection: psycopg.Connection[Any], spec: ExportSpec) -> tuple[str, ...]:
        name = _name(str(spec.table), '"')
        shown = connection.execute(f"SELECT * FROM {name} LIMIT 0".encode())
        return tuple(each.name for each in shown.description or () if each.name not in TECHNICAL)


class BigQuerySource:
    """Reads by one query job, in pages. Tables are ``<dataset_prefix><source>.<table>`` of the project."""

    def __init__(self, address: BigQueryAddress) -> None:
        self._address = address

    @contextmanager
    def open(self, spec: ExportSpec) -> Iterator[Result]:
        from google.api_core import exceptions
        from google.auth.exceptions import GoogleAuthError
        from google.cloud.bigquery import QueryJobConfig

        client = self._address.client()
        try:
            sql = spec.query or self._table_sql(client, spec)
            # Costs nothing, and says what kind of statement it is before anything runs.
            dry = QueryJobConfig(dry_run=True)
            kind = client.query(sql, job_config=dry, timeout=_CALL_SECONDS).statement_type
            if kind not in (None, "SELECT"):
                raise ConfigurationError(f"the query is a {kind}.", where=spec.path, remedy=_ONLY_READS)
            config = QueryJobConfig(labels=dict(self._address.labels))
            job = client.query(sql, job_config=config, timeout=_CALL_SECONDS)
            rows = job.result(page_size=_FETCH, timeout=_QUERY_SECONDS)
            columns = [(each.name, each.field_type == "DATE") for each in rows.schema]
            yield _chosen(spec, columns, (each.values() for each in rows))
        except (exceptions.BadRequest, exceptions.NotFound) as error:
            raise _refused(spec, error, _remedy(spec)) from error
        except exceptions.Forbidden as error:
            if "xceeded" in str(error):  # a quota: not now
                raise RetryableError(f"BigQuery: {first_line(error)}.", where=spec.path) from error
            raise _refused(spec, error, "Let the account of connection sellerops_bigquery read.") from error
        except (exceptions.GoogleAPIError, GoogleAuthError, OSError) as error:
            cause = f"BigQuery does not answer: {first_line(error)}."
            raise RetryableError(cause, where=spec.path) from error

    def _table_sql(self, client: Any, spec: ExportSpec) -> str:
        source, _, table = str(spec.table).partition(".")
        name = f"{self._address.project}.{self._address.dataset_prefix}{source}.{table}"
        found = client.get_table(name, timeout=_CALL_SECONDS)
        names = tuple(spec.columns) or tuple(each.name for each in found.schema if each.name not in TECHNICAL)
        whole = f"`{name}`"
        if found.require_partition_filter and found.time_partitioning:
            day = f"`{found.time_partitioning.field}`"
            # All of the table, said so that the service lets it be read.
            whole += f" WHERE ({day} >= '0001-01-01' OR {day} IS NULL)"
        return _select(spec, names, quote="`", table=whole)


def _select(spec: ExportSpec, names: Sequence[str], *, quote: str, table: str = "") -> str:
    """One order for ever: a sheet that is written again must not shuffle its rows."""
    order = spec.order_by or spec.append_only or names
    listed = ", ".join(f"{quote}{name}{quote}" for name in names)
    ordered = ", ".join(f"{quote}{name}{quote}" for name in order)
    return f"SELECT {listed} FROM {table or _name(str(spec.table), quote)} ORDER BY {ordered}"


def _name(table: str, quote: str) -> str:
    return ".".join(f"{quote}{part}{quote}" for part in table.split("."))


def _chosen(spec: ExportSpec, columns: Sequence[tuple[str, bool]], rows: Iterator[Any]) -> Result:
    """The columns the export names, in its order; all of the result when it names none."""
    found = [name for name, _ in columns]
    doubled = [name for name in found if found.count(name) > 1]
    missing = [name for name in (*spec.columns, *spec.append_only) if name not in found]
    if doubled or missing:
        what = f"gives {doubled[0]!r} twice" if doubled else f"gives no column {missing[0]!r}"
        raise ConfigurationError(
            f"the query {what}; it gives {', '.join(found)}.",
            where=spec.path,
            remedy="Name each column once in the SELECT (`AS`), as in `columns`.",
        )
    names = tuple(spec.columns) or tuple(found)
    at = [found.index(name) for name in names]
    days = tuple(columns[each][1] for each in at)
    return Result(names, days, ([row[each] for each in at] for row in rows))


def _refused(spec: ExportSpec, error: Exception, remedy: str) -> ConfigurationError:
    return ConfigurationError(
        f"the {'query' if spec.query else 'table'} cannot be read: {first_line(error)}.",
        where=spec.path,
        remedy=remedy,
    )


def _grant_remedy(spec: ExportSpec) -> str:
    if spec.personal:
        return "Let the user of connection sellerops_warehouse read it."
    return (
        f"Let role {READER} read it: GRANT SELECT ON <table> TO {READER}. Tables of personal data need "
        "`personal: true` (docs/exports.md)."
    )


def _remedy(spec: ExportSpec) -> str:
    if spec.query:
        return "Correct the query; the columns of tables stand in the reports' specs."
    return (
        "Correct `table` or `columns`, or let its report load first. Personal columns stand in "
        "<table>__personal (docs/exports.md)."
    )
