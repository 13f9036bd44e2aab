"""Finds columns that Amazon refuses, stores them in the ledger (``ads_refused_column``) and leaves them out.

Amazon names the columns in most refusals. Otherwise a binary search finds them: each probe creates a report
with some of the columns, which is then cancelled. A search that was interrupted starts over; Amazon then
reports its probes as duplicates and creates nothing new.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol
from weakref import WeakKeyDictionary

from sellerops.base.errors import RequestRefused
from sellerops.base.redaction import redact
from sellerops.ledger import Ledger, ReportRequest
from sellerops.ledger.database import Connection

if TYPE_CHECKING:
    from sellerops.sources.amazon_ads.client import AdsClient

log = logging.getLogger(__name__)

# After this time a refused column is requested again, because Amazon may accept it by then.
RETRY_AFTER = timedelta(days=14)
# Probes in one search; seventy columns take seven.
MOST_PROBES = 16
# A daily report without its dates is refused for that reason, so the search never leaves them out.
_ALWAYS = ("date", "startDate", "endDate")
# The words after this name what Amazon accepts, not what it refuses.
_ALLOWED = re.compile(
    r"\b(allowed|supported|valid|available|possible|accepted)\s+(values|columns|fields)\b", re.I
)
_COLUMN = re.compile(r"\bcolumn", re.I)
_OTHER = re.compile(
    r"\b(start ?date|end ?date|date range|retention|look ?back|days|group ?by|time ?unit|ad ?product"
    r"|report ?type|format|filter|profile|scope|must include)",
    re.I,
)

_LACKING = re.compile(r"\bmust include\b", re.I)

Probe = Callable[[tuple[str, ...]], Awaitable[RequestRefused | None]]


class ColumnQuery(Protocol):
    """The parts of a query on which refused columns depend."""

    @property
    def report_type(self) -> str: ...

    @property
    def marketplace_ids(self) -> tuple[str, ...]: ...

    @property
    def options(self) -> Any: ...

    @property
    def columns(self) -> tuple[str, ...]: ...


@dataclass(frozen=True)
class RefusedColumn:
    """One row of ``ads_refused_column``. Times are aware."""

    account_id: str
    profile_id: str
    report_type: str
    group_by: str
    column_name: str
    reason: str
    first_seen: datetime
    last_seen: datetime
    retry_at: datetime


class _Finds:
    """What the searches of one event loop share for a profile's report. ``good``: columns that Amazon
    accepted in one create.
    """

    def __init__(self) -> None:
        self.turn = asyncio.Lock()
        self.good: frozenset[str] = frozenset()


_finds: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[tuple[str, ...], _Finds]] = WeakKeyDictionary()


async def allowed_columns(client: AdsClient, query: ColumnQuery) -> tuple[str, ...]:
    """The query's columns except those known to be refused; columns due for another try are included."""
    scope = await _scope_of(client, query)
    known = await asyncio.to_thread(client.ledger.database.run, lambda c: _refused(c, scope))
    return tuple(name for name in query.columns if name not in known)


async def forget_accepted(client: AdsClient, query: ColumnQuery, columns: tuple[str, ...]) -> None:
    """Forget earlier refusals of ``columns``, which Amazon has now accepted."""
    scope = await _scope_of(client, query)
    known = await asyncio.to_thread(client.ledger.database.run, lambda c: _refused(c, scope, is_due=True))
    if again := known.intersection(columns):
        log.info("Amazon Ads accepts %s of %s again", ", ".join(sorted(again)), query.report_type)
        await asyncio.to_thread(client.ledger.database.run, lambda c: _forget(c, scope, again))


def may_be_about_columns(error: RequestRefused) -> bool:
    """Whether columns may be the cause: Amazon says so, or names no other cause."""
    if error.details.get("status") != 400:
        return False
    message = str(error.details.get("amazon_message") or "")
    return not _OTHER.search(message) or bool(_COLUMN.search(message) and not _LACKING.search(message))


def named_in(message: str, columns: Sequence[str]) -> tuple[str, ...]:
    """The columns that Amazon's message names as refused, not those it would accept instead."""
    words = _ALLOWED.split(message)[0]
    return tuple(
        name
        for name in columns
        if name not in _ALWAYS and re.search(rf"(?<![\w]){re.escape(name)}(?![\w])", words)
    )


async def find_refused(client: AdsClient, query: ColumnQuery, error: RequestRefused, probe: Probe) -> bool:
    """Find the columns that caused ``error`` and store them. Returns whether the rest can be requested: False
    if no column was found, or if none would be left.

    A search finds one column; the next create shows whether there are more. Searches for a profile's report
    run one at a time, and those that waited use the result of the one before.
    """
    scope = await _scope_of(client, query)
    finds = _finds.setdefault(asyncio.get_running_loop(), {}).setdefault(scope, _Finds())
    run = client.ledger.database.run
    async with finds.turn:
        columns = await allowed_columns(client, query)
        requested = error.details.get("columns", columns)
        if set(columns) < set(requested):
            return bool(columns)
        message = str(error.details.get("amazon_message") or "")
        names = named_in(message, columns)
        if not names:
            # Columns refused before, for this profile or another, are the likeliest.
            likely = await asyncio.to_thread(run, lambda c: _likely(c, scope))
            names = await search(columns, probe, likely, finds)
        if not names or len(names) == len(columns):
            return False
        reason = message or "Amazon gave no reason; found by leaving columns out"
        await asyncio.to_thread(run, lambda c: _keep(c, scope, names, reason))
        return True


