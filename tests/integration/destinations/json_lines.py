"""A destination to throw away: a file of JSON lines for each table. It shows what a new destination needs:
this class and one line of the registry. See docs/add-a-destination.md.

All is done in memory and in plain Python, so it is also what the shared suite holds the others against.
"""

from __future__ import annotations

import json
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg

from sellerops.destinations.base import ConnectionValues, LoadJob, LoadResult, refuse_unlike
from sellerops.destinations.holding import Totals, close_questions, record_held, refuse_implausible
from sellerops.destinations.judgement import Total
from sellerops.destinations.ledger_rows import (
    Watermarks,
    load_values,
    tells_drift,
    write_drift,
    write_load,
    write_rejects,
)
from sellerops.destinations.restated import lock_history
from sellerops.destinations.shape import TableShape
from sellerops.errors import CheckFailed, ConfigurationError, Quarantined
from sellerops.formats.rows import RejectReason, RowReject
from sellerops.specs import ColumnType, WriteDisposition

Row = dict[str, Any]
_READ = {
    ColumnType.DECIMAL: Decimal,
    ColumnType.DATE: date.fromisoformat,
    ColumnType.TIMESTAMP: datetime.fromisoformat,
}


class JsonLinesDestination:
    """``address.extra["folder"]``: where the files go. Its rows are in place before the ledger commits, and a
    repeated load replaces them: good enough to throw away.
    """

    name = "json_lines"

    def __init__(self, address: ConnectionValues, *, ledger: str) -> None:
        self.folder = Path(address.extra["folder"])
        self.ledger = ledger

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
            except Quarantined as held:
                raise record_held(connection, job, self.name, held) from None


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
        refuse_unlike(job.rows, where=job.request.where)
        self.shape = TableShape(job.spec, job.table, tuple(job.rows.drift.added))
        self.table = Table(self.destination.folder / f"{job.full_name}.jsonl")
        new_columns = self.widen()
        self.accepted, losing = self.without_duplicates(rows)
        marks = Watermarks.of(self.connection, self.destination.name, job)
        refuse_implausible(marks, job, self)
        close_questions(self.connection, job, self.destination.name)
        counts = self.write(marks)
        rejected = sum(job.rows.rejected.values()) + len(losing)
        stored = sum(counts[name] for name in ("inserted", "updated", "unchanged", "superseded"))
        if job.rows.rows_in_file != stored + rejected:
            raise CheckFailed("the rows do not add up.", where=job.request.where)
        figures = {
            "rows_in_file": job.rows.rows_in_file,
            "stored": stored,
            "rejected": rejected,
            "damaged_texts": job.rows.marked_texts,
            **{name: counts[name] for name in ("inserted", "updated", "unchanged", "superseded", "replaced")},
            "seconds": time.monotonic() - self.begun,
        }
        write_rejects(self.connection, self.load_id, [*job.rejects, *losing])
        changed = {}
        if tells_drift(job):
            known = {*job.table_spec.columns, *self.shape.system_types}
            extra = [name for name in self.table.types if name not in known]
            changed = write_drift(self.connection, job, self.load_id, job.rows.drift, extra)
        write_load(self.connection, load_values(job, self.destination.name, self.load_id, started, figures))
        self.table.write()
        reasons = {str(reason): count for reason, count in job.rows.rejected.items()}
        return LoadResult(
            load_id=self.load_id,
            table=job.full_name,
            new_columns=tuple(name for name in new_columns if name in job.rows.drift.added),
            missing_columns=tuple(job.rows.drift.missing),
            changed_columns=changed,
            rejected_by_reason={**reasons, **({"duplicate_key": len(losing)} if losing else {})},
            **figures,
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
            by = table.ordinal_by if table.ordinal_by in group[0] else None
            numbers = sorted({row[by] for row in group if by and row[by] is not None})
            winners: dict[int, Row] = {}
            bare = len(numbers)
            for row in sorted(group, key=lambda row: int(row["source_line"])):
                if self.shape.is_hashed or (table.ordinal_by and (by is None or row[by] is None)):
                    bare += 1
                    ordinal = bare
                else:
                    ordinal = numbers.index(row[by]) + 1 if by else 1
                other = winners.get(ordinal)
                if other is not None and _version(table, other) > _version(table, row):
                    other, row = row, other
                winners[ordinal] = row
                if other is not None:
                    losing.append(self.reject(other))
            accepted += [self.complete(row, ordinal) for ordinal, row in winners.items()]
        return accepted, losing

    def reject(self, row: Row) -> RowReject:
        cells = {name: value for name, value in row.items() if name != "source_line" and value is not None}
        text = json.dumps(cells, default=_text)
        value = " ".join(str(row[name]) for name in self.shape.staged_key if row[name] is not None)
        names = ", ".join(self.shape.staged_key)
        return RowReject(row["source_line"], RejectReason.DUPLICATE_KEY, names, value, text)

    def complete(self, row: Row, ordinal: int) -> Row:
        """With all of the table's columns."""
        piece = self.job.slice
        system: Row = {
            "account_id": piece.account_id,
            "marketplace_id": row.get("marketplace_id") if self.shape.tells_shop else self.job.marketplace_id,
            "region": piece.region,
            "ordinal": ordinal,
            "line_hash": row.get("line_hash"),
            "source_line": row["source_line"],
            "load_id": self.load_id,
            "reported_at": self.job.request.reported_at,
        }
        if self.shape.is_snapshot:
            system["snapshot_at"] = datetime.fromisoformat(piece.snapshot_at or "")
        if self.shape.table.day_from_window:
            system[self.shape.table.day_from_window] = piece.days[0]
        return {
            name: system[name] if name in self.shape.system_types else row.get(name)
            for name in self.table.types
        }

    def write(self, marks: Watermarks) -> Counter[str]:
        job, disposition = self.job, self.job.table_spec.write_disposition
        if disposition is WriteDisposition.MERGE:
            return self.merge()
        stale = set(marks.newer(job.slice.days, job.request.reported_at))
        fresh = [day for day in job.slice.days if day not in stale]
        marks.put(fresh, job.request.reported_at, self.load_id)
        if disposition is WriteDisposition.SNAPSHOT:
            moment = datetime.fromisoformat(job.slice.snapshot_at or "")
            return self.put(
                [] if stale else self.accepted, lambda row: not stale and row["snapshot_at"] == moment
            )
        new = [row for row in self.accepted if self.day(row) in fresh]
        return self.put(new, lambda row: self.day(row) in fresh)

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

    def new(self, measure: str, days: Sequence[date]) -> Totals:
        return self.sums(self.accepted, measure)

    def stored(self, measure: str, days: Sequence[date]) -> Totals:
        return self.sums(
            [row for row in self.table.rows if self.in_place(row) and self.day(row) in days], measure
        )

    def sums(self, rows: Sequence[Row], measure: str) -> Totals:
        found: Totals = {}
        for row in rows:
            shop = (row["marketplace_id"] or "") if self.shape.tells_shop else ""
            day = self.day(row)
            assert day is not None
            total = found.get((shop, day), Total())
            found[shop, day] = Total(total.rows + 1, total.amount + Decimal(row[measure] or 0))
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


def _text(value: Any) -> str:
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)
