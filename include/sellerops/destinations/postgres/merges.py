"""Rows that stand each for itself: which of a document's change what is stored, and the writing of them.

One pass over the staged rows finds those whose key is not stored yet and those whose stored row differs. What
follows (the history of changed cells, the update, the insertion) looks at these alone. The lock of the load
(``locks.lock_place``) keeps every other load of these keys away meanwhile; the unique index is the guard.
"""

from __future__ import annotations

from dataclasses import dataclass

from psycopg import sql

from sellerops.destinations.postgres.duplicates import version_of
from sellerops.destinations.postgres.shape import column, identifiers
from sellerops.destinations.postgres.writes import Counts, Write

# (staged, stored, is_later): places of a staged row and of the stored one of its key, null for a new key;
# and whether the staged one takes its place. Rows that stand there already are left out.
MET = sql.Identifier("merge_met")
# The rows that take the place of stored ones, as they will stand, with the places of those, in their order.
LATER = sql.Identifier("merge_later")
STAGED = sql.Identifier("staged_place")
STORED = sql.Identifier("stored_place")


@dataclass
class Merge:
    """The merge of one document's rows. ``gather`` first; nothing is written before ``merge``."""

    write: Write
    is_first: bool = False
    met: int = 0
    new: int = 0
    later: int = 0

    def gather(self) -> None:
        """Find the rows that are new or differ from the stored row of their key."""
        self.is_first = not self.write.has_stored_rows()
        if self.is_first:
            return
        run = self.write.connection.execute
        self.met = run(self._find(), dict(self.write.values)).rowcount
        if not self.met:
            return
        row = run(
            sql.SQL(
                "SELECT count(*) FILTER (WHERE stored IS NULL), count(*) FILTER (WHERE is_later) FROM {}"
            ).format(MET)
        ).fetchone()
        assert row is not None
        self.new, self.later = int(row[0]), int(row[1])
        if self.later:
            run(self._take_later(), dict(self.write.values))
            run(sql.SQL("ANALYZE {} ({})").format(LATER, STORED))

    def merge(self) -> Counts:
        """Write what was found. A stored row gives way to a later version, of equal ones to a newer document.

        Of two documents of one instant the row whose text sorts last wins, whichever was loaded first.
        """
        write = self.write
        if self.is_first:
            return Counts(inserted=write.insert(sql.SQL(""), {}))
        updated = self._update() if self.later else 0
        inserted = write.insert(self._is_new(), {}) if self.new else 0
        return Counts(inserted, updated, write.given - self.met, self.met - self.new - self.later)

    def later_rows(self, stored: str, staged: str) -> sql.Composable:
        """Pairs of rows, for FROM: one that is about to give way, and the one that takes its place."""
        return sql.SQL("{later} {staged} JOIN {target} {stored} ON {stored}.ctid = {staged}.{place}").format(
            later=LATER,
            target=self.write.shape.identifier,
            stored=sql.Identifier(stored),
            staged=sql.Identifier(staged),
            place=STORED,
        )

    def _find(self) -> sql.Composed:
        write = self.write
        compared = [*write.target_columns, "reported_at", "source_line"]
        return sql.SQL(
            "CREATE TEMP TABLE {met} ON COMMIT DROP AS "
            "SELECT excluded.{place} AS staged, t.ctid AS stored, "
            "coalesce(t.ctid IS NOT NULL AND {is_later}, false) AS is_later "
            "FROM ({select}) AS excluded ({columns}, {place}) LEFT JOIN {target} t ON {same_key} "
            "WHERE t.ctid IS NULL OR ROW({t}) IS DISTINCT FROM ROW({excluded})"
        ).format(
            met=MET,
            place=STAGED,
            is_later=self._is_later(),
            select=self._placed_rows,
            columns=identifiers(write.columns),
            target=write.shape.identifier,
            same_key=self._same_key(),
            t=identifiers(compared, "t"),
            excluded=identifiers(compared, "excluded"),
        )

    def _is_later(self) -> sql.Composable:
        """Whether a row ``excluded`` may take the place of the stored row ``t``."""
        # Text of the whole row without nulls: the same whatever columns the table has gained in between.
        whole = "jsonb_strip_nulls(to_jsonb({0}.*) - '{{load_id,staged_place}}'::text[])::text COLLATE \"C\""
        newer = sql.SQL(
            "(excluded.reported_at > t.reported_at OR (excluded.reported_at = t.reported_at "
            f"AND {whole.format('excluded')} > {whole.format('t')}))"
        )
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

    def _same_key(self) -> sql.Composable:
        equal = "t.{0} = excluded.{0}"
        if "marketplace_id" in self.write.shape.key and self.write.has_rows_without_shop():
            # As the index has it, but no part of its search: only where there are such rows.
            unlike = "t.{0} IS NOT DISTINCT FROM excluded.{0}"
        else:
            unlike = equal
        return sql.SQL(" AND ").join(
            sql.SQL(unlike if name == "marketplace_id" else equal).format(column(name))
            for name in self.write.shape.key
        )

    def _take_later(self) -> sql.Composed:
        """In the order of the places, so that the update goes through table and index from end to end."""
        return sql.SQL(
            "CREATE TEMP TABLE {later} ON COMMIT DROP AS SELECT n.*, m.stored AS {stored} "
            "FROM {met} m JOIN ({select}) AS n ({columns}, {staged}) ON n.{staged} = m.staged "
            "WHERE m.is_later ORDER BY m.stored"
        ).format(
            later=LATER,
            met=MET,
            select=self._placed_rows,
            columns=identifiers(self.write.columns),
            staged=STAGED,
            stored=STORED,
        )

    def _update(self) -> int:
        names = [name for name in self.write.columns if name not in self.write.shape.key]
        return self.write.connection.execute(
            sql.SQL(
                "UPDATE {target} t SET ({names}) = ROW({values}) FROM {later} n WHERE t.ctid = n.{place}"
            ).format(
                target=self.write.shape.identifier,
                names=identifiers(names),
                values=identifiers(names, "n"),
                later=LATER,
                place=STORED,
            )
        ).rowcount

    def _is_new(self) -> sql.Composable:
        return sql.SQL("AND s.ctid IN (SELECT staged FROM {} WHERE stored IS NULL)").format(MET)

    @property
    def _placed_rows(self) -> sql.Composed:
        return self.write.select(sql.SQL("s.ctid"))
