"""Tables made again from the archive: the loads that were made are made once more, in their order, beside the
live tables; then the two are compared, or the new ones put in place. Amazon is not asked.

What was never loaded (a document that was held, or could not be read) has no load to repeat.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg

from sellerops import postgres
from sellerops.archive import Archive
from sellerops.destinations import Destination, RequestMeta, load_document, open_destination
from sellerops.destinations.base import LoadJob, LoadResult, facts_of
from sellerops.destinations.empty import load_nothing
from sellerops.destinations.postgres.rebuild import SCHEMA_PREFIX, Comparison, Rebuild, scratch_spec
from sellerops.errors import ConfigurationError, GiveUpError, RetryableError, TableInUse, UnreadableDocument
from sellerops.ledger import Ledger
from sellerops.ledger.history import RecordedLoad, recorded_loads
from sellerops.marketplaces import marketplace_by_id
from sellerops.postgres import LOADING
from sellerops.slices import Slice
from sellerops.specs import PeriodKind, ReportSpec
from sellerops.table_locks import with_tables_locked

log = logging.getLogger(__name__)

DESTINATION = "postgres"
_CATCH_UPS = 20


@dataclass(frozen=True)
class Step:
    """One document for one slice of one table. ``load_id``: the load it repeats; ``uri`` None: no document,
    Amazon had confirmed that there is no data.
    """

    table: str
    piece: Slice
    meta: RequestMeta
    uri: str | None
    load_id: int | None = None


@dataclass(frozen=True)
class Scope:
    """Which loads are repeated; rows of all others stay as they are. None lets all through."""

    account_id: str | None = None
    since: date | None = None
    tables: Collection[str] | None = None

    @property
    def is_partial(self) -> bool:
        return self.account_id is not None or self.since is not None

    def holds(self, step: Step) -> bool:
        days = step.piece.days
        return (self.account_id is None or step.piece.account_id == self.account_id) and (
            self.since is None or not days or days[-1] >= self.since
        )


@dataclass
class Replayed:
    """What became of one table. ``left_out``: documents that could not be read, with the reason."""

    comparison: Comparison
    loads: int = 0
    kept_rows: int = 0
    left_out: list[str] = field(default_factory=list)
    is_in_place: bool = False


def replay(
    ledger: Ledger,
    archive: Archive,
    spec: ReportSpec,
    scope: Scope,
    *,
    check: bool = False,
    from_archive: bool = False,
    tell: Callable[[str], None] = log.info,
) -> list[Replayed]:
    """Rebuild the tables of ``spec`` and put them in place, all in one transaction; ``check`` only compares.

    ``from_archive``: the sidecars say what there is, for a ledger that is lost; the loads are then new ones.
    Raises UnreadableDocument when a document of a recorded load is gone; nothing is changed then.
    """
    names = [name for name in spec.tables if scope.tables is None or name in scope.tables]
    unknown = set(scope.tables or ()) - set(names)
    if unknown:
        raise ConfigurationError(
            f"{spec.name} fills no table {', '.join(sorted(unknown))}.",
            remedy=f"It fills {', '.join(spec.tables)}.",
        )
    tables = [_Table(ledger, archive, spec, name, scope, from_archive) for name in names]
    with _only_one(ledger, spec):
        for table in tables:
            table.build()
            tell(f"{table.full_name}: {table.result_loads} loads repeated")
        done = [table.compared() for table in tables]
        if not check:
            _put_in_place(ledger, tables)
            for each in done:
                each.is_in_place = True
        else:
            for table in tables:
                table.clear()
    return done


class _Table:
    """The rebuild of one table."""

    def __init__(
        self,
        ledger: Ledger,
        archive: Archive,
        spec: ReportSpec,
        name: str,
        scope: Scope,
        from_archive: bool,
    ) -> None:
        self._ledger, self._archive = ledger, archive
        self._spec, self._name, self._scope = spec, name, scope
        self.from_archive = from_archive
        self.rebuild = Rebuild.of(spec, name)
        self.full_name = self.rebuild.live.full_name
        self.ids: dict[int, int] = {}
        self.seen = 0
        self._kept = 0
        self.result_loads = 0
        self._left_out: list[str] = []

    def build(self) -> None:
        self.clear()
        with self._connect() as connection:
            self.rebuild.refuse_other_rows(connection, is_partial=self._scope.is_partial)
        steps = self._steps()
        if not steps:
            raise GiveUpError(
                "no load of it is recorded."
                if not self.from_archive
                else "the archive has no document of it.",
                where=f"table {self.full_name}",
                remedy="There is nothing to make it from; check report, table and archive.",
            )
        chosen = [step for step in steps if self._scope.holds(step)]
        if self._scope.is_partial and not self.from_archive:
            repeated = [step.load_id for step in chosen if step.load_id is not None]
            with self._connect() as connection, connection.transaction():
                self._kept = self.rebuild.keep(connection, repeated)
        self._load(chosen)

    def catch_up(self) -> None:
        """Repeat what was loaded since; beside rows that were kept, begin again: those may have changed."""
        if self._scope.is_partial:
            self.ids, self.seen, self.result_loads = {}, 0, 0
            self.build()
            return
        self._load([step for step in self._steps() if self._scope.holds(step)])

    def compared(self) -> Replayed:
        with self._connect() as connection, connection.transaction():
            connection.execute("SET LOCAL TIME ZONE 'UTC'")
            comparison = self.rebuild.compare(connection)
        return Replayed(comparison, self.result_loads, self._kept, self._left_out)

    def clear(self) -> None:
        with self._connect() as connection, connection.transaction():
            self.rebuild.clear(connection)

    def _steps(self) -> list[Step]:
        if self.from_archive:
            return list(self._steps_of_archive())
        with self._ledger.connection() as connection:
            records = recorded_loads(connection, self.full_name, DESTINATION, self.seen)
        if records:
            self.seen = records[-1].load_id
        return [step_of(self._spec, self._name, record) for record in records]

    def _steps_of_archive(self) -> Iterator[Step]:
        held = self._held()
        stories = sorted(
            self._archive.stories(self._spec.source, self._spec.name),
            key=lambda story: (str(story[1]["request"].get("reported_at")), str(story[1]["fetched_at"])),
        )
        for uri, story in stories:
            step = _step_of_story(self._spec, self._name, uri, story)
            place = step.piece.account_id, step.piece.days[0], step.piece.days[-1], step.meta.reported_at
            if place not in held:
                yield step

    def _held(self) -> set[tuple[Any, ...]]:
        """Documents that wait for a person, or were rejected, as far as a ledger still knows."""
        with self._ledger.connection() as connection:
            rows = connection.execute(
                "SELECT account_id, first_day, last_day, reported_at FROM sellerops.quarantine "
                "WHERE table_name = %s AND state <> 'RELEASED'",
                (self.full_name,),
            ).fetchall()
        return {
            (r["account_id"], r["first_day"], r["last_day"], r["reported_at"].astimezone(UTC)) for r in rows
        }

    def _load(self, steps: list[Step]) -> None:
        spec = scratch_spec(self._spec)
        destination = AsRecorded(open_destination(DESTINATION, self._ledger.database.conninfo))
        for step in steps:
            try:
                (result,) = load_step(destination, self._archive, spec, step)
            except UnreadableDocument as error:
                if not self.from_archive:
                    raise
                self._left_out.append(f"{step.uri}: {error.cause}")
                continue
            self.result_loads += 1
            if step.load_id is not None:
                self.ids[result.load_id] = step.load_id

    def _connect(self) -> psycopg.Connection[Any]:
        return postgres.connect(self._ledger.database.conninfo, LOADING, autocommit=True)


def load_step(destination: Destination, archive: Archive, spec: ReportSpec, step: Step) -> list[LoadResult]:
    """Load the step's document, or its confirmed absence, into its table of ``spec``."""
    piece, uri = replace(step.piece, source=spec.source), step.uri
    if uri is None:
        return load_nothing(destination, spec, piece, step.meta, tables=[step.table])
    return load_document(destination, spec, piece, step.meta, lambda: archive.open(uri), tables=[step.table])


