"""Finds and removes unknown personal columns in BigQuery that landed before loads checked column names."""

from __future__ import annotations

from collections.abc import Sequence

from google.cloud.bigquery import Client

from sellerops.destinations.bigquery.address import BigQueryAddress
from sellerops.destinations.bigquery.shape import BigQueryShape
from sellerops.destinations.bigquery.tables import Tables
from sellerops.destinations.undeclared_personal import UndeclaredColumn, is_undeclared_personal
from sellerops.settings.specs import ReportSpec


def find_undeclared_personal(
    client: Client, address: BigQueryAddress, specs: Sequence[ReportSpec]
) -> list[UndeclaredColumn]:
    """Such columns in the tables of ``specs``. Rows are not counted: that would take a query per column."""
    tables = Tables(client, address)
    shapes = [BigQueryShape(spec, name) for spec in specs for name in spec.tables]
    return [
        UndeclaredColumn(tables.full_name(shape), name, None)
        for shape in shapes
        for name in tables.columns(shape)
        if is_undeclared_personal(shape, name)
    ]


def remove_undeclared_personal(
    client: Client, address: BigQueryAddress, columns: Sequence[UndeclaredColumn]
) -> None:
    """Drop the columns. BigQuery's time travel still shows them for up to seven days."""
    for each in columns:
        statement = f"ALTER TABLE `{each.table}` DROP COLUMN IF EXISTS `{each.column}`"
        client.query(statement, location=address.location).result()
