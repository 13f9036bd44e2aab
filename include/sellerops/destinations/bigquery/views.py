"""The starter views over landing tables in BigQuery, and the table of marketplaces that they join.

They are created when a table is new, or when their SQL or the marketplaces have changed. The table's
definition in the ledger contains ``views_mark``, so a load without changes queries nothing. Views of ledger
data (missing days, freshness, runs) exist only in Postgres.
"""

from __future__ import annotations

import hashlib
import logging

from google.api_core.exceptions import BadRequest, NotFound
from google.cloud import bigquery

from sellerops.destinations.bigquery.shape import SQL_TYPES, WIDE, BigQueryShape, quoted
from sellerops.destinations.bigquery.tables import Tables
from sellerops.ledger.reference import marketplace_rows
from sellerops.settings.specs import ColumnType
from sellerops.views.definitions import SCHEMA, Dialect, StarterView, views_over

log = logging.getLogger(__name__)

_REFERENCE = "sellerops"
_COLUMNS = {
    "id": "Amazon's marketplace id: `marketplace_id` of every table.",
    "code": "ISO code of the country.",
    "country": "Name of the country.",
    "currency": "ISO code of the currency it sells in.",
    "time_zone": "IANA time zone of its business day.",
    "region": "Endpoint group of Amazon's API: NA, EU or FE.",
    "sales_channel": "Its name in `sales_channel` columns.",
}


def views_mark(table: str) -> str:
    """A hash of the views over ``<source>.<table>`` and of the marketplaces."""
    text = f"{marketplace_rows()}\n{_views_over(table)}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _views_over(table: str) -> list[StarterView]:
    return [view for view in views_over(table) if not view.is_of_ledger]


class Views:
    """The views of one project with one dataset prefix."""

    def __init__(self, client: bigquery.Client, tables: Tables) -> None:
        self._client = client
        self._tables = tables

    def refresh(self, shape: BigQueryShape) -> None:
        """Fill the table of marketplaces, and create the views over the table of ``shape``.

        A view that does not match its tables, because a spec of the installation differs, is created empty.
        """
        self._fill_marketplaces()
        for view in _views_over(shape.full_name):
            text = view.sql(self._dialect, self._landed(view))
            try:
                self._make(view, text)
            except BadRequest as error:
                log.warning("View %s.%s is created without rows: %s", SCHEMA, view.name, error.message)
                self._make(view, view.empty_sql(self._dialect))

    @property
    def _dialect(self) -> Dialect:
        return Dialect(
            types={**SQL_TYPES, ColumnType.DECIMAL: WIDE},
            table=lambda name: f"`{self._name(name)}`",
            quoted=quoted,
            marketplace=f"`{self._tables.dataset(_REFERENCE)}.marketplace`",
            eight_days_ago="TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 8 DAY)",
        )

    def _name(self, table: str) -> str:
        schema, _, name = table.partition(".")
        return f"{self._tables.dataset(schema)}.{name}"

    def _landed(self, view: StarterView) -> frozenset[str]:
        return frozenset(name for name in view.parts if self._tables.find(self._name(name)))

    def _make(self, view: StarterView, text: str) -> None:
        self._tables.make_dataset(SCHEMA)
        name = f"{self._tables.dataset(SCHEMA)}.{view.name}"
        self._tables.run(f"CREATE OR REPLACE VIEW `{name}` AS {text}")
        made = self._client.get_table(name)
        made.description = view.description
        self._client.update_table(made, ["description"])

    def _fill_marketplaces(self) -> None:
        """Replace the whole table (about twenty rows) in one atomic job, if it has changed."""
        self._tables.make_dataset(_REFERENCE)
        name = f"{self._tables.dataset(_REFERENCE)}.marketplace"
        schema = [bigquery.SchemaField(each, "STRING", description=text) for each, text in _COLUMNS.items()]
        config = bigquery.LoadJobConfig(schema=schema, write_disposition="WRITE_TRUNCATE")
        rows = marketplace_rows()
        if self._stored(name) != rows:
            self._client.load_table_from_json(rows, name, job_config=config).result()

    def _stored(self, name: str) -> list[dict[str, str]] | None:
        """The stored rows, in the order of ``marketplace_rows``; None if the table does not exist."""
        try:
            found = {row["id"]: dict(row.items()) for row in self._client.list_rows(name)}
        except NotFound:
            return None
        ids = [row["id"] for row in marketplace_rows()]
        return [found.pop(one) for one in ids if one in found] + list(found.values())
