"""The SQL of units, whose rows are replaced together.

``UnitMerge`` merges units and lines by the rules of ``postgres.units``: it first creates a table of the rows
that changed units will have, then counts them, compares them for the history, and writes them. ``UnitMoves``
lets a replacing load remove the rows that its units left on other days.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sellerops.destinations.bigquery.bounds import Bounds
from sellerops.destinations.bigquery.shape import quoted
from sellerops.destinations.bigquery.statements import Parameters, Statements
from sellerops.destinations.shape import UNIT_MARK

_NONE = "000000000000000000"


@dataclass(frozen=True)
class UnitMerge:
    """The statements that use the table ``after``. ``bounds``: the days of the units' rows, old and new."""

    it: Statements
    after: str
    bounds: Bounds | None

    def create_after(self) -> tuple[str, Parameters]:
        """Create ``after``: all rows of changed units as they will be. ``is_new``: from the document."""
        names = ", ".join(f"s.{quoted(name)}" for name in self.it.types if name not in self._made)
        made = ", ".join(f"{sql} AS {quoted(name)}" for name, sql in self._made.items())
        unit = ", ".join(map(quoted, self.it.shape.unit))
        same = self.it.same(self.it.shape.unit, "s", "j")
        statement = f"""
            CREATE TABLE `{self.after}`
            OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 1 DAY)) AS
            WITH sides AS ({self._sides()}),
            items AS (
                SELECT {unit}, unit_item, is_new, MAX(unit_rank) AS unit_rank, MAX(mark) AS mark,
                       {self._item_text()} AS words
                FROM sides GROUP BY {unit}, unit_item, is_new
            ),
            ranked AS (
                SELECT *, ROW_NUMBER() OVER (
                    PARTITION BY {unit}, unit_item ORDER BY unit_rank DESC, words DESC, is_new
                ) = 1 AS wins FROM items
            ),
            unit_ranks AS (
                SELECT *,
                       MAX(IF(unit_item = '' AND (mark IS NULL OR unit_rank > mark), unit_rank, mark))
                           OVER (PARTITION BY {unit}) AS nameless,
                       MAX(IF(unit_item = '', NULL, unit_rank)) OVER (PARTITION BY {unit}) AS named
                FROM ranked
            ),
            fates AS (
                SELECT *, IF(named > nameless, nameless, NULL) AS new_mark,
                       wins AND IF(unit_item = '',
                           unit_rank = nameless AND (named IS NULL OR named <= nameless),
                           nameless IS NULL OR unit_rank >= nameless) AS stays
                FROM unit_ranks
            ),
            judged AS (
                SELECT *, MAX(IF(stays = is_new OR (NOT is_new AND new_mark IS DISTINCT FROM mark), 1, 0))
                    OVER (PARTITION BY {unit}) AS changes
                FROM fates
            )
            SELECT {names}{", " + made if made else ""}, s.is_new
            FROM sides AS s JOIN judged AS j
            ON {same} AND s.unit_item = j.unit_item AND s.is_new = j.is_new
            WHERE j.stays AND j.changes = 1
        """
        return statement, self._parameters()

    def count(self) -> tuple[str, Parameters]:
        """Count the document's rows, those to write, and those among them whose key is stored; stored rows to
        delete; the document's rows that are stored unchanged; and the rows that changed units will have.
        """
        it = self.it
        own = f"SELECT * FROM `{self.after}` WHERE is_new"
        here = f"SELECT * FROM {it.rows(self.bounds)} WHERE t.account_id = @account_id"
        whole = [name for name in it.types if name not in ("load_id", "ordinal", UNIT_MARK)]
        return (
            f"SELECT (SELECT COUNT(*) FROM ({it.accepted()}) AS r), (SELECT COUNT(*) FROM ({own}) AS r), "
            f"(SELECT COUNT(*) FROM ({own}) AS r JOIN ({here}) AS t ON {it.same_key()}), "
            f"(SELECT COUNT(*) FROM ({here}) AS t WHERE {self._is_changed()} "
            f"AND NOT EXISTS (SELECT 1 FROM `{self.after}` AS r WHERE {it.same_key()})), "
            f"(SELECT COUNT(*) FROM ({it.accepted()}) AS r WHERE EXISTS "
            f"(SELECT 1 FROM ({here}) AS t WHERE {it.same(it.shape.unit)} "
            f"AND NOT {it.differs(whole)})), (SELECT COUNT(*) FROM `{self.after}`)",
            self._parameters(),
        )

    def write(self, written: int) -> tuple[str, Parameters]:
        """Replace the stored rows of changed units."""
        names = ", ".join(map(quoted, self.it.types))
        steps = [
            f"DELETE FROM `{self.it.landing}` AS t WHERE {self.it.within(self.bounds)} "
            f"AND t.account_id = @account_id AND {self._is_changed()}",
            f"INSERT INTO `{self.it.landing}` ({names}) SELECT {names} FROM `{self.after}`",
        ]
        return self.it.script(steps, self.bounds, written), self._parameters()

    def pairs(self) -> str:
        """``FROM ... FULL JOIN ...``: new rows ``r`` and stored rows ``t`` of changed units."""
        it = self.it
        here = (
            f"SELECT * FROM {it.rows(self.bounds)} WHERE t.account_id = @account_id AND {self._is_changed()}"
        )
        stood = f"EXISTS (SELECT 1 FROM ({here}) AS t WHERE {it.same(it.shape.unit)})"
        return (
            f"FROM (SELECT * FROM `{self.after}` AS r WHERE {stood}) AS r "
            f"FULL JOIN ({here}) AS t ON {it.same_key()}"
        )

    def _is_changed(self) -> str:
        return (
            f"EXISTS (SELECT 1 FROM `{self.after}` AS a WHERE {self.it.same(self.it.shape.unit, 't', 'a')})"
        )

    def _parameters(self) -> Parameters:
        return {**self.it.parameters(), **self.it.bound_parameters(self.bounds)}

    def _sides(self) -> str:
        it = self.it
        names = ", ".join(map(quoted, it.types))
        says = [name for name in it.types if name not in it.shape.system_types]
        parts = []
        for alias, source, is_new in (
            ("r", f"({it.accepted()}) AS r", "TRUE"),
            (
                "t",
                f"{it.rows(self.bounds)} WHERE t.account_id = @account_id AND {self._is_listed()}",
                "FALSE",
            ),
        ):
            mark = f"{alias}.{quoted(UNIT_MARK)}" if UNIT_MARK in it.types else "CAST(NULL AS STRING)"
            parts.append(
                f"SELECT {names}, {self._item(alias)} AS unit_item, {self._rank(alias)} AS unit_rank, "
                f"{mark} AS mark, {it.row_text(alias, says)} AS unit_words, {is_new} AS is_new FROM {source}"
            )
        return " UNION ALL ".join(parts)

    def _is_listed(self) -> str:
        return f"EXISTS (SELECT 1 FROM ({self.it.accepted()}) AS r WHERE {self.it.same(self.it.shape.unit)})"

    def _item_text(self) -> str:
        """The text of an item's rows if two documents may have the same instant; otherwise empty."""
        if not self.it.has_twin:
            return "''"
        text = "CONCAT(unit_words, ' ', CAST(source_line AS STRING))"
        return f"STRING_AGG({text}, ' ' ORDER BY {text})"

    def _item(self, alias: str) -> str:
        by = self.it.shape.table.ordinal_by
        return f"COALESCE({alias}.{quoted(by)}, '')" if by else "''"

    def _rank(self, alias: str) -> str:
        """Version, then the document's time, as text that sorts: microseconds since the year 1."""
        names = [*filter(None, [self.it.shape.table.version]), "reported_at"]
        moments = [f"COALESCE({self.it.text(f'{alias}.{quoted(n)}', 'TIMESTAMP')}, '{_NONE}')" for n in names]
        return f"CONCAT({', '.join(moments)})"

    @property
    def _made(self) -> dict[str, str]:
        """Columns of ``after`` that depend on the unit's other rows."""
        if UNIT_MARK not in self.it.types:
            return {}
        among = ", ".join(f"s.{quoted(name)}" for name in self.it.shape.key if name != "ordinal")
        order = "s.unit_item = '', s.unit_item, s.unit_words, s.source_line"
        number = f"ROW_NUMBER() OVER (PARTITION BY {among} ORDER BY {order})"
        return {"ordinal": number, UNIT_MARK: "j.new_mark"}


