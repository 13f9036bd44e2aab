"""Postgres types of column types."""

from __future__ import annotations

from sellerops.settings.specs import ColumnType

SQL_TYPES = {
    ColumnType.TEXT: "text",
    ColumnType.INTEGER: "bigint",
    ColumnType.DECIMAL: "numeric",
    ColumnType.DATE: "date",
    ColumnType.TIMESTAMP: "timestamp with time zone",
    ColumnType.BOOLEAN: "boolean",
}
