"""The rows of inbound runs: the request, and how far the run is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from psycopg.types.json import Jsonb

from sellerops.base.errors import GiveUpError, RetryableError
from sellerops.base.redaction import redact
from sellerops.inbound.inbound_run import InboundRun, RunState
from sellerops.inbound.models import Box, InboundRequest
from sellerops.inbound.rows.request_rows import (
    box_values,
    digest_of,
    other_request,
    plan_name,
    request_from,
    request_values,
    write_boxes,
    write_items,
)

if TYPE_CHECKING:
    from sellerops.base.errors import SellerOpsError
    from sellerops.ledger import Ledger
    from sellerops.ledger.database import Connection


class RunRows:
    """Statements on ``inbound_run``, ``inbound_item`` and ``inbound_box``."""

    ledger: Ledger

    def start_run(
        self,
        request: InboundRequest,
        *,
        marketplace_id: str,
        dag_id: str,
        run_id: str,
        requested_by: str | None = None,
        asked: InboundRequest | None = None,
    ) -> InboundRun:
        """The run of a DAG run, written on first use. Every item must have its owners.

        A cleared run that has no plan yet takes over the new request. Once a plan may exist, the same request
        finds its run again, and another one raises FormError. ``asked``: the request before its owners were
        derived, because they may be derived differently by the time a task is cleared.
        """
        digest = digest_of(asked or request)
        values = (request.account_id, marketplace_id, Jsonb(request_values(request)), digest)

        def work(connection: Connection) -> InboundRun:
            with connection.transaction():
                row = connection.execute(
                    """
                    INSERT INTO sellerops.inbound_run
                        (account_id, marketplace_id, request, asked_hash, name, dag_id, run_id, requested_by)
                    VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
                    ON CONFLICT (dag_id, run_id) DO UPDATE SET updated_at = sellerops.now()
                    RETURNING id, plan_id, asked_hash
                    """,
                    (*values, f"{dag_id} {run_id}", dag_id, run_id, requested_by),
                ).fetchone()
                assert row is not None
                if row["plan_id"] is None and not _has_begun(connection, row["id"]):
                    connection.execute(
                        "UPDATE sellerops.inbound_run SET account_id = %s, marketplace_id = %s, "
                        "request = %s, asked_hash = %s, name = %s, state = 'planning' WHERE id = %s",
                        (*values, plan_name(request.name, row["id"]), row["id"]),
                    )
                    write_items(connection, row["id"], request.items)
                    write_boxes(connection, row["id"], request.boxes)
                elif row["asked_hash"] not in (None, digest):
                    raise other_request(_get(connection, row["id"]))
                return _get(connection, row["id"])

        return self.ledger.database.run(work)

    def run(self, inbound_run_id: int) -> InboundRun:
        """One run. GiveUpError for an unknown id."""
        return self.ledger.database.run(lambda connection: _get(connection, inbound_run_id))

    def run_of(self, dag_id: str, run_id: str) -> InboundRun | None:
        """The inbound run of a DAG run; None if validation did not write one."""

        def work(connection: Connection) -> InboundRun | None:
            row = connection.execute(
                "SELECT id FROM sellerops.inbound_run WHERE dag_id = %s AND run_id = %s", (dag_id, run_id)
            ).fetchone()
            return _get(connection, row["id"]) if row else None

        return self.ledger.database.run(work)

    def open_runs(self, account_id: str, but: tuple[str, str] = ("", "")) -> dict[str, int]:
        """The requested names of an account's open runs, each with the oldest id.

        A run is open unless it is closed or given up. ``but``: dag_id and run_id of the DAG run that asks,
        whose own run does not count.
        """
        rows = self.ledger.database.run(
            lambda connection: connection.execute(
                """
                SELECT id, request ->> 'name' AS name FROM sellerops.inbound_run
                WHERE account_id = %s AND state NOT IN ('closed', 'rejected', 'cancelled', 'dry_run')
                    AND (dag_id, run_id) <> (%s, %s)
                ORDER BY id DESC
                """,
                (account_id, *but),
            ).fetchall()
        )
        return {row["name"]: row["id"] for row in rows}

    def set_state(self, inbound_run_id: int, state: RunState) -> None:
        """Set a run's state and clear its last problem.

        A confirmed run never goes back, and one that was given up never goes on.
        """
        self.ledger.database.run(
            lambda connection: connection.execute(
                """
                UPDATE sellerops.inbound_run
                SET state = %s, problem = NULL, remedy = NULL, updated_at = sellerops.now()
                WHERE id = %s AND state <> ALL (%s)
                """,
                (state, inbound_run_id, _KEEPS.get(state, [*_CONFIRMED, *_GIVEN_UP])),
            )
        )

    def set_ids(self, inbound_run_id: int, *, plan_id: str) -> None:
        """Record Amazon's id of a run's plan."""
        self.ledger.database.run(
            lambda connection: connection.execute(
                "UPDATE sellerops.inbound_run SET plan_id = %s, updated_at = sellerops.now() WHERE id = %s",
                (plan_id, inbound_run_id),
            )
        )

    def choose_packing(
        self, inbound_run_id: int, packing_option_id: str, incentives: Sequence[Mapping[str, Any]]
    ) -> None:
        """Record the packing option that Amazon confirmed, with its fees and discounts."""
        self.ledger.database.run(
            lambda connection: connection.execute(
                "UPDATE sellerops.inbound_run SET packing_option_id = %s, packing_fees = %s, "
                "updated_at = sellerops.now() WHERE id = %s",
                (packing_option_id, Jsonb(list(incentives)), inbound_run_id),
            )
        )

    def record_problem(self, inbound_run_id: int, error: SellerOpsError) -> None:
        """Note why a step ended. The run becomes FAILED unless a later try may succeed; a run that was given
        up or confirmed keeps its state.
        """
        is_final = not isinstance(error, RetryableError)
        self.ledger.database.run(
            lambda connection: connection.execute(
                """
                UPDATE sellerops.inbound_run SET
                    problem = %s, remedy = %s, updated_at = sellerops.now(),
                    state = CASE WHEN %s AND state IN ('planning', 'awaiting_approval', 'confirming')
                                 THEN 'failed' ELSE state END
                WHERE id = %s
                """,
                (redact(error.cause)[:2000], error.remedy, is_final, inbound_run_id),
            )
        )

    def forget_problem(self, inbound_run_id: int) -> None:
        """Clear the problem, because a step succeeded after all. A FAILED run goes back to CONFIRMING if it
        was approved, else to PLANNING.
        """
        self.ledger.database.run(
            lambda connection: connection.execute(
                """
                UPDATE sellerops.inbound_run AS run SET
                    problem = NULL, remedy = NULL, updated_at = sellerops.now(),
                    state = CASE WHEN state <> 'failed' THEN state ELSE coalesce((
                        SELECT 'confirming' FROM sellerops.inbound_decision
                        WHERE inbound_run_id = run.id AND choice IN ('approved', 'auto_approved') LIMIT 1
                    ), 'planning') END
                WHERE id = %s AND problem IS NOT NULL
                """,
                (inbound_run_id,),
            )
        )

    def note(self, inbound_run_id: int, problem: str | None, remedy: str | None = None) -> None:
        """Note what a person should know about a run; None if there is no longer anything."""
        self.ledger.database.run(
            lambda connection: connection.execute(
                "UPDATE sellerops.inbound_run SET problem = %s, remedy = %s, updated_at = sellerops.now() "
                "WHERE id = %s",
                (problem, remedy, inbound_run_id),
            )
        )

    def replace_boxes(self, inbound_run_id: int, boxes: tuple[Box, ...]) -> None:
        """Replace the request's boxes before Amazon has them, because they are packed later or repacked."""

        def work(connection: Connection) -> None:
            with connection.transaction():
                connection.execute(
                    "UPDATE sellerops.inbound_run SET request = jsonb_set(request, '{boxes}', %s), "
                    "updated_at = sellerops.now() WHERE id = %s",
                    (Jsonb(box_values(boxes)), inbound_run_id),
                )
                write_boxes(connection, inbound_run_id, boxes)

        self.ledger.database.run(work)


