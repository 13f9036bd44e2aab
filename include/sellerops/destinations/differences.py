"""How a landing table differs from its spec, and what resolves the difference.

The rules are the same for every destination. What the table itself does not show (scope, write disposition,
day) is in ``sellerops.landing_table`` of the ledger, written by the table's first load.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import psycopg
from psycopg.rows import tuple_row
from psycopg.types.json import Jsonb

from sellerops.base.errors import ConfigurationError
from sellerops.destinations.descriptions import descriptions_digest
from sellerops.destinations.shape import SYSTEM, TableShape
from sellerops.settings.specs import ColumnType, WriteDisposition

Connection = psycopg.Connection[Any]

# (from, to): between these types, values may be converted; a migration counts those that do not fit. Values
# become text as the database writes them.
CONVERSIONS = frozenset(
    {
        (ColumnType.INTEGER, ColumnType.DECIMAL),
        (ColumnType.DECIMAL, ColumnType.INTEGER),
        *((ColumnType.TEXT, kind) for kind in ColumnType if kind is not ColumnType.TEXT),
        *((kind, ColumnType.TEXT) for kind in ColumnType if kind is not ColumnType.TEXT),
    }
)
# Forms of text that every database reads the same way, whatever its settings.
TEXT_PATTERNS = {
    ColumnType.INTEGER: "^-?[0-9]{1,18}$",
    ColumnType.DECIMAL: "^-?[0-9]{1,20}([.][0-9]{1,9})?$",
    ColumnType.DATE: "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
    ColumnType.TIMESTAMP: "^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,6})?"
    "(Z|[+-][0-9]{2}:[0-9]{2})$",
    ColumnType.BOOLEAN: "^(true|false|TRUE|FALSE|True|False)$",
}


class Remedy(IntEnum):
    """What resolves a difference. Of several remedies, the greatest applies."""

    MIGRATE = 1
    REPLAY = 2
    NEW_TABLE = 3


@dataclass(frozen=True)
class Difference:
    """One difference between a table and its spec, as a clause (``its key is ...``)."""

    text: str
    remedy: Remedy = Remedy.MIGRATE


@dataclass(frozen=True)
class LandedTable:
    """A table as it is in the database.

    ``types``: each column's type, None if no spec can declare it; ``sql_types``: the database's names for
    the types; ``key``: the table's grain, None if unknown; ``not_null``: columns that refuse null;
    ``definition``: what the ledger stores about the table; ``personal``: columns in its table of personal
    data.
    """

    types: Mapping[str, ColumnType | None]
    sql_types: Mapping[str, str]
    key: tuple[str, ...] | None
    not_null: frozenset[str] = frozenset()
    definition: Mapping[str, Any] = field(default_factory=dict)
    personal: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Migration:
    """A planned or finished migration: its ``steps`` in words, and the ``conflicts`` that prevent it.

    ``rows``: the table's rows, the same before and after.
    """

    table: str
    steps: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    rows: int = 0
    is_applied: bool = False


def definition_of(shape: TableShape) -> dict[str, Any]:
    """What the ledger stores about a table."""
    return {
        "scope": shape.spec.scope,
        "write_disposition": shape.table.write_disposition.value,
        "day": shape.day,
        "key": list(shape.key),
        "descriptions": descriptions_digest(shape),
    }


def stored_definition(connection: Connection, destination: str, table: str) -> dict[str, Any]:
    """What the ledger stores about ``<source>.<table>``; empty for an unknown table."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        row = cursor.execute(
            "SELECT definition FROM sellerops.landing_table WHERE destination = %s AND table_name = %s",
            (destination, table),
        ).fetchone()
    return dict(row[0]) if row else {}


def record_definition(
    connection: Connection,
    destination: str,
    shape: TableShape,
    describe: Callable[[], None] = lambda: None,
    *,
    views: str = "",
) -> None:
    """Store the table's definition if it has changed; an unchanged row is not locked.

    ``describe`` writes the descriptions into the database. It is called when they or ``views`` (a hash of
    the views over the table) have changed.
    """
    definition = {**definition_of(shape), **({"views": views} if views else {})}
    stored = stored_definition(connection, destination, shape.full_name)
    if stored == definition:
        return
    if any(stored.get(name) != definition.get(name) for name in ("descriptions", "views")):
        describe()
    connection.execute(
        "INSERT INTO sellerops.landing_table (destination, table_name, definition) VALUES (%s, %s, %s) "
        "ON CONFLICT (destination, table_name) "
        "DO UPDATE SET definition = excluded.definition, changed_at = sellerops.now()",
        (destination, shape.full_name, Jsonb(definition)),
    )


def differences(shape: TableShape, landed: LandedTable) -> list[Difference]:
    """How the table differs from ``shape``. Missing columns do not count: a load adds them."""
    found = [*_definition_differences(shape, landed), *_key_differences(shape, landed)]
    kinds = {**shape.data_types, **shape.system_types}
    for name, kind in kinds.items():
        current = landed.types.get(name, kind)
        if current is not kind:
            can = current is not None and (current, kind) in CONVERSIONS
            text = (
                f"the column `{name}` is {landed.sql_types[name]} in the table and {kind.value} in the spec"
            )
            if name not in shape.table.columns and name not in SYSTEM:
                text += ", which no longer declares it"
            found.append(Difference(text, Remedy.MIGRATE if can else Remedy.REPLAY))
    found += [
        Difference(
            f"the column `{name}` is in the table of personal data, but no longer personal in the spec"
        )
        for name in sorted(formerly_personal_columns(shape, landed))
    ]
    found += [
        Difference(f"the column `{name}` requires a value in the table, but the spec no longer provides one")
        for name in sorted(landed.not_null - required_columns(shape))
    ]
    return found