@dataclass(frozen=True)
class UnitMoves:
    """Stored rows of the document's units outside its ``days``, within the bounds ``elsewhere``.

    The newer rows of a unit win; of rows of the same instant, those of the later day. A unit without a name
    has no rows elsewhere.
    """

    it: Statements
    days: Sequence[date]
    elsewhere: Bounds

    def count(self) -> tuple[str, Parameters]:
        """The number of rows to insert for the days, and of the stored rows they replace."""
        it = self.it
        return (
            f"SELECT (SELECT COUNT(*) FROM ({it.accepted()}) AS r WHERE {it.day('r')} IN UNNEST(@days) "
            f"AND NOT {self._is_kept_elsewhere()}), "
            f"(SELECT COUNT(*) FROM {it.rows(self._bounds)} "
            f"WHERE ({self._in_window()}) OR ({self._is_replaced()}))",
            self._parameters(),
        )

    def write(self, written: int) -> tuple[str, Parameters]:
        """Replace the rows of the days, and rows of units that have moved, with the document's."""
        it = self.it
        steps = [
            f"DELETE FROM `{it.landing}` AS t WHERE {it.within(self._bounds)} "
            f"AND (({self._in_window()}) OR ({self._is_replaced()}))",
            f"{it.insert()} WHERE {it.day('r')} IN UNNEST(@days) AND NOT {self._is_kept_elsewhere()}",
        ]
        return it.script(steps, self._bounds, written), self._parameters()

    @property
    def _bounds(self) -> Bounds:
        return self.it.bounds(self.days).joined(self.elsewhere)

    def _parameters(self) -> Parameters:
        it = self.it
        return {**it.parameters(), **it.bound_parameters(self._bounds), "days": ("DATE", list(self.days))}

    def _in_window(self) -> str:
        return f"{self.it.in_place()} AND {self.it.day('t')} IN UNNEST(@days)"

    def _is_replaced(self) -> str:
        it = self.it
        return (
            f"t.account_id = @account_id AND NOT ({self._in_window()}) AND EXISTS (SELECT 1 "
            f"FROM ({it.accepted()}) AS r WHERE {it.day('r')} IN UNNEST(@days) AND {self._same()} "
            f"AND {self._is_older()})"
        )

    def _is_kept_elsewhere(self) -> str:
        it = self.it
        return (
            f"EXISTS (SELECT 1 FROM {it.rows(self._bounds)} WHERE t.account_id = @account_id "
            f"AND {self._same()} AND NOT ({self._in_window()}) AND NOT {self._is_older()})"
        )

    def _is_older(self) -> str:
        day = quoted(self.it.shape.day or "")
        return f"(t.reported_at < @reported_at OR (t.reported_at = @reported_at AND t.{day} < r.{day}))"

    def _same(self) -> str:
        it, parts = self.it, [self.it.same(self.it.shape.unit)]
        for name in it.shape.unit:
            declared = it.shape.table.columns.get(name)
            if declared and declared.absent is not None:
                parts.append(f"t.{quoted(name)} <> '{declared.absent}'")
        return " AND ".join(parts)
