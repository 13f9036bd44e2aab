"""Reading landing tables, or any query, from BigQuery."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from google.api_core import exceptions
from google.auth.exceptions import GoogleAuthError
from google.cloud.bigquery import Client, QueryJobConfig

from sellerops.base.errors import ConfigurationError, RetryableError
from sellerops.base.reader_role import first_line
from sellerops.destinations.bigquery.address import BigQueryAddress
from sellerops.destinations.row_sources import (
    FETCH_ROWS,
    ONLY_READS,
    TECHNICAL,
    Result,
    Selection,
    choose_columns,
    refused,
    select_statement,
    selection_remedy,
)

# Timeouts of one call, and of a whole query.
_CALL_SECONDS, _QUERY_SECONDS = 120.0, 1_800.0


class BigQueryRowSource:
    """Reads the pages of one query job. Tables are ``<dataset_prefix><source>.<table>`` of the project."""

    def __init__(self, address: BigQueryAddress) -> None:
        self._address = address

    @contextmanager
    def open(self, spec: Selection) -> Iterator[Result]:
        """The result of ``spec``, fetched as it is read. Raises the errors of ``RowSource``."""
        client = self._address.client()
        try:
            sql = spec.query or self._table_statement(client, spec)
            # A dry run costs nothing and shows the kind of statement before anything runs.
            dry = QueryJobConfig(dry_run=True)
            kind = client.query(sql, job_config=dry, timeout=_CALL_SECONDS).statement_type
            if kind not in (None, "SELECT"):
                raise ConfigurationError(f"the query is a {kind}.", where=spec.path, remedy=ONLY_READS)
            config = QueryJobConfig(labels=dict(self._address.labels))
            job = client.query(sql, job_config=config, timeout=_CALL_SECONDS)
            rows = job.result(page_size=FETCH_ROWS, timeout=_QUERY_SECONDS)
            columns = [(each.name, each.field_type == "DATE") for each in rows.schema]
            yield choose_columns(spec, columns, (each.values() for each in rows))
        except (exceptions.BadRequest, exceptions.NotFound) as error:
            raise refused(spec, error, selection_remedy(spec)) from error
        except exceptions.Forbidden as error:
            if "xceeded" in str(error):  # a quota: retrying later helps
                raise RetryableError(f"BigQuery: {first_line(error)}.", where=spec.path) from error
            raise refused(spec, error, "Give connection sellerops_bigquery read access.") from error
        except (exceptions.GoogleAPIError, GoogleAuthError, OSError) as error:
            cause = f"BigQuery does not answer: {first_line(error)}."
            raise RetryableError(cause, where=spec.path) from error

    def _table_statement(self, client: Client, spec: Selection) -> str:
        source, _, table = str(spec.table).partition(".")
        name = f"{self._address.project}.{self._address.dataset_prefix}{source}.{table}"
        found = client.get_table(name, timeout=_CALL_SECONDS)
        names = tuple(spec.columns) or tuple(each.name for each in found.schema if each.name not in TECHNICAL)
        whole = f"`{name}`"
        if found.require_partition_filter and found.time_partitioning:
            day = f"`{found.time_partitioning.field}`"
            # True for every row: BigQuery refuses to read a partitioned table without a filter.
            whole += f" WHERE ({day} >= '0001-01-01' OR {day} IS NULL)"
        return select_statement(spec, names, quote="`", table=whole)
