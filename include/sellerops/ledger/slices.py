"""The table ``slice_state``: the state of each day of each marketplace, for calendars and gap filling."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from sellerops.base.redaction import error_fields
from sellerops.calendar.slices import Slice
from sellerops.ledger.database import Connection
from sellerops.ledger.models import RunRef, SliceRow, SliceState

# A plan to request a day again does not change what it already has.
_SETTLED = "('LOADED', 'CONFIRMED_EMPTY', 'QUARANTINED')"
_WEAK = "('PLANNED', 'REQUESTED', 'EXPIRED', 'LATE')"
_UPSERT = """
    INSERT INTO sellerops.slice_state AS stored (
        report, account_id, marketplace_id, day, snapshot_at, state, request_id, load_id, dag_id, run_id,
        task_id, map_index, error_type, error, remedy, updated_at
    )
    SELECT %(report)s, %(account_id)s, %(marketplace_id)s, day, %(snapshot_at)s, %(state)s, %(request_id)s,
           %(load_id)s, %(dag_id)s, %(run_id)s, %(task_id)s, %(map_index)s, %(error_type)s, %(error)s,
           %(remedy)s, sellerops.now()
    FROM unnest(%(days)s::date[]) AS day
    ORDER BY day
    ON CONFLICT (report, account_id, marketplace_id, day, snapshot_at) DO UPDATE SET
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
"""
_GENTLE = f"{_UPSERT} WHERE NOT (excluded.state IN {_WEAK} AND stored.state IN {_SETTLED})"


def set_state(
    connection: Connection,
    slice_: Slice,
    state: SliceState,
    run: RunRef | None,
    request_id: int | None,
    load_id: int | None,
    error: BaseException | None,
) -> None:
    """Write ``state`` to every day of the slice."""
    error_type, text, remedy = error_fields(error)
    values = {
        "state": str(state),
        "request_id": request_id,
        "load_id": load_id,
        "dag_id": run.dag_id if run else None,
        "run_id": run.run_id if run else None,
        "task_id": run.task_id if run else None,
        "map_index": run.map_index if run else None,
        "error_type": error_type,
        "error": text,
        "remedy": remedy,
    }
    write_days(connection, slice_columns(slice_), slice_.days, values, is_final=False)


def slice_columns(slice_: Slice) -> dict[str, Any]:
    """The slice's key columns: report, account, marketplace and snapshot time."""
    return {
        "report": slice_.report,
        "account_id": slice_.account_id,
        "marketplace_id": slice_.marketplace.id if slice_.marketplace else "",
        "snapshot_at": _instant(slice_.snapshot_at),
    }


def write_days(
    connection: Connection,
    key: Mapping[str, Any],
    days: Sequence[date],
    values: Mapping[str, Any],
    *,
    is_final: bool,
) -> None:
    """Write a state to days. ``is_final``: overwrite any state."""
    connection.execute(_UPSERT if is_final else _GENTLE, {**values, **key, "days": list(days)})


def fail_unfinished(connection: Connection, runs: Sequence[tuple[str, str]], error: BaseException) -> int:
    """Mark days that ended runs (DAG id, run id) left unfinished as FAILED; returns how many."""
    error_type, text, remedy = error_fields(error)
    done = connection.execute(
        """
        UPDATE sellerops.slice_state AS state
        SET state = 'FAILED', error_type = %(error_type)s, error = %(error)s, remedy = %(remedy)s,
            updated_at = sellerops.now()
        FROM unnest(%(dags)s::text[], %(runs)s::text[]) AS ended (dag_id, run_id)
        WHERE state.dag_id = ended.dag_id AND state.run_id = ended.run_id
          AND state.state IN ('PLANNED', 'REQUESTED')
        """,
        {
            "dags": [dag_id for dag_id, _ in runs],
            "runs": [run_id for _, run_id in runs],
            "error_type": error_type,
            "error": text,
            "remedy": remedy,
        },
    )
    return done.rowcount