def for_empty_table(found: Iterable[Difference]) -> list[Difference]:
    """The same differences for a table without rows, where each can be migrated."""
    return [Difference(each.text) for each in found]


def undeclared_columns(shape: TableShape, landed: LandedTable) -> tuple[str, ...]:
    """Data columns that the spec does not declare: unknown ones of documents, or those of an older spec."""
    own = {*shape.in_order(), *SYSTEM, *shape.table.personal_columns}
    return tuple(name for name in landed.types if name not in own)


def formerly_personal_columns(shape: TableShape, landed: LandedTable) -> frozenset[str]:
    """Columns no longer personal in the spec whose values are still in the table of personal data."""
    return frozenset(name for name in landed.personal if name in shape.data_types)


def required_columns(shape: TableShape) -> frozenset[str]:
    """Columns that are never null."""
    return frozenset(name for name in shape.system_types if not shape.is_nullable(name))


def refuse_differences(
    shape: TableShape, found: Sequence[Difference], *, destination: str, where: str
) -> None:
    """Raise one ConfigurationError with all differences and the remedy, if there are any."""
    if not found:
        return
    raise ConfigurationError(
        f"the table does not match its spec: {'; '.join(each.text for each in found)}.",
        where=where,
        remedy=f"Nothing was stored. {remedy_of(shape, found, destination)} Then clear the task. "
        "Or revert the change of the spec.",
        differences=[each.text for each in found],
    )


def remedy_of(shape: TableShape, found: Iterable[Difference], destination: str) -> str:
    """What to do about the differences."""
    report, greatest = shape.spec.name, max((each.remedy for each in found), default=Remedy.MIGRATE)
    if greatest is Remedy.NEW_TABLE:
        return (
            f"Give the table another name in the spec (`tables.{shape.name}`) and backfill the report; the "
            "old table stays unchanged. Neither `sellerops tables migrate` nor `sellerops replay` can "
            "convert its rows."
        )
    replay = f"sellerops replay --report {report} --table {shape.name}"
    again = f"Rebuild the table from the archive: `{replay}`."
    if destination != "postgres":
        again = (
            "Rebuild the table from the archive: rename it (`ALTER TABLE ... RENAME TO "
            f"{shape.name}_old`), then `{replay} --destination {destination}`."
        )
    if greatest is Remedy.REPLAY:
        return again
    return (
        f"Run `sellerops tables migrate {report}`; `--check` only shows the plan. "
        f"If it finds conflicts: {again[0].lower()}{again[1:]}"
    )


def key_text(names: Collection[str]) -> str:
    """``(a, b)``."""
    return f"({', '.join(names)})"


def absent_value(shape: TableShape, name: str) -> str | None:
    """The ``absent`` value of a key column; None if it is a template (``none-{order_id}``)."""
    declared = shape.table.columns.get(name)
    value = declared.absent if declared and name in shape.key else None
    return None if value is None or "{" in value else value


def missing_key_conflict(rows: int, name: str) -> str:
    """The conflict when rows have no value in a column of the key."""
    return f"{rows} rows have no `{name}`, which the key requires (`absent` in the spec can supply one)"


def _key_differences(shape: TableShape, landed: LandedTable) -> list[Difference]:
    if landed.key is None or set(landed.key) == set(shape.key):
        return []
    # A migration can set every ordinal to 1; only a replay can restore hash, snapshot moment and window day.
    from_documents = ("line_hash", "snapshot_at", shape.table.day_from_window)
    lost = [name for name in from_documents if name in shape.key and name not in landed.types]
    current = f"{key_text(landed.key)} in the table" if landed.key else "not enforced by an index"
    text = f"its key is {current} and {key_text(shape.key)} in the spec"
    return [Difference(text, Remedy.REPLAY if lost else Remedy.MIGRATE)]


def _definition_differences(shape: TableShape, landed: LandedTable) -> list[Difference]:
    now, before = definition_of(shape), {**definition_of(shape), **_inferred(shape, landed)}
    before.update(landed.definition)
    found = []
    if before["scope"] != now["scope"]:
        text = f"its rows were loaded with `scope: {before['scope']}`, and the spec says `{now['scope']}`"
        found.append(Difference(text, Remedy.NEW_TABLE))
    was, now_is = WriteDisposition(before["write_disposition"]), shape.table.write_disposition
    if was is not now_is and (was, now_is) != (WriteDisposition.REPLACE, WriteDisposition.MERGE):
        is_snapshot = WriteDisposition.SNAPSHOT in (was, now_is)
        text = (
            f"its rows were loaded with `write_disposition: {was.value}`, and the spec says `{now_is.value}`"
        )
        found.append(Difference(text, Remedy.NEW_TABLE if is_snapshot else Remedy.REPLAY))
    elif now_is is WriteDisposition.REPLACE and before["day"] != now["day"]:
        text = f"its rows are replaced by their `{before['day']}`, and the spec says `{now['day']}`"
        found.append(Difference(text, Remedy.REPLAY))
    return found


def _inferred(shape: TableShape, landed: LandedTable) -> dict[str, Any]:
    """What the key implies about a table that is older than its definition in the ledger."""
    inferred: dict[str, Any] = {}
    if not landed.key:
        return inferred
    if not shape.names_marketplace and "marketplace_id" not in shape.table.primary_key:
        inferred["scope"] = "marketplace" if "marketplace_id" in landed.key else "account_region"
    was_snapshot = "snapshot_at" in landed.key and "snapshot_at" not in shape.table.primary_key
    if was_snapshot is not shape.is_snapshot:
        inferred["write_disposition"] = "snapshot" if was_snapshot else "replace"
    return inferred
