"""Merges units: rows that are replaced together, such as the lines of an order.

A document determines the whole units of its rows or, if `ordinal_by` names a unit's lines, the lines it
names. For each line (``item``; empty: all lines of the unit without a name), the document with the highest
rank determines the rows: the one with the latest version; among equal versions, the newest; among documents
of the same instant, the one whose text sorts last. Named lines exist side by side. Lines without names remain
until a later document names the unit's lines, and named lines end when a later document lists the unit
without names. So the result depends only on the documents, not on their order; ``unit_mark`` keeps the rank
of the last document without names after its rows are gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from psycopg import sql

from sellerops.destinations.postgres.duplicates import content_of, item_of
from sellerops.destinations.postgres.shape import column, identifiers
from sellerops.destinations.postgres.writes import Write
from sellerops.destinations.results import WriteCounts
from sellerops.destinations.shape import UNIT_MARK

GIVEN = sql.Identifier("unit_given")
STORED = sql.Identifier("unit_stored")
ITEMS = sql.Identifier("unit_item")
TWINS = sql.Identifier("unit_twin")
AFTER = sql.Identifier("unit_after")
CHANGED = sql.SQL("EXISTS (SELECT FROM {items} i WHERE i.is_changed AND {same})")
_ITEM, _RANK, _PLACE = "unit_item_", "unit_rank_", "unit_place_"
_COUNT = "unit_count_"
_OWN = (_ITEM, _RANK, _PLACE, _COUNT, "is_new", "new_mark")


@dataclass
class Units:
    """The units of those rows ``s`` of a document for which ``is_mine`` holds.

    Call ``find_changes`` first. It creates the temporary tables that the rest reads: ``unit_given`` and
    ``unit_stored``, the rows of the document and of the table; ``unit_item``, a row for each line and side,
    with whether the line stays; ``unit_after``, all rows of changed units as they will be.
    """

    write: Write
    is_mine: sql.Composable
    given: int = 0

    def find_changes(self) -> None:
        """Find what the document changes. Nothing is written yet."""
        self._take_rows()
        self._rank_items()
        self._place_rows()

    def merge(self) -> WriteCounts:
        """Replace the stored rows of changed units."""
        counts = self._count()
        run = self.write.connection.execute
        run(
            sql.SQL("DELETE FROM {target} t USING {stored} s WHERE t.ctid = s.{place} AND {changed}").format(
                target=self.write.shape.identifier,
                stored=STORED,
                place=column(_PLACE),
                changed=self.changed("s"),
            )
        )
        names = identifiers(self.write.columns)
        run(
            sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {}").format(
                self.write.shape.identifier, names, names, AFTER
            )
        )
        return counts

    def changed(self, alias: str) -> sql.Composable:
        """Whether the unit of a row of ``unit_stored`` or ``unit_after`` changes."""
        return CHANGED.format(items=ITEMS, same=self.same("i", alias))

    def _take_rows(self) -> None:
        write, shape = self.write, self.write.shape
        run = write.connection.execute
        extra = sql.SQL("{} AS {}, {} AS {}")
        names = identifiers(write.columns)
        self.given = run(
            sql.SQL(
                "CREATE TEMP TABLE {} ON COMMIT DROP AS SELECT s.*, {} FROM ({}) AS s ({}) WHERE {}"
            ).format(
                GIVEN,
                extra.format(self._item("s"), column(_ITEM), self._rank("s"), column(_RANK)),
                write.select(),
                names,
                self.is_mine,
            ),
            dict(write.values),
        ).rowcount
        run(sql.SQL("ANALYZE {}").format(GIVEN))
        run(
            sql.SQL(
                "CREATE TEMP TABLE {} ON COMMIT DROP AS SELECT {}, {}, t.ctid AS {} FROM {} t "
                "JOIN (SELECT DISTINCT {} FROM {}) AS g ON {} WHERE t.account_id = %(account_id)s"
            ).format(
                STORED,
                identifiers(write.columns, "t"),
                extra.format(self._item("t"), column(_ITEM), self._rank("t"), column(_RANK)),
                column(_PLACE),
                shape.identifier,
                identifiers(shape.unit),
                GIVEN,
                self.same("g", "t"),
            ),
            dict(write.values),
        )
        run(sql.SQL("ANALYZE {}").format(STORED))

    def _rank_items(self) -> None:
        """Find which lines of each side stay, and whether that changes their unit."""
        run = self.write.connection.execute
        run(
            sql.SQL(
                """
                CREATE TEMP TABLE {items} ON COMMIT DROP AS
                SELECT {unit}, {item} AS item, false AS is_new, max({rank}) AS rank, max({mark}) AS mark,
                       count(*) AS rows, NULL::text AS words, false AS stays, false AS is_changed
                FROM {stored} GROUP BY {unit}, {item}
                UNION ALL
                SELECT {unit}, {item}, true, max({rank}), NULL, count(*), NULL, false, false
                FROM {given} GROUP BY {unit}, {item}
                """
            ).format(
                items=ITEMS,
                stored=STORED,
                given=GIVEN,
                unit=identifiers(self.write.shape.unit),
                item=column(_ITEM),
                rank=column(_RANK),
                mark=column(UNIT_MARK) if self._has_marks else sql.SQL("NULL::text"),
            )
        )
        run(sql.SQL("ANALYZE {}").format(ITEMS))
        self._compare_twins()
        run(
            sql.SQL(
                """
                WITH ranked AS (
                    SELECT i.ctid AS place, {unit}, item, rank, mark, row_number() OVER (
                        PARTITION BY {unit}, item
                        ORDER BY rank DESC, words COLLATE "C" DESC NULLS LAST, is_new
                    ) = 1 AS wins FROM {items} i
                ),
                units AS (
                    SELECT *, max(greatest(mark, CASE WHEN item = '' THEN rank END)) OVER w AS nameless,
                           max(CASE WHEN item <> '' THEN rank END) OVER w AS named
                    FROM ranked WINDOW w AS (PARTITION BY {unit})
                ),
                fates AS (
                    SELECT place, CASE WHEN named > nameless THEN nameless END AS mark, wins AND CASE
                        WHEN item = '' THEN rank = nameless AND (named IS NULL OR named <= nameless)
                        ELSE nameless IS NULL OR rank >= nameless END AS stays
                    FROM units
                ),
                judged AS (
                    SELECT i.ctid AS place, f.stays, f.mark, bool_or(
                        f.stays = i.is_new OR (NOT i.is_new AND f.mark IS DISTINCT FROM i.mark)
                    ) OVER (PARTITION BY {unit}) AS is_changed
                    FROM {items} i JOIN fates f ON f.place = i.ctid
                )
                UPDATE {items} i SET stays = j.stays, mark = j.mark, is_changed = j.is_changed
                FROM judged j WHERE j.place = i.ctid
                """
            ).format(items=ITEMS, unit=identifiers(self.write.shape.unit))
        )
        run(sql.SQL("ANALYZE {}").format(ITEMS))

    def _compare_twins(self) -> None:
        """Compare the texts of lines that both sides have with the same rank."""
        run = self.write.connection.execute
        unit = self.write.shape.unit
        twins = run(
            sql.SQL(
                "CREATE TEMP TABLE {twins} ON COMMIT DROP AS SELECT {unit}, o.item FROM {items} o "
                "JOIN {items} i ON {same} AND i.item = o.item AND i.rank = o.rank "
                "WHERE i.is_new AND NOT o.is_new"
            ).format(twins=TWINS, items=ITEMS, unit=identifiers(unit, "o"), same=self.same("i", "o"))
        ).rowcount
        if not twins:
            return
        run(sql.SQL("ANALYZE {}").format(TWINS))
        for side, is_new in ((STORED, False), (GIVEN, True)):
            run(
                sql.SQL(
                    """
                    UPDATE {items} i SET words = d.words FROM (
                        SELECT {s_unit}, w.item, string_agg({text}, ' ' ORDER BY {text}) AS words
                        FROM {side} s JOIN {twins} w ON {same_twin} AND w.item = s.{item}
                        GROUP BY {s_unit}, w.item
                    ) AS d WHERE i.is_new = {is_new} AND i.item = d.item AND {same}
                    """
                ).format(
                    items=ITEMS,
                    twins=TWINS,
                    side=side,
                    item=column(_ITEM),
                    s_unit=identifiers(unit, "s"),
                    text=self._text("s"),
                    same_twin=self.same("w", "s"),
                    same=self.same("i", "d"),
                    is_new=sql.Literal(is_new),
                )
            )

    def _place_rows(self) -> None:
        """Create the rows of changed units as they will be, renumbered where lines of two documents meet."""
        write = self.write
        cells = [column(name) for name in write.columns if name not in ("ordinal", UNIT_MARK)]
        rows = [
            sql.SQL(
                "SELECT {names}, s.{item}, {is_new} AS is_new, i.mark AS new_mark FROM {side} s "
                "JOIN {items} i ON {same} AND i.item = s.{item} AND i.is_new = {is_new} "
                "WHERE i.stays AND i.is_changed"
            ).format(
                names=identifiers([name for name in write.columns if name != UNIT_MARK], "s"),
                item=column(_ITEM),
                is_new=sql.Literal(is_new),
                side=side,
                items=ITEMS,
                same=self.same("i", "s"),
            )
            for side, is_new in ((STORED, False), (GIVEN, True))
        ]
        source = sql.SQL(" UNION ALL ").join(rows)
        ordinal: sql.Composable = column("ordinal")
        if self._has_marks:
            among = identifiers([name for name in write.shape.key if name != "ordinal"])
            # The content is computed only where several rows share the rest of the key.
            source = sql.SQL("SELECT *, count(*) OVER (PARTITION BY {}) AS {} FROM ({}) AS u").format(
                among, column(_COUNT), source
            )
            ordinal = sql.SQL(
                "(row_number() OVER (PARTITION BY {among} ORDER BY {item} = '', {item} COLLATE \"C\", "
                "CASE WHEN {rows} > 1 THEN {content} END, source_line))::integer"
            ).format(
                among=among,
                item=column(_ITEM),
                rows=column(_COUNT),
                content=content_of(write.shape, "r", _OWN),
            )
        more = [sql.SQL("{} AS ordinal").format(ordinal)] if "ordinal" in write.shape.system else []
        more += [sql.SQL("new_mark AS {}").format(column(UNIT_MARK))] if self._has_marks else []
        write.connection.execute(
            sql.SQL("CREATE TEMP TABLE {} ON COMMIT DROP AS SELECT {}, is_new FROM ({}) AS r").format(
                AFTER, sql.SQL(", ").join([*cells, *more]), source
            )
        )
        write.connection.execute(sql.SQL("ANALYZE {}").format(AFTER))

    def _count(self) -> WriteCounts:
        key = self.write.shape.key
        statement = sql.SQL(
            """
            SELECT (SELECT count(*) FROM {given}),
                   (SELECT count(*) FROM {after} WHERE is_new),
                   (SELECT count(*) FROM {after} a WHERE is_new
                        AND EXISTS (SELECT FROM {stored} s WHERE {same_key})),
                   (SELECT count(*) FROM {stored} s WHERE {changed}
                        AND NOT EXISTS (SELECT FROM {after} a WHERE {same_key})),
                   (SELECT coalesce(sum(rows), 0) FROM {items} i WHERE is_new AND EXISTS (
                        SELECT FROM {items} o WHERE NOT o.is_new AND o.item = i.item AND {same_item}
                        AND o.rank = i.rank AND o.words = i.words))
            """
        ).format(
            given=GIVEN,
            after=AFTER,
            stored=STORED,
            items=ITEMS,
            changed=self.changed("s"),
            same_key=_same(key, "a", "s"),
            same_item=self.same("o", "i"),
        )
        row = self.write.connection.execute(statement).fetchone()
        assert row is not None
        given, written, updated, gone, unchanged = (int(each) for each in row)
        return WriteCounts(
            inserted=written - updated,
            updated=updated,
            unchanged=unchanged,
            superseded=given - written - unchanged,
            replaced=gone,
        )

    @cached_property
    def _has_marks(self) -> bool:
        return UNIT_MARK in self.write.shape.system

    def _item(self, alias: str) -> sql.Composable:
        return item_of(self.write.shape, alias, self.write.staged)

    def _rank(self, alias: str) -> sql.Composable:
        """Version, then the document's time, as text that sorts: microseconds since the year 1."""
        version = self.write.shape.table.version
        parts = [_moment(column(version, alias))] if version else []
        return sql.SQL(" || ").join([*parts, _moment(column("reported_at", alias))])

    def _text(self, alias: str) -> sql.Composable:
        return row_text(self.write, alias, _OWN)

    def same(self, one: str, other: str) -> sql.Composable:
        """Whether two rows are of one unit."""
        return _same(self.write.shape.unit, one, other)


def row_text(write: Write, alias: str, beside: Sequence[str]) -> sql.Composable:
    """A row's text: content and line number. ``beside``: columns that are not the report's."""
    return sql.SQL("({} || ' ' || {}) COLLATE \"C\"").format(
        content_of(write.shape, alias, beside), column("source_line", alias)
    )


def _same(names: tuple[str, ...], one: str, other: str) -> sql.Composable:
    return sql.SQL(" AND ").join(
        sql.SQL("coalesce({}, '') = coalesce({}, '')").format(column(name, one), column(name, other))
        if name == "marketplace_id"
        else sql.SQL("{} = {}").format(column(name, one), column(name, other))
        for name in names
    )


def _moment(name: sql.Composable) -> sql.Composable:
    return sql.SQL(
        "coalesce(lpad(((extract(epoch FROM {}) * 1000000)::bigint + 62135596800000000)::text, 18, '0'), "
        "repeat('0', 18))"
    ).format(name)
