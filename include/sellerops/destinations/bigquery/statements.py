"""The SQL of one load. It reads and deletes rows of landing tables only within the days of ``Bounds``.

The one exception is ``key_positions``, which reads the key and day of every row of an account if the key does
not contain the day. In all statements ``r`` is a row of this document, ready for the table, and ``t`` is a
row of the table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sellerops.destinations.bigquery.bounds import Bounds
from sellerops.destinations.bigquery.shape import WIDE, BigQueryShape, quoted
from sellerops.destinations.shape import UNIT_MARK

Parameters = dict[str, tuple[str, Any]]
LOSES = "sellerops_loses"
_DAWN = date(1, 1, 1)


@dataclass(frozen=True)
class Statements:
    """SQL for the table ``landing`` of ``shape`` and the document's rows in ``staging`` and ``ready``.

    ``types``: all columns of the landing table and their types; ``staged``: the columns of the document.
    ``values``: ``LoadJob.row_values``. ``has_twin``: a document of the same instant was loaded before.
    """

    shape: BigQueryShape
    landing: str
    staging: str
    ready: str
    types: Mapping[str, str]
    staged: frozenset[str]
    values: Mapping[str, Any]
    timezone: str
    has_twin: bool = True

    # -- the document's rows --

    def prepare(self) -> tuple[str, Parameters]:
        """Create ``ready``: the document's rows with all columns of the table, and whether each loses to
        another row.
        """
        cells = ", ".join(f"{self._value(name)} AS {quoted(name)}" for name in self.types)
        key = [f"s.{quoted(name)}" for name in self.shape.staged_key]
        version = self.shape.table.version
        order = f"s.{quoted(version)} DESC NULLS LAST, " if version in self.staged else ""
        among = f"PARTITION BY {', '.join(key)} " if key else ""
        loses = f"ROW_NUMBER() OVER ({among}ORDER BY {order}s.source_line DESC) > 1"
        statement = f"""
            CREATE TABLE `{self.ready}`
            OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 1 DAY)) AS
            SELECT {cells}, {"FALSE" if self.shape.has_ordinal else loses} AS {LOSES}
            FROM (SELECT s.*, {self._ordinal(among)} AS sellerops_ordinal FROM `{self.staging}` AS s) AS s
        """
        return statement, self.parameters()

    def summarize(self) -> tuple[str, Parameters]:
        """Numbers of rows and of losing rows; of the others, the first and last day and how many lack one."""
        day = self._utc_day("r") if self.shape.partition else "CAST(NULL AS DATE)"
        return (
            f"SELECT COUNT(*), COUNTIF(r.{LOSES}), MIN(IF(r.{LOSES}, NULL, {day})), "
            f"MAX(IF(r.{LOSES}, NULL, {day})), COUNTIF(NOT r.{LOSES} AND {day} IS NULL) "
            f"FROM `{self.ready}` AS r",
            {},
        )

    def losing(self) -> tuple[str, Parameters]:
        """The staged rows that lose to another row with the same key."""
        return (
            f"SELECT s.* FROM `{self.staging}` AS s JOIN `{self.ready}` AS r "
            f"ON r.source_line = s.source_line WHERE r.{LOSES} ORDER BY s.source_line",
            {},
        )

    def sums_of_document(self, measure: str | None) -> tuple[str, Parameters]:
        amount = self._amount(measure, "r")
        return (
            f"SELECT {self._marketplace('r')} AS marketplace, {self.day('r')} AS day, "
            f"COUNT(*), SUM({amount}) "
            f"FROM ({self.accepted()}) AS r GROUP BY 1, 2",
            {},
        )

    # -- the table's rows, before writing --

    def sums_of_stored(self, measure: str | None, days: Sequence[date]) -> tuple[str, Parameters]:
        bounds, amount = self.bounds(days), self._amount(measure, "t")
        return (
            f"SELECT {self._marketplace('t')} AS marketplace, {self.day('t')} AS day, "
            f"COUNT(*), SUM({amount}) "
            f"FROM {self.rows(bounds)} WHERE {self.in_place()} AND {self.day('t')} IN UNNEST(@days) "
            "GROUP BY 1, 2",
            {**self.parameters(), **self.bound_parameters(bounds), "days": ("DATE", list(days))},
        )

    def key_positions(self, *, beside: Sequence[date] = ()) -> tuple[str, Parameters]:
        """The table's rows with the document's keys or units: first and last day, and two counts.

        The counts are of such rows without a day, and of all such rows. Reads the key and day of every row of
        the account. ``beside``: days of the load's own place to ignore, because the load is about to delete
        their rows.
        """
        same = self.same(self.shape.unit or self.shape.key)
        day = self._utc_day("t")
        column = f"t.{quoted(self.shape.partition or '')}"
        parameters = {**self.parameters(), "dawn": (self._partition_type(), self._edge(_DAWN))}
        kept = ""
        if beside:
            kept = f"AND NOT ({self.in_place()} AND {self.day('t')} IN UNNEST(@days))"
            parameters["days"] = ("DATE", list(beside))
        return (
            f"SELECT MIN({day}), MAX({day}), COUNTIF({day} IS NULL), COUNT(*) "
            f"FROM `{self.landing}` AS t JOIN ({self.accepted()}) AS r ON {same} "
            f"WHERE t.account_id = @account_id AND ({column} >= @dawn OR {column} IS NULL) {kept}",
            parameters,
        )

    def count_merge(self, bounds: Bounds | None) -> tuple[str, Parameters]:
        """How many rows the document has, and how many of them are new, later or superseded."""
        fate = (
            f"CASE WHEN t.account_id IS NULL THEN 1 WHEN NOT {self.differs(self._compared)} THEN 0 "
            f"WHEN {self.is_later()} THEN 2 ELSE 3 END"
        )
        return (
            "SELECT COUNT(*), COUNTIF(f.fate = 1), COUNTIF(f.fate = 2), COUNTIF(f.fate = 3) FROM ("
            f"SELECT {fate} AS fate FROM ({self.accepted()}) AS r "
            f"LEFT JOIN (SELECT * FROM {self.rows(bounds)} WHERE t.account_id = @account_id) AS t "
            f"ON {self.same_key()}) AS f",
            {**self.parameters(), **self.bound_parameters(bounds)},
        )

    def count_replace(self, days: Sequence[date]) -> tuple[str, Parameters]:
        """The number of the document's rows of ``days``, and of the stored rows they replace."""
        bounds = self.bounds(days)
        return (
            f"SELECT (SELECT COUNT(*) FROM ({self.accepted()}) AS r WHERE {self.day('r')} IN UNNEST(@days)), "
            f"(SELECT COUNT(*) FROM {self.rows(bounds)} WHERE {self.in_place()} "
            f"AND {self.day('t')} IN UNNEST(@days))",
            {**self.parameters(), **self.bound_parameters(bounds), "days": ("DATE", list(days))},
        )

    def count_snapshot(self, bounds: Bounds) -> tuple[str, Parameters]:
        return (
            f"SELECT (SELECT COUNT(*) FROM ({self.accepted()}) AS r), "
            f"(SELECT COUNT(*) FROM {self.rows(bounds)} "
            f"WHERE {self.in_place()} AND t.snapshot_at = @snapshot_at)",
            {**self.parameters(), **self.bound_parameters(bounds)},
        )

    # -- writes: each script is one transaction --

    def upsert(self, bounds: Bounds | None, written: int) -> tuple[str, Parameters]:
        """Upsert on the key. ``written``: how many rows must belong to this load afterwards.

        Deletes the stored rows to replace, then inserts every row whose key is not stored. It is not a MERGE,
        because a MERGE names partitions only in its ON clause, which cannot cover rows without a day.
        """
        steps = [
            f"DELETE FROM `{self.landing}` AS t WHERE {self.within(bounds)} AND t.account_id = @account_id "
            f"AND EXISTS (SELECT 1 FROM ({self.accepted()}) AS r WHERE {self.same_key()} "
            f"AND {self.differs(self._compared)} AND {self.is_later()})",
            f"{self.insert()} WHERE NOT EXISTS (SELECT 1 FROM {self.rows(bounds)} "
            f"WHERE t.account_id = @account_id AND {self.same_key()})",
        ]
        return self.script(steps, bounds, written), {**self.parameters(), **self.bound_parameters(bounds)}

    def replace(self, days: Sequence[date], written: int) -> tuple[str, Parameters]:
        """Replace the stored rows of ``days`` with the document's."""
        bounds = self.bounds(days)
        steps = [
            f"DELETE FROM `{self.landing}` AS t WHERE {self.within(bounds)} AND {self.in_place()} "
            f"AND {self.day('t')} IN UNNEST(@days)",
            f"{self.insert()} WHERE {self.day('r')} IN UNNEST(@days)",
        ]
        parameters = {**self.parameters(), **self.bound_parameters(bounds), "days": ("DATE", list(days))}
        return self.script(steps, bounds, written), parameters

    def snapshot(self, bounds: Bounds, written: int) -> tuple[str, Parameters]:
        """Replace the snapshot's earlier rows with the document's."""
        steps = [
            f"DELETE FROM `{self.landing}` AS t WHERE {self.within(bounds)} AND {self.in_place()} "
            "AND t.snapshot_at = @snapshot_at",
            self.insert(),
        ]
        return self.script(steps, bounds, written), {**self.parameters(), **self.bound_parameters(bounds)}

    def insert(self) -> str:
        names = ", ".join(map(quoted, self.types))
        return f"INSERT INTO `{self.landing}` ({names}) SELECT {names} FROM ({self.accepted()}) AS r"

    def script(self, steps: Sequence[str], bounds: Bounds | None, written: int) -> str:
        """One transaction that fails, with nothing written, unless it writes as many rows as counted."""
        ours = "t.account_id = @account_id AND t.load_id = @load_id"
        count = f"SELECT COUNT(*) FROM {self.rows(bounds)} WHERE {ours}"
        check = f"ASSERT ({count}) = {written} AS 'the rows do not add up'"
        return ";\n".join(["BEGIN TRANSACTION", *steps, check, "COMMIT TRANSACTION"]) + ";"

    # -- parts --

    def accepted(self) -> str:
        return f"SELECT * FROM `{self.ready}` WHERE NOT {LOSES}"

    def rows(self, bounds: Bounds | None) -> str:
        """``(...) AS t``: the table's rows within the bounds."""
        return f"(SELECT * FROM `{self.landing}` AS t WHERE {self.within(bounds)}) AS t"

    def within(self, bounds: Bounds | None) -> str:
        """The partitions that a statement may touch; TRUE only for a table without partitions."""
        if bounds is None:
            if self.shape.partition:
                raise AssertionError("a table with partitions may only be read between days")
            return "TRUE"
        column = f"t.{quoted(self.shape.partition or '')}"
        within = f"{column} >= @bound_first AND {column} < @bound_after"
        return f"({within} OR {column} IS NULL)" if bounds.or_none else f"({within})"

    def bound_parameters(self, bounds: Bounds | None) -> Parameters:
        """The parameters of ``within``."""
        if bounds is None:
            return {}
        kind = self._partition_type()
        return {
            "bound_first": (kind, self._edge(bounds.first)),
            "bound_after": (kind, self._edge(bounds.last + timedelta(days=1))),
        }

    def bounds(self, days: Sequence[date]) -> Bounds:
        """The partitions that contain the window's ``days``."""
        return Bounds.of_days(days, self.timezone, is_instant=self._partition_type() == "TIMESTAMP")

    def parameters(self) -> Parameters:
        """The values that all rows share, as parameters."""
        return {name: (self.types.get(name, "STRING"), value) for name, value in self.values.items()}

    def in_place(self) -> str:
        """Whether ``t`` is of this account and marketplace, or region if documents cover all marketplaces."""
        if self.shape.spec.scope == "marketplace":
            return "t.account_id = @account_id AND t.marketplace_id = @marketplace_id"
        return "t.account_id = @account_id AND t.region = @region"

    def day(self, alias: str) -> str:
        """The row's day in the window's time zone."""
        name = self.shape.day or ""
        column = f"{alias}.{quoted(name)}"
        return f"DATE({column}, '{self.timezone}')" if self.types[name] == "TIMESTAMP" else column

    def same_key(self, one: str = "t", other: str = "r") -> str:
        return self.same(self.shape.key, one, other)

    @staticmethod
    def same(names: Sequence[str], one: str = "t", other: str = "r") -> str:
        """Whether two rows are equal in the key's or the unit's columns."""
        return " AND ".join(
            f"COALESCE({one}.{quoted(name)}, '') = COALESCE({other}.{quoted(name)}, '')"
            if name == "marketplace_id"
            else f"{one}.{quoted(name)} = {other}.{quoted(name)}"
            for name in names
        )

    def differs(self, names: Sequence[str], one: str = "t", other: str = "r") -> str:
        if not names:
            return "FALSE"
        pairs = (f"{one}.{quoted(name)} IS DISTINCT FROM {other}.{quoted(name)}" for name in names)
        return f"({' OR '.join(pairs)})"

    def is_later(self) -> str:
        """Whether ``r`` may replace the stored ``t``: by version, then by the report's time, then by text."""
        newer = "r.reported_at > t.reported_at"
        if self.has_twin:
            whole = f"{self._whole('r')} > {self._whole('t')}"
            newer = f"({newer} OR (r.reported_at = t.reported_at AND {whole}))"
        version = self.shape.table.version
        if version is None:
            return newer
        r, t = (f"{alias}.{quoted(version)}" for alias in "rt")
        return (
            f"IFNULL({r} > {t} OR ({t} IS NULL AND {r} IS NOT NULL) "
            f"OR ({r} IS NOT DISTINCT FROM {t} AND {newer}), FALSE)"
        )

    @property
    def _compared(self) -> list[str]:
        data = [name for name in self.types if name not in self.shape.system_types]
        return [*data, "reported_at", "source_line"]

    def _whole(self, alias: str) -> str:
        """The row in Postgres' JSON format, without nulls, so that the same row wins in every database."""
        return self.row_text(alias, [name for name in self.types if name != "load_id"])

    def row_text(self, alias: str, names: Sequence[str]) -> str:
        """The columns ``names`` of a row as JSON text, without nulls."""
        parts = []
        for name in sorted(names, key=lambda name: (len(name), name)):
            column = f"{alias}.{quoted(name)}"
            text = self.text(column, self.types[name])
            parts.append(f"IF({column} IS NULL, NULL, CONCAT('\"{name}\": ', {text}))")
        return f"CONCAT(ARRAY_TO_STRING([{', '.join(parts)}], ', '), '}}')"

    @staticmethod
    def text(column: str, kind: str) -> str:
        if kind == "STRING":
            return f"TO_JSON_STRING({column})"
        if kind == "TIMESTAMP":
            return f"LPAD(CAST(UNIX_MICROS({column}) + 62135596800000000 AS STRING), 18, '0')"
        if kind in ("NUMERIC", WIDE):
            text = f"CAST({column} AS STRING)"
            return f"IF(STRPOS({text}, '.') > 0, RTRIM(RTRIM({text}, '0'), '.'), {text})"
        return f"CAST({column} AS STRING)"

    def _value(self, name: str) -> str:
        """A staged row's value of a column of the table."""
        kind, system = self.types[name], self.shape.system_types
        if name == "ordinal" and name in system:
            return "s.sellerops_ordinal"
        if name == UNIT_MARK and name in system:
            return "CAST(NULL AS STRING)"
        if name in ("source_line", "line_hash") or (
            name == "marketplace_id" and self.shape.names_marketplace
        ):
            return f"s.{name}"
        if name in system:
            return f"CAST(@{name} AS {kind})"
        if name not in self.staged:
            return f"CAST(NULL AS {kind})"
        return f"CAST(s.{quoted(name)} AS {kind})" if kind in ("NUMERIC", WIDE) else f"s.{quoted(name)}"

    def _ordinal(self, among: str) -> str:
        """The number of a staged row among those with its key: by the line it names, then by its content."""
        if not self.shape.has_ordinal:
            return "1"
        order = ["s.source_line"]
        if not self.shape.is_hashed:
            order.insert(0, self.row_text("s", [name for name in self.types if name in self.staged]))
        by = self.shape.table.ordinal_by
        if by in self.staged:
            order = [f"s.{quoted(by)} IS NULL", f"s.{quoted(by)}", *order]
        return f"ROW_NUMBER() OVER ({among}ORDER BY {', '.join(order)})"

    @staticmethod
    def _amount(measure: str | None, alias: str) -> str:
        """The summand: the measure, else 1 per row."""
        return "1" if measure is None else f"{alias}.{quoted(measure)}"

    def _marketplace(self, alias: str) -> str:
        """The marketplace that the row names; empty for all rows if rows name none."""
        return f"COALESCE({alias}.marketplace_id, '')" if self.shape.names_marketplace else "''"

    def _utc_day(self, alias: str) -> str:
        column = f"{alias}.{quoted(self.shape.partition or '')}"
        return f"DATE({column})" if self._partition_type() == "TIMESTAMP" else column

    def _partition_type(self) -> str:
        return self.types.get(self.shape.partition or "", "DATE")

    def _edge(self, day: date) -> date | datetime:
        return datetime.combine(day, time(), UTC) if self._partition_type() == "TIMESTAMP" else day
