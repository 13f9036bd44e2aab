"""The table ``slice_destination``: how each day stands in each destination, and what that makes of the day.

A day counts as loaded when every destination of its report has brought the newest document of it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any

from sellerops.base.redaction import error_fields
from sellerops.calendar.slices import Slice
from sellerops.ledger.database import Connection
from sellerops.ledger.models import RunRef, SliceRow, SliceState
from sellerops.ledger.slices import slice_columns, write_days

# What stands in the way of a day, worst first; one destination's is the day's.
_IN_THE_WAY = (SliceState.FAILED, SliceState.QUARANTINED, SliceState.LATE)
# A document older than the one that was brought, or failed, last says nothing new.
_UPSERT = """
    INSERT INTO sellerops.slice_destination AS stored (
        report, account_id, marketplace_id, day, snapshot_at, destination, state, request_id, load_id, dag_id,
        run_id, task_id, map_index, error_type, error, remedy, updated_at
    )
    SELECT %(report)s, %(account_id)s, %(marketplace_id)s, day, %(snapshot_at)s, %(destination)s, %(state)s,
           %(request_id)s, %(load_id)s, %(dag_id)s, %(run_id)s, %(task_id)s, %(map_index)s, %(error_type)s,
           %(error)s, %(remedy)s, sellerops.now()
    FROM unnest(%(days)s::date[]) AS day
    ORDER BY day
    ON CONFLICT (report, account_id, marketplace_id, day, snapshot_at, destination) DO UPDATE SET
        state = excluded.state,
        request_id = coalesce(excluded.request_id, stored.request_id),
        load_id = coalesce(excluded.load_id, stored.load_id),
        dag_id = excluded.dag_id,
        run_id = excluded.run_id,
        task_id = excluded.task_id,
        map_index = excluded.map_index,
        error_type = excluded.error_type,
        error = excluded.error,
        remedy = excluded.remedy,
        updated_at = excluded.updated_at
    WHERE coalesce(excluded.request_id >= stored.request_id, true)
"""
_OWN = (
    "destination, state, request_id, load_id, dag_id, run_id, task_id, map_index, error_type, error, remedy"
)


@dataclass(frozen=True)
class DestinationState:
    """How one day stands in one destination. ``request_id``: the newest that was brought, or failed."""

    destination: str
    state: SliceState
    request_id: int | None = None
    load_id: int | None = None
    dag_id: str | None = None
    run_id: str | None = None
    task_id: str | None = None
    map_index: int | None = None
    error_type: str | None = None
    error: str | None = None
    remedy: str | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True)
class DestinationDay:
    """One row of the table. ``marketplace_id`` empty: the account's whole region."""

    report: str
    account_id: str
    marketplace_id: str
    day: date
    snapshot_at: datetime | None
    end: DestinationState

    def as_row(self) -> SliceRow:
        """As a row of ``slice_state`` would tell it, if the destination were the only one."""
        end = self.end
        return SliceRow(
            *(self.report, self.account_id, self.marketplace_id, self.day, self.snapshot_at, end.state),
            *(end.request_id, end.load_id, end.dag_id, end.run_id, end.task_id, end.map_index),
            *(end.error_type, end.error, end.remedy, end.updated_at or datetime.now(UTC)),
        )


def combine_states(
    ends: Mapping[str, DestinationState], destinations: Sequence[str], last: str
) -> tuple[SliceState, DestinationState]:
    """The state of a day from its ends by destination, and the end that tells of it.

    ``last``: the destination that ended just now. REQUESTED while one has not brought the newest document.
    """
    known = [ends[name] for name in destinations if name in ends]
    for state in _IN_THE_WAY:
        for end in known:
            if end.state is state:
                return state, end
    newest = max((end.request_id or 0 for end in known), default=0)
    if len(known) < len(destinations) or any((end.request_id or 0) < newest for end in known):
        return SliceState.REQUESTED, ends[last]
    loaded = [end for end in known if end.state is SliceState.LOADED]
    told = ends[last] if not loaded or ends[last] in loaded else loaded[0]
    return (SliceState.LOADED if loaded else SliceState.CONFIRMED_EMPTY), told


def settle(
    connection: Connection,
    slice_: Slice,
    destination: str,
    state: SliceState,
    destinations: Sequence[str],
    run: RunRef | None,
    request_id: int | None,
    load_id: int | None,
    error: BaseException | None,
) -> None:
    """Write how the slice's days stand in ``destination``, and what that makes of them: one transaction."""
    error_type, text, remedy = error_fields(error)
    end = {
        "state": str(state), "request_id": request_id, "load_id": load_id,
        "dag_id": run.dag_id if run else None, "run_id": run.run_id if run else None,
        "task_id": run.task_id if run else None, "map_index": run.map_index if run else None,
        "error_type": error_type, "error": text, "remedy": remedy,
    }  # fmt: skip
    place = slice_columns(slice_)
    with connection.transaction():
        # Two destinations that end at once would each not see the other's end.
        _lock(connection, slice_, place)
        connection.execute(_UPSERT, {**place, **end, "days": slice_.days, "destination": destination})
        found = _ends(connection, place, slice_.days)
        _write(
            connection,
            place,
            {day: combine_states(found[day], destinations, destination) for day in slice_.days},
        )


