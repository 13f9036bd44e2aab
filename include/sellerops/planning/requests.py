"""The requests that the runs of a backfill would make, each window once."""

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
    """Whether a document for ``slice_`` is there already; ``run_at``: the last run that wants it."""

    spec: ReportSpec
    account: Account
    slice_: Slice
    run_at: datetime


# ``archive``, ``amazon`` (in the list that getReports gave lately) or None: it has to be asked for.
FindDocument = Callable[[DocumentLookup], str | None]


@dataclass(frozen=True)
class PlannedRequest:
    """One request to be made. ``deadline``: when Amazon no longer serves its window."""

    report: str
    report_type: str
    account_id: str
    key: WindowKey
    label: str
    deadline: datetime | None


@dataclass(frozen=True)
class BackfillRequests:
    """The backfill of one report and account.

    ``requests`` in the order the runs make them; ``archived`` and ``listed`` windows need none. ``expired``:
    the labels of windows Amazon no longer serves. ``parts``: requests for each need (ASINs are split).
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
    """All runs dated ``first_day`` to ``last_day`` (inclusive, in the schedule's zone) for one account.

    ``asins``: how many ASINs a shop has, for reports that are split by them.
    """
    runs = run_moments(spec, first_day, last_day, now)
    planned = [(run, slice_) for run in runs for slice_ in plan_slices(spec, account, run_at=run, now=now)]
    expired = {window_key(slice_): slice_.label for _, slice_ in planned if slice_.expired}
    # A document too old for the last run that wants a window is asked for again, once for all runs.
    questions: dict[WindowKey, DocumentLookup] = {}
    for run_at, slice_ in planned:
        if not slice_.expired:
            questions[window_key(slice_)] = DocumentLookup(spec, account, slice_, run_at)
    found = {key: find_document(question) for key, question in questions.items()} if find_document else {}
    wanted = [
        _need(spec, account, question.slice_, key)
        for key, question in questions.items()
        if not found.get(key)
    ]
    split = spec.request.split
    return BackfillRequests(
        spec=spec,
        account=account,
        runs=len(runs),
        slices=len(planned),
        requests=tuple(wanted),
        archived=sum(where == "archive" for where in found.values()),
        listed=sum(where == "amazon" for where in found.values()),
        expired=tuple(expired.values()),
        parts=max(1, ceil(asins / split.at_most)) if split and asins else 1,
    )


def _need(spec: ReportSpec, account: Account, slice_: Slice, key: WindowKey) -> PlannedRequest:
    deadline = slice_.start + spec.period.history if slice_.start else None
    return PlannedRequest(spec.name, spec.report_type, account.id, key, slice_.label, deadline)
