"""The requests that a backfill's runs would create, one per window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from math import ceil

from sellerops.calendar.backfill import WindowKey, run_moments, window_key
from sellerops.calendar.slices import Slice, plan_slices
from sellerops.settings.accounts import Account
from sellerops.settings.specs import ReportSpec


@dataclass(frozen=True)
class DocumentLookup:
    """A slice whose document may already exist. ``run_at``: the last run that needs it."""

    spec: ReportSpec
    account: Account
    slice_: Slice
    run_at: datetime


# Returns ``archive``, ``amazon`` (in a recent getReports list), or None if the document must be requested.
FindDocument = Callable[[DocumentLookup], str | None]


@dataclass(frozen=True)
class PlannedRequest:
    """One request to create. ``deadline``: when Amazon stops serving its window."""

    report: str
    report_type: str
    account_id: str
    key: WindowKey
    label: str
    deadline: datetime | None


@dataclass(frozen=True)
class BackfillRequests:
    """The backfill of one report and account.

    ``requests``: in the order of the runs. ``archived``, ``listed``: how many windows need no request.
    ``expired``: labels of windows that Amazon no longer serves. ``parts``: requests per window, if it is
    split by ASINs.
    """

    spec: ReportSpec
    account: Account
    runs: int
    slices: int
    requests: tuple[PlannedRequest, ...]
    archived: int
    listed: int
    expired: tuple[str, ...]
    parts: int = 1


def plan_requests(
    spec: ReportSpec,
    account: Account,
    *,
    first_day: date,
    last_day: date,
    now: datetime,
    find_document: FindDocument | None = None,
    asins: int | None = None,
) -> BackfillRequests:
    """The requests of all runs dated ``first_day`` to ``last_day`` for one account.

    Both days are included, and are days in the schedule's time zone. ``asins``: how many ASINs a marketplace
    has, for reports that are split by them.
    """
    runs = run_moments(spec, first_day, last_day, now)
    planned = [(run, slice_) for run in runs for slice_ in plan_slices(spec, account, run_at=run, now=now)]
    expired = {window_key(slice_): slice_.label for _, slice_ in planned if slice_.expired}
    # A document that is too old for the last run that needs its window is requested again, once for all runs.
    lookups: dict[WindowKey, DocumentLookup] = {}
    for run_at, slice_ in planned:
        if not slice_.expired:
            lookups[window_key(slice_)] = DocumentLookup(spec, account, slice_, run_at)
    found = {key: find_document(lookup) for key, lookup in lookups.items()} if find_document else {}
    wanted = [
        _planned(spec, account, lookup.slice_, key) for key, lookup in lookups.items() if not found.get(key)
    ]
    split = spec.request.split
    return BackfillRequests(
        spec=spec,
        account=account,
        runs=len(runs),
        slices=len(planned),
        requests=tuple(wanted),
        archived=sum(place == "archive" for place in found.values()),
        listed=sum(place == "amazon" for place in found.values()),
        expired=tuple(expired.values()),
        parts=max(1, ceil(asins / split.at_most)) if split and asins else 1,
    )


def _planned(spec: ReportSpec, account: Account, slice_: Slice, key: WindowKey) -> PlannedRequest:
    deadline = slice_.start + spec.period.history if slice_.start else None
    return PlannedRequest(spec.name, spec.report_type, account.id, key, slice_.label, deadline)
