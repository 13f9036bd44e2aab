"""Order quantities that people set instead of the proposed ones: ``sellerops.restock_override``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg
from psycopg.rows import class_row

from sellerops.base.errors import ConfigurationError
from sellerops.destinations.mart_store import Span
from sellerops.marts.pending import add_pending

Connection = psycopg.Connection[Any]
_COLUMNS = "id, account_id, marketplace_id, sku, quantity, first_day, last_day, reason, author"


@dataclass(frozen=True)
class Override:
    """A quantity valid from ``first_day`` to ``last_day``, with who set it and why."""

    id: int
    account_id: str
    marketplace_id: str
    sku: str
    quantity: int
    first_day: date
    last_day: date
    reason: str
    author: str


def overrides_on(connection: Connection, account_id: str, day: date) -> dict[tuple[str, str], Override]:
    """The overrides of an account that are valid on a day, by marketplace and SKU; the newest wins."""
    with connection.cursor(row_factory=class_row(Override)) as cursor:
        found = cursor.execute(
            f"SELECT {_COLUMNS} FROM sellerops.restock_override WHERE account_id = %s AND ended_at IS NULL "
            "AND %s BETWEEN first_day AND last_day ORDER BY id",
            (account_id, day),
        ).fetchall()
    return {(each.marketplace_id, each.sku): each for each in found}


def list_overrides(connection: Connection, account_id: str | None, day: date) -> list[Override]:
    """The overrides that are valid on a day or later, of one account or all."""
    with connection.cursor(row_factory=class_row(Override)) as cursor:
        return cursor.execute(
            f"SELECT {_COLUMNS} FROM sellerops.restock_override WHERE ended_at IS NULL AND last_day >= %s "
            "AND (%s::text IS NULL OR account_id = %s) ORDER BY account_id, marketplace_id, sku, id",
            (day, account_id, account_id),
        ).fetchall()


def set_override(
    connection: Connection,
    *,
    account_id: str,
    marketplace_id: str,
    sku: str,
    quantity: int,
    first_day: date,
    last_day: date,
    reason: str,
    author: str,
    destinations: tuple[str, ...] = ("postgres",),
) -> int:
    """Set a quantity, replacing any that the SKU has, and queue the mart ``restock``. Returns the new id.

    Raises ConfigurationError for a negative quantity, days in the wrong order, or a missing reason or author.
    """
    where = f"{account_id}, SKU {sku}"
    if quantity < 0 or last_day < first_day or not reason.strip() or not author.strip():
        raise ConfigurationError(
            "an override needs a quantity of 0 or more, an end date that has not passed, a reason and an "
            "author.",
            where=where,
            remedy="Give them with --quantity, --until, --reason and --author.",
        )
    with connection.transaction():
        _end(connection, account_id, marketplace_id, sku, author)
        row = connection.execute(
            "INSERT INTO sellerops.restock_override (account_id, marketplace_id, sku, quantity, first_day, "
            "last_day, reason, author) VALUES (%s, %s, %s, %s, %s, %s, %s, %s) RETURNING id AS id",
            (account_id, marketplace_id, sku, quantity, first_day, last_day, reason.strip(), author.strip()),
        ).fetchone()
        _queue(connection, account_id, destinations)
    return int(row["id"] if isinstance(row, dict) else row[0]) if row else 0


def end_override(
    connection: Connection,
    *,
    account_id: str,
    marketplace_id: str,
    sku: str,
    author: str,
    destinations: tuple[str, ...] = ("postgres",),
) -> int:
    """End the overrides of a SKU and queue the mart ``restock``. Returns how many overrides there were."""
    with connection.transaction():
        ended = _end(connection, account_id, marketplace_id, sku, author)
        if ended:
            _queue(connection, account_id, destinations)
    return ended


def _end(connection: Connection, account_id: str, marketplace_id: str, sku: str, author: str) -> int:
    return connection.execute(
        "UPDATE sellerops.restock_override SET ended_at = sellerops.now(), ended_by = %s "
        "WHERE account_id = %s AND marketplace_id = %s AND sku = %s AND ended_at IS NULL",
        (author, account_id, marketplace_id, sku),
    ).rowcount


def _queue(connection: Connection, account_id: str, destinations: tuple[str, ...]) -> None:
    for destination in destinations:
        add_pending(connection, "restock", destination, [Span(account_id)], cause="an override")
