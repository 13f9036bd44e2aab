"""The tables ``login_lock`` and ``browser_job``: a login is used by one job at a time.

The lock's holder renews it (a beat) every ``BEAT_EVERY_S``, in real time. A lock without a beat for
``LOCK_VALID_S`` belongs to a dead job and may be taken over, which marks that job lost.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import fields
from typing import Any

from sellerops.base.errors import LoginBusy, PageChanged, PersonNeeded, SkipError
from sellerops.base.redaction import error_fields, redact
from sellerops.ledger.database import Connection
from sellerops.ledger.ledger import Ledger
from sellerops.ledger.logins import LOCK_VALID_S, BrowserJob, HeldLogin, JobRef, JobState, LoginLock

_LOCK = """
    SELECT holder, held_by, job_id, taken_at, beat_at,
           beat_at < clock_timestamp() - make_interval(secs => %(valid)s) AS is_stale
    FROM sellerops.login_lock WHERE login_id = %(login_id)s
"""
# A JobRef's fields are columns of the same names.
_FIELDS = [field.name for field in fields(JobRef)]
_REF = ", ".join(_FIELDS)
_JOB = f"""
    id, login_id, state, host, seconds::float8 AS seconds, peak_memory_bytes, sign_ins, evidence_uri,
    error_type, error, started_at, ended_at, {_REF}
"""
_NEW_JOB = f"""
    INSERT INTO sellerops.browser_job (login_id, host, {_REF})
    VALUES (%(login_id)s, %(host)s, {", ".join(f"%({name})s" for name in _FIELDS)})
    RETURNING id
