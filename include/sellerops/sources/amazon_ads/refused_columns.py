"""Columns that Amazon refuses: found, kept in the ledger (``ads_refused_column``), left out; the rest loads.

Amazon names the culprits in most refusals. Where it does not, they are searched for by halves: a probe is a
create of some of the columns; a report made by one is cancelled. A search that is broken off begins anew; its
probes are duplicates then, which Amazon tells, and make nothing new.
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

# After that a refused column is asked for again: Amazon may have it by now.
RETRY_AFTER = timedelta(days=14)
# Of one search; seventy columns take seven.
MOST_PROBES = 16
# A report of days without its dates is refused for that; the search leaves them in.
_ALWAYS = ("date", "startDate", "endDate")
# What follows is what Amazon would take, not what it refuses.
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
    """What of a query decides which columns are refused."""

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
    """What one loop's searches of a profile's report share. ``good``: columns that were taken together."""

    def __init__(self) -> None:
        self.turn = asyncio.Lock()
        self.good: frozenset[str] = frozenset()


_finds: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[tuple[str, ...], _Finds]] = WeakKeyDictionary()


async def allowed(client: AdsClient, query: ColumnQuery) -> tuple[str, ...]:
    """The query's columns without those known to be refused, but for those whose time has come again."""
    place = await _place(client, query)
    known = await asyncio.to_thread(client.ledger.database.run, lambda c: _refused(c, place))
    return tuple(name for name in query.columns if name not in known)


async def taken(client: AdsClient, query: ColumnQuery, columns: tuple[str, ...]) -> None:
    """Amazon took these columns: forget that it refused some of them once."""
    place = await _place(client, query)
    known = await asyncio.to_thread(client.ledger.database.run, lambda c: _refused(c, place, is_due=True))
    if again := known.intersection(columns):
        log.info("Amazon Ads takes %s of %s again", ", ".join(sorted(again)), query.report_type)
        await asyncio.to_thread(client.ledger.database.run, lambda c: _forget(c, place, again))


def may_be_about_columns(error: RequestRefused) -> bool:
    """Whether a refusal may mean columns: it says so, or says nothing of anything else."""
    if error.details.get("status") != 400:
        return False
    told = str(error.details.get("told") or "")
    return not _OTHER.search(told) or bool(_COLUMN.search(told) and not _LACKING.search(told))


def named_in(told: str, columns: Sequence[str]) -> tuple[str, ...]:
    """The columns that Amazon's words name as refused, not those it would take instead."""
    words = _ALLOWED.split(told)[0]
    return tuple(
        name
        for name in columns
        if name not in _ALWAYS and re.search(rf"(?<![\w]){re.escape(name)}(?![\w])", words)
    )


async def find(client: AdsClient, query: ColumnQuery, error: RequestRefused, probe: Probe) -> bool:
    """Find columns that ``error`` is about and keep them; whether there is anything left to ask for.

    A search finds one column: whether there are more, the next create of the rest tells. One search at a time
    for a profile's report: whoever waited for it finds its result.
    """
    place = await _place(client, query)
    finds = _finds.setdefault(asyncio.get_running_loop(), {}).setdefault(place, _Finds())
    run = client.ledger.database.run
    async with finds.turn:
        columns = await allowed(client, query)
        asked = error.details.get("columns", columns)
        if set(columns) < set(asked):
            return bool(columns)
        told = str(error.details.get("told") or "")
        names = named_in(told, columns)
        if not names:
            # Refused before, by this profile or another: likelier than any other column.
            likely = await asyncio.to_thread(run, lambda c: _likely(c, place))
            names = await search(columns, probe, likely, finds)
        if not names or len(names) == len(columns):
            return False
        reason = told or "refused without a word; found by leaving columns out"
        await asyncio.to_thread(run, lambda c: _keep(c, place, names, reason))
        return True


