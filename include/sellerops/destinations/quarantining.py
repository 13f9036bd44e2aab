"""Checks a document before a load replaces anything: implausible days quarantine it until a person decides.

A quarantine row concerns one document and one table. The decision applies to every destination, whichever
quarantined the document first. Each destination judges by its own rows, so an empty one quarantines nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Protocol

import psycopg

from sellerops.base.errors import Quarantined, SkipError
from sellerops.destinations.collapse import describe_drops, find_drops
from sellerops.destinations.jobs import LoadJob
from sellerops.destinations.ledger_rows import Watermarks
from sellerops.destinations.plausibility import (
    Figure,
    Finding,
    Total,
    describe,
    is_implausible,
    weekdays_before,
)
from sellerops.destinations.row_counts import judge_row_count
from sellerops.ledger import quarantines
from sellerops.ledger.quarantines import QuarantineState
from sellerops.settings.specs import QuarantineRules, WriteDisposition

Connection = psycopg.Connection[Any]
Totals = dict[tuple[str, date], Total]


class Sums(Protocol):
    """A destination's totals by marketplace (empty if rows name none) and day: rows and a measure's sum."""

    def new(self, measure: str | None, days: Sequence[date]) -> Totals:
        """The totals of the document's accepted rows of ``days``. A measure that the document lacks sums to
        zero; if ``measure`` is None, the sum is the number of rows.
        """
        ...

    def stored(self, measure: str | None, days: Sequence[date]) -> Totals:
        """The totals of the table's rows of ``days`` at the load's place."""
        ...


class DryRunPassed(SkipError):
    """A dry run found the document plausible; nothing was written."""


def refuse_implausible(marks: Watermarks, job: LoadJob, sums: Sums) -> None:
    """Raise Quarantined, before anything is written, if a person must decide first.

    Called under the lock of the table's place. A document that was loaded before or released is not judged
    again. Raises DryRunPassed if a dry run finds nothing.
    """
    if job.table_spec.may_quarantine and not job.is_replay:
        _judge(marks, job, sums)
    if job.is_dry_run:
        raise DryRunPassed("nothing to quarantine.", where=f"table {job.full_name}")


def _judge(marks: Watermarks, job: LoadJob, sums: Sums) -> None:
    state = _decision(marks.connection, job)
    is_rejected = state is QuarantineState.REJECTED
    if state is QuarantineState.RELEASED or (
        not is_rejected and _was_loaded(marks.connection, job, marks.destination)
    ):
        return
    figures, findings = _findings(marks, job, sums)
    if findings:
        raise _quarantined(job, findings, is_rejected)
    if is_rejected:
        raise _quarantined(job, [Finding("Its figures are plausible now", figures)], is_rejected)
    if job.quarantined_with:
        raise _quarantined(
            job, [Finding(f"`{job.quarantined_with}`, of the same document, is quarantined", figures)], False
        )


def _findings(marks: Watermarks, job: LoadJob, sums: Sums) -> tuple[list[Figure], list[Finding]]:
    """All figures, and findings about the implausible ones."""
    table, findings = job.table_spec, []
    if table.write_disposition is not WriteDisposition.REPLACE:
        return judge_row_count(marks.connection, job, marks.destination)
    figures = _figures(marks, job, table.quarantine, sums)
    if table.quarantine:
        odd = [figure for figure in figures if is_implausible(table.quarantine, figure)]
        if odd:
            findings.append(Finding(describe(table.quarantine.measure, odd), odd))
    if table.row_collapse_rules and not findings:
        found = find_drops(
            table.row_collapse_rules, figures, job.rows.lost_by_day, is_empty=job.is_confirmed_empty
        )
        if found:
            days = {day for drop in found for day in (drop.first, drop.last)}
            odd = [each for each in figures if min(days) <= each.day <= max(days) and each.stored.rows]
            findings.append(Finding(describe_drops(found), odd))
    return figures, findings


def supersede_quarantined(connection: Connection, job: LoadJob, destination: str) -> None:
    """Close the quarantine rows that an accepted document makes obsolete (``supersede``)."""
    if job.table_spec.may_quarantine:
        supersede(connection, quarantine_key(job), destination)


def supersede(connection: Connection, key: Mapping[str, Any], destination: str) -> None:
    """Close open quarantine rows of documents older than that of ``key`` (``quarantine_key``), and its own.

    Its own row is closed only if ``destination`` opened it, because another destination may still quarantine
    the document.
    """
    moment = key["reported_at"]
    moment = moment if isinstance(moment, datetime) else datetime.fromisoformat(moment)
    note = f"A document of {moment:%Y-%m-%d %H:%M} UTC was loaded."
    quarantines.supersede(connection, key, note, itself=destination)


def record_quarantined(
    connection: Connection, job: LoadJob, destination: str, error: Quarantined
) -> Quarantined:
    """Record ``error`` after the load's transaction has rolled back; returns it with the quarantine's id."""
    key = quarantine_key(job)
    values = {
        **key,
        "source": job.spec.source,
        "report": job.spec.name,
        "destination": destination,
        "slice": job.slice.to_dict(),
        "figures": error.details.get("figures", []),
        "reason": error.cause,
    }
    with connection.transaction():
        # Only the newest document of the same days needs a decision.
        note = f"A document of {job.request.reported_at:%Y-%m-%d %H:%M} UTC is quarantined now."
        quarantines.supersede(connection, key, note, itself=None)
        error.details["quarantine_ids"] = [quarantines.record(connection, values)]
    return error


def _quarantined(job: LoadJob, findings: Sequence[Finding], is_rejected: bool) -> Quarantined:
    figures = [figure for finding in findings for figure in finding.figures]
    reason = "; ".join(finding.reason for finding in findings)
    return Quarantined(
        f"{reason}." + (" It was rejected." if is_rejected else ""),
        where=f"table {job.full_name}, {job.slice.label}",
        remedy="Nothing was stored; the table keeps its rows. "
        + (
            "`sellerops quarantine release` loads it after all."
            if is_rejected
            else Quarantined.default_remedy
        ),
        table=job.full_name,
        is_rejected=is_rejected,
        rows_stand=any(figure.stored.rows for figure in figures),
        figures=[figure.to_dict() for figure in figures],
    )


def _decision(connection: Connection, job: LoadJob) -> QuarantineState | None:
    row = connection.execute(
        """
        SELECT state FROM sellerops.quarantine
        WHERE table_name = %(table_name)s AND account_id = %(account_id)s AND place = %(place)s
          AND first_day = %(first_day)s AND last_day = %(last_day)s
          AND request_id IS NOT DISTINCT FROM %(request_id)s AND reported_at = %(reported_at)s
        """,
        quarantine_key(job),
    ).fetchone()
    return QuarantineState(row[0]) if row else None


def _was_loaded(connection: Connection, job: LoadJob, destination: str) -> bool:
    """Whether the destination has loaded this document for these days before."""
    row = connection.execute(
        """
        SELECT EXISTS (
            SELECT FROM sellerops.load WHERE request_id = %(request_id)s AND table_name = %(table_name)s
            AND destination = %(destination)s
            AND account_id = %(account_id)s AND first_day = %(first_day)s AND last_day = %(last_day)s
        )
        """,
        {**quarantine_key(job), "destination": destination},
    ).fetchone()
    return bool(row and row[0])


def quarantine_key(job: LoadJob) -> dict[str, Any]:
    """The columns that identify a quarantine row."""
    days = job.slice.days
    return {
        "table_name": job.full_name,
        "account_id": job.slice.account_id,
        "place": job.place,
        "first_day": days[0],
        "last_day": days[-1],
        "request_id": job.request.request_id,
        "reported_at": job.request.reported_at,
    }


def _figures(marks: Watermarks, job: LoadJob, rules: QuarantineRules | None, sums: Sums) -> list[Figure]:
    """A figure for each day whose rows the document would replace, by marketplace if rows name one."""
    window = job.slice.days[:1] if job.table_spec.day_from_window else job.slice.days
    newer = set(marks.newer_days(window, job.request.reported_at))
    days = [day for day in window if day not in newer]
    if not days:
        return []
    measure, weeks = (rules.measure, rules.weeks) if rules else (None, 0)
    before = sorted({each for day in days for each in weekdays_before(day, weeks)})
    stored = sums.stored(measure, [*before, *days])
    if not stored and rules is None:
        return []
    new = {key: total for key, total in sums.new(measure, days).items() if key[1] in set(days)}
    marketplaces = sorted({marketplace for marketplace, _ in [*new, *stored]})
    figures = [_figure(marketplace, day, weeks, new, stored) for marketplace in marketplaces for day in days]
    return figures if rules else [each for each in figures if each.new.rows or each.stored.rows]


def _figure(marketplace: str, day: date, weeks: int, new: Totals, stored: Totals) -> Figure:
    weekdays = [
        stored[marketplace, each].amount
        for each in weekdays_before(day, weeks)
        if (marketplace, each) in stored
    ]
    return Figure(
        marketplace,
        day,
        new.get((marketplace, day), Total()),
        stored.get((marketplace, day), Total()),
        tuple(weekdays),
    )
