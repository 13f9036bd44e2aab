"""BigQuery as a destination: opening, loading, migrating and reading its tables."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cached_property

from google.cloud import bigquery

from sellerops.base.errors import ConfigurationError
from sellerops.base.postgres import LOADING, connect
from sellerops.base.sessions import session_lock
from sellerops.destinations.bigquery.address import BigQueryAddress, address_from
from sellerops.destinations.bigquery.errors import BIGQUERY_RULES
from sellerops.destinations.bigquery.load import Load
from sellerops.destinations.bigquery.shape import BigQueryShape
from sellerops.destinations.differences import Migration
from sellerops.destinations.error_rules import typed_errors
from sellerops.destinations.jobs import LoadJob
from sellerops.destinations.mart_dialect import MartDialect
from sellerops.destinations.mart_store import MartStore
from sellerops.destinations.results import LoadResult
from sellerops.destinations.row_sources import RowSource
from sellerops.destinations.undeclared_personal import UndeclaredColumn
from sellerops.settings.specs import ReportSpec


class BigQueryDestination:
    """Landing tables in BigQuery datasets, one for each source.

    :param ledger: connection string of the database with the schema ``sellerops``, which records loads.

    Nothing is opened before the first load; loads may run in threads. Only one load at a time runs per table,
    account and place, and only one write per table, because BigQuery aborts concurrent transactions on a
    table.
    """

    name = "bigquery"

    def __init__(self, address: BigQueryAddress, *, ledger: str | None = None) -> None:
        if not isinstance(address, BigQueryAddress) or ledger is None:
            raise ConfigurationError(
                "BigQuery was opened without its address or without a ledger.",
                where="destination bigquery",
                remedy="Pass a `BigQueryAddress` and the ledger's connection string.",
            )
        self._address = address
        self._ledger = ledger
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close the client, if one was made."""
        with self._lock:
            made = self.__dict__.pop("_client", None)
        if made is not None:
            made.close()

    def load(self, job: LoadJob) -> LoadResult:
        """Store all rows of ``job``, or none. See ``Destination.load``.

        Raises whatever reading the rows raises; CheckFailed when the counts do not add up; Quarantined when a
        person must decide first; ConfigurationError when project, dataset, table or ledger do not match;
        RetryableError when BigQuery or the ledger is unavailable.
        """
        where = f"{job.request.where}, BigQuery table {job.full_name}"
        with typed_errors(where, BIGQUERY_RULES):
            with self._lock:
                client = self._client
            with connect(self._ledger, LOADING, autocommit=True) as connection:
                return Load(connection, client, self._address, self.name, job, where).run()

    def migrate(self, spec: ReportSpec, table: str, *, check: bool = False) -> Migration:
        """Copy a populated table into one of its spec's shape and swap the two; ``check`` only plans.

        No load writes to the table meanwhile. If a migration is killed midway, the next call finishes it.
        """
        from sellerops.destinations.bigquery.migration import TableMigration

        with typed_errors(f"BigQuery table {spec.source}.{table}", BIGQUERY_RULES):
            with self._lock:
                client = self._client
            with (
                connect(self._ledger, LOADING, autocommit=True) as connection,
                session_lock(connection, f"sellerops.{self.name}:{spec.source}.{table}"),
            ):
                shape = BigQueryShape(spec, table)
                return TableMigration(connection, client, self._address, shape).run(check=check)

    @staticmethod
    def row_source(address: BigQueryAddress) -> RowSource:
        """A reader of the tables at ``address``."""
        from sellerops.destinations.bigquery.row_source import BigQueryRowSource

        return BigQueryRowSource(address)

    @staticmethod
    def mart_dialect() -> MartDialect:
        """The SQL dialect of marts in BigQuery."""
        from sellerops.destinations.bigquery.mart_dialect import BigQueryMartDialect

        return BigQueryMartDialect()

    @staticmethod
    def mart_store(address: BigQueryAddress, *, ledger: str) -> MartStore:
        """The mart store at ``address``."""
        from sellerops.destinations.bigquery.mart_store import BigQueryMartStore

        return BigQueryMartStore(address, ledger=ledger)

    # For the command line, which has no hook.
    address_from = staticmethod(address_from)

    def undeclared_personal(
        self, specs: Sequence[ReportSpec], *, remove: bool = False
    ) -> list[UndeclaredColumn]:
        """See ``FindsUndeclaredPersonal``."""
        from sellerops.destinations.bigquery import undeclared_personal as personal

        with typed_errors("BigQuery", BIGQUERY_RULES):
            with self._lock:
                client = self._client
            found = personal.find_undeclared_personal(client, self._address, specs)
            if remove:
                personal.remove_undeclared_personal(client, self._address, found)
            return found

    @cached_property
    def _client(self) -> bigquery.Client:
        return self._address.client()
