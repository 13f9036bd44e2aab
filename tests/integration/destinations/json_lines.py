"""A throw-away destination: a file of JSON lines for each table. It shows what a new destination needs: this
class and one line of ``known_destinations``. See docs/add-a-destination.md.

It works in memory and in plain Python, so the shared suite also compares the others with it.
"""

from __future__ import annotations

import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg

from sellerops.base.errors import CheckFailed, ConfigurationError, Quarantined
from sellerops.destinations.base import ConnectionValues
from sellerops.destinations.jobs import LoadJob, refuse_mostly_rejected
from sellerops.destinations.ledger_rows import (
    Watermarks,
    has_columns,
    load_values,
    write_drift,
    write_load,
    write_rejects,
)
from sellerops.destinations.plausibility import Total
from sellerops.destinations.quarantining import (
    Totals,
    record_quarantined,
    refuse_implausible,
    supersede_quarantined,
)
from sellerops.destinations.restatement_history import lock_history
from sellerops.destinations.results import LoadResult, WriteCounts, load_counts
from sellerops.destinations.row_sources import Result, Selection, choose_columns
from sellerops.destinations.shape import TableShape
from sellerops.formats.rows import RejectReason, RowReject
from sellerops.settings.specs import ColumnType, WriteDisposition

Row = dict[str, Any]
_READ = {
    ColumnType.DECIMAL: Decimal,
    ColumnType.DATE: date.fromisoformat,
    ColumnType.TIMESTAMP: datetime.fromisoformat,
}


class JsonLinesDestination:
    """``address.extra["folder"]``: the folder of the files. Rows are written before the ledger commits, and a
    repeated load replaces them: good enough for tests.
    """

    name = "json_lines"

    def __init__(self, address: ConnectionValues, *, ledger: str) -> None:
        self.folder = Path(address.extra["folder"])
        self.ledger = ledger

    @staticmethod
    def row_source(address: ConnectionValues) -> JsonLinesRowSource:
        return JsonLinesRowSource(Path(address.extra["folder"]))

    def close(self) -> None:
        """Nothing is open between loads."""

    def load(self, job: LoadJob) -> LoadResult:
        with psycopg.connect(self.ledger, autocommit=True) as connection:
            connection.execute("SET TIME ZONE 'UTC'")
            try:
                with connection.transaction():
                    connection.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", (job.full_name,))
                    lock_history(connection, job)
                    return _Load(connection, self, job).run()
            except Quarantined as error:
                raise record_quarantined(connection, job, self.name, error) from None


