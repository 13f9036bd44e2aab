"""Summarizes from the ledger what was collected between two moments, by account."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sellerops.ledger import Ledger, SliceState
from sellerops.ledger.notices import OpenFault, open_faults
from sellerops.read_models.inbound import Waiting, waiting_runs


@dataclass(frozen=True)
class QuotaUse:
    """Calls of one operation. ``share``: calls as a fraction of the tokens that its bucket refills in that
    time; a burst may push it above 1.
    """

    operation: str
    calls: int
    refused: int
    share: float


@dataclass(frozen=True)
class AccountDay:
    """One account. ``days``: marketplaces' days, counted by new state; ``rows``: stored rows by destination.
    ``damaged_texts``: texts in these rows that arrived damaged and were marked.

    ``quota``: the operation that used the largest share of its bucket; None without a call. ``quarantined``:
    documents that now wait for a decision, whenever they arrived. ``inbound``: FBA inbound runs that are now
    open.
    """

    account_id: str
    runs: int = 0
    days: Mapping[SliceState, int] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)
    rejected: int = 0
    damaged_texts: int = 0
    quarantined: int = 0
    quota: QuotaUse | None = None
    refused_calls: int = 0
    inbound: Waiting = field(default_factory=Waiting)

    @property
    def is_idle(self) -> bool:
        return not (self.runs or self.days or self.rows)


@dataclass(frozen=True)
class Summary:
    """What happened from ``since`` to ``until`` (UTC), and the faults open at the end."""

    since: datetime
    until: datetime
    accounts: tuple[AccountDay, ...]
    faults: tuple[OpenFault, ...]


# Read the days once for both their states and the runs that wrote them.
_TOUCHED = """
    WITH touched AS (
        SELECT account_id, dag_id, run_id, state, count(*) AS days FROM sellerops.slice_state
        WHERE updated_at >= %(since)s AND updated_at < %(until)s
        GROUP BY account_id, dag_id, run_id, state
    ), run AS (
        SELECT account_id, dag_id, run_id FROM touched WHERE run_id IS NOT NULL
        UNION
        SELECT account_id, dag_id, run_id FROM sellerops.report_request
        WHERE created_at >= %(since)s AND created_at < %(until)s
    )
    SELECT account_id, state, sum(days)::bigint AS days, 0 AS runs FROM touched GROUP BY account_id, state
    UNION ALL
    SELECT account_id, NULL, 0, count(*) FROM run GROUP BY account_id
"""
_ROWS = """
    SELECT account_id, destination, sum(stored)::bigint AS stored, sum(rejected)::bigint AS rejected,
           sum(damaged_texts)::bigint AS damaged
    FROM sellerops.load
    WHERE recorded_at >= %(since)s AND recorded_at < %(until)s
    GROUP BY account_id, destination
"""
_QUARANTINED = """
    SELECT account_id, count(DISTINCT (report, place, first_day, last_day, reported_at)) AS quarantined
    FROM sellerops.quarantine WHERE state = 'OPEN' GROUP BY account_id
"""
# An account may use several applications, each with its own buckets.
_CALLS = """
    SELECT call.account_id, call.operation, count(*) AS calls,
           count(*) FILTER (WHERE call.status = 429) AS refused, max(bucket.rate) AS rate
    FROM sellerops.api_call AS call
    LEFT JOIN (
        SELECT account_id, operation, sum(coalesce(learned_rate, rate)) AS rate
        FROM sellerops.quota_bucket GROUP BY account_id, operation
    ) AS bucket USING (account_id, operation)
    WHERE call.called_at >= %(since)s AND call.called_at < %(until)s
    GROUP BY call.account_id, call.operation
"""


def summarize(ledger: Ledger, account_ids: Iterable[str], since: datetime, until: datetime) -> Summary:
    """Summarize these accounts, including idle ones, from the ledger."""
    times = {"since": since, "until": until}
    with ledger.connection() as connection:
        found = {
            name: connection.execute(statement, times).fetchall()
            for name, statement in
            {"touched": _TOUCHED, "rows": _ROWS, "quarantined": _QUARANTINED, "calls": _CALLS}.items()
        }  # fmt: skip
        faults = open_faults(connection)
        inbound = waiting_runs(connection)
    seconds = (until - since).total_seconds()
    accounts = tuple(
        _account(name, {what: [row for row in rows if row["account_id"] == name] for what, rows in
                        found.items()}, seconds, inbound.get(name, Waiting()))
        for name in account_ids
    )  # fmt: skip
    return Summary(since, until, accounts, tuple(faults))


def _account(
    account_id: str, rows: Mapping[str, list[dict[str, Any]]], seconds: float, inbound: Waiting
) -> AccountDay:
    uses = [
        QuotaUse(row["operation"], row["calls"], row["refused"], row["calls"] / (row["rate"] * seconds))
        for row in rows["calls"]
        if row["rate"]
    ]
    return AccountDay(
        account_id=account_id,
        runs=sum(row["runs"] for row in rows["touched"]),
        days={SliceState(row["state"]): row["days"] for row in rows["touched"] if row["state"]},
        rows={row["destination"]: row["stored"] for row in rows["rows"]},
        rejected=sum(row["rejected"] for row in rows["rows"]),
        damaged_texts=sum(row["damaged"] for row in rows["rows"]),
        quarantined=sum(row["quarantined"] for row in rows["quarantined"]),
        quota=max(uses, key=lambda use: (use.share, use.operation), default=None),
        refused_calls=sum(row["refused"] for row in rows["calls"]),
        inbound=inbound,
    )
