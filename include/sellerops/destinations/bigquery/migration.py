"""Migrating a populated BigQuery table to a changed spec: copy into a new table, then swap.

``<table>__migrating`` is filled and counted first; until then the old table is unchanged. Then the old one is
renamed to ``<table>__before``, the new one gets its name, and ``__before`` is dropped. If killed between the
renames, the table is missing and loads refuse to create an empty one; the next migration finishes the swap.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import psycopg
from google.cloud import bigquery

from sellerops.base.errors import CheckFailed
from sellerops.destinations.bigquery.address import BigQueryAddress
from sellerops.destinations.bigquery.shape import WIDE, BigQueryShape, quoted
from sellerops.destinations.bigquery.tables import BEFORE, MIGRATING, Tables, table_differences
from sellerops.destinations.differences import (
    TEXT_PATTERNS,
    Difference,
    LandedTable,
    Migration,
    Remedy,
    absent_value,
    key_text,
    missing_key_conflict,
    record_definition,
    remedy_of,
    stored_definition,
    undeclared_columns,
)
from sellerops.destinations.ledger_rows import note_rewritten
from sellerops.settings.specs import ColumnType

Connection = psycopg.Connection[Any]
_DESTINATION = "bigquery"
_EXAMPLES = 3


@dataclass
class TableMigration:
    """The migration of one table, whose lock in the ledger the caller holds."""

    connection: Connection
    client: bigquery.Client
    address: BigQueryAddress
    shape: BigQueryShape

    def run(self, *, check: bool) -> Migration:
        """Plan the migration and, unless ``check`` is set or there are conflicts, carry it out."""
        name = self.shape.full_name
        if not check:
            self._finish_interrupted()
        table = self._tables.find(self._landing)
        if table is None:
            is_half = self._tables.find(self._landing + BEFORE) is not None
            return Migration(name, ("an interrupted migration is finished",) if is_half else ())
        plan = _Plan(self, table)
        found = plan.differences
        steps = tuple(each.text for each in found)
        rows = plan.count(self._landing, plan.landed_filter)
        conflicts = tuple(plan.conflicts()) if rows and found else ()
        if check or conflicts or not steps:
            if not check and not steps:
                record_definition(self.connection, _DESTINATION, self.shape)
            return Migration(name, steps, conflicts, rows)
        self._copy(plan, rows)
        self._swap()
        record_definition(self.connection, _DESTINATION, self.shape)
        return Migration(name, steps, (), rows, is_applied=True)

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Run a statement to completion; returns its rows."""
        job = self.client.query(statement, location=self.address.location, project=self.address.project)
        return [tuple(row.values()) for row in job.result()]

    @cached_property
    def _tables(self) -> Tables:
        return Tables(self.client, self.address)

    @property
    def _landing(self) -> str:
        return self._tables.full_name(self.shape)

    def _finish_interrupted(self) -> None:
        """Finish the swap of a killed migration, or drop its incomplete copy."""
        if self._tables.find(self._landing + BEFORE):
            if self._tables.find(self._landing) is None:
                self._rename(self._landing + MIGRATING, self.shape.name)
            self._note_rewritten()
        for suffix in (BEFORE, MIGRATING):
            left = self._tables.find(self._landing + suffix)
            if left is not None and left.labels.get("managed_by") == "sellerops":
                self._tables.drop(self._landing + suffix)

    def _copy(self, plan: _Plan, rows: int) -> None:
        self._tables.create(plan.target, plan.wide, MIGRATING)
        copy = self._landing + MIGRATING
        self.query(plan.copy_statement(copy))
        copied = plan.count(copy, plan.target_filter)
        if copied != rows:
            raise CheckFailed(
                f"{rows} rows would become {copied}.",
                where=f"BigQuery table {self.shape.full_name}",
                remedy="Nothing was changed. This is a bug in sellerops: report it with the two specs.",
            )

    def _swap(self) -> None:
        self._rename(self._landing, self.shape.name + BEFORE)
        self._rename(self._landing + MIGRATING, self.shape.name)
        self._note_rewritten()
        self._tables.drop(self._landing + BEFORE)

    def _note_rewritten(self) -> None:
        """Note the rewrite for marts, before ``__before`` is dropped, so that it is repeated after a kill."""
        note_rewritten(self.connection, _DESTINATION, self.shape.full_name)

    def _rename(self, full_name: str, name: str) -> None:
        self.query(f"ALTER TABLE `{full_name}` RENAME TO `{name}`")