class JsonLinesRowSource:
    """Reads a table in the order of its rows; it takes no query."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def open(self, spec: Selection) -> Iterator[Result]:
        table = Table(self.folder / f"{spec.table}.jsonl")
        columns = [(name, kind == ColumnType.DATE) for name, kind in table.types.items()]
        yield choose_columns(spec, columns, iter([row[name] for name, _ in columns] for row in table.rows))


class Table:
    """One file: the types of its columns, then its rows."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.types: dict[str, str] = {}
        self.rows: list[Row] = []
        if path.exists():
            head, *lines = path.read_text().splitlines()
            self.types = json.loads(head)
            self.rows = [self._read(json.loads(line)) for line in lines]

    def _read(self, cells: Row) -> Row:
        return {
            name: None
            if cells.get(name) is None
            else _READ.get(ColumnType(kind), lambda cell: cell)(cells[name])
            for name, kind in self.types.items()
        }

    def write(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = self.path.with_suffix(".new")
        lines = (json.dumps(each, default=_text) for each in (self.types, *self.rows))
        new.write_text("\n".join(lines) + "\n")
        new.rename(self.path)


class _Load:
    def __init__(self, connection: Any, destination: JsonLinesDestination, job: LoadJob) -> None:
        self.connection, self.destination, self.job = connection, destination, job
        self.begun = time.monotonic()

    def run(self) -> LoadResult:
        job = self.job
        self.load_id, started = self.connection.execute(
            "SELECT nextval('sellerops.load_id'), sellerops.now()"
        ).fetchone()
        rows = [row for batch in job.rows for row in batch.to_pylist()]
        refuse_mostly_rejected(job, where=job.request.where)
        self.shape = TableShape(job.spec, job.table, tuple(job.rows.drift.added))
        self.table = Table(self.destination.folder / f"{job.full_name}.jsonl")
        new_columns = self.widen()
        self.accepted, losing = self.without_duplicates(rows)
        marks = Watermarks.of(self.connection, self.destination.name, job)
        refuse_implausible(marks, job, self)
        supersede_quarantined(self.connection, job, self.destination.name)
        written = WriteCounts(**self.write(marks))
        counts = load_counts(job, written, losing=len(losing), begun=self.begun)
        if counts.rows_in_file != counts.stored + counts.rejected:
            raise CheckFailed("the rows do not add up.", where=job.request.where)
        write_rejects(self.connection, self.load_id, [*job.rejects, *losing])
        changed = {}
        if has_columns(job):
            known = {*job.table_spec.columns, *self.shape.system_types}
            extra = [name for name in self.table.types if name not in known]
            changed = write_drift(self.connection, job, self.load_id, job.rows.drift, extra)
        write_load(self.connection, load_values(job, self.destination.name, self.load_id, started, counts))
        self.table.write()
        return LoadResult.of(
            job, self.load_id, counts, losing=len(losing), new_columns=new_columns, changed_columns=changed
        )

    def widen(self) -> list[str]:
        kinds = {**self.shape.data_types, **self.shape.system_types}
        for name, kind in self.table.types.items():
            if kinds.get(name, kind) != kind:
                raise ConfigurationError(f"the column `{name}` is {kind} in the table.")
        lacking = [name for name in self.shape.in_order() if name not in self.table.types]
        self.table.types.update({name: str(kinds[name]) for name in lacking})
        for row in self.table.rows:
            row.update(dict.fromkeys(lacking))
        return lacking

    def without_duplicates(self, rows: Sequence[Row]) -> tuple[list[Row], list[RowReject]]:
        """Complete rows with their ordinals, and those that give way to another of their key."""
        table, key = self.job.table_spec, self.shape.staged_key
        groups: dict[Any, list[Row]] = defaultdict(list)
        for row in rows:
            groups[tuple(row.get(name) for name in key)].append(row)
        accepted, losing = [], []
        for group in groups.values():
            if self.shape.has_ordinal:
                listed = sorted(group, key=self.place_of)
                accepted += [self.complete(row, ordinal) for ordinal, row in enumerate(listed, 1)]
                continue
            *others, winner = sorted(group, key=lambda row: (_version(table, row), int(row["source_line"])))
            accepted.append(self.complete(winner, 1))
            losing += [self.reject(row) for row in others]
        return accepted, losing

    def place_of(self, row: Row) -> tuple[Any, ...]:
        """Sorts equal rows: by the line they name, then by content."""
        item = self.item(row)
        return item == "", item, self.content(row), int(row["source_line"])

    def item(self, row: Row) -> str:
        by = self.job.table_spec.ordinal_by
        return str((row.get(by) if by else None) or "")

    def content(self, row: Row) -> str:
        left_out = {*self.shape.system_types, *self.job.table_spec.personal_columns}
        return _whole({name: value for name, value in row.items() if name not in left_out})

    def reject(self, row: Row) -> RowReject:
        cells = {name: value for name, value in row.items() if name != "source_line" and value is not None}
        text = json.dumps(cells, default=_text)
        value = " ".join(str(row[name]) for name in self.shape.staged_key if row[name] is not None)
        names = ", ".join(self.shape.staged_key)
        return RowReject(row["source_line"], RejectReason.DUPLICATE_KEY, names, value, text)

    def complete(self, row: Row, ordinal: int) -> Row:
        """With all of the table's columns."""
        system: Row = {
            **self.job.row_values(self.load_id),
            "ordinal": ordinal,
            "line_hash": row.get("line_hash"),
            "unit_mark": None,
            "source_line": row["source_line"],
        }
        if self.shape.names_marketplace:
            system["marketplace_id"] = row.get("marketplace_id")
        return {
            name: system[name] if name in self.shape.system_types else row.get(name)
            for name in self.table.types
        }

    def write(self, marks: Watermarks) -> Counter[str]:
        job, disposition = self.job, self.job.table_spec.write_disposition
        if disposition is WriteDisposition.MERGE:
            return self.merge_units() if self.shape.unit else self.merge()
        stale = set(marks.newer_days(job.slice.days, job.request.reported_at))
        fresh = [day for day in job.slice.days if day not in stale]
        marks.record(fresh, job.request.reported_at, self.load_id)
        if disposition is WriteDisposition.SNAPSHOT:
            moment = datetime.fromisoformat(job.slice.snapshot_at or "")
            return self.put(
                [] if stale else self.accepted, lambda row: not stale and row["snapshot_at"] == moment
            )
        new = [row for row in self.accepted if self.day(row) in fresh]
        if not self.shape.unit:
            return self.put(new, lambda row: self.day(row) in fresh)
        day = self.shape.day or ""
        last = {self.unit(row): row[day] for row in sorted(new, key=lambda row: row[day])}
        moved = job.request.reported_at
        elsewhere = [row for row in self.table.rows if self.in_place(row) and self.day(row) not in fresh]
        gone = [
            row
            for row in elsewhere
            if self.unit(row) in last and (row["reported_at"], row[day]) < (moved, last[self.unit(row)])
        ]
        kept = {self.unit(row) for row in elsewhere if row not in gone}
        return self.put(
            [row for row in new if self.unit(row) not in kept],
            lambda row: self.day(row) in fresh or row in gone,
        )

    def unit(self, row: Row) -> tuple[Any, ...]:
        return (row["account_id"], *(row[name] for name in self.shape.unit))

    def merge_units(self) -> Counter[str]:
        """The rows of units after the document, by the rules of `postgres.units`."""
        listed: dict[Any, list[Row]] = defaultdict(list)
        for row in self.accepted:
            listed[self.unit(row)].append(row)
        before = {unit: [row for row in self.table.rows if self.unit(row) == unit] for unit in listed}
        counts: Counter[str] = Counter()
        for unit, rows in listed.items():
            after, same = self.settled(before[unit], rows)
            new = [row for row in after if any(row is each for each in rows)]
            keys = {self.key(row) for row in before[unit]}
            counts["updated"] += sum(self.key(row) in keys for row in new)
            counts["inserted"] += sum(self.key(row) not in keys for row in new)
            counts["unchanged"] += same
            counts["superseded"] += len(rows) - len(new) - same
            counts["replaced"] += len(keys - {self.key(row) for row in after})
            self.table.rows = [row for row in self.table.rows if self.unit(row) != unit] + after
        return counts

    def settled(self, before: list[Row], given: list[Row]) -> tuple[list[Row], int]:
        """The unit's rows, and how many of the document's stood there just so."""
        sides: dict[str, list[list[Row]]] = defaultdict(list)
        for rows in (before, given):
            for item in sorted({self.item(row) for row in rows}):
                sides[item].append([row for row in rows if self.item(row) == item])
        marks = [row["unit_mark"] for row in before if row.get("unit_mark")]
        best = {item: max(lists, key=self.rank_of) for item, lists in sides.items()}
        same = sum(
            len(lists[0])
            for lists in sides.values()
            if len(lists) == 2 and self.rank_of(lists[0]) == self.rank_of(lists[1])
        )
        nameless = max([*marks, *(self.mark(rows) for item, rows in best.items() if not item)], default="")
        named = max((self.mark(rows) for item, rows in best.items() if item), default="")
        after = [
            row
            for item, rows in best.items()
            if (self.mark(rows) >= nameless if item else self.mark(rows) == nameless and named <= nameless)
            for row in rows
        ]
        if "unit_mark" in self.shape.system_types:
            numbers: Counter[Any] = Counter()
            for row in sorted(after, key=self.place_of):
                among = tuple(row[name] for name in self.shape.key if name != "ordinal")
                numbers[among] += 1
                row["ordinal"] = numbers[among]
                row["unit_mark"] = nameless if nameless and named > nameless else None
        return after, same

    def mark(self, rows: list[Row]) -> str:
        """The rank of rows as text: version and document's time in microseconds since the year 1."""
        version = self.job.table_spec.version
        parts = [max(_micros(row[version]) for row in rows)] if version else []
        return "".join([*parts, _micros(rows[0]["reported_at"])])

    def rank_of(self, rows: list[Row]) -> tuple[str, str]:
        return self.mark(rows), " ".join(sorted(f"{self.content(row)} {row['source_line']}" for row in rows))

    def put(self, new: Sequence[Row], goes: Any) -> Counter[str]:
        kept = [row for row in self.table.rows if not (self.in_place(row) and goes(row))]
        replaced = len(self.table.rows) - len(kept)
        self.table.rows = [*kept, *new]
        return Counter(inserted=len(new), superseded=len(self.accepted) - len(new), replaced=replaced)

    def merge(self) -> Counter[str]:
        counts: Counter[str] = Counter()
        places = {self.key(row): number for number, row in enumerate(self.table.rows)}
        compared = [name for name in self.table.types if name not in self.shape.system_types]
        compared += ["reported_at", "source_line"]
        for row in self.accepted:
            place = places.get(self.key(row))
            if place is None:
                self.table.rows.append(row)
                counts["inserted"] += 1
                continue
            stored = self.table.rows[place]
            if all(stored[name] == row[name] for name in compared):
                counts["unchanged"] += 1
            elif self.rank(row) > self.rank(stored):
                self.table.rows[place] = row
                counts["updated"] += 1
            else:
                counts["superseded"] += 1
        return counts

    def rank(self, row: Row) -> tuple[Any, ...]:
        return _version(self.job.table_spec, row), row["reported_at"], _whole(row)

    def key(self, row: Row) -> tuple[Any, ...]:
        return tuple(row[name] for name in self.shape.key)

    def in_place(self, row: Row) -> bool:
        by = "marketplace_id" if self.job.spec.scope == "marketplace" else "region"
        wanted = self.job.marketplace_id if by == "marketplace_id" else self.job.slice.region
        return bool(row["account_id"] == self.job.slice.account_id and row[by] == wanted)

    def day(self, row: Row) -> date | None:
        value = row[self.shape.day or ""]
        return (
            value.astimezone(ZoneInfo(self.job.slice.timezone)).date()
            if isinstance(value, datetime)
            else value
        )

    # -- what the judgement asks --

    def new(self, measure: str | None, days: Sequence[date]) -> Totals:
        return self.sums(self.accepted, measure)

    def stored(self, measure: str | None, days: Sequence[date]) -> Totals:
        return self.sums(
            [row for row in self.table.rows if self.in_place(row) and self.day(row) in days], measure
        )

    def sums(self, rows: Sequence[Row], measure: str | None) -> Totals:
        found: Totals = {}
        for row in rows:
            marketplace = (row["marketplace_id"] or "") if self.shape.names_marketplace else ""
            day = self.day(row)
            assert day is not None
            total = found.get((marketplace, day), Total())
            found[marketplace, day] = Total(
                total.rows + 1, total.amount + Decimal(row[measure] or 0 if measure else 1)
            )
        return found


def _version(table: Any, row: Row) -> tuple[bool, Any]:
    value = row.get(table.version) if table.version else None
    return (value is not None, value if value is not None else 0)


def _whole(row: Row) -> str:
    names = sorted(
        (name for name in row if row[name] is not None and name != "load_id"), key=lambda n: (len(n), n)
    )
    return (
        ", ".join(f'"{name}": {json.dumps(row[name], default=_text, ensure_ascii=False)}' for name in names)
        + "}"
    )


def _micros(moment: datetime | None) -> str:
    since = moment - datetime(1, 1, 1, tzinfo=UTC) if moment else timedelta(0)
    return f"{since // timedelta(microseconds=1):018d}"


def _text(value: Any) -> str:
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)
