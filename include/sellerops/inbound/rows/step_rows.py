"""The rows of a run's operations at Amazon: how they are begun, answered, ended and repeated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from psycopg.types.json import Jsonb

from sellerops.base.redaction import redact

if TYPE_CHECKING:
    from sellerops.ledger import Ledger
    from sellerops.ledger.database import Connection


class RowState(StrEnum):
    """The state of a row of ``inbound_step``. SUPERSEDED: another generation has replaced it, for example
    because its options expired.
    """

    STARTED = "started"
    DONE = "done"
    NOT_NEEDED = "not_needed"
    FAILED = "failed"
    SUPERSEDED = "superseded"


@dataclass(frozen=True)
class StepRow:
    """One operation of a step. ``subject``: the option or shipment it is about, empty for the plan."""

    id: int
    inbound_run_id: int
    step: str
    subject: str
    generation: int
    state: RowState
    operation: str | None
    operation_id: str | None
    problems: Sequence[Mapping[str, Any]]
    expires_at: datetime | None
    result: Mapping[str, Any]
    error: str | None
    started_at: datetime
    ended_at: datetime | None

    @property
    def is_done(self) -> bool:
        return self.state is RowState.DONE


class StepRows:
    """Statements on ``inbound_step``. Each may be repeated, and run in two processes at once."""

    ledger: Ledger

    def begin_step(self, inbound_run_id: int, step: str, subject: str = "", operation: str = "") -> StepRow:
        """The newest row of a step and subject.

        A new row is written if there is none, or if the newest one failed or was superseded.
        """

        def work(connection: Connection) -> StepRow:
            with connection.transaction():
                found = _newest(connection, inbound_run_id, step, subject)
                if found and found.state not in (RowState.FAILED, RowState.SUPERSEDED):
                    return found
                return _insert(connection, inbound_run_id, step, subject, operation, found)

        return self.ledger.database.run(work)

    def renew_step(self, row: StepRow) -> StepRow:
        """Supersede ``row`` and begin the next generation, or return the one that another process began."""

        def work(connection: Connection) -> StepRow:
            with connection.transaction():
                connection.execute(
                    """
                    UPDATE sellerops.inbound_step
                    SET state = 'superseded', ended_at = coalesce(ended_at, sellerops.now())
                    WHERE id = %s AND state <> 'failed'
                    """,
                    (row.id,),
                )
                newest = _newest(connection, row.inbound_run_id, row.step, row.subject)
                if newest and newest.generation > row.generation:
                    return newest
                return _insert(
                    connection, row.inbound_run_id, row.step, row.subject, row.operation or "", newest
                )

        return self.ledger.database.run(work)

    def record_answer(self, row_id: int, operation_id: str | None, result: Mapping[str, Any]) -> None:
        """Record what Amazon answered to the row's call."""
        self.ledger.database.run(
            lambda connection: connection.execute(
                """
                UPDATE sellerops.inbound_step
                SET operation_id = coalesce(%s, operation_id), result = result || %s WHERE id = %s
                """,
                (operation_id, Jsonb(dict(result)), row_id),
            )
        )

    def finish_step(
        self,
        row_id: int,
        *,
        problems: Sequence[Mapping[str, Any]] = (),
        result: Mapping[str, Any] | None = None,
        expires_at: datetime | None = None,
        state: RowState = RowState.DONE,
    ) -> StepRow:
        """End a row successfully; ``problems``: warnings that came with the success, verbatim."""

        def work(connection: Connection) -> StepRow:
            row = connection.execute(
                """
                UPDATE sellerops.inbound_step SET
                    state = CASE WHEN state = 'superseded' THEN state ELSE %s END,
                    problems = CASE WHEN %s THEN %s ELSE problems END,
                    result = result || %s, expires_at = coalesce(%s, expires_at),
                    ended_at = sellerops.now(), error_type = NULL, error = NULL
                WHERE id = %s RETURNING *
                """,
                (state, bool(problems), Jsonb(list(problems)), Jsonb(dict(result or {})), expires_at, row_id),
            ).fetchone()
            assert row is not None
            return _step_row(row)

        return self.ledger.database.run(work)

    def fail_step(
        self, row_id: int, error: BaseException, problems: Sequence[Mapping[str, Any]] = ()
    ) -> None:
        """End a row with its error; the next try begins another generation."""
        self.ledger.database.run(
            lambda connection: connection.execute(
                """
                UPDATE sellerops.inbound_step SET
                    state = 'failed', problems = %s, error_type = %s, error = %s, ended_at = sellerops.now()
                WHERE id = %s AND state = 'started'
                """,
                (Jsonb(list(problems)), type(error).__name__, redact(str(error))[:2000], row_id),
            )
        )

    def newest_step(self, inbound_run_id: int, step: str, subject: str = "") -> StepRow | None:
        return self.ledger.database.run(lambda connection: _newest(connection, inbound_run_id, step, subject))

    def steps(self, inbound_run_id: int) -> list[StepRow]:
        """All operations of a run, in the order they began."""
        return self.ledger.database.run(
            lambda connection: [
                _step_row(row)
                for row in connection.execute(
                    "SELECT * FROM sellerops.inbound_step WHERE inbound_run_id = %s ORDER BY id",
                    (inbound_run_id,),
                ).fetchall()
            ]
        )


def _newest(connection: Connection, inbound_run_id: int, step: str, subject: str) -> StepRow | None:
    row = connection.execute(
        """
        SELECT * FROM sellerops.inbound_step
        WHERE inbound_run_id = %s AND step = %s AND subject = %s ORDER BY generation DESC LIMIT 1
        """,
        (inbound_run_id, step, subject),
    ).fetchone()
    return _step_row(row) if row else None


def _insert(
    connection: Connection,
    inbound_run_id: int,
    step: str,
    subject: str,
    operation: str,
    after: StepRow | None,
) -> StepRow:
    generation = after.generation + 1 if after else 1
    connection.execute(
        """
        INSERT INTO sellerops.inbound_step (inbound_run_id, step, subject, generation, operation)
        VALUES (%s, %s, %s, %s, nullif(%s, '')) ON CONFLICT DO NOTHING
        """,
        (inbound_run_id, step, subject, generation, operation),
    )
    row = connection.execute(
        """
        SELECT * FROM sellerops.inbound_step
        WHERE inbound_run_id = %s AND step = %s AND subject = %s AND generation = %s
        """,
        (inbound_run_id, step, subject, generation),
    ).fetchone()
    assert row is not None
    return _step_row(row)


def _step_row(row: Mapping[str, Any]) -> StepRow:
    values = {name: row[name] for name in StepRow.__dataclass_fields__ if name != "state"}
    return StepRow(**values, state=RowState(row["state"]))