# In _KEEPS: the states that the state on the left does not replace.
_CONFIRMED = ["confirmed", "shipped", "closed"]
_GIVEN_UP = ["rejected", "cancelled", "dry_run"]
_KEEPS: dict[RunState, list[str]] = {
    RunState.CONFIRMED: ["shipped", "closed", *_GIVEN_UP],
    RunState.SHIPPED: ["closed", *_GIVEN_UP],
    RunState.CLOSED: _GIVEN_UP,
    RunState.CANCELLED: ["closed"],
    RunState.DRY_RUN: _CONFIRMED,
}


def _get(connection: Connection, inbound_run_id: int) -> InboundRun:
    row = connection.execute(
        "SELECT * FROM sellerops.inbound_run WHERE id = %s", (inbound_run_id,)
    ).fetchone()
    if row is None:
        raise GiveUpError(
            f"inbound run {inbound_run_id} does not exist.",
            where="table sellerops.inbound_run",
            remedy="List the runs with `sellerops inbound list`.",
        )
    return InboundRun(
        **{name: row[name] for name in InboundRun.__dataclass_fields__ if name not in ("state", "request")},
        state=RunState(row["state"]),
        request=request_from(row["request"]),
    )


def _has_begun(connection: Connection, inbound_run_id: int) -> bool:
    """Whether a plan may exist, because its creation is in the ledger."""
    return bool(
        connection.execute(
            "SELECT 1 FROM sellerops.inbound_step WHERE inbound_run_id = %s AND step = 'create_plan'",
            (inbound_run_id,),
        ).fetchone()
    )
