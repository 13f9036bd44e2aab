"""The tables of marts in BigQuery: comparing, creating and widening them."""

from __future__ import annotations

from google.cloud import bigquery
from google.cloud.bigquery.retry import DEFAULT_RETRY

from sellerops.base.errors import ConfigurationError
from sellerops.destinations.bigquery.address import BigQueryAddress
from sellerops.destinations.bigquery.mart_dialect import TYPES
from sellerops.destinations.bigquery.shape import MOST_CLUSTERS
from sellerops.destinations.bigquery.tables import Tables
from sellerops.destinations.mart_store import MARTS, MartTable

_OLD_NAMES = {"INTEGER": "INT64", "BOOLEAN": "BOOL"}


class MartTables:
    """The tables in one project's dataset ``sellerops_marts``, with the address's dataset prefix."""

    def __init__(self, client: bigquery.Client, address: BigQueryAddress, tables: Tables) -> None:
        self._client = client
        self._tables = tables
        self._retry = DEFAULT_RETRY.with_timeout(address.patience)
        self._patience = address.patience

    def full_name(self, table: MartTable) -> str:
        return f"{self._tables.dataset(MARTS)}.{table.name}"

    def fields(self, table: MartTable) -> list[bigquery.SchemaField]:
        """The columns. None is REQUIRED: the tests before a write report what is missing."""
        return [
            bigquery.SchemaField(name, TYPES[kind], description=text)
            for name, (kind, text) in table.columns.items()
        ]

    def fits(self, table: MartTable) -> bool:
        """Whether the table exists and has these columns, types and partitions."""
        there = self._tables.find(self.full_name(table))
        if there is None:
            return False
        partition = there.time_partitioning.field if there.time_partitioning else None
        wanted = {name: TYPES[kind] for name, (kind, _) in table.columns.items()}
        return _types(there) == wanted and partition == table.day

    def make(self, table: MartTable) -> None:
        """Create the empty table; an existing one with that name is dropped."""
        self._tables.make_dataset(MARTS)
        self._tables.drop(self.full_name(table))
        made = bigquery.Table(self.full_name(table), schema=self.fields(table))
        made.description = table.description
        made.labels = {"managed_by": "sellerops", "layer": "marts"}
        clusters = dict.fromkeys(["account_id", "marketplace_id", *table.key])
        made.clustering_fields = [name for name in clusters if name in table.columns and name != table.day][
            :MOST_CLUSTERS
        ]
        if table.day:
            made.time_partitioning = bigquery.TimePartitioning(
                type_=bigquery.TimePartitioningType.DAY, field=table.day
            )
        self._client.create_table(made, exists_ok=True, retry=self._retry, timeout=self._patience)

    def widen(self, table: MartTable) -> None:
        """Create the table, or add the columns it lacks. Raises ConfigurationError when a type differs."""
        there = self._tables.find(self.full_name(table))
        if there is None:
            self.make(table)
            return
        types = _types(there)
        fields = self.fields(table)
        changed = [each.name for each in fields if types.get(each.name, each.field_type) != each.field_type]
        if changed:
            raise ConfigurationError(
                f"the type of {', '.join(changed)} has changed, but its rows are computed and kept.",
                where=f"mart {table.name} in BigQuery",
                remedy=f"Undo the change of include/marts/{table.name}.sql, or give the mart another name.",
            )
        lacking = [each for each in fields if each.name not in types]
        if lacking:
            there.schema = [*there.schema, *lacking]
            self._client.update_table(there, ["schema"], retry=self._retry, timeout=self._patience)


def _types(table: bigquery.Table) -> dict[str, str]:
    return {each.name: _OLD_NAMES.get(each.field_type, each.field_type) for each in table.schema}
