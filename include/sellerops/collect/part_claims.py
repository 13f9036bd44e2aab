"""The parts of a split slice in the ledger: opened together, and found again by their run."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from psycopg.types.json import Jsonb

from sellerops.ledger import Ledger, ReportRequest, RequestKey, RunRef, requests
from sellerops.ledger.database import Connection
from sellerops.settings.specs import Split

# Newest first, with the run's own before those of other runs: a run keeps its parts, even if the listings
# have changed since.
_EXISTING = """
    SELECT id, dag_id = %(dag_id)s AND run_id = %(run_id)s AS own
    FROM sellerops.report_request
    WHERE source = %(source)s AND account_id = %(account_id)s AND report_type = %(report_type)s
      -- IS NOT DISTINCT FROM, but for the index
      AND (window_start = %(window_start)s::timestamptz
           OR (window_start IS NULL AND %(window_start)s::timestamptz IS NULL))
      AND window_end IS NOT DISTINCT FROM %(window_end)s
      AND marketplace_ids @> %(marketplace_ids)s AND marketplace_ids <@ %(marketplace_ids)s
      AND options ? %(option)s AND options - %(option)s = %(options)s
      AND created_by IS DISTINCT FROM 'amazon'
      AND (
        status IN ('PLANNED', 'CREATING', 'IN_QUEUE', 'IN_PROGRESS', 'DONE')
        OR (status IN ('ARCHIVED', 'CANCELLED') AND (
            (dag_id = %(dag_id)s AND run_id = %(run_id)s)
            OR CASE status WHEN 'ARCHIVED' THEN reported_at ELSE updated_at END >= %(fresh_after)s
        ))
      )
    ORDER BY own DESC, id DESC
"""


def open_parts(
    ledger: Ledger,
    key: RequestKey,
    split: Split,
    values: Sequence[str],
    *,
    fresh_after: datetime,
    run: RunRef,
) -> tuple[ReportRequest, ...]:
    """The requests that together cover all ``values``, in the order of their values.

    They are opened in one transaction, so a run has either all its parts or none. A retried run gets the
    parts it had, even if the values have changed; new values become parts of their own, and the values of a
    failed part are divided again. Parts of other runs are reused if they are in progress or were reported
    since ``fresh_after``.

    :param key: the slice's key, without the option that is split.
    :param values: sorted, each once.
    """

    def work(connection: Connection) -> tuple[ReportRequest, ...]:
        with connection.transaction():
            lock = hashlib.sha256(f"parts of {key.digest}".encode()).hexdigest()
            connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (lock,))
            kept = _kept(connection, key, split, frozenset(values), fresh_after, run)
            covered = {value for request in kept for value in values_of(request.options, split)}
            rest = [value for value in values if value not in covered]
            opened = [
                requests.find_or_open(connection, _part_key(key, split, chunk), fresh_after, run)
                for chunk in divide(rest, split)
            ]
            return tuple(sorted((*kept, *opened), key=lambda request: request.options[split.option]))

    return ledger.database.run(work)


def divide(values: Sequence[str], split: Split) -> Iterator[tuple[str, ...]]:
    """Divide ``values`` into groups that one request may name: their number and the length of their joined
    text are limited.
    """
    group: list[str] = []
    for value in values:
        longer = split.separator.join([*group, value])
        too_long = split.longest is not None and len(longer) > split.longest
        if group and (len(group) == split.at_most or too_long):
            yield tuple(group)
            group = []
        group.append(value)
    if group:
        yield tuple(group)


def values_of(options: Mapping[str, str], split: Split) -> list[str]:
    """The values that a part's options name."""
    return options[split.option].split(split.separator)


def _kept(
    connection: Connection,
    key: RequestKey,
    split: Split,
    wanted: frozenset[str],
    fresh_after: datetime,
    run: RunRef,
) -> list[ReportRequest]:
    """Existing requests that share no values; those of other runs only if all their values are wanted."""
    kept: list[ReportRequest] = []
    covered: set[str] = set()
    for request, own in _existing(connection, key, split, fresh_after, run):
        named = set(values_of(request.options, split))
        if (own or named <= wanted) and not named & covered:
            kept.append(request)
            covered |= named
    return kept


def _existing(
    connection: Connection, key: RequestKey, split: Split, fresh_after: datetime, run: RunRef
) -> Iterable[tuple[ReportRequest, bool]]:
    rows = connection.execute(
        _EXISTING,
        {
            "source": key.source,
            "account_id": key.account_id,
            "report_type": key.report_type,
            "window_start": key.window_start,
            "window_end": key.window_end,
            "marketplace_ids": list(key.marketplace_ids),
            "option": split.option,
            "options": Jsonb(dict(key.options)),
            "dag_id": run.dag_id,
            "run_id": run.run_id,
            "fresh_after": fresh_after,
        },
    ).fetchall()
    return [(requests.get(connection, row["id"]), row["own"]) for row in rows]


def _part_key(key: RequestKey, split: Split, values: Sequence[str]) -> RequestKey:
    return replace(key, options={**key.options, split.option: split.separator.join(values)})