async def search(
    columns: tuple[str, ...], probe: Probe, likely: frozenset[str], finds: _Finds
) -> tuple[str, ...]:
    """One refused column; empty if columns are not the cause or ``MOST_PROBES`` were not enough.

    ``columns`` were refused together; ``likely`` are those refused before, which are tried first. The
    shortest prefix that is refused ends with a refused column; a binary search finds it in log2(n) probes.
    Columns that were accepted together before count as good only once a probe of this search is accepted,
    because this time the cause may not be a column.
    """
    always = tuple(name for name in columns if name in _ALWAYS)
    rest = [name for name in columns if name not in _ALWAYS]
    rest.sort(key=lambda name: name not in finds.good)
    left, proven = MOST_PROBES, False

    async def is_accepted(names: Sequence[str]) -> bool:
        nonlocal left, proven
        left -= 1
        wanted = {*always, *names}
        accepted = await probe(tuple(name for name in columns if name in wanted)) is None
        proven = proven or accepted
        if accepted and len(names) > len(finds.good):
            finds.good = frozenset(names)
        return accepted

    low, high = len(finds.good.intersection(rest)), len(rest)
    guess = tuple(name for name in rest if name in likely)
    if guess and len(guess) < len(rest) and await is_accepted([name for name in rest if name not in likely]):
        if len(guess) == 1:
            return guess
        # They were refused elsewhere; here some of them may be accepted.
        rest.sort(key=lambda name: name in likely)
        low = len(rest) - len(guess)
    while high - low > 1 and left > 0:
        middle = (low + high) // 2
        if await is_accepted(rest[:middle]):
            low = middle
        else:
            high = middle
    if high - low > 1 or not rest:
        return ()
    if low and not proven and (low == high or not await is_accepted(rest[:low])):
        finds.good = frozenset()
        return await search(columns, probe, frozenset(), finds)
    if not finds.good:
        # Nothing was accepted so far, so the cause may not be a column at all.
        for name in (one for one in (rest[-1], rest[len(rest) // 2]) if one != rest[high - 1]):
            if await is_accepted([name]):
                break
        else:
            return ()
    return (rest[high - 1],)


def refused_columns(ledger: Ledger) -> list[RefusedColumn]:
    """All refused columns, for display."""
    rows = ledger.database.run(
        lambda connection: connection.execute(
            """
            SELECT account_id, profile_id, report_type, group_by, column_name, reason, first_seen, last_seen,
                   retry_at
            FROM sellerops.ads_refused_column
            ORDER BY report_type, group_by, column_name, account_id, profile_id
            """
        ).fetchall()
    )
    return [RefusedColumn(**row) for row in rows]


def left_out(ledger: Ledger, headers: Mapping[str, Any], request: ReportRequest) -> dict[str, str]:
    """The columns left out of a request, and why; ``headers`` holds the profile among its facts."""
    scope = (
        request.account_id,
        headers["facts"]["profile_id"],
        request.report_type,
        request.options["group_by"],
    )
    rows = ledger.database.run(
        lambda connection: connection.execute(
            """
            SELECT column_name, reason FROM sellerops.ads_refused_column
            WHERE (account_id, profile_id, report_type, group_by) = (%s, %s, %s, %s) ORDER BY column_name
            """,
            scope,
        ).fetchall()
    )
    return {row["column_name"]: row["reason"] for row in rows}


async def _scope_of(client: AdsClient, query: ColumnQuery) -> tuple[str, str, str, str]:
    profile = await client.profile(query.marketplace_ids[0])
    return client.account.id, profile.profile_id, query.report_type, query.options["group_by"]


def _forget(connection: Connection, scope: tuple[str, ...], names: Iterable[str]) -> None:
    connection.execute(
        """
        DELETE FROM sellerops.ads_refused_column
        WHERE (account_id, profile_id, report_type, group_by) = (%s, %s, %s, %s) AND column_name = ANY (%s)
        """,
        (*scope, list(names)),
    )


def _refused(connection: Connection, scope: tuple[str, ...], *, is_due: bool = False) -> frozenset[str]:
    rows = connection.execute(
        """
        SELECT column_name FROM sellerops.ads_refused_column
        WHERE (account_id, profile_id, report_type, group_by) = (%s, %s, %s, %s)
          AND (retry_at > sellerops.now() OR %s)
        """,
        (*scope, is_due),
    )
    return frozenset(row["column_name"] for row in rows)


def _likely(connection: Connection, scope: tuple[str, ...]) -> frozenset[str]:
    rows = connection.execute(
        """
        SELECT DISTINCT column_name FROM sellerops.ads_refused_column
        WHERE report_type = %s AND group_by = %s
        """,
        scope[2:],
    )
    return frozenset(row["column_name"] for row in rows)


def _keep(connection: Connection, scope: tuple[str, ...], names: Sequence[str], reason: str) -> None:
    log.warning("Amazon Ads refuses %s of %s by %s: %s", ", ".join(names), scope[2], scope[3], reason)
    with connection.transaction():
        for name in names:
            connection.execute(
                """
                INSERT INTO sellerops.ads_refused_column AS stored
                    (account_id, profile_id, report_type, group_by, column_name, reason, first_seen,
                     last_seen, retry_at)
                VALUES (%s, %s, %s, %s, %s, %s, sellerops.now(), sellerops.now(), sellerops.now() + %s)
                ON CONFLICT (account_id, profile_id, report_type, group_by, column_name) DO UPDATE
                SET reason = excluded.reason, last_seen = excluded.last_seen, retry_at = excluded.retry_at
                """,
                (*scope, name, redact(reason), RETRY_AFTER),
            )