class AsRecorded:
    """The destination, without judging: what was loaded once was accepted then."""

    def __init__(self, inner: Destination) -> None:
        self.name = inner.name
        self._inner = inner

    def load(self, job: LoadJob) -> LoadResult:
        return self._inner.load(replace(job, is_recorded=True))

    def close(self) -> None:
        self._inner.close()


def _put_in_place(ledger: Ledger, tables: list[_Table]) -> None:
    """All in one transaction; what is loaded while the rebuild goes on is repeated too."""
    locked = [each for table in tables for each in table.rebuild.locked_tables]
    for _ in range(_CATCH_UPS):
        try:
            with (
                postgres.connect(ledger.database.conninfo, LOADING, autocommit=True) as connection,
                connection.transaction(),
            ):
                with_tables_locked(connection, locked, lambda: None)
                for table in tables:
                    table.rebuild.put_in_place(
                        connection,
                        table.ids,
                        seen=None if table.from_archive else table.seen,
                        keeps_loads=table.from_archive,
                    )
            return
        except TableInUse:
            raise
        except RetryableError:
            for table in tables:
                table.catch_up()
    raise RetryableError(
        "loads come in faster than they can be repeated.",
        where=f"table {tables[0].full_name}",
        remedy="Pause the report's DAG, then start the replay again.",
    )


