"""Rebuilds a landing table beside the live one, compares the two, and swaps the rows in one transaction.

The rebuilt table is in a schema of its own, so it has its own ledger rows (loads, watermarks). The swapped
rows get the ids of the loads that were repeated, so the ledger looks unchanged.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from sellerops.base.errors import RetryableError
from sellerops.destinations.differences import (
    Remedy,
    differences,
    record_definition,
    refuse_differences,
    required_columns,
)
from sellerops.destinations.ledger_rows import note_rewritten
from sellerops.destinations.postgres.catalog import DESTINATION, drop_key, existing_columns, landed_table
from sellerops.destinations.postgres.ddl import describe_table, ensure_table, make_key
from sellerops.destinations.postgres.personal import personal_shape, register
from sellerops.destinations.postgres.shape import Shape, column, identifiers
from sellerops.destinations.postgres.shared_stock import drop_shared_stock_view, ensure_shared_stock_view
from sellerops.settings.specs import ReportSpec
from sellerops.views import views_over
from sellerops.views.postgres import detach_views, refresh_views, view_names

Connection = psycopg.Connection[Any]
SCHEMA_PREFIX = "replay_"
_WATERMARK = "destination, table_name, account_id, place, day, reported_at, load_id"
_OURS = "destination = 'postgres' AND table_name"


@dataclass(frozen=True)
class Comparison:
    """How a rebuilt table differs from the live one, ignoring load ids. ``examples``: keys of such rows."""

    table: str
    rows: int
    only_live: int
    only_rebuilt: int
    examples: tuple[dict[str, Any], ...] = ()

    @property
    def is_equal(self) -> bool:
        return not (self.only_live or self.only_rebuilt)


def scratch_spec(spec: ReportSpec) -> ReportSpec:
    """The same report, but loaded into the rebuild's schema, without history and views."""
    left_out = {"restatements": False, "shared_stock": None}
    tables = {name: table.model_copy(update=left_out) for name, table in spec.tables.items()}
    return spec.model_copy(update={"source": f"{SCHEMA_PREFIX}{spec.source}", "tables": tables})


