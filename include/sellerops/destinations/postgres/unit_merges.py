"""Merges units, most of which have one line in the document and at most one in the table.

Such lines are merged one by one (``Merge``) by the rules of ``Units``: the same rank, the same text. Only
changing units with several lines, or with other line names than the stored ones, are compared as a whole.
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

WHOLE_UNITS = sql.Identifier("whole_unit")


class LineMerge(Merge):
    """The lines of units that have no other line."""

    def row_text(self, alias: str) -> sql.Composable:
        return row_text(self.write, alias, ["staged_"])

    def needs_whole_unit(self) -> sql.Composable:
        if UNIT_MARK not in self.write.shape.system:
            return sql.SQL("false")
        return sql.SQL("t.ctid IS NOT NULL AND (t.{} IS NOT NULL OR {} <> {})").format(
            column(UNIT_MARK),
            item_of(self.write.shape, "t", self.write.staged),
            item_of(self.write.shape, "excluded", self.write.staged),
        )


@dataclass
class UnitMerge:
    """The merge of one document's units. Call ``find_changes`` first; only ``merge`` writes.

    ``lines``: the rows merged one by one. ``units``: the units compared as a whole, if there are any.
    """

    write: Write
    lines: Merge = field(init=False)
    units: Units | None = None

    def __post_init__(self) -> None:
        self.lines = LineMerge(self.write)

    def find_changes(self) -> None:
        """Find what the document changes."""
        self.lines.find_changes()
        parts = self._whole_units_of_empty_table() if self.lines.is_first else self._whole_units()
        if not parts or not self._collect_whole_units(parts):
            return
        self.units = Units(self.write, self._is_whole_unit("s", "o"))
        self.units.find_changes()
        self.lines.exclude_rows(self.units.given, sql.SQL("NOT {}").format(self._is_whole_unit("s", "o")))

    def merge(self) -> WriteCounts:
        """Write the changes of lines and units."""
        counts = self.lines.merge()
        return counts + self.units.merge() if self.units else counts

    def _collect_whole_units(self, parts: list[sql.Composable]) -> int:
        run = self.write.connection.execute
        odd = run(
            sql.SQL("CREATE TEMP TABLE {} ON COMMIT DROP AS SELECT DISTINCT * FROM ({}) AS u").format(
                WHOLE_UNITS, sql.SQL(" UNION ALL ").join(parts)
            ),
            dict(self.write.values),
        ).rowcount
        if odd:
            run(sql.SQL("ANALYZE {}").format(WHOLE_UNITS))
        return odd

    def _whole_units_of_empty_table(self) -> list[sql.Composable]:
        """Units whose lines the document lists both with and without names."""
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

    def _whole_units(self) -> list[sql.Composable]:
        return [self._with_other_lines(), *(self._changing_lines() if self.lines.found else [])]

    def _with_other_lines(self) -> sql.Composable:
        """Units with a stored line that the document does not list."""
        shape, rows = self.write.shape, self.lines.rows_with_ctid("s")
        return sql.SQL(
            "SELECT {unit} FROM {rows} JOIN {target} t ON t.account_id = s.account_id AND {same_unit} "
            "WHERE {more} AND NOT EXISTS (SELECT FROM {others} WHERE {same_key})"
        ).format(
            unit=self._unit("s"),
            rows=rows if shape.has_ordinal else self._each_unit(rows),
            target=shape.identifier,
            same_unit=self.lines.same(shape.unit, "t", "s"),
            more=self._beside_the_first(),
            others=self.lines.rows_with_ctid("g"),
            same_key=self.lines.same(shape.key, "g", "t"),
        )

    def _each_unit(self, rows: sql.Composable) -> sql.Composable:
        """The units of the rows ``s``, under the same alias. A settlement of 10,000 lines is one unit: joined
        with its stored lines, its rows would make 100,000,000 pairs.
        """
        return sql.SQL("(SELECT DISTINCT s.account_id, {} FROM {}) AS s").format(self._unit("s"), rows)

    @property
    def _may_share_units(self) -> bool:
        """Whether a unit may have lines of several marketplaces, each of which numbers its own lines."""
        shape = self.write.shape
        return "marketplace_id" in shape.key and "marketplace_id" not in shape.unit

    def _beside_the_first(self) -> sql.Composable:
        """Lines ``t`` of the unit of ``s`` that the document may omit; it always lists a first line."""
        if not self.write.shape.has_ordinal:
            return sql.SQL("true")
        if not self._may_share_units:
            return sql.SQL("t.ordinal > 1")
        return sql.SQL("(t.ordinal > 1 OR t.marketplace_id IS DISTINCT FROM s.marketplace_id)")

    def _changing_lines(self) -> list[sql.Composable]:
        """Units with a changing line that have several lines, or other line names than the stored ones."""
        shape, rows = self.write.shape, self.lines.rows_with_ctid("s")
        found = sql.SQL("{} f JOIN {} ON s.staged_ = f.staged_").format(FOUND, rows)
        of_found = sql.SQL("SELECT {} FROM {}").format(self._unit("s"), found)
        if not shape.has_ordinal:
            stored = sql.SQL("SELECT {} FROM {} JOIN {} t ON t.account_id = s.account_id AND {}")
            same_unit = self.lines.same(shape.unit, "t", "s")
            return [stored.format(self._unit("s"), self._each_unit(found), shape.identifier, same_unit)]
        parts: list[sql.Composable] = []
        if UNIT_MARK in shape.system:
            parts.append(sql.SQL("{} WHERE f.needs_whole_unit").format(of_found))
        if self.write.has_duplicates:
            parts.append(
                sql.SQL("{} JOIN {} d ON d.source_line = s.source_line").format(of_found, DUPLICATES)
            )
        if self._may_share_units:
            others = sql.SQL("{} JOIN {} ON {} WHERE g.marketplace_id IS DISTINCT FROM s.marketplace_id")
            same_unit = self.lines.same(shape.unit, "g", "s")
            parts.append(others.format(of_found, self.lines.rows_with_ctid("g"), same_unit))
        return parts

    def _is_whole_unit(self, row: str, alias: str) -> sql.Composable:
        """Whether a row's unit is among those compared as a whole."""
        return sql.SQL("EXISTS (SELECT FROM {} {} WHERE {})").format(
            WHOLE_UNITS, sql.Identifier(alias), self.lines.same(self.write.shape.unit, alias, row)
        )

    def _unit(self, alias: str) -> sql.Composable:
        return identifiers(self.write.shape.unit, alias)
