"""Datasets and tables, made and widened on demand. Columns are added and never dropped."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta

from google.api_core.exceptions import BadRequest, NotFound
from google.cloud import bigquery
from google.cloud.bigquery.retry import DEFAULT_RETRY

from sellerops.destinations.bigquery.address import BigQueryAddress, clean_labels
from sellerops.destinations.bigquery.shape import WIDE, BigQueryShape, quoted
from sellerops.destinations.once import SUFFIX, once_query
from sellerops.errors import ConfigurationError

STAGING = "sellerops_staging"
STAGING_LIFETIME = timedelta(days=1)
_OLD_NAMES = {"INTEGER": "INT64", "BOOLEAN": "BOOL"}


class Tables:
    """The datasets of one project, below one prefix."""

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
        """Columns of the table as it stands and their types, in order; empty when there is no table."""
        try:
            table = self._client.get_table(self.full_name(shape), retry=self._retry, timeout=self._patience)
        except NotFound:
            return {}
        return _types(table)

    def ensure(self, shape: BigQueryShape, wide: Collection[str] = ()) -> list[str]:
        """Make or widen the table of ``shape``; returns the columns that were not there before.

        ``wide``: decimal columns that hold a value now that NUMERIC does not. Called under the table's lock.
        Raises ConfigurationError when a column has another type than the spec says.
        """
        try:
            table = self._client.get_table(self.full_name(shape), retry=self._retry, timeout=self._patience)
        except NotFound:
            self._create(shape, wide)
            return list(shape.types)
        existing = _types(table)
        lacking = _lacking(shape, existing)
        if lacking:
            fields = [_field(shape, name, wide, may_lack=True) for name in lacking]
            table.schema = [*table.schema, *fields]
            self._client.update_table(table, ["schema"], retry=self._retry, timeout=self._patience)
        for name in wide:
            if existing.get(name) == "NUMERIC":
                self._widen(shape, name)
        return lacking

    def ensure_once(self, shape: BigQueryShape) -> None:
        """Make the view ``<table>__once`` of ``shape``, or make it again when its text has changed.

        Called under the table's lock. A query of the view is bound to days as one of its table is.
        """
        query = once_query(shape, f"`{self.full_name(shape)}`", quoted)
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
        """A table that ends by itself, should nobody end it."""
        self._make_dataset(STAGING)
        table = bigquery.Table(name, schema=list(fields))
        table.expires = datetime.now(UTC) + STAGING_LIFETIME
        table.labels = {"managed_by": "sellerops"}
        # Its name is this load's alone: one that is there was made by the same call, whose answer was lost.
        self._client.create_table(table, exists_ok=True, retry=self._retry, timeout=self._patience)

    def drop(self, name: str) -> None:
        self._client.delete_table(name, not_found_ok=True, retry=self._retry, timeout=self._patience)

    def _create(self, shape: BigQueryShape, wide: Collection[str]) -> None:
        self._make_dataset(shape.schema_name)
        fields = [_field(shape, name, wide) for name in shape.types]
        table = bigquery.Table(self.full_name(shape), schema=fields)
        table.description = shape.table.description or None
        table.labels = labels_of(self._address.labels, shape)
        table.clustering_fields = list(shape.clusters)
        if shape.partition:
            table.time_partitioning = bigquery.TimePartitioning(
                type_=bigquery.TimePartitioningType.DAY, field=shape.partition
            )
            table.require_partition_filter = True
        self._client.create_table(table, exists_ok=True, retry=self._retry, timeout=self._patience)

    def _make_dataset(self, name: str) -> None:
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
                f"the column `{name}` is NUMERIC, holds a value of more digits now, and cannot be widened.",
                where=f"table {self.full_name(shape)}",
                remedy=f"Run `{statement}`, or copy the table into one whose column is {WIDE}.",
            ) from error


def labels_of(more: Mapping[str, str], shape: BigQueryShape) -> dict[str, str]:
    """Labels of tables and jobs: who made them, of which source, report and table."""
    own = {
        "managed_by": "sellerops",
        "source": shape.schema_name,
        "report": shape.spec.name,
        "table": shape.name,
    }
    return clean_labels({**more, **own})


def _types(table: bigquery.Table) -> dict[str, str]:
    return {each.name: _OLD_NAMES.get(each.field_type, each.field_type) for each in table.schema}


def _lacking(shape: BigQueryShape, existing: Mapping[str, str]) -> list[str]:
    for name, kind in shape.types.items():
        found = existing.get(name, kind)
        if found != kind and (kind, found) != ("NUMERIC", WIDE):
            raise ConfigurationError(
                f"the column `{name}` is {found} in the table and {kind} in the spec.",
                where=f"BigQuery table {shape.full_name}",
                remedy="Correct the spec, or copy the table into one whose column has the spec's type.",
            )
    return [name for name in shape.types if name not in existing]


def _field(
    shape: BigQueryShape, name: str, wide: Collection[str], *, may_lack: bool = False
) -> bigquery.SchemaField:
    declared = shape.table.columns.get(name)
    required = name in shape.system_types and not shape.is_nullable(name) and not may_lack
    kind, mode = WIDE if name in wide else shape.types[name], "REQUIRED" if required else "NULLABLE"
    if declared and declared.description:
        return bigquery.SchemaField(name, kind, mode=mode, description=declared.description)
    return bigquery.SchemaField(name, kind, mode=mode)
