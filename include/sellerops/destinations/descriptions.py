"""What a landing table and its columns say of themselves: comments in Postgres, descriptions in BigQuery."""

from __future__ import annotations

import hashlib

from sellerops.destinations.shape import SYSTEM, UNIT_MARK, TableShape
from sellerops.settings.specs import Column

# BigQuery takes 1,024 characters for a column.
LONGEST = 1024
_SYSTEM = {
    "account_id": "Account of config/accounts.yaml.",
    "marketplace_id": "Amazon's id of the marketplace (sellerops.marketplace); null where the document does "
    "not tell it.",
    "region": "NA, EU or FE.",
    "snapshot_at": "The moment the snapshot stands for, UTC.",
    "ordinal": "Numbers rows that are equal in the rest of the key.",
    "line_hash": "128 bits over the row's values: the key of tables without a natural one.",
    UNIT_MARK: "When the line's unit was last told without item ids; nearly always null.",
    "source_line": "Line of the document, its header being line 1; in JSON the item, from 1.",
    "load_id": "Load that wrote the row: sellerops.load.id.",
    "reported_at": "When Amazon made the document, UTC.",
}
assert _SYSTEM.keys() == SYSTEM.keys()
# Columns that are declared by us beside the document's.
_NOT_AMAZONS = frozenset({"personal_since"})
_UNKNOWN = "Not in the spec: an unknown column of a document, as text."


def table_description(shape: TableShape) -> str:
    """What a row is."""
    return _short(shape.table.description)


def column_description(shape: TableShape, name: str) -> str:
    """What a column holds, as the spec says; of what it says nothing of, where the value comes from."""
    declared = shape.table.columns.get(name)
    if declared and name in _NOT_AMAZONS:
        return declared.description
    if name == shape.table.day_from_window:
        return "Day of the window that was asked for: the rows carry no date."
    if name in SYSTEM and declared is None:
        return _SYSTEM[name]
    return _short(_told(shape, name, declared)) if declared else _UNKNOWN


def descriptions_digest(shape: TableShape) -> str:
    """Changes when a description does. Unknown columns do not count: each document has others."""
    told = [table_description(shape)]
    told += [
        f"{name}: {column_description(shape, name)}" for name in shape.in_order() if name not in shape.extra
    ]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:16]


def _told(shape: TableShape, name: str, column: Column) -> str:
    source = f"the request's {column.fact}" if column.fact else f"`{shape.table.header_of(name)}`"
    parts = [
        column.description.rstrip(".") + "." if column.description else "",
        f"Amazon: {source}.",
        f"`{column.absent}` where Amazon leaves it empty." if column.absent else "",
        "Personal data." if column.personal else "",
    ]
    return " ".join(filter(None, parts))


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
