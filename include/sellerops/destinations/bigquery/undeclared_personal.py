"""Unknown columns of personal data that landed in BigQuery before their names were looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sellerops.destinations.bigquery.address import BigQueryAddress
from sellerops.destinations.bigquery.errors import our_errors
from sellerops.destinations.bigquery.shape import BigQueryShape
from sellerops.destinations.bigquery.tables import Tables
from sellerops.destinations.undeclared_personal import UndeclaredColumn, is_undeclared_personal
from sellerops.settings.specs import ReportSpec


def find_undeclared_personal(
    address: BigQueryAddress, specs: Sequence[ReportSpec]
) -> Iterator[tuple[BigQueryShape, list[UndeclaredColumn]]]:
    """Each table of ``specs`` that has such columns."""
    client = address.client()
    try:
        tables = Tables(client, address)
        for spec in specs:
            for name in spec.tables:
                shape = BigQueryShape(spec, name)
                found = [each for each in tables.columns(shape) if is_undeclared_personal(shape, each)]
                if found:
                    yield shape, [UndeclaredColumn(tables.full_name(shape), each, None) for each in found]
    finally:
        client.close()  # type: ignore[no-untyped-call]


def remove_undeclared_personal(address: BigQueryAddress, shape: BigQueryShape, names: Sequence[str]) -> None:
    """Drop the columns. BigQuery's time travel still shows them for up to seven days."""
    client = address.client()
    try:
        table = Tables(client, address).full_name(shape)
        with our_errors(f"BigQuery table {table}"):
            for name in names:
                statement = f"ALTER TABLE `{table}` DROP COLUMN IF EXISTS `{name}`"
                client.query(statement, location=address.location).result()
    finally:
        client.close()  # type: ignore[no-untyped-call]