def recount(connection: Connection, slice_: Slice, destinations: Sequence[str]) -> None:
    """Write what the days are now that these are all destinations; days that none of them has stay."""
    place = slice_columns(slice_)
    with connection.transaction():
        _lock(connection, slice_, place)
        decided = {}
        for day, ends in _ends(connection, place, slice_.days).items():
            known = [ends[name] for name in destinations if name in ends]
            if known:
                last = max(known, key=lambda end: end.request_id or 0).destination
                decided[day] = combine_states(ends, destinations, last)
        _write(connection, place, decided)


def _lock(connection: Connection, slice_: Slice, place: Mapping[str, Any]) -> None:
    connection.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
        (f"sellerops.slice:{slice_.report}:{slice_.account_id}:{place['marketplace_id']}",),
    )


def _write(
    connection: Connection,
    place: Mapping[str, Any],
    decided: Mapping[date, tuple[SliceState, DestinationState]],
) -> None:
    together: dict[tuple[SliceState, DestinationState], list[date]] = {}
    for day, end in decided.items():
        together.setdefault(end, []).append(day)
    for (state, told), days in together.items():
        write_days(connection, place, days, {**asdict(told), "state": str(state)}, is_final=True)


def _ends(
    connection: Connection, place: Mapping[str, Any], days: Sequence[date]
) -> dict[date, dict[str, DestinationState]]:
    rows = connection.execute(
        f"""
        SELECT day, {_OWN} FROM sellerops.slice_destination
        WHERE report = %(report)s AND account_id = %(account_id)s AND marketplace_id = %(marketplace_id)s
          AND snapshot_at IS NOT DISTINCT FROM %(snapshot_at)s AND day = ANY (%(days)s)
        """,
        {**place, "days": list(days)},
    )
    found: dict[date, dict[str, DestinationState]] = {day: {} for day in days}
    for row in rows:
        end = _end(row)
        found[row["day"]][end.destination] = end
    return found


def days(
    connection: Connection, wanted: Mapping[str, str | None], of_days: Collection[date] | None = None
) -> list[DestinationDay]:
    """Rows by report, account, shop, day and destination.

    ``wanted``: values by column; what is None lets all through, as ``of_days`` None does.
    """
    given: dict[str, Any] = {name: value for name, value in wanted.items() if value is not None}
    conditions = [f"{name} = %({name})s" for name in given]
    if of_days is not None:
        conditions.append("day = ANY (%(days)s)")
        given["days"] = list(of_days)
    where = " AND ".join(conditions) or "true"
    rows = connection.execute(
        f"""
        SELECT report, account_id, marketplace_id, day, snapshot_at, updated_at, {_OWN}
        FROM sellerops.slice_destination WHERE {where}
        ORDER BY report, account_id, marketplace_id, day, snapshot_at, destination
        """,
        given,
    )
    return [
        DestinationDay(
            row["report"], row["account_id"], row["marketplace_id"], row["day"], row["snapshot_at"], _end(row)
        )
        for row in rows
    ]


def find_partial_days(
    connection: Connection,
    report: str,
    destinations: Sequence[str],
    first_day: date,
    last_day: date,
    accounts: Sequence[str] | None = None,
) -> list[tuple[str, str, date, datetime | None]]:
    """Account, shop, day and moment of what some destination has, and not every one of ``destinations``.

    ``accounts``: only of these; None: of all.
    """
    rows = connection.execute(
        """
        SELECT account_id, marketplace_id, day, snapshot_at FROM sellerops.slice_destination
        WHERE report = %(report)s AND day BETWEEN %(first_day)s AND %(last_day)s
          AND (%(accounts)s::text[] IS NULL OR account_id = ANY (%(accounts)s::text[]))
        GROUP BY account_id, marketplace_id, day, snapshot_at
        HAVING NOT array_agg(destination) @> %(destinations)s::text[]
        """,
        {
            "report": report,
            "destinations": list(destinations),
            "first_day": first_day,
            "last_day": last_day,
            "accounts": None if accounts is None else list(accounts),
        },
    )
    return [(row["account_id"], row["marketplace_id"], row["day"], row["snapshot_at"]) for row in rows]


def _end(row: Mapping[str, Any]) -> DestinationState:
    values = {name: row[name] for name in _OWN.split(", ")}
    values["state"] = SliceState(row["state"])
    return DestinationState(**values, updated_at=row.get("updated_at"))
