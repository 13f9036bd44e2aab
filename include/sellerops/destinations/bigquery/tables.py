"""Datasets and tables: created and widened on demand. Columns are added and never dropped."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from google.api_core.exceptions import BadRequest, NotFound
from google.cloud import bigquery
from google.cloud.bigquery.retry import DEFAULT_RETRY

from sellerops.base.errors import ConfigurationError
from sellerops.destinations.bigquery.address import BigQueryAddress, clean_labels
from sellerops.destinations.bigquery.shape import SQL_TYPES, WIDE, BigQueryShape, quoted
from sellerops.destinations.descriptions import column_description, table_description
from sellerops.destinations.differences import (
    Difference,
    LandedTable,
    differences,
    for_empty_table,
    key_text,
    refuse_differences,
)
from sellerops.destinations.shared_stock import SUFFIX, shared_stock_query
from sellerops.settings.specs import ColumnType

STAGING = "sellerops_staging"
STAGING_LIFETIME = timedelta(days=1)
MOST_COLUMNS = 10_000
# Suffixes of the two tables beside a landing table while it is migrated.
MIGRATING, BEFORE = "__migrating", "__before"
_OLD_NAMES = {"INTEGER": "INT64", "BOOLEAN": "BOOL"}
_KINDS = {**{name: kind for kind, name in SQL_TYPES.items()}, WIDE: ColumnType.DECIMAL}


class Tables:
    """The datasets of one project with one prefix."""

    def __init__(self, client: bigquery.Client, address: BigQueryAddress) -> None:
        self._client = client
        self._address = address
        self._retry = DEFAULT_RETRY.with_timeout(address.patience)
        self._patience = address.patience

    def dataset(self, name: str) -> str:
        """``project.prefix_name``."""
        return f"{self._address.project}.{self._address.dataset_prefix}{name}"

    def full_name(self, shape: BigQueryShape) -> str:
        return f"{self.dataset(shape.schema_name)}.{shape.name}"

    def staging_name(self, load_id: int, nonce: str, step: str) -> str:
        return f"{self.dataset(STAGING)}.load_{load_id}_{nonce}_{step}"

    def columns(self, shape: BigQueryShape) -> dict[str, str]:
        """The table's columns and their types, in order; empty if the table does not exist."""
        try:
            table = self._client.get_table(self.full_name(shape), retry=self._retry, timeout=self._patience)
        except NotFound:
            return {}
        return _types(table)

    def landed(self, shape: BigQueryShape, definition: Mapping[str, Any]) -> LandedTable | None:
        """The table with the name of ``shape``; None if it does not exist."""
        table = self.find(self.full_name(shape))
        return _landed(table, definition) if table else None

    def find(self, name: str) -> bigquery.Table | None:
        """The table with this full name; None if it does not exist."""
        try:
            return self._client.get_table(name, retry=self._retry, timeout=self._patience)
        except NotFound:
            return None

    def ensure(
        self, shape: BigQueryShape, wide: Collection[str] = (), definition: Mapping[str, Any] | None = None
    ) -> list[str]:
        """Create or widen the table of ``shape``; returns the added columns.

        ``wide``: decimal columns with a value that NUMERIC cannot hold. ``definition``: what the ledger
        stores about the table. Called under the table's lock. Raises ConfigurationError when the table was
        created for another spec or would have too many columns.
        """
        table, where = self.find(self.full_name(shape)), f"BigQuery table {shape.full_name}"
        if table is None:
            self._refuse_interrupted(shape, where)
            self.create(shape, wide)
            return list(shape.types)
        found = table_differences(shape, _landed(table, definition or {}), table)
        found = found if table.num_rows else for_empty_table(found)
        refuse_differences(shape, found, destination="bigquery", where=where)
        existing = _types(table)
        lacking = [name for name in shape.types if name not in existing]
        if len(existing) + len(lacking) > MOST_COLUMNS:
            raise ConfigurationError(
                f"it has {len(existing)} columns; {len(lacking)} more exceed BigQuery's limit of "
                f"{MOST_COLUMNS}.",
                where=where,
                remedy="Nothing was stored. Declare a table with another name and fewer columns in the spec.",
            )
        if lacking:
            fields = [_field(shape, name, wide, may_lack=True) for name in lacking]
            table.schema = [*table.schema, *fields]
            self._client.update_table(table, ["schema"], retry=self._retry, timeout=self._patience)
        for name in wide:
            if existing.get(name) == "NUMERIC":
                self._widen(shape, name)
        return lacking

    def ensure_shared_stock_view(self, shape: BigQueryShape) -> None:
        """Create the view ``<table>__once`` of ``shape``, or replace it if its text has changed.

        Called under the table's lock. Queries of the view prune partitions as queries of the table do.
        """
        query = shared_stock_query(shape, f"`{self.full_name(shape)}`", quoted)
        if query is None:
            return
        name = f"{self.full_name(shape)}{SUFFIX}"
        try:
            if self._client.get_table(name, retry=self._retry).view_query == query:
                return
        except NotFound:
            pass
        self._client.query(
            f"CREATE OR REPLACE VIEW `{name}` AS {query}", location=self._address.location
        ).result()

    def make_staging(self, name: str, fields: Collection[bigquery.SchemaField]) -> None:
        """Create a table that expires after a day, in case nothing drops it."""
        self.make_dataset(STAGING)
        table = bigquery.Table(name, schema=list(fields))
        table.expires = datetime.now(UTC) + STAGING_LIFETIME
        table.labels = {"managed_by": "sellerops"}
        # The name is unique, so an existing table comes from an earlier try whose response was lost.
        self._client.create_table(table, exists_ok=True, retry=self._retry, timeout=self._patience)

    def drop(self, name: str) -> None:
        self._client.delete_table(name, not_found_ok=True, retry=self._retry, timeout=self._patience)

    def _refuse_interrupted(self, shape: BigQueryShape, where: str) -> None:
        if self.find(self.full_name(shape) + BEFORE) is None:
            return
        raise ConfigurationError(
            f"its migration was interrupted; its rows are in `{shape.name}{BEFORE}`.",
            where=where,
            remedy=f"Run `sellerops tables migrate {shape.spec.name} --destination bigquery` to "
            "finish it, then clear the task.",
        )

    def create(self, shape: BigQueryShape, wide: Collection[str], suffix: str = "") -> None:
        """Create the empty table of ``shape``, named with ``suffix``."""
        self.make_dataset(shape.schema_name)
        fields = [_field(shape, name, wide) for name in shape.types]
        table = bigquery.Table(self.full_name(shape) + suffix, schema=fields)
        table.description = table_description(shape) or None
        table.labels = labels_of(self._address.labels, shape)
        table.clustering_fields = list(shape.clusters)
        if shape.partition:
            table.time_partitioning = bigquery.TimePartitioning(
                type_=bigquery.TimePartitioningType.DAY, field=shape.partition
            )
            table.require_partition_filter = True
        self._client.create_table(table, exists_ok=True, retry=self._retry, timeout=self._patience)

    def describe(self, shape: BigQueryShape) -> None:
        """Update the descriptions of the table and its columns if the spec's have changed."""
        table = self.find(self.full_name(shape))
        if table is None:
            return
        fields = [_described(shape, each) for each in table.schema]
        description = table_description(shape) or None
        if fields == table.schema and description == table.description:
            return
        table.schema, table.description = fields, description
        self._client.update_table(table, ["schema", "description"], retry=self._retry, timeout=self._patience)

    def run(self, statement: str) -> None:
        """Run a statement to completion."""
        self._client.query(statement, location=self._address.location).result()

    def make_dataset(self, name: str) -> None:
        """Create the dataset if it does not exist."""
        dataset = bigquery.Dataset(self.dataset(name))
        dataset.location = self._address.location
        dataset.labels = {**self._address.labels, "managed_by": "sellerops"}
        if name == STAGING:
            dataset.default_table_expiration_ms = int(STAGING_LIFETIME.total_seconds() * 1000)
        self._client.create_dataset(dataset, exists_ok=True, retry=self._retry, timeout=self._patience)

    def _widen(self, shape: BigQueryShape, name: str) -> None:
        statement = f"ALTER TABLE `{self.full_name(shape)}` ALTER COLUMN `{name}` SET DATA TYPE {WIDE}"
        try:
            self._client.query(statement, location=self._address.location).result()
        except BadRequest as error:
            raise ConfigurationError(
                f"the column `{name}` is NUMERIC, needs more digits now, and cannot be widened.",
                where=f"table {self.full_name(shape)}",
                remedy=f"Run `{statement}`, or copy the table into one whose column is {WIDE}.",
            ) from error