@dataclass(frozen=True)
class Rebuild:
    """One table: ``live`` and its rebuilt copy, ``scratch``."""

    live: Shape
    scratch: Shape

    @property
    def personal(self) -> tuple[Shape, Shape] | None:
        """The tables of the personal columns, live and rebuilt; None if there are no such columns."""
        shapes = [personal_shape(each.spec, each.name) for each in (self.live, self.scratch)]
        return (shapes[0], shapes[1]) if shapes[0] and shapes[1] else None

    @classmethod
    def of(cls, spec: ReportSpec, table: str) -> Rebuild:
        return cls(Shape(spec, table), Shape(scratch_spec(spec), table))

    @property
    def locked_tables(self) -> list[tuple[str, str]]:
        """What ``replace_live_rows`` empties and fills; no other session may use these tables meanwhile."""
        shapes = [self.live, *(self.personal or ())[:1]]
        tables = [(shape.schema_name, shape.name) for shape in shapes]
        return [*tables, *view_names(self.live.full_name)]

    def refuse_other_rows(self, connection: Connection, *, is_partial: bool) -> None:
        """Raise ConfigurationError if the rebuilt rows cannot replace the live ones, or be combined with
        them.

        With another scope or snapshot mode, today's spec gives other rows for the same documents, and kept
        rows (``is_partial``) still have the old shape.
        """
        landed = landed_table(connection, self.live)
        found = differences(self.live, landed) if landed else []
        apart = [each for each in found if is_partial or each.remedy is Remedy.NEW_TABLE]
        where = f"table {self.live.full_name}"
        refuse_differences(self.live, apart, destination=DESTINATION, where=where)

    def clear(self, connection: Connection) -> None:
        """Drop the rebuilt table and all its ledger rows."""
        name = (self.scratch.full_name,)
        for shape in (self.scratch, *(self.personal or ())[1:]):
            connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(shape.identifier))
            connection.execute(
                "DELETE FROM sellerops.personal_table WHERE table_name = %s", (shape.full_name,)
            )
        connection.execute(
            "DELETE FROM sellerops.rejected_row USING sellerops.load "
            "WHERE load.id = rejected_row.load_id AND load.table_name = %s",
            name,
        )
        for table in ("schema_change", "table_watermark", "load", "landing_table"):
            connection.execute(
                sql.SQL("DELETE FROM {} WHERE table_name = %s").format(sql.Identifier("sellerops", table)),
                name,
            )

    def copy_kept_rows(self, connection: Connection, repeated: Collection[int]) -> int:
        """Copy the live rows of recorded loads that are not ``repeated``; returns how many."""
        if not existing_columns(connection, self.live):
            return 0
        known = {**self.live.columns, **existing_columns(connection, self.live)}
        own = {*self.live.columns, *self.live.table.personal_columns}
        extra = tuple(name for name in known if name not in own)
        ensure_table(connection, Shape(self.scratch.spec, self.scratch.name, extra))
        values = {"repeated": list(repeated), "live": self.live.full_name, "scratch": self.scratch.full_name}
        kept = self._copy_kept(connection, self.live, self.scratch, values)
        if self.personal and existing_columns(connection, self.personal[0]):
            ensure_table(connection, self.personal[1])
            self._copy_kept(connection, *self.personal, values)
        connection.execute(
            f"INSERT INTO sellerops.table_watermark ({_WATERMARK}) "
            "SELECT destination, %(scratch)s, account_id, place, day, reported_at, load_id "
            "FROM sellerops.table_watermark "
            f"WHERE {_OURS} = %(live)s AND load_id <> ALL(%(repeated)s)",
            values,
        )
        return kept

    @staticmethod
    def _copy_kept(connection: Connection, live: Shape, scratch: Shape, values: Mapping[str, Any]) -> int:
        columns = [
            name
            for name in existing_columns(connection, live)
            if name in existing_columns(connection, scratch)
        ]
        return connection.execute(
            sql.SQL(
                "INSERT INTO {scratch} ({columns}) SELECT {columns} FROM {live} "
                "WHERE load_id <> ALL(%(repeated)s) "
                "AND load_id IN (SELECT id FROM sellerops.load WHERE table_name = %(live)s)"
            ).format(scratch=scratch.identifier, live=live.identifier, columns=identifiers(columns)),
            values,
        ).rowcount

    def compare(self, connection: Connection, *, most: int = 5) -> Comparison:
        """Count the rows that only one of the two tables has. Rows are compared by the text of all values."""
        live, scratch = (existing_columns(connection, shape) for shape in (self.live, self.scratch))
        names = sorted({*live, *scratch} - {"load_id"})
        key = sql.SQL(", ").join(
            sql.SQL("{}, {}").format(sql.Literal(name), column(name)) for name in self.live.key
        )

        def rows(shape: Shape, has: Mapping[str, str]) -> sql.Composable:
            if not has:
                return sql.SQL("SELECT NULL::jsonb AS key, NULL::text AS row_text WHERE false")
            cells = sql.SQL(", ").join(column(name) if name in has else sql.SQL("NULL") for name in names)
            found = [name for name in self.live.key if name in has]
            pairs = key if len(found) == len(self.live.key) else sql.SQL("'key', NULL")
            return sql.SQL("SELECT jsonb_build_object({}) AS key, ROW({})::text AS row_text FROM {}").format(
                pairs, cells, shape.identifier
            )

        connection.execute(
            sql.SQL(
                "CREATE TEMP TABLE replay_difference ON COMMIT DROP AS "
                "SELECT 'live' AS side, * FROM (({live}) EXCEPT ALL ({scratch})) AS a UNION ALL "
                "SELECT 'rebuilt', * FROM (({scratch}) EXCEPT ALL ({live})) AS b"
            ).format(live=rows(self.live, live), scratch=rows(self.scratch, scratch))
        )
        sides = dict(
            connection.execute("SELECT side, count(*) FROM replay_difference GROUP BY side").fetchall()
        )
        examples = connection.execute(
            "SELECT DISTINCT key FROM replay_difference ORDER BY key LIMIT %s", (most,)
        ).fetchall()
        connection.execute("DROP TABLE replay_difference")
        return Comparison(
            self.live.full_name,
            self._count(connection, scratch),
            sides.get("live", 0),
            sides.get("rebuilt", 0),
            tuple(each for (each,) in examples),
        )

    def count_orphan_rows(self, connection: Connection) -> int:
        """How many rows of the live table belong to loads that the ledger does not know."""
        if not existing_columns(connection, self.live):
            return 0
        row = connection.execute(
            sql.SQL(
                "SELECT count(*) FROM {} WHERE NOT EXISTS "
                "(SELECT FROM sellerops.load WHERE load.id = load_id)"
            ).format(self.live.identifier)
        ).fetchone()
        return int(row[0]) if row else 0

    def ensure_tables(self, connection: Connection) -> None:
        """Create the tables that ``replace_live_rows`` needs, each in its own transaction."""
        for shape in (self.live, self.scratch, *(self.personal or ())):
            if not existing_columns(connection, shape):
                ensure_table(connection, shape)

    def replace_live_rows(
        self, connection: Connection, ids: Mapping[int, int], *, known: Collection[int]
    ) -> None:
        """Give the live table the rebuilt rows, with the ids of their original loads, in the caller's
        transaction.

        ``ids``: load ids of the rebuild -> ids of the loads they repeat. ``known``: all loads of the live
        table that the rebuild has repeated or kept. Loads of the rebuild that repeat none stay in the ledger
        as loads of the live table. The live table keeps its owner, grants and views. The caller holds
        ``lock_table`` of the live table and locks on ``locked_tables``. Raises RetryableError, before
        changing anything, if another load has committed, because its rows are not in the rebuilt table.
        """
        self._refuse_others(connection, known)
        rebuilt = existing_columns(connection, self.scratch)
        connection.execute(sql.SQL("TRUNCATE {}").format(self.live.identifier))
        if self._align(connection, self.live, rebuilt):
            ensure_shared_stock_view(connection, self.live)
            refresh_views(connection, views_over(self.live.full_name))
        record_definition(connection, DESTINATION, self.live, lambda: describe_table(connection, self.live))
        connection.execute("CREATE TEMP TABLE replay_load (new_id bigint PRIMARY KEY, old_id bigint)")
        with connection.cursor() as cursor, cursor.copy("COPY replay_load FROM STDIN") as copy:
            for pair in ids.items():
                copy.write_row(pair)
        self._move(connection, self.live, self.scratch, list(rebuilt))
        self._replace_personal_rows(connection)
        self._take_ledger(connection)
        note_rewritten(connection, DESTINATION, self.live.full_name)
        connection.execute("DROP TABLE replay_load")
        self.clear(connection)

    @staticmethod
    def _move(connection: Connection, live: Shape, scratch: Shape, names: Sequence[str]) -> None:
        cells = sql.SQL(", ").join(
            sql.SQL("coalesce(r.old_id, s.load_id)") if name == "load_id" else column(name, "s")
            for name in names
        )
        connection.execute(
            sql.SQL(
                "INSERT INTO {} ({}) SELECT {} FROM {} s LEFT JOIN replay_load r ON r.new_id = s.load_id"
            ).format(live.identifier, identifiers(names), cells, scratch.identifier)
        )

    def _replace_personal_rows(self, connection: Connection) -> None:
        """Replace the personal rows too; the rebuilt table has none past their retention."""
        if self.personal is None:
            return
        live, scratch = self.personal
        register(connection, self.live.spec, self.live.name)
        connection.execute(sql.SQL("TRUNCATE {}").format(live.identifier))
        self._align(connection, live, existing_columns(connection, scratch))
        names = [
            name
            for name in existing_columns(connection, scratch)
            if name in existing_columns(connection, live)
        ]
        if names:
            self._move(connection, live, scratch, names)

    def _refuse_others(self, connection: Connection, known: Collection[int]) -> None:
        """Raise RetryableError if the live table has a load that is not ``known``.

        The sets of ids are compared, because a slow load may have a lower id than many that committed before
        it.
        """
        row = connection.execute(
            f"SELECT count(*) FROM sellerops.load WHERE {_OURS} = %s AND id <> ALL(%s)",
            (self.live.full_name, list(known)),
        ).fetchone()
        if row and row[0]:
            raise RetryableError(
                f"{row[0]} loads were committed meanwhile.", where=f"table {self.live.full_name}"
            )

    @staticmethod
    def _align(connection: Connection, shape: Shape, rebuilt: Mapping[str, str]) -> bool:
        """Give the empty live table the rebuilt one's columns, types and key; the spec may have changed.

        Returns whether its columns changed; if so, its views are detached and the caller must restore them.
        """
        landed = landed_table(connection, shape)
        assert landed is not None
        actions = [
            sql.SQL("ALTER COLUMN {} DROP NOT NULL").format(column(name))
            for name in sorted(landed.not_null - required_columns(shape))
        ]
        for name, kind in rebuilt.items():
            if name not in landed.sql_types:
                actions.append(sql.SQL("ADD COLUMN {} {}").format(column(name), sql.SQL(kind)))
            elif landed.sql_types[name] != kind:
                statement = sql.SQL("ALTER COLUMN {} TYPE {} USING NULL")
                actions.append(statement.format(column(name), sql.SQL(kind)))
        actions += [
            sql.SQL("ALTER COLUMN {} SET NOT NULL").format(column(name))
            for name in sorted(required_columns(shape) - landed.not_null)
        ]
        if actions:
            drop_shared_stock_view(connection, shape)
            detach_views(connection, shape.full_name)
            statement = sql.SQL("ALTER TABLE {} {}")
            connection.execute(statement.format(shape.identifier, sql.SQL(", ").join(actions)))
        if landed.key != shape.key:
            drop_key(connection, shape)
            make_key(connection, shape)
        return bool(actions)

    def _take_ledger(self, connection: Connection) -> None:
        names: Sequence[str] = (self.live.full_name, self.scratch.full_name)
        connection.execute(f"DELETE FROM sellerops.table_watermark WHERE {_OURS} = %s", names[:1])
        connection.execute(
            f"INSERT INTO sellerops.table_watermark ({_WATERMARK}) "
            "SELECT w.destination, %s, w.account_id, w.place, w.day, w.reported_at, "
            "coalesce(r.old_id, w.load_id) "
            "FROM sellerops.table_watermark w LEFT JOIN replay_load r ON r.new_id = w.load_id "
            "WHERE w.table_name = %s",
            names,
        )
        connection.execute(
            "UPDATE sellerops.schema_change SET table_name = %s "
            "WHERE table_name = %s AND load_id NOT IN (SELECT new_id FROM replay_load)",
            names,
        )
        connection.execute(
            "UPDATE sellerops.load "
            "SET table_name = %s, slice = slice || jsonb_build_object('source', %s::text) "
            "WHERE table_name = %s AND id NOT IN (SELECT new_id FROM replay_load)",
            (names[0], self.live.schema_name, names[1]),
        )

    def _count(self, connection: Connection, columns: Mapping[str, str]) -> int:
        if not columns:
            return 0
        statement = sql.SQL("SELECT count(*) FROM {}").format(self.scratch.identifier)
        row = connection.execute(statement).fetchone()
        return int(row[0]) if row else 0