"""


def take_lock(ledger: Ledger, login_id: str, job: JobRef, host: str) -> LoginLock:
    """Begin a job: create its row and take the login's lock, or do neither.

    A lock whose beat has stopped is taken over; its job becomes ``LOST``. Raises LoginBusy
    (``details["held_by"]``, ``details["since"]``) if another job uses the login.

    :param host: the machine on which the job runs.
    """
    holder = uuid.uuid4()
    return ledger.database.run(lambda c: _take(c, login_id, job, host, holder))


def beat(ledger: Ledger, lock: LoginLock, peak_memory_bytes: int | None = None) -> bool:
    """Renew the lock; False if another job has taken over the login, so that this one must abort."""
    return ledger.database.run(lambda c: _beat(c, lock, peak_memory_bytes))


def is_held(ledger: Ledger, lock: LoginLock) -> bool:
    """Whether the lock still belongs to this job."""
    held = ledger.database.run(lambda c: _lock_row(c, lock.login_id))
    return held is not None and held["holder"] == lock.holder


def is_used_by(ledger: Ledger, login_id: str, job: JobRef) -> bool:
    """Whether this job uses the login now; False after it was taken over."""
    return ledger.database.run(lambda c: _ref_of_holder(c, login_id) == job)


def end_job(
    ledger: Ledger,
    lock: LoginLock,
    state: JobState,
    *,
    seconds: float | None = None,
    peak_memory_bytes: int | None = None,
    sign_ins: int = 0,
    error: BaseException | None = None,
    evidence_uri: str | None = None,
) -> bool:
    """Record how the job ended and release its login; False if it was taken over and stays ``LOST``."""
    error_type, text = error_fields(error)[:2] if error else (None, None)
    values = {
        "id": lock.job_id,
        "login_id": lock.login_id,
        "holder": lock.holder,
        "state": str(state),
        "seconds": seconds,
        "peak": peak_memory_bytes,
        "sign_ins": sign_ins,
        "error_type": error_type,
        "error": text,
        "evidence": evidence_uri and redact(evidence_uri),
    }
    return ledger.database.run(lambda c: _end(c, values))


def state_after(error: BaseException) -> JobState:
    """The state of a job that ended with an error."""
    if isinstance(error, PersonNeeded):
        return JobState.PERSON
    if isinstance(error, SkipError):
        return JobState.DONE
    return JobState.PAGE_CHANGED if isinstance(error, PageChanged) else JobState.FAILED


def lock_of(ledger: Ledger, login_id: str) -> HeldLogin | None:
    """Who uses a login; None if nobody does."""
    row = ledger.database.run(lambda c: _lock_row(c, login_id))
    if row is None:
        return None
    return HeldLogin(login_id, **{name: value for name, value in row.items() if name != "holder"})


def is_free(ledger: Ledger, login_id: str) -> bool:
    """Whether ``take_lock`` would get the login now."""
    held = lock_of(ledger, login_id)
    return held is None or held.is_stale


def jobs(
    ledger: Ledger,
    *,
    login_id: str | None = None,
    dag_id: str | None = None,
    run_id: str | None = None,
    states: Collection[JobState] | None = None,
    limit: int = 100,
) -> list[BrowserJob]:
    """Browser jobs, newest first; None means no filter."""
    values = {
        "login_id": login_id,
        "dag_id": dag_id,
        "run_id": run_id,
        "states": None if states is None else [str(state) for state in states],
        "limit": limit,
    }
    return ledger.database.run(lambda c: _jobs(c, values))


def find_job(ledger: Ledger, job_id: int) -> BrowserJob | None:
    """One browser job; None if it never existed or its retention has passed."""
    row = ledger.database.run(
        lambda c: c.execute(
            f"SELECT {_JOB} FROM sellerops.browser_job WHERE id = %s".encode(), (job_id,)
        ).fetchone()
    )
    return _job(row) if row else None


def _lock_row(connection: Connection, login_id: str, suffix: str = "") -> dict[str, Any] | None:
    return connection.execute(
        f"{_LOCK} {suffix}".encode(), {"login_id": login_id, "valid": LOCK_VALID_S}
    ).fetchone()


def _ref_of_holder(connection: Connection, login_id: str) -> JobRef | None:
    row = connection.execute(
        f"""
        SELECT {_REF} FROM sellerops.browser_job
        WHERE id = (SELECT job_id FROM sellerops.login_lock WHERE login_id = %s)
        """.encode(),
        (login_id,),
    ).fetchone()
    return JobRef(**row) if row else None


def _take(connection: Connection, login_id: str, job: JobRef, host: str, holder: uuid.UUID) -> LoginLock:
    with connection.transaction():
        # Before the first lock there is no row to wait for.
        connection.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"sellerops.login {login_id}",)
        )
        held = _lock_row(connection, login_id, "FOR UPDATE")
        if held and held["holder"] == holder:
            return LoginLock(login_id, holder, held["job_id"])  # the first try's answer was lost
        if held and not held["is_stale"]:
            raise LoginBusy(
                f"{held['held_by']} has used the login since {held['taken_at']:%Y-%m-%d %H:%M} UTC.",
                where=f"login {login_id}",
                held_by=held["held_by"],
                since=held["taken_at"].isoformat(),
                login=login_id,
            )
        if held:
            _mark_lost(connection, held["job_id"])
        values = {**vars(job), "login_id": login_id, "host": host, "holder": holder, "held_by": job.label}
        row = connection.execute(_NEW_JOB.encode(), values).fetchone()
        assert row is not None
        connection.execute(
            """
            INSERT INTO sellerops.login_lock (login_id, holder, held_by, job_id)
            VALUES (%(login_id)s, %(holder)s, %(held_by)s, %(job_id)s)
            ON CONFLICT (login_id) DO UPDATE SET
                holder = excluded.holder, held_by = excluded.held_by, job_id = excluded.job_id,
                taken_at = excluded.taken_at, beat_at = excluded.beat_at
            """,
            {**values, "job_id": row["id"]},
        )
        return LoginLock(login_id, holder, row["id"])


def _mark_lost(connection: Connection, job_id: int) -> None:
    connection.execute(
        """
        UPDATE sellerops.browser_job SET state = 'lost', ended_at = sellerops.now(),
            error = 'The job stopped renewing its lock; another one has taken over the login.'
        WHERE id = %s AND state = 'running'
        """,
        (job_id,),
    )


def _beat(connection: Connection, lock: LoginLock, peak_memory_bytes: int | None) -> bool:
    beaten = connection.execute(
        """
        WITH beaten AS (
            UPDATE sellerops.login_lock SET beat_at = clock_timestamp()
            WHERE login_id = %(login_id)s AND holder = %(holder)s RETURNING job_id
        ), measured AS (
            UPDATE sellerops.browser_job SET peak_memory_bytes = greatest(peak_memory_bytes, %(peak)s)
            WHERE id = (SELECT job_id FROM beaten) AND %(peak)s::bigint IS NOT NULL
        )
        SELECT FROM beaten
        """,
        {"login_id": lock.login_id, "holder": lock.holder, "peak": peak_memory_bytes},
    )
    return beaten.rowcount == 1


def _end(connection: Connection, values: dict[str, Any]) -> bool:
    with connection.transaction():
        ended = connection.execute(
            """
            UPDATE sellerops.browser_job SET
                state = %(state)s, ended_at = sellerops.now(), seconds = %(seconds)s,
                peak_memory_bytes = greatest(peak_memory_bytes, %(peak)s), sign_ins = %(sign_ins)s,
                evidence_uri = %(evidence)s, error_type = %(error_type)s, error = %(error)s
            WHERE id = %(id)s AND state IN ('running', %(state)s)
            """,
            values,
        )
        connection.execute(
            "DELETE FROM sellerops.login_lock WHERE login_id = %(login_id)s AND holder = %(holder)s", values
        )
    return ended.rowcount == 1


def _jobs(connection: Connection, values: dict[str, Any]) -> list[BrowserJob]:
    rows = connection.execute(
        f"""
        SELECT {_JOB} FROM sellerops.browser_job
        WHERE (%(login_id)s::text IS NULL OR login_id = %(login_id)s)
          AND (%(dag_id)s::text IS NULL OR dag_id = %(dag_id)s)
          AND (%(run_id)s::text IS NULL OR run_id = %(run_id)s)
          AND (%(states)s::text[] IS NULL OR state = ANY (%(states)s))
        ORDER BY id DESC LIMIT %(limit)s
        """.encode(),
        values,
    ).fetchall()
    return [_job(row) for row in rows]


def _job(row: dict[str, Any]) -> BrowserJob:
    ref = JobRef(**{name: row.pop(name) for name in _FIELDS})
    return BrowserJob(**{**row, "state": JobState(row["state"])}, ref=ref)