def labels_of(more: Mapping[str, str], shape: BigQueryShape) -> dict[str, str]:
    """Labels of tables and jobs: creator, source, report and table."""
    own = {
        "managed_by": "sellerops",
        "source": shape.schema_name,
        "report": shape.spec.name,
        "table": shape.name,
    }
    return clean_labels({**more, **own})


def _types(table: bigquery.Table) -> dict[str, str]:
    return {each.name: _OLD_NAMES.get(each.field_type, each.field_type) for each in table.schema}


def _landed(table: bigquery.Table, definition: Mapping[str, Any]) -> LandedTable:
    types = _types(table)
    key = definition.get("key")
    return LandedTable(
        types={name: _KINDS.get(kind) for name, kind in types.items()},
        sql_types=types,
        key=tuple(key) if key else None,
        not_null=frozenset(each.name for each in table.schema if each.mode == "REQUIRED"),
        definition=definition,
    )


def table_differences(shape: BigQueryShape, landed: LandedTable, table: bigquery.Table) -> list[Difference]:
    """The differences that every destination checks, and BigQuery's own: partitions, personal columns."""
    found = differences(shape, landed)
    partition = table.time_partitioning.field if table.time_partitioning else None
    if partition != shape.partition:
        text = f"it is partitioned by `{partition}` in the table and by `{shape.partition}` in the spec"
        found.append(Difference(text))
    # If the table is older than its definition in the ledger, its clusters show its key.
    clusters = tuple(table.clustering_fields or ())
    if landed.key is None and set(clusters) != set(shape.clusters):
        text = f"it is clustered by {key_text(clusters)}, and the spec's key would cluster it by "
        found.append(Difference(text + key_text(shape.clusters)))
    found += [
        Difference(f"the column `{name}` is personal data in the spec, and BigQuery must not hold it")
        for name in shape.table.personal_columns
        if name in landed.types
    ]
    return found


def _field(
    shape: BigQueryShape, name: str, wide: Collection[str], *, may_lack: bool = False
) -> bigquery.SchemaField:
    is_required = name in shape.system_types and not shape.is_nullable(name) and not may_lack
    kind, mode = WIDE if name in wide else shape.types[name], "REQUIRED" if is_required else "NULLABLE"
    return bigquery.SchemaField(name, kind, mode=mode, description=column_description(shape, name))


def _described(shape: BigQueryShape, field: bigquery.SchemaField) -> bigquery.SchemaField:
    """The field with its current description; a column that no spec declares keeps its own."""
    if field.name not in shape.types or field.name in shape.extra:
        return field
    described = {**field.to_api_repr(), "description": column_description(shape, field.name)}
    return bigquery.SchemaField.from_api_repr(described)
