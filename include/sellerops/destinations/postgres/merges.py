"""Rows that stand each for itself: which of a document's change what is stored, and the writing of them.

One pass over the staged rows finds those whose key is not stored yet and those whose stored row differs. What
follows (the history of changed cells, the update, the insertion) looks at these alone. The lock of the load
(``locks.lock_place``) keeps every other load of these keys away meanwhile; the unique index is the guard.

The newest document of all usually overtakes every stored row that it names. One pass then deletes these rows
and notes what changes in them; the search for other rows is needed only if some are left.
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

# The rows that are not stored yet as they are. ``staged_``, ``stored_``: places of a row and of the stored
# one of its key, null for a new key. ``is_later``: it takes that one's place; ``is_other``: it says something
# else; ``is_odd``: it is not alone in what it changes. No column of a report ends in an underscore.
FOUND = sql.Identifier("merge_found")
_ANALYZE_FROM = 10_000
# For smaller documents a further statement costs more than it saves.
OVERTAKES_FROM = 10_000
_SAMPLE = 1_000
# Runs a deletion of overtaken rows, notes what it changes; returns how many rows it deleted.
Deletion = Callable[[sql.Composed], int]


@dataclass
class Merge:
    """The merge of one document's rows. ``find_changes`` first; what it writes are deletions by ``delete``.

    ``delete``: deletes the stored rows that the document overtakes, when these are most of its rows. The
    result is the same without. ``new``: rows that meet no stored row, overtaken ones included.
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
        """Find the rows that are new or differ from the stored row of their key."""
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
        """Keep away from the rows ``s`` for which ``where`` does not hold; ``left_out``: how many those are."""
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
        """Write what was found. A stored row gives way to a later version, of equal ones to a newer document.

        Of two documents of one instant the row whose text sorts last wins, whichever was loaded first.
        """
        if self.is_first:
            return WriteCounts(inserted=self.write.insert(self.where, {}))
        # Deleted and inserted with the others, not updated: all that is written goes through table and index
        # in the key's order, which takes the server a fifth less, whether the pages have room or not.
        updated = self._delete() if self.later else 0
        written = self.write.insert(self._is_written(), {}) if self.new or self.later else 0
        self._refuse_less(written, self.new + self.later)
        updated += self.overtaken
        unchanged = self.accepted - self.left_out - self.found
        return WriteCounts(written - updated, updated, unchanged, self.found - self.new - self.later)

    def _refuse_less(self, written: int, sent: int) -> None:
        """Raise ConfigurationError when something in the database keeps rows away."""
        if written != sent:
            raise ConfigurationError(
                f"it took {written} of {sent} rows without an error.",
                where=f"table {self.write.shape.full_name}",
                remedy="Nothing was stored. Drop the rule or the trigger that somebody added to the table.",
            )

    def changed_rows(self, before: str, after: str) -> sql.Composable:
        """Pairs of rows, for FROM: stored ones, and those that take their places and say something else."""
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
        # What a newer document has otherwise in every row comes first: no need to look at the others then.
        compared = ["reported_at", "source_line", *cells]
        return sql.SQL(
            "CREATE TEMP TABLE {found} ON COMMIT DROP AS "
            "SELECT excluded.staged_, t.ctid AS stored_, "
            "coalesce(t.ctid IS NOT NULL AND {is_later}, false) AS is_later, "
            "t.ctid IS NOT NULL AND ROW({t_cells}) IS DISTINCT FROM ROW({e_cells}) AS is_other, "
            "{is_odd} AS is_odd "
            "FROM {rows} LEFT JOIN {target} t ON {same_key} "
            "WHERE t.ctid IS NULL OR ROW({t_compared}) IS DISTINCT FROM ROW({e_compared})"
        ).format(
            found=FOUND,
            is_later=self._is_later(),
            t_cells=identifiers(cells, "t"),
            e_cells=identifiers(cells, "excluded"),
            is_odd=self.is_odd(),
            rows=self.rows_with_ctid("excluded"),
            target=write.shape.identifier,
            same_key=self.same(write.shape.key, "t", "excluded"),
            t_compared=identifiers(compared, "t"),
            e_compared=identifiers(compared, "excluded"),
        )

    def _overtakes_most(self) -> bool:
        """Whether half of a sample of the rows have a stored row that they overtake."""
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
        """Whether no row meets a stored one any more. All rows are ``new`` then, and need no search."""
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
        rows, meeting = (int(each) for each in row)
        if meeting:
            return False
        self.accepted = self.found = self.new = rows
        return True

    def _overtake(self) -> sql.Composed:
        """Delete the stored rows ``t`` that rows ``excluded`` overtake."""
        return sql.SQL("DELETE FROM {} t USING {} WHERE {}").format(
            self.write.shape.identifier, self.rows_with_ctid("excluded"), self._is_overtaken()
        )

    def _is_overtaken(self) -> sql.Composable:
        """Whether ``t`` is of the key of ``excluded`` and earlier.

        Their texts, which decide among documents of one instant, are not looked at: so only key, version and
        time of the table's rows go through the join, and fit into memory where whole rows would not.
        """
        return sql.SQL("{} AND {}").format(
            self.same(self.write.shape.key, "t", "excluded"),
            self._is_of_later_version(sql.SQL("excluded.reported_at > t.reported_at")),
        )

    def _is_later(self) -> sql.Composable:
        """Whether a row ``excluded`` may take the place of the stored row ``t``."""
        newer = sql.SQL(
            "(excluded.reported_at > t.reported_at OR (excluded.reported_at = t.reported_at AND {} > {}))"
        ).format(self.words("excluded"), self.words("t"))
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

    def words(self, alias: str) -> sql.Composable:
        """A row's text, without nulls: the same whatever columns the table has gained in between."""
        return sql.SQL(
            "jsonb_strip_nulls(to_jsonb({}.*) - '{{load_id,staged_}}'::text[])::text COLLATE \"C\""
        ).format(sql.Identifier(alias))

    def is_odd(self) -> sql.Composable:
        """Whether a row ``excluded`` that meets the stored row ``t`` is not to be written by itself."""
        return sql.SQL("false")

    @cached_property
    def _shop_operator(self) -> sql.SQL:
        """As the index has it where shops are unknown; but only the usual one is part of its search."""
        names = {*self.write.shape.key, *self.write.shape.unit}
        is_unknown = "marketplace_id" in names and self.write.has_rows_without_marketplace()
        return sql.SQL("IS NOT DISTINCT FROM" if is_unknown else "=")

    def same(self, names: Sequence[str], one: str, other: str) -> sql.Composable:
        """Whether two rows are the same in ``names``, which may be null only where the shop is not known."""
        return sql.SQL(" AND ").join(
            sql.SQL("{} {} {}").format(
                column(name, one),
                self._shop_operator if name == "marketplace_id" else sql.SQL("="),
                column(name, other),
            )
            for name in names
        )

    def _delete(self) -> int:
        """Delete the stored rows that give way."""
        return self.write.connection.execute(
            sql.SQL("DELETE FROM {} t USING {} m WHERE t.ctid = m.stored_ AND m.is_later").format(
                self.write.shape.identifier, FOUND
            )
        ).rowcount

    def _is_written(self) -> sql.Composable:
        if self.new + self.later == self.accepted:
            return sql.SQL("")  # all of them: no need to look each up
        return sql.SQL("AND s.ctid IN (SELECT staged_ FROM {} WHERE is_later OR stored_ IS NULL)").format(
            FOUND
        )

    def rows_with_ctid(self, alias: str, limit: int | None = None) -> sql.Composable:
        """The accepted rows with their places; ``limit``: no more than so many of them."""
        rows = self.write.select(sql.SQL("s.ctid"))
        if limit is not None:
            rows += sql.SQL(" LIMIT {}").format(sql.Literal(limit))
        return sql.SQL("({}) AS {} ({}, staged_)").format(
            rows, sql.Identifier(alias), identifiers(self.write.columns)
        )