class _Plan:
    """How the rows of the old table become rows of the new one."""

    def __init__(self, migration: TableMigration, table: bigquery.Table) -> None:
        shape = migration.shape
        self._migration = migration
        definition = stored_definition(migration.connection, _DESTINATION, shape.full_name)
        landed = migration._tables.landed(shape, definition)
        assert landed is not None
        self._landed: LandedTable = landed
        # Unknown columns land as text, so a column that the spec no longer declares becomes text.
        self.target = BigQueryShape(shape.spec, shape.name, undeclared_columns(shape, landed))
        self.differences = table_differences(self.target, landed, table)
        self.landed_filter = _all_rows(
            table.time_partitioning.field if table.time_partitioning else None, landed.sql_types
        )
        self.target_filter = _all_rows(self.target.partition, self.target.types)
        self.wide = [name for name, kind in landed.sql_types.items() if kind == WIDE]
        self._old = migration._landing

    def conflicts(self) -> list[str]:
        """The conflicts, then what to do instead."""
        worst = [each for each in self.differences if each.remedy is not Remedy.MIGRATE]
        if worst:
            return [*(each.text for each in worst), remedy_of(self.target, worst, _DESTINATION)]
        found = self._unconvertible() or [*self._keyless(), *self._sharing()]
        again = remedy_of(self.target, [Difference("", Remedy.REPLAY)], _DESTINATION)
        return [*found, again] if found else []

    def count(self, table: str, where: str) -> int:
        ((count,),) = self._migration.query(f"SELECT COUNT(*) FROM `{table}` WHERE {where}")
        return int(count)

    def copy_statement(self, copy: str) -> str:
        names = ", ".join(map(quoted, self.target.types))
        values = ", ".join(self._value(name) for name in self.target.types)
        return f"INSERT INTO `{copy}` ({names}) SELECT {values} FROM `{self._old}` WHERE {self.landed_filter}"

    def _unconvertible(self) -> list[str]:
        conflicts = []
        for name, kind in self._kinds.items():
            if self._landed.types.get(name, kind) is kind:
                continue
            where = f"({self.landed_filter}) AND {quoted(name)} IS NOT NULL AND {self._value(name)} IS NULL"
            count = self.count(self._old, where)
            if count:
                conflicts.append(f"`{name}` has {count} values that are not of type {kind.value}")
        return conflicts

    def _keyless(self) -> list[str]:
        conflicts = []
        for name in self.target.key:
            if self.target.is_nullable(name):
                continue
            count = self.count(self._old, f"({self.landed_filter}) AND {self._value(name)} IS NULL")
            if count:
                conflicts.append(missing_key_conflict(count, name))
        return conflicts

    def _sharing(self) -> list[str]:
        names = ", ".join(map(quoted, self.target.key))
        cells = ", ".join(f"{self._value(name)} AS {quoted(name)}" for name in self.target.key)
        shared = (
            f"SELECT {names}, COUNT(*) AS sellerops_rows FROM (SELECT {cells} FROM `{self._old}` "
            f"WHERE {self.landed_filter}) GROUP BY {names} HAVING COUNT(*) > 1"
        )
        ((keys, rows),) = self._migration.query(f"SELECT COUNT(*), SUM(sellerops_rows) FROM ({shared})")
        if not keys:
            return []
        examples = self._migration.query(f"{shared} ORDER BY {names} LIMIT {_EXAMPLES}")
        shown = "; ".join(" ".join(str(cell) for cell in each[:-1]) for each in examples)
        return [f"{rows} rows would share {keys} keys of {key_text(self.target.key)}, such as {shown}"]

    @cached_property
    def _kinds(self) -> dict[str, ColumnType]:
        return {**self.target.data_types, **self.target.system_types}

    def _value(self, name: str) -> str:
        """A column's value in the new table; null if it cannot be derived."""
        kind, current, column = self._kinds[name], self._landed.types.get(name), quoted(name)
        sql_type = self.target.types[name]
        if name not in self._landed.types:
            value = "1" if name == "ordinal" else f"CAST(NULL AS {sql_type})"
        elif current is kind:
            value = column
        elif current is ColumnType.TEXT:
            is_valid = f"REGEXP_CONTAINS({column}, r'{TEXT_PATTERNS[kind]}')"
            value = f"IF({is_valid}, SAFE_CAST({column} AS {sql_type}), NULL)"
        elif (current, kind) == (ColumnType.DECIMAL, ColumnType.INTEGER):
            value = f"IF({column} = TRUNC({column}), SAFE_CAST({column} AS INT64), NULL)"
        else:
            value = f"SAFE_CAST({column} AS {sql_type})"
        absent = absent_value(self.target, name)
        if absent is None:
            return value
        escaped = absent.replace("\\", "\\\\").replace("'", "\\'")
        return f"IFNULL({value}, '{escaped}')"


def _all_rows(partition: str | None, types: Any) -> str:
    """A condition that is true for every row and names the partition column, as BigQuery requires."""
    if partition is None:
        return "TRUE"
    dawn = "TIMESTAMP '0001-01-01'" if types.get(partition) == "TIMESTAMP" else "DATE '0001-01-01'"
    return f"{quoted(partition)} >= {dawn} OR {quoted(partition)} IS NULL"
