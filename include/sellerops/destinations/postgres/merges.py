"""Merges rows one by one: finds which rows of a document change the table, and writes them.

One pass over the staged rows finds those whose key is not stored yet and those whose stored row differs. The
following steps (history of changed cells, update, insertion) read only these. The load's lock
(``locks.lock_place``) excludes every other load of these keys meanwhile; the unique index is the safeguard.

The newest document usually supersedes every stored row that it names. In that case one pass deletes these
rows and records what changes in them; a search for other rows is needed only if some are left.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from psycopg import sql

from sellerops.base.errors import ConfigurationError
from sellerops.destinations.postgres.duplicates import version_of
from sellerops.destinations.postgres.shape import column, identifiers
from sellerops.destinations.postgres.writes import Write
from sellerops.destinations.results import WriteCounts

# The rows that are new or differ from the stored row. ``staged_``, ``stored_``: ctid of the row, and of the
# stored row with its key (null for a new key). ``is_later``: the row replaces the stored one; ``is_other``:
# its content differs; ``needs_whole_unit``: its whole unit must be compared. No column of a report ends in an
# underscore.
FOUND = sql.Identifier("merge_found")
_ANALYZE_FROM = 1_000
# For smaller documents, the additional statement costs more than it saves.
OVERTAKES_FROM = 10_000
_SAMPLE = 1_000
# Runs a deletion of overtaken rows and records what it changes; returns how many rows it deleted.
Deletion = Callable[[sql.Composed], int]


@dataclass
class Merge:
    """The merge of one document's rows. Call ``find_changes`` first; it writes nothing but ``delete``'s
    deletions.

    ``delete`` deletes the stored rows that the document overtakes, if most of its rows overtake one. The
    result is the same without it. ``new``: rows whose key is not stored, including those that overtook a row.
    """

    write: Write
    delete: Deletion | None = None
    is_first: bool = False
    overtaken: int = 0
    found: int = 0
    new: int = 0
    later: int = 0
    accepted: int = 0
    left_out: int = 0
    where: sql.Composable = field(default_factory=lambda: sql.SQL(""))

    def find_changes(self) -> None:
        """Find the rows that are new or differ from the stored row with their key."""
        self.is_first = not self.write.has_stored_rows()
        if self.is_first:
            return
        if self.delete and self.write.given >= OVERTAKES_FROM and self._overtakes_most():
            self.overtaken = self.delete(self._overtake())
        if self.overtaken and self._are_rest_new():
            return
        run = self.write.connection.execute
        self.found = run(self._find(), dict(self.write.values)).rowcount
        if self.found >= _ANALYZE_FROM:
            run(sql.SQL("ANALYZE {}").format(FOUND))
        self._count()

    def exclude_rows(self, left_out: int, where: sql.Composable) -> None:
        """Merge only the rows ``s`` for which ``where`` holds. ``left_out``: the number of other rows."""
        rows = self.rows_with_ctid("s")
        self.left_out = left_out
        self.where = sql.SQL("AND s.ctid IN (SELECT s.staged_ FROM {} WHERE {})").format(rows, where)
        if self.is_first:
            return
        self.write.connection.execute(
            sql.SQL("DELETE FROM {} USING {} WHERE s.staged_ = {}.staged_ AND NOT ({})").format(
                FOUND, rows, FOUND, where
            ),
            dict(self.write.values),
        )
        self._count()

    def _count(self) -> None:
        row = self.write.connection.execute(
            sql.SQL(
                "SELECT (SELECT count(*) FROM {}), count(*), count(*) FILTER (WHERE stored_ IS NULL), "
                "count(*) FILTER (WHERE is_later) FROM {}"
            ).format(self.write.accepted_rows, FOUND)
        ).fetchone()
        assert row is not None
        self.accepted, self.found, self.new, self.later = (int(each) for each in row)

    def merge(self) -> WriteCounts:
        """Write what was found. A later version replaces a stored row; if versions are equal, the newer
        document wins.

        Of two documents of the same instant, the row whose text sorts last wins, whichever was loaded first.
        """
        if self.is_first:
            return WriteCounts(inserted=self.write.insert(self.where, {}))
        # Later rows are deleted and inserted with the others instead of updated, so all writes go through
        # table and index in the key's order. That takes the server a fifth less time, whether or not the
        # pages have room.
        updated = self._delete() if self.later else 0
        written = self.write.insert(self._is_written(), {}) if self.new or self.later else 0
        self._refuse_less(written, self.new + self.later)
        updated += self.overtaken
        unchanged = self.accepted - self.left_out - self.found
        return WriteCounts(written - updated, updated, unchanged, self.found - self.new - self.later)

    def _refuse_less(self, written: int, sent: int) -> None:
        """Raise ConfigurationError if a rule or trigger in the database has suppressed rows."""
        if written != sent:
            raise ConfigurationError(
                f"it stored {written} of {sent} rows without an error.",
                where=f"table {self.write.shape.full_name}",
                remedy="Nothing was stored. Drop the rule or trigger that was added to the table.",
            )

    def changed_rows(self, before: str, after: str) -> sql.Composable:
        """Pairs of rows for a FROM clause: stored rows, and the differing rows that replace them."""
        return sql.SQL(
            "{found} m JOIN {target} {before} ON {before}.ctid = m.stored_ AND m.is_later AND m.is_other "
            "JOIN {rows} ON {after}.staged_ = m.staged_"
        ).format(
            found=FOUND,
            target=self.write.shape.identifier,
            before=sql.Identifier(before),
            after=sql.Identifier(after),
            rows=self.rows_with_ctid(after),
        )

    def _find(self) -> sql.Composed:
        write = self.write
        cells = list(write.target_columns)
        # The columns that differ in every row of a newer document come first: the comparison ends there.
        compared = ["reported_at", "source_line", *cells]
        return sql.SQL(
            "CREATE TEMP TABLE {found} ON COMMIT DROP AS "
            "SELECT excluded.staged_, t.ctid AS stored_, "
            "coalesce(t.ctid IS NOT NULL AND {is_later}, false) AS is_later, "
            "t.ctid IS NOT NULL AND ROW({t_cells}) IS DISTINCT FROM ROW({e_cells}) AS is_other, "
            "{needs_whole_unit} AS needs_whole_unit "
            "FROM {rows} LEFT JOIN {target} t ON {same_key} "
            "WHERE t.ctid IS NULL OR ROW({t_compared}) IS DISTINCT FROM ROW({e_compared})"
        ).format(
            found=FOUND,
            is_later=self._is_later(),
            t_cells=identifiers(cells, "t"),
            e_cells=identifiers(cells, "excluded"),
            needs_whole_unit=self.needs_whole_unit(),
            rows=self.rows_with_ctid("excluded"),
            target=write.shape.identifier,
            same_key=self.same(write.shape.key, "t", "excluded"),
            t_compared=identifiers(compared, "t"),
            e_compared=identifiers(compared, "excluded"),
        )

    def _overtakes_most(self) -> bool:
        """Whether at least half of the rows in a sample overtake a stored row."""
        row = self.write.connection.execute(
            sql.SQL("SELECT 2 * count(t.ctid) >= count(*) FROM {} LEFT JOIN {} t ON {}").format(
                self.rows_with_ctid("excluded", limit=_SAMPLE),
                self.write.shape.identifier,
                self._is_overtaken(),
            ),
            dict(self.write.values),
        ).fetchone()
        return bool(row and row[0])

    def _are_rest_new(self) -> bool:
        """Whether no row has the key of a stored row any more. If so, all are ``new`` without a search."""
        if self.overtaken == self.write.given:
            self.accepted = self.found = self.new = self.overtaken
            return True
        row = self.write.connection.execute(
            sql.SQL("SELECT count(*), count(t.ctid) FROM {} LEFT JOIN {} t ON {}").format(
                self.rows_with_ctid("excluded"),
                self.write.shape.identifier,
                self.same(self.write.shape.key, "t", "excluded"),
            ),
            dict(self.write.values),
        ).fetchone()
        assert row is not None
        rows, matching = (int(each) for each in row)
        if matching:
            return False
        self.accepted = self.found = self.new = rows
        return True

    def _overtake(self) -> sql.Composed:
        """Delete the stored rows ``t`` that rows ``excluded`` overtake."""
        return sql.SQL("DELETE FROM {} t USING {} WHERE {}").format(
            self.write.shape.identifier, self.rows_with_ctid("excluded"), self._is_overtaken()
        )

    def _is_overtaken(self) -> sql.Composable:
        """Whether ``t`` has the key of ``excluded`` and is earlier.

        Their texts, which decide between documents of the same instant, are not compared: that way only key,
        version and time of the table's rows go through the join, and fit into memory where whole rows would
        not.
        """
        return sql.SQL("{} AND {}").format(
            self.same(self.write.shape.key, "t", "excluded"),
            self._is_of_later_version(sql.SQL("excluded.reported_at > t.reported_at")),
        )

    def _is_later(self) -> sql.Composable:
        """Whether a row ``excluded`` may replace the stored row ``t``."""
        newer = sql.SQL(
            "(excluded.reported_at > t.reported_at OR (excluded.reported_at = t.reported_at AND {} > {}))"
        ).format(self.row_text("excluded"), self.row_text("t"))
        return self._is_of_later_version(newer)

    def _is_of_later_version(self, newer: sql.Composable) -> sql.Composable:
        """Whether ``excluded`` has a later version than ``t``, or an equal one and is ``newer``."""
        shape = self.write.shape
        if shape.table.version is None:
            return newer
        return sql.SQL(
            "({e} > {t} OR ({t} IS NULL AND {e} IS NOT NULL) OR ({e} IS NOT DISTINCT FROM {t} AND {newer}))"
        ).format(
            e=version_of(shape, "excluded", self.write.staged),
            t=version_of(shape, "t", self.write.staged),
            newer=newer,
        )

    def row_text(self, alias: str) -> sql.Composable:
        """A row's text. Nulls are left out, so that columns added in between do not change it."""
        return sql.SQL(
            "jsonb_strip_nulls(to_jsonb({}.*) - '{{load_id,staged_}}'::text[])::text COLLATE \"C\""
        ).format(sql.Identifier(alias))

    def needs_whole_unit(self) -> sql.Composable:
        """Whether a row ``excluded`` with the key of the stored row ``t`` needs its whole unit compared."""
        return sql.SQL("false")

    @cached_property
    def _marketplace_operator(self) -> sql.SQL:
        """Null-safe only if a marketplace is unknown, because the index can search only by ``=``."""
        names = {*self.write.shape.key, *self.write.shape.unit}
        is_unknown = "marketplace_id" in names and self.write.has_rows_without_marketplace()
        return sql.SQL("IS NOT DISTINCT FROM" if is_unknown else "=")

    def same(self, names: Sequence[str], one: str, other: str) -> sql.Composable:
        """Whether two rows are equal in ``names``; only the marketplace may be null."""
        return sql.SQL(" AND ").join(
            sql.SQL("{} {} {}").format(
                column(name, one),
                self._marketplace_operator if name == "marketplace_id" else sql.SQL("="),
                column(name, other),
            )
            for name in names
        )

    def _delete(self) -> int:
        """Delete the stored rows that are replaced."""
        return self.write.connection.execute(
            sql.SQL("DELETE FROM {} t USING {} m WHERE t.ctid = m.stored_ AND m.is_later").format(
                self.write.shape.identifier, FOUND
            )
        ).rowcount

    def _is_written(self) -> sql.Composable:
        if self.new + self.later == self.accepted:
            return sql.SQL("")  # all of them: no lookup needed
        return sql.SQL("AND s.ctid IN (SELECT staged_ FROM {} WHERE is_later OR stored_ IS NULL)").format(
            FOUND
        )

    def rows_with_ctid(self, alias: str, limit: int | None = None) -> sql.Composable:
        """The accepted rows with their ctid; at most ``limit`` of them."""
        rows = self.write.select(sql.SQL("s.ctid"))
        if limit is not None:
            rows += sql.SQL(" LIMIT {}").format(sql.Literal(limit))
        return sql.SQL("({}) AS {} ({}, staged_)").format(
            rows, sql.Identifier(alias), identifiers(self.write.columns)
        )