async def search(
    columns: tuple[str, ...], probe: Probe, likely: frozenset[str], finds: _Finds
) -> tuple[str, ...]:
    """A refused column, or those of ``likely`` that were; none when it is not the columns.

    ``columns`` as a whole were refused. The shortest beginning that is refused ends with a refused column; it
    is found by halving, in log2(n) probes. What was taken together before is believed only beside a probe of
    this search that is taken: the cause may be no column this time.
    """
    always = tuple(name for name in columns if name in _ALWAYS)
    rest = [name for name in columns if name not in _ALWAYS]
    rest.sort(key=lambda name: name not in finds.good)
    left, proven = MOST_PROBES, False

    async def is_taken(names: Sequence[str]) -> bool:
        nonlocal left, proven
        left -= 1
        wanted = {*always, *names}
        taken = await probe(tuple(name for name in columns if name in wanted)) is None
        proven = proven or taken
        if taken and len(names) > len(finds.good):
            finds.good = frozenset(names)
        return taken

    low, high = len(finds.good.intersection(rest)), len(rest)
    guess = tuple(name for name in rest if name in likely)
    if guess and len(guess) < len(rest) and await is_taken([name for name in rest if name not in likely]):
        if len(guess) == 1:
            return guess
        # Refused elsewhere, not all of them need be refused here.
        rest.sort(key=lambda name: name in likely)
        low = len(rest) - len(guess)
    while high - low > 1 and left > 0:
        middle = (low + high) // 2
        if await is_taken(rest[:middle]):
            low = middle
        else:
            high = middle
    if high - low > 1 or not rest:
        return ()
    if low and not proven and (low == high or not await is_taken(rest[:low])):
        finds.good = frozenset()
        return await search(columns, probe, frozenset(), finds)
    if not finds.good:
        # Nothing was taken so far: the cause may lie elsewhere, and no column would be to blame.
        for name in (one for one in (rest[-1], rest[len(rest) // 2]) if one != rest[high - 1]):
            if await is_taken([name]):
                break
        else:
            return ()
    return (rest[high - 1],)


def refused_columns(ledger: Ledger) -> list[RefusedColumn]:
    """All that is known, for people."""
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
    """The columns a request was made without, and why; ``headers`` has its profile among the facts."""
    place = (
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
            place,
        ).fetchall()
    )
    return {row["column_name"]: row["reason"] for row in rows}


async def _place(client: AdsClient, query: ColumnQuery) -> tuple[str, str, str, str]:
    profile = await client.profile(query.marketplace_ids[0])
    return client.account.id, profile.profile_id, query.report_type, query.options["group_by"]


def _forget(connection: Connection, place: tuple[str, ...], names: Iterable[str]) -> None:
    connection.execute(
        """
        DELETE FROM sellerops.ads_refused_column
        WHERE (account_id, profile_id, report_type, group_by) = (%s, %s, %s, %s) AND column_name = ANY (%s)
        """,
        (*place, list(names)),
    )


def _refused(connection: Connection, place: tuple[str, ...], *, is_due: bool = False) -> frozenset[str]:
    rows = connection.execute(
        """
        SELECT column_name FROM sellerops.ads_refused_column
        WHERE (account_id, profile_id, report_type, group_by) = (%s, %s, %s, %s)
          AND (retry_at > sellerops.now() OR %s)
        """,
        (*place, is_due),
    )
    return frozenset(row["column_name"] for row in rows)


def _likely(connection: Connection, place: tuple[str, ...]) -> frozenset[str]:
    rows = connection.execute(
        """
        SELECT DISTINCT column_name FROM sellerops.ads_refused_column
        WHERE report_type = %s AND group_by = %s
        """,
        place[2:],
    )
    return frozenset(row["column_name"] for row in rows)


def _keep(connection: Connection, place: tuple[str, ...], names: Sequence[str], reason: str) -> None:
    log.warning("Amazon Ads refuses %s of %s by %s: %s", ", ".join(names), place[2], place[3], reason)
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
                (*place, name, redact(reason), RETRY_AFTER),
            )