@contextmanager
def _only_one(ledger: Ledger, spec: ReportSpec) -> Iterator[None]:
    with postgres.connect(ledger.database.conninfo, LOADING, autocommit=True) as connection:
        row = connection.execute(
            "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", (f"sellerops.replay:{spec.dag_id}",)
        ).fetchone()
        if not row or not row[0]:
            raise RetryableError(
                "another replay of it is going on.", where=f"report {spec.name}", remedy="Wait for its end."
            )
        yield


def step_of(spec: ReportSpec, table: str, record: RecordedLoad) -> Step:
    """What it takes to repeat a recorded load. Raises GiveUpError when that is not known any more."""
    if record.reported_at is None or (record.slice is None and record.region is None):
        raise GiveUpError(
            "it is not known which slice it was for, and its request is purged.",
            where=f"load {record.load_id}",
            remedy="Rebuild with --from-archive.",
        )
    reported_at = record.reported_at.astimezone(UTC)
    piece = (
        Slice.from_dict(record.slice)
        if record.slice
        else slice_of(
            spec,
            record.account_id,
            record.region or "",
            record.marketplace_ids,
            record.window_start,
            record.window_end,
            reported_at,
        )
    )
    meta = RequestMeta(
        reported_at=reported_at,
        content_type=record.content_type,
        marketplace_ids=record.marketplace_ids,
        where=record.uri or f"load {record.load_id}",
        facts=record.facts,
    )
    return Step(table, piece, meta, record.uri, record.load_id)


def _step_of_story(spec: ReportSpec, table: str, uri: str, story: dict[str, Any]) -> Step:
    request, response = story["request"], story["response"]
    reported_at = _moment(request.get("reported_at")) or _moment(story["fetched_at"])
    assert reported_at is not None
    shops = tuple(request["marketplace_ids"])
    piece = (
        Slice.from_dict(request["slice"])
        if request.get("slice")
        else slice_of(
            spec,
            story["account_id"],
            request["region"],
            shops,
            _moment(request.get("window_start")),
            _moment(request.get("window_end")),
            reported_at,
        )
    )
    meta = RequestMeta(
        reported_at=reported_at,
        content_type=response.get("content_type"),
        marketplace_ids=shops,
        where=uri,
        facts=facts_of(response) or facts_of(request),
    )
    return Step(table, piece, meta, uri)


def slice_of(
    spec: ReportSpec,
    account_id: str,
    region: str,
    marketplace_ids: tuple[str, ...],
    start: datetime | None,
    end: datetime | None,
    reported_at: datetime,
) -> Slice:
    """The slice that a request was made for, from the request alone.

    A snapshot then stands for the moment Amazon made it, since the one it was asked for is not known.
    """
    shops = [marketplace_by_id(each) for each in marketplace_ids]
    zone = ZoneInfo("UTC") if spec.period.clock == "utc" else shops[0].zone
    window: dict[str, Any] = {}
    if spec.period.kind is PeriodKind.SNAPSHOT or start is None or end is None:
        window["snapshot_at"] = reported_at.isoformat()
        day = f"{reported_at.astimezone(zone):%Y-%m-%d %H:%M}"
    else:
        first = start.astimezone(zone).date()
        last = (end - timedelta(microseconds=1)).astimezone(zone).date()
        day = f"{first}" if first == last else f"{first}..{last}"
        window |= {
            "window_start": start.astimezone(UTC).isoformat(),
            "window_end": end.astimezone(UTC).isoformat(),
        }
        if spec.period.kind is not PeriodKind.LISTING:
            window |= {"first_day": first.isoformat(), "last_day": last.isoformat()}
    place = shops[0].code if len(shops) == 1 else region
    return Slice(
        source=spec.source,
        report=spec.name,
        account_id=account_id,
        region=region,
        marketplaces=tuple(shop.code for shop in shops),
        label=f"{place} {day}",
        timezone=str(zone),
        **window,
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


__all__ = [
    "SCHEMA_PREFIX",
    "AsRecorded",
    "Replayed",
    "Scope",
    "Step",
    "load_step",
    "replay",
    "slice_of",
    "step_of",
]
