"""The reference tables and their columns."""

from __future__ import annotations

from collections.abc import Mapping

from sellerops.settings.specs import ColumnType

_TEXT = ColumnType.TEXT

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
}
