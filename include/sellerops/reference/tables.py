"""All reference tables and their columns. Migration 0028 creates them; a test compares the two."""

from __future__ import annotations

from collections.abc import Mapping

from sellerops.reference.config_declarations import CONFIG_TABLES
from sellerops.reference.given_declarations import GIVEN_TABLES
from sellerops.reference.rate_declarations import RATE_TABLES
from sellerops.reference.table import Origin, ReferenceTable
from sellerops.settings.specs import ColumnType

_TEXT = ColumnType.TEXT

TABLES: Mapping[str, ReferenceTable] = {
    each.name: each for each in (*GIVEN_TABLES, *CONFIG_TABLES, *RATE_TABLES)
}
GIVEN: Mapping[str, ReferenceTable] = {
    name: each for name, each in TABLES.items() if each.origin is Origin.GIVEN
}

REFERENCE_TABLES: Mapping[str, Mapping[str, ColumnType]] = {
    # In schema `sellerops`: the ledger keeps it, and every destination has a copy.
    "marketplace": {
        "id": _TEXT,
        "code": _TEXT,
        "country": _TEXT,
        "currency": _TEXT,
        "time_zone": _TEXT,
        "region": _TEXT,
        "sales_channel": _TEXT,
    },
    **{name: {column: each.type for column, each in table.columns.items()} for name, table in TABLES.items()},
}
