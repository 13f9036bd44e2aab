"""Steps of a replay: what is needed to load a document again, from ledger rows or archive sidecars."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sellerops.archive import Archive
from sellerops.base.errors import GiveUpError
from sellerops.calendar.slices import Slice, days_label
from sellerops.destinations import Destination, RequestMeta, load_document
from sellerops.destinations.jobs import LoadJob, facts_of
from sellerops.destinations.no_data import load_no_data
from sellerops.destinations.results import LoadResult
from sellerops.ledger.history import RecordedLoad
from sellerops.settings.marketplaces import marketplace_by_id
from sellerops.settings.specs import PeriodKind, ReportSpec

Key = tuple[str | None, str, str]


@dataclass(frozen=True)
class LoadStep:
    """One document for one slice of one table.

    ``load_id``: the load that it repeats. ``uri`` is None if Amazon had confirmed that there is no data.
    """

    table: str
    slice_: Slice
    meta: RequestMeta
    uri: str | None
    load_id: int | None = None

    @property
    def key(self) -> Key:
        """Identifies a step within its table, because a document gives the same rows for the same slice."""
        slice_ = {name: value for name, value in self.slice_.to_dict().items() if name != "label"}
        return self.uri, self.meta.reported_at.isoformat(), json.dumps(slice_, sort_keys=True)


@dataclass(frozen=True)
class Scope:
    """Which loads to repeat; rows of all others stay as they are. None selects all."""

    account_id: str | None = None
    since: date | None = None
    tables: Collection[str] | None = None

    @property
    def is_partial(self) -> bool:
        return self.account_id is not None or self.since is not None

    def includes(self, step: LoadStep) -> bool:
        days = step.slice_.days
        return (self.account_id is None or step.slice_.account_id == self.account_id) and (
            self.since is None or not days or days[-1] >= self.since
        )


def load_step(
    destination: Destination, archive: Archive, spec: ReportSpec, step: LoadStep
) -> list[LoadResult]:
    """Load the step's document, or the confirmation that there is none, into its table of ``spec``."""
    slice_, uri = replace(step.slice_, source=spec.source), step.uri
    if uri is None:
        return load_no_data(destination, spec, slice_, step.meta, tables=[step.table])
    return load_document(destination, spec, slice_, step.meta, lambda: archive.open(uri), tables=[step.table])


class UncheckedDestination:
    """A destination that skips plausibility checks, because what is loaded again was accepted before."""

    def __init__(self, inner: Destination) -> None:
        self.name = inner.name
        self._inner = inner

    def load(self, job: LoadJob) -> LoadResult:
        return self._inner.load(replace(job, is_replay=True))

    def close(self) -> None:
        self._inner.close()


def has_slice(record: RecordedLoad) -> bool:
    """Whether the ledger still has the load's slice, or enough of its request to derive it."""
    return record.reported_at is not None and (record.slice is not None or record.region is not None)


def step_of(spec: ReportSpec, table: str, record: RecordedLoad) -> LoadStep:
    """The step that repeats a recorded load. Raises GiveUpError if its slice is no longer known."""
    if record.reported_at is None or not has_slice(record):
        raise GiveUpError(
            "its slice is unknown, and its request has been purged.",
            where=f"load {record.load_id}",
            remedy="Rebuild with --from-archive.",
        )
    reported_at = record.reported_at.astimezone(UTC)
    slice_ = (
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
    return LoadStep(table, slice_, meta, record.uri, record.load_id)


def step_of_sidecar(spec: ReportSpec, table: str, uri: str, sidecar: dict[str, Any]) -> LoadStep:
    """The step that loads the document of a sidecar."""
    request, response = sidecar["request"], sidecar["response"]
    reported_at = _moment(request.get("reported_at")) or _moment(sidecar["fetched_at"])
    assert reported_at is not None
    marketplaces = tuple(request["marketplace_ids"])
    slice_ = (
        Slice.from_dict(request["slice"])
        if request.get("slice")
        else slice_of(
            spec,
            sidecar["account_id"],
            request["region"],
            marketplaces,
            _moment(request.get("window_start")),
            _moment(request.get("window_end")),
            reported_at,
        )
    )
    meta = RequestMeta(
        reported_at=reported_at,
        content_type=response.get("content_type"),
        marketplace_ids=marketplaces,
        where=uri,
        facts=facts_of(response) or facts_of(request),
    )
    return LoadStep(table, slice_, meta, uri)


def slice_of(
    spec: ReportSpec,
    account_id: str,
    region: str,
    marketplace_ids: tuple[str, ...],
    start: datetime | None,
    end: datetime | None,
    reported_at: datetime,
) -> Slice:
    """Derive a request's slice from the request alone.

    A snapshot gets the time at which Amazon created it, because the time for which it was requested is
    unknown.
    """
    marketplaces = [marketplace_by_id(each) for each in marketplace_ids]
    zone = ZoneInfo("UTC") if spec.period.clock == "utc" else marketplaces[0].zone
    window: dict[str, Any] = {}
    if spec.period.kind is PeriodKind.SNAPSHOT or start is None or end is None:
        window["snapshot_at"] = reported_at.isoformat()
        day = f"{reported_at.astimezone(zone):%Y-%m-%d %H:%M}"
    else:
        first = start.astimezone(zone).date()
        last = (end - timedelta(microseconds=1)).astimezone(zone).date()
        day = days_label(first, last)
        window |= {
            "window_start": start.astimezone(UTC).isoformat(),
            "window_end": end.astimezone(UTC).isoformat(),
        }
        if spec.period.kind is not PeriodKind.LISTING:
            window |= {"first_day": first.isoformat(), "last_day": last.isoformat()}
    place = marketplaces[0].code if len(marketplaces) == 1 else region
    return Slice(
        source=spec.source,
        report=spec.name,
        account_id=account_id,
        region=region,
        marketplaces=tuple(each.code for each in marketplaces),
        label=f"{place} {day}",
        timezone=str(zone),
        **window,
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None
