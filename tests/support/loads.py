"""Loads in the ledger, written as destinations write them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from sellerops.destinations.ledger_rows import write_load, write_rejects
from sellerops.formats.rows import RowReject
from sellerops.ledger import Ledger, LoadRecord


def new_load_id(ledger: Ledger) -> int:
    with ledger.connection() as connection:
        row = connection.execute("SELECT nextval('sellerops.load_id') AS id").fetchone()
    assert row is not None
    return int(row["id"])


def record_load(ledger: Ledger, record: LoadRecord) -> int:
    """Store the load and return its id; without a ``load_id`` it gets a new one."""
    values = asdict(record)
    load_id = values.pop("load_id") or new_load_id(ledger)
    with ledger.connection() as connection:
        write_load(connection, {"id": load_id, "table_name": values.pop("table"), **values})
    return int(load_id)


def record_rejects(ledger: Ledger, load_id: int, rejects: Iterable[RowReject]) -> None:
    with ledger.connection() as connection:
        write_rejects(connection, load_id, (each.storable() for each in rejects))