def states(
    connection: Connection,
    wanted: Mapping[str, str | None],
    first_day: date | None = None,
    last_day: date | None = None,
    in_states: Collection[SliceState] | None = None,
    most: int | None = None,
) -> list[SliceRow]:
    """Rows by report, account, marketplace and day; if more than ``most``, the last ones. Days are inclusive.

    ``wanted``: values by column; None means no filter, as for every other filter.
    """
    given: dict[str, Any] = {name: value for name, value in wanted.items() if value is not None}
    conditions = [f"{name} = %({name})s" for name in given]
    filters = {
        "day >= %(first_day)s": first_day,
        "day <= %(last_day)s": last_day,
        "state = ANY (%(states)s)": None if in_states is None else [str(state) for state in in_states],
    }
    conditions += [condition for condition, value in filters.items() if value is not None]
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    order = ("report", "account_id", "marketplace_id", "day", "snapshot_at")
    ends = "" if most is None else f"ORDER BY {', '.join(f'{each} DESC' for each in order)} LIMIT %(most)s"
    rows = connection.execute(
        f"""
        SELECT * FROM (SELECT * FROM sellerops.slice_state {where} {ends}) AS found
        ORDER BY {", ".join(order)}
        """,
        {**given, "first_day": first_day, "last_day": last_day, "most": most,
         "states": filters["state = ANY (%(states)s)"]},
    )  # fmt: skip
    return [SliceRow(**{**row, "state": SliceState(row["state"])}) for row in rows]


def first_days(
    connection: Connection, report: str, account_ids: Collection[str], until: date
) -> dict[tuple[str, str], date]:
    """The first day of each account and marketplace, up to ``until``.

    Steps from marketplace to marketplace by the primary key, so its cost does not depend on the number of
    days.
    """
    rows = connection.execute(
        """
        WITH RECURSIVE pair (account_id, marketplace_id) AS (
            SELECT account_id, (
                SELECT min(marketplace_id) FROM sellerops.slice_state AS known
                WHERE known.report = %(report)s AND known.account_id = wanted.account_id)
            FROM unnest(%(accounts)s::text[]) AS wanted (account_id)
            UNION ALL
            SELECT account_id, (
                SELECT min(marketplace_id) FROM sellerops.slice_state AS known
                WHERE known.report = %(report)s AND known.account_id = pair.account_id
                  AND known.marketplace_id > pair.marketplace_id)
            FROM pair WHERE marketplace_id IS NOT NULL
        )
        SELECT account_id, marketplace_id, known.day
        FROM pair CROSS JOIN LATERAL (
            SELECT min(day) AS day FROM sellerops.slice_state AS known
            WHERE known.report = %(report)s AND known.account_id = pair.account_id
              AND known.marketplace_id = pair.marketplace_id
        ) AS known
        WHERE known.day <= %(until)s
        """,
        {"report": report, "accounts": list(account_ids), "until": until},
    )
    return {(row["account_id"], row["marketplace_id"]): row["day"] for row in rows}


def last_updates(connection: Connection, since: datetime) -> dict[tuple[str, str], datetime]:
    """When each report and account was last updated, if after ``since``."""
    rows = connection.execute(
        """
        SELECT report, account_id, max(updated_at) AS last FROM sellerops.slice_state
        WHERE updated_at > %s GROUP BY report, account_id
        """,
        (since,),
    )
    return {(row["report"], row["account_id"]): row["last"] for row in rows}


def failed_days(
    connection: Connection, report: str, account_ids: Collection[str], most: int
) -> tuple[list[tuple[str, date]], int]:
    """Account and day of up to ``most`` failed days, in order, and the total number."""
    rows = connection.execute(
        """
        SELECT account_id, day, count(*) OVER () AS number FROM sellerops.slice_state
        WHERE report = %(report)s AND account_id = ANY (%(accounts)s) AND state = 'FAILED'
        ORDER BY account_id, marketplace_id, day, snapshot_at LIMIT %(most)s
        """,
        {"report": report, "accounts": list(account_ids), "most": most},
    ).fetchall()
    return [(row["account_id"], row["day"]) for row in rows], rows[0]["number"] if rows else 0


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None
