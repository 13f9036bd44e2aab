"""The descriptions of landing tables and their columns, as the database shows them."""

from __future__ import annotations

import hashlib

from sellerops.destinations.shape import SYSTEM, UNIT_MARK, TableShape
from sellerops.settings.specs import Column

# The lowest limit among the databases: BigQuery allows 1,024 characters for a column.
LONGEST = 1024
_SYSTEM = {
    "account_id": "Account of config/accounts.yaml.",
    "marketplace_id": "Amazon's id of the marketplace (sellerops.marketplace); null where the document does "
    "not name it.",
    "region": "NA, EU or FE.",
    "snapshot_at": "The moment of the snapshot, UTC.",
    "ordinal": "Numbers rows that are equal in the rest of the key.",
    "line_hash": "128 bits over the row's values: the key of tables without a natural one.",
    UNIT_MARK: "When a document last listed the line's unit without item ids; nearly always null.",
    "source_line": "Line of the document, counting the header as line 1; in JSON the item, from 1.",
    "load_id": "Load that wrote the row: sellerops.load.id.",
    "reported_at": "When Amazon created the document, UTC.",
}
assert _SYSTEM.keys() == SYSTEM.keys()
# Columns that we declare in addition to the document's.
_NOT_AMAZONS = frozenset({"personal_since"})
_UNKNOWN = "Not in the spec: an unknown column of a document, as text."


def table_description(shape: TableShape) -> str:
    """What one row is."""
    return _short(shape.table.description)


def column_description(shape: TableShape, name: str) -> str:
    """What a column holds according to the spec, and the Amazon field or fact that its value comes from.

    For other columns: what sellerops stores in them.
    """
    declared = shape.table.columns.get(name)
    if declared and name in _NOT_AMAZONS:
        return declared.description
    if name == shape.table.day_from_window:
        return "Day of the requested window: the rows carry no date."
    if name in SYSTEM and declared is None:
        return _SYSTEM[name]
    return _short(_declared(shape, name, declared)) if declared else _UNKNOWN


def descriptions_digest(shape: TableShape) -> str:
    """A hash of all descriptions except those of unknown columns, which differ by document."""
    texts = [table_description(shape)]
    texts += [
        f"{name}: {column_description(shape, name)}" for name in shape.in_order() if name not in shape.extra
    ]
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]


def _declared(shape: TableShape, name: str, column: Column) -> str:
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
