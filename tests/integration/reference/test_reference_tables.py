"""The declared reference tables are those that the migration creates."""

from __future__ import annotations

import psycopg
from psycopg.rows import dict_row

from sellerops.ledger import Ledger
from sellerops.reference.tables import TABLES
from sellerops.settings.specs.sql_types import SQL_TYPES


def test_the_migration_creates_every_declared_column(ledger: Ledger) -> None:
    with (
        psycopg.connect(ledger.database.conninfo) as connection,
        connection.cursor(row_factory=dict_row) as cursor,
    ):
        rows = cursor.execute(
            "SELECT c.table_name, c.column_name, c.data_type, c.is_nullable, "
            "col_description(format('sellerops_reference.%I', c.table_name)::regclass, "
            "c.ordinal_position) AS text "
            "FROM information_schema.columns AS c WHERE c.table_schema = 'sellerops_reference'"
        ).fetchall()
    found = {(row["table_name"], row["column_name"]): row for row in rows}
    declared = {
        (table.name, name): column for table in TABLES.values() for name, column in table.columns.items()
    }
    assert set(found) == set(declared)
    for place, column in declared.items():
        assert found[place]["data_type"] == SQL_TYPES[column.type], place
        assert found[place]["text"] == column.description, place
        if column.required or column.default is not None:
            assert found[place]["is_nullable"] == "NO", place
