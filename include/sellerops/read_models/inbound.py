"""FBA inbound runs as people look at them: a list, and one run with everything that happened to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import dict_row

Row = Mapping[str, Any]
Connection = psycopg.Connection[Any]

# Runs that may still need a person's attention.
OPEN = "run.state NOT IN ('closed', 'rejected', 'cancelled', 'dry_run')"

# `difference`: received minus shipped units of delivered shipments.
_LIST = f"""
    SELECT run.id, run.name, run.account_id, coalesce(market.code, run.marketplace_id) AS marketplace,
           run.state, run.requested_by, run.dag_id, run.run_id, run.problem, run.remedy, run.created_at,
           run.updated_at, (run.request ->> 'ready_at')::timestamptz AS ready_at,
           asked.planned, arrived.*
    FROM sellerops.inbound_run AS run
    LEFT JOIN sellerops.marketplace AS market ON market.id = run.marketplace_id
    CROSS JOIN LATERAL (
        SELECT sum(quantity)::bigint AS planned FROM sellerops.inbound_item WHERE inbound_run_id = run.id
    ) AS asked
    CROSS JOIN LATERAL (
        SELECT count(DISTINCT shipment.shipment_id) AS shipments, sum(item.shipped)::bigint AS shipped,
               sum(item.received)::bigint AS received,
               (sum(coalesce(item.received, 0) - coalesce(item.shipped, item.planned))
                   FILTER (WHERE shipment.delivered_at IS NOT NULL))::bigint AS difference
        FROM sellerops.inbound_shipment AS shipment
        LEFT JOIN sellerops.inbound_shipment_item AS item USING (inbound_run_id, shipment_id)
        WHERE shipment.inbound_run_id = run.id AND shipment.is_chosen
          AND shipment.status NOT IN ('CANCELLED', 'DELETED')
    ) AS arrived
    WHERE (%(is_all)s OR {OPEN}) AND (%(account_id)s::text IS NULL OR run.account_id = %(account_id)s)
      AND (%(id)s::bigint IS NULL OR run.id = %(id)s)
    ORDER BY run.id DESC LIMIT %(limit)s
"""
_ENTRY = {
    "items": """
        SELECT line, sku, quantity, prep_owner, label_owner, expiration, lot
        FROM sellerops.inbound_item WHERE inbound_run_id = %s ORDER BY line
    """,
    "steps": """
        SELECT step, subject, generation, state, operation, operation_id, problems, error_type, error,
               started_at, ended_at, expires_at
        FROM sellerops.inbound_step WHERE inbound_run_id = %s ORDER BY id
    """,
    "shipments": """
        SELECT shipment.*, option.carrier, option.mode, option.solution
        FROM sellerops.inbound_shipment AS shipment
        LEFT JOIN sellerops.inbound_transportation_option AS option
            USING (inbound_run_id, transportation_option_id)
        WHERE shipment.inbound_run_id = %s AND shipment.is_chosen ORDER BY shipment.shipment_id
    """,
    "units": """
        SELECT item.shipment_id, shipment.confirmation_id, item.sku, item.fnsku, item.planned, item.shipped,
               item.received, item.received - coalesce(item.shipped, item.planned) AS difference,
               item.checked_at, item.difference_reported_at
        FROM sellerops.inbound_shipment_item AS item
        JOIN sellerops.inbound_shipment AS shipment USING (inbound_run_id, shipment_id)
        WHERE item.inbound_run_id = %s AND shipment.is_chosen ORDER BY item.shipment_id, item.sku
    """,
    "decisions": """
        SELECT id, asked_about, choice, placement_option_id, decided_by, note, decided_at
        FROM sellerops.inbound_decision WHERE inbound_run_id = %s ORDER BY id
    """,
    "documents": """
        SELECT document.id, document.kind, document.part, document.shipment_id, shipment.confirmation_id,
               document.archive_uri, document.media_type, document.bytes, document.fetched_at
        FROM sellerops.inbound_document AS document
        LEFT JOIN sellerops.inbound_shipment AS shipment USING (inbound_run_id, shipment_id)
        WHERE document.inbound_run_id = %s
        ORDER BY document.shipment_id, document.kind, document.part
    """,
}
_WAITING = f"""
    SELECT run.account_id, count(*) FILTER (WHERE run.state = 'awaiting_approval') AS approvals,
           count(*) FILTER (WHERE run.state = 'failed') AS failed,
           count(*) FILTER (WHERE differs.is_so) AS differences, count(*) AS open
    FROM sellerops.inbound_run AS run
    CROSS JOIN LATERAL (
        SELECT EXISTS (
            SELECT FROM sellerops.inbound_shipment AS shipment
            JOIN sellerops.inbound_shipment_item AS item USING (inbound_run_id, shipment_id)
            WHERE shipment.inbound_run_id = run.id AND shipment.is_chosen
              AND shipment.closed_at IS NOT NULL AND shipment.status NOT IN ('CANCELLED', 'DELETED')
              AND item.received IS DISTINCT FROM coalesce(item.shipped, item.planned)) AS is_so
    ) AS differs
    WHERE {OPEN} GROUP BY run.account_id
"""


@dataclass(frozen=True)
class RunEntry:
    """One run, as in ``list_runs``, with its rows of other tables.

    ``shipments`` and ``units`` are those of the confirmed placement.
    """

    run: Row
    items: list[Row]
    steps: list[Row]
    shipments: list[Row]
    units: list[Row]
    decisions: list[Row]
    documents: list[Row]


@dataclass(frozen=True)
class Waiting:
    """How many open runs an account has.

    ``open``: all of them; ``approvals``: those that wait for an approval; ``failed``: those that failed;
    ``differences``: those with a closed shipment of which Amazon received other quantities than were shipped.
    """

    open: int = 0
    approvals: int = 0
    failed: int = 0
    differences: int = 0


def list_runs(
    connection: Connection, *, is_all: bool = False, account_id: str | None = None, limit: int = 50
) -> list[Row]:
    """Open runs, or all, newest first.

    ``planned``: units of the request; ``shipped`` and ``received``: units of the confirmed shipments.
    """
    return _rows(connection, _LIST, {"is_all": is_all, "account_id": account_id, "id": None, "limit": limit})


def read_run(connection: Connection, inbound_run_id: int) -> RunEntry | None:
    """Everything about one run; None for an unknown id."""
    wanted = {"is_all": True, "account_id": None, "id": inbound_run_id, "limit": 1}
    found = _rows(connection, _LIST, wanted)
    if not found:
        return None
    parts = {name: _rows(connection, statement, (inbound_run_id,)) for name, statement in _ENTRY.items()}
    return RunEntry(found[0], **parts)


def waiting_runs(connection: Connection) -> dict[str, Waiting]:
    """What waits for a person, by account."""
    return {row.pop("account_id"): Waiting(**row) for row in map(dict, _rows(connection, _WAITING, ()))}


def _rows(connection: Connection, statement: str, values: Any) -> list[Row]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return list(cursor.execute(statement.encode(), values).fetchall())
