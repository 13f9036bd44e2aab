"""The table ``slice_destination``: each day's state in each destination, and the combined state of the day.

A day counts as loaded once every destination of its report has loaded its newest document.
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

# States of one destination that become the day's state, worst first.
_BLOCKING = (SliceState.FAILED, SliceState.QUARANTINED, SliceState.LATE)
# A document older than the last one loaded (or failed) changes nothing.
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
_STATE_COLUMNS = (
    "destination, state, request_id, load_id, dag_id, run_id, task_id, map_index, error_type, error, remedy"
)


@dataclass(frozen=True)
class DestinationState:
    """One day's state in one destination. ``request_id``: the newest request that was loaded, or failed."""

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
    status: DestinationState

    def as_row(self) -> SliceRow:
        """As a row of ``slice_state``, as if this were the only destination."""
        status = self.status
        return SliceRow(
            *(self.report, self.account_id, self.marketplace_id, self.day, self.snapshot_at, status.state),
            *(
                status.request_id,
                status.load_id,
                status.dag_id,
                status.run_id,
                status.task_id,
                status.map_index,
            ),
            *(status.error_type, status.error, status.remedy, status.updated_at or datetime.now(UTC)),
        )


def combine_states(
    by_destination: Mapping[str, DestinationState], destinations: Sequence[str], last: str
) -> tuple[SliceState, DestinationState]:
    """A day's combined state from its status by destination, and the status that decided it.

    ``last``: the destination updated just now. The worst of FAILED, QUARANTINED and LATE decides; otherwise
    the day is REQUESTED until every destination has loaded the newest document.
    """
    known = [by_destination[name] for name in destinations if name in by_destination]
    for state in _BLOCKING:
        for status in known:
            if status.state is state:
                return state, status
    newest = max((status.request_id or 0 for status in known), default=0)
    if len(known) < len(destinations) or any((status.request_id or 0) < newest for status in known):
        return SliceState.REQUESTED, by_destination[last]
    loaded = [status for status in known if status.state is SliceState.LOADED]
    decisive = by_destination[last] if not loaded or by_destination[last] in loaded else loaded[0]
    return (SliceState.LOADED if loaded else SliceState.CONFIRMED_EMPTY), decisive


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
    """Write the state of the slice's days in ``destination`` and their combined state, in one transaction."""
    error_type, text, remedy = error_fields(error)
    status = {
        "state": str(state), "request_id": request_id, "load_id": load_id,
        "dag_id": run.dag_id if run else None, "run_id": run.run_id if run else None,
        "task_id": run.task_id if run else None, "map_index": run.map_index if run else None,
        "error_type": error_type, "error": text, "remedy": remedy,
    }  # fmt: skip
    key = slice_columns(slice_)
    with connection.transaction():
        # Without the lock, two destinations that finish at once would not see each other's state.
        _lock(connection, slice_, key)
        connection.execute(_UPSERT, {**key, **status, "days": slice_.days, "destination": destination})
        found = _read_by_destination(connection, key, slice_.days)
        _write(
            connection,
            key,
            {day: combine_states(found[day], destinations, destination) for day in slice_.days},
        )


def recount(connection: Connection, slice_: Slice, destinations: Sequence[str]) -> None:
    """Recompute the days' combined state for these destinations; days in none of them stay unchanged."""
    key = slice_columns(slice_)
    with connection.transaction():
        _lock(connection, slice_, key)
        decided = {}
        for day, by_destination in _read_by_destination(connection, key, slice_.days).items():
            known = [by_destination[name] for name in destinations if name in by_destination]
            if known:
                last = max(known, key=lambda status: status.request_id or 0).destination
                decided[day] = combine_states(by_destination, destinations, last)
        _write(connection, key, decided)


def _lock(connection: Connection, slice_: Slice, key: Mapping[str, Any]) -> None:
    connection.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
        (f"sellerops.slice:{slice_.report}:{slice_.account_id}:{key['marketplace_id']}",),
    )


def _write(
    connection: Connection,
    key: Mapping[str, Any],
    decided: Mapping[date, tuple[SliceState, DestinationState]],
) -> None:
    by_state: dict[tuple[SliceState, DestinationState], list[date]] = {}
    for day, status in decided.items():
        by_state.setdefault(status, []).append(day)
    for (state, decisive), days in by_state.items():
        write_days(connection, key, days, {**asdict(decisive), "state": str(state)}, is_final=True)


def _read_by_destination(
    connection: Connection, key: Mapping[str, Any], days: Sequence[date]
) -> dict[date, dict[str, DestinationState]]:
    rows = connection.execute(
        f"""
        SELECT day, {_STATE_COLUMNS} FROM sellerops.slice_destination
        WHERE report = %(report)s AND account_id = %(account_id)s AND marketplace_id = %(marketplace_id)s
          AND snapshot_at IS NOT DISTINCT FROM %(snapshot_at)s AND day = ANY (%(days)s)
        """,
        {**key, "days": list(days)},
    )
    found: dict[date, dict[str, DestinationState]] = {day: {} for day in days}
    for row in rows:
        status = _status_of(row)
        found[row["day"]][status.destination] = status
    return found


def days(
    connection: Connection, wanted: Mapping[str, str | None], of_days: Collection[date] | None = None
) -> list[DestinationDay]:
    """Rows by report, account, marketplace, day and destination.

    ``wanted``: values by column; None means no filter, as does ``of_days`` None.
    """
    given: dict[str, Any] = {name: value for name, value in wanted.items() if value is not None}
    conditions = [f"{name} = %({name})s" for name in given]
    if of_days is not None:
        conditions.append("day = ANY (%(days)s)")
        given["days"] = list(of_days)
    where = " AND ".join(conditions) or "true"
    rows = connection.execute(
        f"""
        SELECT report, account_id, marketplace_id, day, snapshot_at, updated_at, {_STATE_COLUMNS}
        FROM sellerops.slice_destination WHERE {where}
        ORDER BY report, account_id, marketplace_id, day, snapshot_at, destination
        """,
        given,
    )
    return [
        DestinationDay(
            row["report"],
            row["account_id"],
            row["marketplace_id"],
            row["day"],
            row["snapshot_at"],
            _status_of(row),
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
    """Days that are in some destination but not in all ``destinations``.

    Returns account, marketplace, day and snapshot time. ``accounts``: only these; None: all.
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


def _status_of(row: Mapping[str, Any]) -> DestinationState:
    values = {name: row[name] for name in _STATE_COLUMNS.split(", ")}
    values["state"] = SliceState(row["state"])
    return DestinationState(**values, updated_at=row.get("updated_at"))
