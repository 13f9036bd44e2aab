"""A merge by units, where most units are told by one line and stand as one line, or do not stand yet.

Such lines are merged each for itself (``Merge``), by the rules of ``Units``: the same rank, the same text.
Only units of several lines that change, or that are named otherwise than they stand, are weighed as a whole.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from psycopg import sql

from sellerops.destinations.postgres.duplicates import TABLE as DUPLICATES
from sellerops.destinations.postgres.duplicates import item_of
from sellerops.destinations.postgres.merges import FOUND, Merge
from sellerops.destinations.postgres.shape import column, identifiers
from sellerops.destinations.postgres.units import Units, row_text
from sellerops.destinations.postgres.writes import Write
from sellerops.destinations.results import WriteCounts
from sellerops.destinations.shape import UNIT_MARK

ODD = sql.Identifier("unit_odd")


class LineMerge(Merge):
    """The lines of units that have no other line."""

    def words(self, alias: str) -> sql.Composable:
        return row_text(self.write, alias, ["staged_"])

    def is_odd(self) -> sql.Composable:
        if UNIT_MARK not in self.write.shape.system:
            return sql.SQL("false")
        return sql.SQL("t.ctid IS NOT NULL AND (t.{} IS NOT NULL OR {} <> {})").format(
            column(UNIT_MARK),
            item_of(self.write.shape, "t", self.write.staged),
            item_of(self.write.shape, "excluded", self.write.staged),
        )


@dataclass
class UnitMerge:
    """The merge of one document's units. ``find_changes`` first; nothing is written before ``merge``.

    ``lines``: what is merged line by line. ``units``: what is weighed as a whole, if anything is.
    """

    write: Write
    lines: Merge = field(init=False)
    units: Units | None = None

    def __post_init__(self) -> None:
        self.lines = LineMerge(self.write)

    def find_changes(self) -> None:
        """Find what the document changes."""
        self.lines.find_changes()
        parts = self._odd_of_empty_table() if self.lines.is_first else self._odd()
        if not parts or not self._take_odd(parts):
            return
        self.units = Units(self.write, self._is_of_odd("s", "o"))
        self.units.find_changes()
        self.lines.exclude_rows(self.units.given, sql.SQL("NOT {}").format(self._is_of_odd("s", "o")))

    def merge(self) -> WriteCounts:
        """Write both."""
        counts = self.lines.merge()
        return counts + self.units.merge() if self.units else counts

    def _take_odd(self, parts: list[sql.Composable]) -> int:
        run = self.write.connection.execute
        odd = run(
            sql.SQL("CREATE TEMP TABLE {} ON COMMIT DROP AS SELECT DISTINCT * FROM ({}) AS u").format(
                ODD, sql.SQL(" UNION ALL ").join(parts)
            ),
            dict(self.write.values),
        ).rowcount
        if odd:
            run(sql.SQL("ANALYZE {}").format(ODD))
        return odd

    def _odd_of_empty_table(self) -> list[sql.Composable]:
        """Units that one document tells both with names of their lines and without."""
        has_marks = UNIT_MARK in self.write.shape.system
        if not has_marks or not (self.write.has_duplicates or self._may_share_units):
            return []
        return [
            sql.SQL(
                "SELECT {unit} FROM {rows} GROUP BY {unit} "
                "HAVING bool_or({item} = '') AND bool_or({item} <> '')"
            ).format(
                unit=self._unit("s"),
                rows=self.lines.rows_with_ctid("s"),
                item=item_of(self.write.shape, "s", self.write.staged),
            )
        ]

    def _odd(self) -> list[sql.Composable]:
        return [self._standing_alone(), *(self._changing_lines() if self.lines.found else [])]

    def _standing_alone(self) -> sql.Composable:
        """Units in which a line stands that the document does not tell."""
        shape = self.write.shape
        return sql.SQL(
            "SELECT {unit} FROM {rows} JOIN {target} t ON t.account_id = s.account_id AND {same_unit} "
            "WHERE {more} AND NOT EXISTS (SELECT FROM {others} WHERE {same_key})"
        ).format(
            unit=self._unit("s"),
            rows=self.lines.rows_with_ctid("s"),
            target=shape.identifier,
            same_unit=self.lines.same(shape.unit, "t", "s"),
            more=self._beside_the_first(),
            others=self.lines.rows_with_ctid("g"),
            same_key=self.lines.same(shape.key, "g", "t"),
        )

    @property
    def _may_share_units(self) -> bool:
        """Whether one unit may have lines of several shops: each shop's lines are numbered on their own."""
        shape = self.write.shape
        return "marketplace_id" in shape.key and "marketplace_id" not in shape.unit

    def _beside_the_first(self) -> sql.Composable:
        """Where a line ``t`` of the unit of ``s`` may be untold: a shop that is told has a first line."""
        if not self.write.shape.has_ordinal:
            return sql.SQL("true")
        if not self._may_share_units:
            return sql.SQL("t.ordinal > 1")
        return sql.SQL("(t.ordinal > 1 OR t.marketplace_id IS DISTINCT FROM s.marketplace_id)")

    def _changing_lines(self) -> list[sql.Composable]:
        """Units of several lines, or of lines named otherwise, of which one is not stored yet as it is."""
        shape, rows = self.write.shape, self.lines.rows_with_ctid("s")
        of_found = sql.SQL("SELECT {} FROM {} f JOIN {} ON s.staged_ = f.staged_").format(
            self._unit("s"), FOUND, rows
        )
        if not shape.has_ordinal:
            stands = sql.SQL("{} JOIN {} t ON t.account_id = s.account_id AND {}")
            return [stands.format(of_found, shape.identifier, self.lines.same(shape.unit, "t", "s"))]
        parts: list[sql.Composable] = []
        if UNIT_MARK in shape.system:
            parts.append(sql.SQL("{} WHERE f.is_odd").format(of_found))
        if self.write.has_duplicates:
            parts.append(
                sql.SQL("{} JOIN {} d ON d.source_line = s.source_line").format(of_found, DUPLICATES)
            )
        if self._may_share_units:
            others = sql.SQL("{} JOIN {} ON {} WHERE g.marketplace_id IS DISTINCT FROM s.marketplace_id")
            same_unit = self.lines.same(shape.unit, "g", "s")
            parts.append(others.format(of_found, self.lines.rows_with_ctid("g"), same_unit))
        return parts

    def _is_of_odd(self, row: str, odd: str) -> sql.Composable:
        """Whether a row's unit is among those weighed as a whole."""
        return sql.SQL("EXISTS (SELECT FROM {} {} WHERE {})").format(
            ODD, sql.Identifier(odd), self.lines.same(self.write.shape.unit, odd, row)
        )

    def _unit(self, alias: str) -> sql.Composable:
        return identifiers(self.write.shape.unit, alias)
